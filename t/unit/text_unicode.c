/* The promises of src/text/unicode.h. */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "text/unicode.h"

#define VALID(text) pwr_unicode_is_valid(text, sizeof(text) - 1)

static void only_well_formed_utf8_without_nul_is_valid(void **state)
{
    (void)state;
    assert_true(VALID(""));
    assert_true(VALID("abc"));
    assert_true(VALID("\xc3\xa5 \xe2\x82\xac \xf0\x9f\x94\x91"));
    assert_true(VALID("\xf4\x8f\xbf\xbf"));
    assert_false(VALID("a\0b"));
    assert_false(VALID("\xff"));
    assert_false(VALID("\xc0\xaf"));         /* overlong */
    assert_false(VALID("\xe0\x80\xaf"));     /* overlong */
    assert_false(VALID("\xed\xa0\x80"));     /* surrogate */
    assert_false(VALID("\xf4\x90\x80\x80")); /* above U+10FFFF */
    assert_false(VALID("a\xc3"));            /* cut */
    assert_false(VALID("\x80"));
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(pwr_unicode_count("", 0), 0);
    assert_int_equal(pwr_unicode_count("bl\xc3\xa5", 4), 3);
    assert_int_equal(pwr_unicode_count("\xf0\x9f\x94\x91\xe2\x82\xac", 7), 2);
}

static void nfc_makes_the_keyboards_of_all_systems_agree(void **state)
{
    scratch_t *scratch = *state;

    assert_string_equal(pwr_unicode_nfc("a\xcc\x8a", 3, scratch->pool), "\xc3\xa5");
    assert_string_equal(pwr_unicode_nfc("\xc3\xa5", 2, scratch->pool), "\xc3\xa5");
    assert_string_equal(pwr_unicode_nfc("plain text", 5, scratch->pool), "plain");
    assert_string_equal(pwr_unicode_nfc("", 0, scratch->pool), "");
    assert_string_equal(pwr_unicode_nfc("\xe2\x84\xaa", 3, scratch->pool), "K"); /* Kelvin sign */
    assert_string_equal(pwr_unicode_nfc("\xef\xac\x81", 3, scratch->pool), "\xef\xac\x81");
    assert_null(pwr_unicode_nfc("a\xff", 2, scratch->pool));
    assert_null(pwr_unicode_nfc("a\0b", 3, scratch->pool));
}

static void nfc_has_room_for_characters_that_grow(void **state)
{
    scratch_t *scratch = *state;
    char text[4 * 50 + 1] = "";

    for (int i = 0; i < 50; i++) {
        memcpy(text + 4 * i, "\xf0\x9d\x85\xa0", 4); /* U+1D160: three characters in NFC */
    }
    const char *normal = pwr_unicode_nfc(text, 200, scratch->pool);
    assert_non_null(normal);
    assert_int_equal(pwr_unicode_count(normal, strlen(normal)), 150);
}

static void assert_typed(scratch_t *scratch, const char *text, const char *expected)
{
    const char *name = pwr_unicode_typed_name(text, scratch->pool);

    if (expected == NULL) {
        assert_null(name);
    } else {
        assert_non_null(name);
        assert_string_equal(name, expected);
    }
}

static void a_typed_name_loses_what_cannot_be_seen_at_its_ends(void **state)
{
    scratch_t *scratch = *state;

    assert_typed(scratch, "  alice\t\r\n", "alice");
    assert_typed(scratch,
                 "\xe2\x80\x8b\xef\xbb\xbf"
                 "alice\xe2\x80\x8f\xc2\xa0",
                 "alice");
    assert_typed(scratch,
                 "\xe3\x85\xa4"
                 "alice\xcd\x8f",
                 "alice"); /* U+3164, U+034F */
    assert_typed(scratch, " a b ", "a b");
    assert_typed(scratch, "", "");
    assert_typed(scratch, " \xe2\x80\x8b ", "");
    assert_typed(scratch, "Ka\xcc\x8are", "K\xc3\xa5re");
    assert_typed(scratch, "Alice", "Alice");
}

