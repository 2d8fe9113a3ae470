/* The stricter rule holds, a password is the same from every keyboard, and is counted as people do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "policy/policy.h"

static apr_pool_t *pool;

static pwr_rules_t merge(int site_min, pwr_rules_t directory)
{
    return pwr_policy_merge(&(pwr_policy_settings_t){.min_length = site_min}, &directory);
}

static const char *repeated(const char *text, int times)
{
    size_t length = strlen(text);
    char *all = apr_pcalloc(pool, length * (size_t)times + 1);

    for (int i = 0; i < times; i++) {
        memcpy(all + length * (size_t)i, text, length);
    }
    return all;
}

static void assert_written(const char *typed, const char *written)
{
    const char *key = "not asked";
    pwr_secret_t *password = pwr_policy_prepare(&key, typed, pool);

    assert_non_null(password);
    assert_null(key);
    assert_string_equal(pwr_secret_bytes(password), written);
    assert_int_equal(pwr_secret_length(password), strlen(written));
}

static void assert_refused(const char *typed, const char *expected_key)
{
    const char *key = NULL;

    assert_null(pwr_policy_prepare(&key, typed, pool));
    assert_non_null(key);
    assert_string_equal(key, expected_key);
}

static pwr_verdict_t judge(int min_length, int max_length, const char *typed)
{
    const char *key;
    const pwr_rules_t rules = {.min_length = min_length, .max_length = max_length};
    const pwr_policy_context_t context = {.rules = &rules};
    pwr_secret_t *password = pwr_policy_prepare(&key, typed, pool);

    assert_non_null(password);
    return pwr_policy_judge(&context, password, pool);
}

static void assert_key(pwr_verdict_t verdict, const char *expected_key)
{
    assert_non_null(verdict.key);
    assert_string_equal(verdict.key, expected_key);
}

static void the_longer_of_two_minimums_holds(void **state)
{
    (void)state;
    assert_int_equal(merge(12, (pwr_rules_t){.min_length = 8}).min_length, 12);
    assert_int_equal(merge(8, (pwr_rules_t){.min_length = 14}).min_length, 14);
    assert_int_equal(merge(9, (pwr_rules_t){.min_length = 9}).min_length, 9);
    assert_int_equal(merge(0, (pwr_rules_t){.min_length = 7}).min_length, 7);
}

static void without_any_minimum_a_password_still_has_a_character(void **state)
{
    (void)state;
    assert_int_equal(merge(0, (pwr_rules_t){.min_length = 0}).min_length, 1);
}

static void the_maximum_is_the_directorys_up_to_our_own(void **state)
{
    (void)state;
    assert_int_equal(merge(8, (pwr_rules_t){.max_length = 64}).max_length, 64);
    assert_int_equal(merge(8, (pwr_rules_t){.max_length = 0}).max_length, PWR_MAX_PASSWORD_CHARS);
    assert_int_equal(merge(8, (pwr_rules_t){.max_length = 10000}).max_length,
                     PWR_MAX_PASSWORD_CHARS);
}

static void the_directorys_other_rules_are_kept(void **state)
{
    (void)state;
    pwr_rules_t merged
        = merge(8, (pwr_rules_t){.history = 5, .min_age = 42, .has_quality_check = true});

    assert_int_equal(merged.history, 5);
    assert_int_equal(merged.min_age, 42);
    assert_true(merged.has_quality_check);
}

static void a_password_is_written_in_normal_form_c_and_otherwise_as_typed(void **state)
{
    (void)state;
    assert_written("correct horse", "correct horse");
    assert_written("  both ends  ", "  both ends  ");
    assert_written("bla\xcc\x8a", "bl\xc3\xa5");
    assert_written("bl\xc3\xa5", "bl\xc3\xa5");
    assert_written("\xf0\x9f\x94\x91{SASL}<&\"'\\", "\xf0\x9f\x94\x91{SASL}<&\"'\\");
    assert_written("\xef\xac\x81", "\xef\xac\x81"); /* a ligature is not taken apart */
}

