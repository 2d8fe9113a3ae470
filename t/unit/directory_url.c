/* The directory's URL, and what is refused before a server is ever asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>

#include "directory/directory.h"

static apr_pool_t *pool;

static apr_array_header_t *names(const char *name)
{
    apr_array_header_t *array = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(array, const char *) = name;
    return array;
}

static pwr_fault_t *parse(pwr_directory_settings_t *settings, const char *url)
{
    *settings = (pwr_directory_settings_t){
        .mail_attributes = names("mail"), .timeout = apr_time_from_sec(1), .connections = 1};
    return pwr_directory_parse_url(settings, url, pool);
}

static const char *item(const apr_array_header_t *array, int index)
{
    assert_true(index < array->nelts);
    return APR_ARRAY_IDX(array, index, const char *);
}

static void a_full_url_is_taken_apart(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "LDAP://ldap1.example.org ldap2.example.org:3389/"
                                 "ou=people,dc=example,dc=org?mail,uid,cn?one?(employeeType=a)"));
    assert_int_equal(settings.uris->nelts, 2);
    assert_string_equal(item(settings.uris, 0), "ldap://ldap1.example.org");
    assert_string_equal(item(settings.uris, 1), "ldap://ldap2.example.org:3389");
    assert_string_equal(settings.base, "ou=people,dc=example,dc=org");
    assert_int_equal(settings.match->nelts, 3);
    assert_string_equal(item(settings.match, 2), "cn");
    assert_int_equal(settings.scope, 1);
    assert_string_equal(settings.filter, "(employeeType=a)");
    assert_int_equal(settings.tls, PWR_TLS_STARTTLS);
}

static void what_is_left_out_gets_its_default(void **state)
{
    static const char *const urls[] = {"ldap://h/dc=example", "ldap://h/dc=example?",
                                       "ldap://h/dc=example??", "ldap://h/dc=example???"};

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        pwr_directory_settings_t settings;
        assert_null(parse(&settings, urls[i]));
        assert_int_equal(settings.match->nelts, 0); /* the kind of server says which */
        assert_int_equal(settings.scope, 2);
        assert_string_equal(settings.filter, "(objectClass=*)");
    }
}

static void a_scope_that_is_written_is_kept(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "ldap://h/dc=example?mail?base"));
    assert_int_equal(settings.scope, 0);
    assert_null(parse(&settings, "ldap://h/dc=example??sub"));
    assert_int_equal(settings.scope, 2);
}

static void percent_is_decoded(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "ldap://h/ou=my%20people,dc=example?mail?sub?(cn=a%3fb)"));
    assert_string_equal(settings.base, "ou=my people,dc=example");
    assert_string_equal(settings.filter, "(cn=a?b)");
}

static void a_filter_without_brackets_gets_them(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "ldap://h/dc=example?mail?sub?objectClass=person"));
    assert_string_equal(settings.filter, "(objectClass=person)");
}

static void the_scheme_says_when_tls_starts(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "ldaps://h:636/dc=example"));
    assert_int_equal(settings.tls, PWR_TLS_LDAPS);
    assert_string_equal(item(settings.uris, 0), "ldaps://h:636");
    assert_null(parse(&settings, "ldapi://%2Frun%2Fslapd%2Fldapi/dc=example"));
    assert_int_equal(settings.tls, PWR_TLS_NONE);
    assert_string_equal(item(settings.uris, 0), "ldapi://%2Frun%2Fslapd%2Fldapi");
}

