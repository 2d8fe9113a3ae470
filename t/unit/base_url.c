/* One reading of a URL: what two programs could read in different ways is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>

#include "base/url.h"

static apr_pool_t *pool;

static void assert_same_text(const char *one, const char *other)
{
    if (other == NULL) {
        assert_null(one);
    } else {
        assert_non_null(one);
        assert_string_equal(one, other);
    }
}

static void a_url_is_taken_apart(void **state)
{
    static const struct {
        const char *text;
        pwr_url_t parts;
    } good[] = {
        {"https://h", {"https", NULL, false, "h", 0, "https://h", "", NULL, NULL}},
        {"HTTPS://H.Example.ORG:443/A?b=/#c?d",
         {"https", NULL, false, "h.example.org", 443, "https://h.example.org", "/A", "b=/", "c?d"}},
        {"https://h:8443/", {"https", NULL, false, "h", 8443, "https://h:8443", "/", NULL, NULL}},
        {"https://h?", {"https", NULL, false, "h", 0, "https://h", "", "", NULL}},
        {"https://h#", {"https", NULL, false, "h", 0, "https://h", "", NULL, ""}},
        {"https://h/a/../b%2e",
         {"https", NULL, false, "h", 0, "https://h", "/a/../b%2e", NULL, NULL}},
        {"https://[2001:DB8::7]:444/x",
         {"https", NULL, false, "2001:db8::7", 444, "https://[2001:db8::7]:444", "/x", NULL, NULL}},
        {"smtp://me%40here@mx:25",
         {"smtp", "me@here", false, "mx", 25, "smtp://mx:25", "", NULL, NULL}},
        {"smtp://me:secret@mx", {"smtp", "me", true, "mx", 0, "smtp://mx", "", NULL, NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const pwr_url_t *want = &good[i].parts;
        pwr_url_t url;
        if (!pwr_url_parse(&url, good[i].text, pool)) {
            fail_msg("%s was refused", good[i].text);
        }
        assert_same_text(url.scheme, want->scheme);
        assert_same_text(url.user, want->user);
        assert_int_equal(url.has_password, want->has_password);
        assert_same_text(url.host, want->host);
        assert_int_equal(url.port, want->port);
        assert_same_text(url.origin, want->origin);
        assert_same_text(url.path, want->path);
        assert_same_text(url.query, want->query);
        assert_same_text(url.fragment, want->fragment);
    }
}

static void what_can_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "h",
        "/path",
        "https:",
        "https:/h",
        "https:/h/x://h/",
        "https:h",
        "https://",
        "https:///h",
        "://h",
        "//h",
        "https://:443",
        "https://h:",
        "https://h:0",
        "https://h:00443",
        "https://h:65536",
        "https://h:99999999999999999999",
        "https://h:-1",
        "https://h:4x",
        "https://h\\@evil",
        "https://h\\.evil/",
        "https://h /",
        "https://h\t/",
        "https://h\r\n",
        "https://h\x7f/",
        "https://\xc3\xb8re.no",
        "https://h/\xc3\xb8",
        "https://h%41/",
        "https://h%2eevil/",
        "https://-h",
        "https://.h",
        "https://h,g",
        "https://::1",
        "https://[::1",
        "https://[]",
        "https://[1234]",
        "https://[::1]x",
        "https://[fe80::1%25eth0]",
        "https://@",
        "https://u@",
        "https://@h",
        "https://:p@",
        "https://%@h",
        "https://%4@h",
        "https://a%00b@h",
        "https://a%0d%0ab@h",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pwr_url_t url;
        if (pwr_url_parse(&url, bad[i], pool)) {
            fail_msg("%s was taken, with the host %s", bad[i], url.host);
        }
    }
}

static void a_host_of_more_than_253_characters_is_refused(void **state)
{
    char text[300] = "https://";
    pwr_url_t url;

    (void)state;
    memset(text + 8, 'a', PWR_MAX_HOST);
    assert_true(pwr_url_parse(&url, text, pool));
    text[8 + PWR_MAX_HOST] = 'a';
    assert_false(pwr_url_parse(&url, text, pool));
}

static void a_path_that_could_be_read_as_another_is_not_plain(void **state)
{
    static const char *const good[]
        = {"", "/", "/a", "/a/b.c", "/a%20b", "/%c3%b8", "/a%2b", "/%c2%a0"};
    static const char *const bad[]
        = {"//",    "/a//b", "/.",   "/..",  "/a/../b", "/.a",      "/a;b",   "/%2e%2e", "/a%2Fb",
           "/%5cb", "/%00",  "/%01", "/%0a", "/%0D",    "/%1f",     "/%1B",   "/%7f",    "/a%7F",
           "/%0x",  "/%",    "/%4",  "/%g1", "/%0",     "/a%c2%80", "/%C2%9F"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!pwr_url_is_plain_path(good[i])) {
            fail_msg("%s is plain", good[i]);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (pwr_url_is_plain_path(bad[i])) {
            fail_msg("%s is not plain", bad[i]);
        }
    }
}

static void a_path_lies_behind_its_base_or_elsewhere(void **state)
{
    (void)state;
    assert_string_equal(pwr_url_path_behind("/passord", "/passord/r/x"), "/r/x");
    assert_string_equal(pwr_url_path_behind("/passord", "/passord/"), "/");
    assert_string_equal(pwr_url_path_behind("/passord", "/passord"), "");
    assert_string_equal(pwr_url_path_behind("", "/r/x"), "/r/x");
    assert_null(pwr_url_path_behind("/passord", "/passordet"));
    assert_null(pwr_url_path_behind("/passord", "/pass"));
    assert_null(pwr_url_path_behind("/passord", "*"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_can_be_read_in_two_ways_is_refused),
        cmocka_unit_test(a_host_of_more_than_253_characters_is_refused),
        cmocka_unit_test(a_path_that_could_be_read_as_another_is_not_plain),
        cmocka_unit_test(a_path_lies_behind_its_base_or_elsewhere),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failures;
}