static void an_empty_password_is_told_from_a_bad_one(void **state)
{
    (void)state;
    assert_refused("", "password.empty");
}

static void control_characters_are_refused_wherever_they_stand(void **state)
{
    (void)state;
    for (int code = 1; code < 0x21; code++) {
        const char character = (char)(code == 0x20 ? 0x7f : code);
        assert_refused(apr_psprintf(pool, "%cpassword", character), "password.invalid");
        assert_refused(apr_psprintf(pool, "pass%cword", character), "password.invalid");
        assert_refused(apr_psprintf(pool, "password%c", character), "password.invalid");
    }
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    assert_refused("password\xff", "password.invalid");
    assert_refused("\xc0\xaf", "password.invalid");
    assert_refused("p\xed\xa0\x80", "password.invalid");
    assert_refused("cut\xc3", "password.invalid");
}

static void a_password_may_have_so_many_bytes_and_not_one_more(void **state)
{
    (void)state;
    assert_written(repeated("x", PWR_MAX_PASSWORD), repeated("x", PWR_MAX_PASSWORD));
    assert_refused(repeated("x", PWR_MAX_PASSWORD + 1), "password.long_bytes");
    assert_refused(repeated("\xff", 1000000), "password.long_bytes");
}

static void length_is_counted_in_characters_after_normal_form(void **state)
{
    (void)state;
    assert_null(judge(8, 16, "12345678").key);
    assert_null(judge(8, 16, "1234567890123456").key);
    assert_key(judge(8, 16, "1234567"), "password.short");
    assert_key(judge(8, 16, "12345678901234567"), "password.long");
    assert_key(judge(8, 16, "123456a\xcc\x8a"), "password.short"); /* 7 characters of 8 typed */
    assert_null(judge(4, 4, repeated("\xf0\x9f\x94\x91", 4)).key);
    assert_key(judge(4, 4, repeated("\xf0\x9f\x94\x91", 3)), "password.short");
    assert_key(judge(4, 4, repeated("\xc3\xa5", 5)), "password.long");
}

static void the_verdict_tells_how_many_characters_were_entered(void **state)
{
    (void)state;
    assert_int_equal(judge(8, 16, "bl\xc3\xa5").entered_length, 3);
    assert_int_equal(judge(1, 16, "12345678").entered_length, 8);
    assert_int_equal(judge(1, 2, "12345678").entered_length, 8);
}

static void nothing_that_is_accepted_outgrows_the_byte_limit(void **state)
{
    (void)state;
    const int longest = merge(1, (pwr_rules_t){.max_length = 0}).max_length;
    const char *grows = "\xf0\x9d\x85\xa0"; /* U+1D160: three characters in normal form C */

    assert_null(judge(1, longest, repeated(grows, 85)).key);
    assert_key(judge(1, longest, repeated(grows, 86)), "password.long");
    assert_true(4 * longest <= PWR_MAX_PASSWORD);
}

static int set_up(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS
                   || pwr_crypto_start(pool) != NULL
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longer_of_two_minimums_holds),
        cmocka_unit_test(without_any_minimum_a_password_still_has_a_character),
        cmocka_unit_test(the_maximum_is_the_directorys_up_to_our_own),
        cmocka_unit_test(the_directorys_other_rules_are_kept),
        cmocka_unit_test(a_password_is_written_in_normal_form_c_and_otherwise_as_typed),
        cmocka_unit_test(an_empty_password_is_told_from_a_bad_one),
        cmocka_unit_test(control_characters_are_refused_wherever_they_stand),
        cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
        cmocka_unit_test(a_password_may_have_so_many_bytes_and_not_one_more),
        cmocka_unit_test(length_is_counted_in_characters_after_normal_form),
        cmocka_unit_test(the_verdict_tells_how_many_characters_were_entered),
        cmocka_unit_test(nothing_that_is_accepted_outgrows_the_byte_limit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