static void a_wrong_url_says_what_to_write(void **state)
{
    static const struct {
        const char *url, *tag;
    } wrong[] = {
        {"http://h/dc=example", "PWR0400"},
        {"", "PWR0400"},
        {"ldap://h:port/dc=example", "PWR0401"},
        {"ldap://h:99999/dc=example", "PWR0401"},
        {"ldap:///dc=example", "PWR0402"},
        {"ldap://h/dc=example?mail,(uid=*)", "PWR0403"},
        {"ldap://h/dc=example?mail?everywhere", "PWR0404"},
        {"ldap://h/dc=example%00?mail", "PWR0404"},
        {"ldap://h/", "PWR0405"},
        {"ldap://h/people", "PWR0405"},
        {"ldap://h/dc=example?mail?sub?(uid=*)?x", "PWR0406"},
        {"ldap://h/dc=example?mail?subordinate", "PWR0406"},
        {"ldap://h/dc=example?mail?sub?(uid=a", "PWR0407"},
        {"ldap://h/dc=example?mail?sub?(a=b)(c=d)", "PWR0407"},
        {"ldap://h/dc=example?mail?sub?(a=b))", "PWR0407"},
        {"ldap://h", "PWR0408"},
        {"ldapi:///dc=example", "PWR0409"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pwr_directory_settings_t settings;
        pwr_fault_t *fault = parse(&settings, wrong[i].url);
        if (fault == NULL) {
            fail_msg("accepted: %s", wrong[i].url);
        }
        assert_int_equal(fault->kind, PWR_BROKEN);
        assert_string_equal(fault->tag, wrong[i].tag);
    }
}

static void expect_refusal(const pwr_directory_settings_t *settings, const char *tag)
{
    pwr_directory_t *directory = NULL;
    pwr_fault_t *fault = pwr_directory_open(&directory, settings, pool);

    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_string_equal(fault->tag, tag);
    assert_null(directory);
}

static void a_bind_without_password_is_refused(void **state)
{
    pwr_directory_settings_t settings;

    (void)state;
    assert_null(parse(&settings, "ldap://h/dc=example"));
    settings.bind_dn = "cn=service,dc=example";
    expect_refusal(&settings, "PWR0416");
    settings.bind_password = pwr_secret_make("", 0, pool);
    expect_refusal(&settings, "PWR0416");
    settings.bind_password = pwr_secret_make("secret", 6, pool);
    settings.bind_dn = "";
    expect_refusal(&settings, "PWR0416");
}

static void settings_that_cannot_work_are_refused(void **state)
{
    pwr_directory_settings_t good, settings;
    pwr_directory_t *directory = NULL;

    (void)state;
    assert_null(parse(&good, "ldap://h/dc=example"));
    assert_null(pwr_directory_open(&directory, &good, pool));
    settings = good;
    settings.uris = NULL;
    expect_refusal(&settings, "PWR0410");
    settings = good;
    settings.tls = PWR_TLS_LDAPS;
    expect_refusal(&settings, "PWR0412");
    settings = good;
    settings.mail_attributes = names("mail)(uid=*");
    expect_refusal(&settings, "PWR0413");
    settings = good;
    settings.login_attribute = "";
    expect_refusal(&settings, "PWR0413");
    settings = good;
    settings.more_bases = names("people");
    expect_refusal(&settings, "PWR0419");
    settings = good;
    settings.protected_filter = "uid=a";
    expect_refusal(&settings, "PWR0419");
    settings = good;
    settings.base = "";
    expect_refusal(&settings, "PWR0414");
    settings = good;
    settings.policy_dn = "default";
    expect_refusal(&settings, "PWR0415");
    settings = good;
    settings.trusted_ca = "/nowhere/ca.pem";
    expect_refusal(&settings, "PWR0417");
    settings = good;
    settings.timeout = 0;
    expect_refusal(&settings, "PWR0418");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_url_is_taken_apart),
        cmocka_unit_test(what_is_left_out_gets_its_default),
        cmocka_unit_test(a_scope_that_is_written_is_kept),
        cmocka_unit_test(percent_is_decoded),
        cmocka_unit_test(a_filter_without_brackets_gets_them),
        cmocka_unit_test(the_scheme_says_when_tls_starts),
        cmocka_unit_test(a_wrong_url_says_what_to_write),
        cmocka_unit_test(a_bind_without_password_is_refused),
        cmocka_unit_test(settings_that_cannot_work_are_refused),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (pwr_crypto_start(pool) != NULL) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