static void a_typed_name_with_control_characters_is_none(void **state)
{
    scratch_t *scratch = *state;

    assert_typed(scratch, "a\nb", NULL);
    assert_typed(scratch,
                 "a\x7f"
                 "b",
                 NULL);
    assert_typed(scratch,
                 "a\xc2\x85"
                 "b",
                 NULL);
    assert_typed(scratch,
                 "a\xe2\x80\xa8"
                 "b",
                 NULL);
    assert_typed(scratch, "a\xff", NULL);
}

static void a_typed_address_gets_its_domain_in_ascii(void **state)
{
    scratch_t *scratch = *state;

    assert_typed(scratch, "Alice@Example.ORG", "Alice@example.org");
    assert_typed(scratch,
                 "k\xc3\xa5re@bl\xc3\xa5"
                 "b\xc3\xa6r.example",
                 "k\xc3\xa5re@xn--blbr-roah.example");
    assert_typed(scratch, "a@BLA\xcc\x8a.example", "a@xn--bl-zia.example");
    assert_typed(scratch,
                 "a@e\xef\xbd\x98"
                 "ample.org",
                 "a@example.org");                                      /* full width */
    assert_typed(scratch, "a@example\xe3\x80\x82org", "a@example.org"); /* U+3002 */
    assert_typed(scratch, "a@fa\xc3\x9f.example", "a@xn--fa-hia.example");
    assert_typed(scratch, "a@my_domain.local", "a@my_domain.local");
    assert_typed(scratch, "a@corp", "a@corp");
    assert_typed(scratch, "a@r3---sn.example", "a@r3---sn.example");
    assert_typed(scratch, "\"a@b\"@example.org", "\"a@b\"@example.org");
}

static void an_address_without_a_domain_is_none(void **state)
{
    scratch_t *scratch = *state;
    char label[70];

    assert_typed(scratch, "alice@", NULL);
    assert_typed(scratch, "alice@ex ample.org", NULL);
    assert_typed(scratch, "alice@a..b", NULL);
    assert_typed(scratch, "alice@-a.example", NULL);
    assert_typed(scratch, "alice@[127.0.0.1]", NULL);
    assert_typed(scratch, "alice@a<b", NULL);
    assert_typed(scratch, "alice@xn--\xc3\xa5", NULL);
    memset(label, 'a', sizeof label);
    assert_typed(scratch, apr_psprintf(scratch->pool, "a@%.64s.example", label), NULL);
    assert_typed(scratch,
                 apr_psprintf(scratch->pool, "a@%.60s.%.60s.%.60s.%.60s.%.60s.example", label,
                              label, label, label, label),
                 NULL);
}

static void contains_ignores_case_and_composition(void **state)
{
    scratch_t *scratch = *state;

    assert_true(pwr_unicode_contains("xxAliceyy", "alice", scratch->pool));
    assert_true(pwr_unicode_contains("K\xc3\x85RE1", "ka\xcc\x8are", scratch->pool));
    assert_true(pwr_unicode_contains("STRASSE",
                                     "stra\xc3\x9f"
                                     "e",
                                     scratch->pool));
    /* The same three marks and letters in two orders. */
    assert_true(pwr_unicode_contains("\xcd\x85\xcc\xb1\xce\xb1", "\xcc\xb1\xcd\x85\xce\xb1",
                                     scratch->pool));
    assert_false(pwr_unicode_contains("abc", "abd", scratch->pool));
    assert_false(pwr_unicode_contains("abc", "", scratch->pool));
    assert_false(pwr_unicode_contains("", "a", scratch->pool));
    assert_false(pwr_unicode_contains("a\xff", "a", scratch->pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_well_formed_utf8_without_nul_is_valid),
        TEST(characters_are_counted_not_bytes),
        TEST(nfc_makes_the_keyboards_of_all_systems_agree),
        TEST(nfc_has_room_for_characters_that_grow),
        TEST(a_typed_name_loses_what_cannot_be_seen_at_its_ends),
        TEST(a_typed_name_with_control_characters_is_none),
        TEST(a_typed_address_gets_its_domain_in_ascii),
        TEST(an_address_without_a_domain_is_none),
        TEST(contains_ignores_case_and_composition),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
