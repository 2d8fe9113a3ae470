/* The stricter rule holds, a password is the same from every keyboard, and is counted as people do.
 */
#include "policy_judged.h"

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

static pwr_verdict_t judge_password(int min_length, int max_length, const char *typed)
{
    const pwr_policy_settings_t site = {.min_length = 1};
    return judged(&site, (pwr_rules_t){.min_length = min_length, .max_length = max_length}, NULL,
                  typed);
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
}

static void without_a_word_of_the_site_the_minimum_is_fifteen(void **state)
{
    (void)state;
    assert_int_equal(merge(0, (pwr_rules_t){.min_length = 7}).min_length, 15);
    assert_int_equal(merge(0, (pwr_rules_t){.min_length = 0}).min_length, 15);
}

static void with_a_second_factor_the_directorys_minimum_is_enough(void **state)
{
    const pwr_policy_settings_t mfa = {.has_mfa = true};
    const pwr_policy_settings_t both = {.has_mfa = true, .min_length = 10};

    (void)state;
    assert_int_equal(pwr_policy_merge(&mfa, &(pwr_rules_t){.min_length = 7}).min_length, 7);
    assert_int_equal(pwr_policy_merge(&mfa, &(pwr_rules_t){.min_length = 0}).min_length, 8);
    assert_int_equal(pwr_policy_merge(&both, &(pwr_rules_t){.min_length = 7}).min_length, 10);
    assert_judged(&mfa, (pwr_rules_t){.min_length = 4}, "1234", NULL);
    assert_judged(&mfa, (pwr_rules_t){.min_length = 4}, "123", "password.short");
}

static void a_directory_counts_length_in_its_own_units_unless_the_site_counts(void **state)
{
    const pwr_policy_settings_t none = {.min_length = 1};
    const pwr_policy_settings_t site = {.min_length = 4};
    const pwr_rules_t bytes = {.min_length = 8, .max_length = 12, .lengths = PWR_LENGTH_BYTES};
    const pwr_rules_t units = {.min_length = 8, .lengths = PWR_LENGTH_UTF16};

    (void)state;
    assert_judged(&none, bytes, "\xc3\xa5\xc3\xa5\xc3\xa5\xc3\xa5", NULL); /* 4 letters, 8 bytes */
    assert_judged(&site, bytes, "\xc3\xa5\xc3\xa5\xc3\xa5\xc3\xa5", "password.short");
    assert_judged(&none, bytes, "aaaa\xc3\xa5", "password.short"); /* 6 bytes */
    assert_judged(&site, bytes, "123456789012", NULL);
    assert_judged(&site, bytes, "1234567890\xc3\xa5\xc3\xa5", "password.long_bytes");
    assert_judged(&site, bytes, "1234567890123", "password.long");
    assert_judged(&none, units, "1234\xf0\x9f\x94\x91\xf0\x9f\x94\x91", NULL);
    assert_judged(&site, units, "1234\xf0\x9f\x94\x91\xf0\x9f\x94\x91", "password.short");
    assert_judged(&none, units, "12345\xf0\x9f\x94\x91", "password.short");
}

static void bytes_and_characters_are_bounded_each(void **state)
{
    const pwr_policy_settings_t site = {.min_length = 1, .max_length = 10, .max_bytes = 16};
    const pwr_policy_settings_t bcrypt = {.min_length = 1, .max_bytes = 72};

    (void)state;
    assert_judged(&site, (pwr_rules_t){0}, "1234567890", NULL);
    assert_judged(&site, (pwr_rules_t){0}, "12345678901", "password.long");
    assert_judged(&site, (pwr_rules_t){0}, repeated("\xc3\xa5", 8), NULL);
    assert_judged(&site, (pwr_rules_t){0}, repeated("\xc3\xa5", 9), "password.max_bytes");
    assert_judged(&bcrypt, (pwr_rules_t){0}, repeated("x", 72), NULL);
    assert_judged(&bcrypt, (pwr_rules_t){0}, repeated("\xc3\xa5", 37), "password.long_bytes");
}

/* The kinds of the box's lines, with what they ask. */
static const char *lines_of(const pwr_policy_settings_t *settings, pwr_rules_t directory)
{
    pwr_policy_t *policy = NULL;
    pwr_rules_t rules = pwr_policy_merge(settings, &directory);
    const char *all = "";

    assert_null(pwr_policy_open(&policy, settings, pool));
    pwr_policy_context_t context = {.policy = policy, .rules = &rules};
    const apr_array_header_t *lines = pwr_policy_lines(&context, pool);
    for (int i = 0; i < lines->nelts; i++) {
        const pwr_policy_line_t *line = &APR_ARRAY_IDX(lines, i, pwr_policy_line_t);
        all = apr_psprintf(pool, "%s%s=%d(%s) ", all, line->kind, line->asked, line->counting);
    }
    return all;
}

static void the_box_shows_each_rule_once_and_the_stricter_one(void **state)
{
    const pwr_policy_settings_t site
        = {.min_length = 8, .classes = {.lower = 2, .digits = 1, .repeats = 3}};
    const pwr_policy_settings_t plain = {.min_length = 8};
    const apr_array_header_t *none = apr_array_make(pool, 1, sizeof(char *));

    (void)state;
    assert_string_equal(lines_of(&plain, (pwr_rules_t){.min_age = 60, .words = (void *)none}),
                        "min_length=8(points) ");
    assert_string_equal(
        lines_of(
            &site,
            (pwr_rules_t){.min_length = 12,
                          .lengths = PWR_LENGTH_UTF16,
                          .history = 5,
                          .has_quality_check = true,
                          .classes
                          = {.lower = 1, .digits = 3, .repeats = 2, .counting = PWR_COUNT_BYTES}}),
        "min_length=12(points) lower=2(bytes) digits=3(bytes) repeats=2(bytes) history=5(points) "
        "quality=1(points) ");
    assert_string_equal(
        lines_of(&plain, (pwr_rules_t){.max_length = 64, .lengths = PWR_LENGTH_BYTES}),
        "min_length=8(points) max_length=64(bytes) ");
    assert_string_equal(
        lines_of(&plain, (pwr_rules_t){.classes = {.categories = 3, .counting = PWR_COUNT_SAMBA}}),
        "min_length=8(points) categories=3(samba) ");
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
    assert_null(judge_password(8, 16, "12345678").key);
    assert_null(judge_password(8, 16, "1234567890123456").key);
    assert_key(judge_password(8, 16, "1234567"), "password.short");
    assert_key(judge_password(8, 16, "12345678901234567"), "password.long");
    assert_key(judge_password(8, 16, "123456a\xcc\x8a"),
               "password.short"); /* 7 characters of 8 typed */
    assert_null(judge_password(4, 4, repeated("\xf0\x9f\x94\x91", 4)).key);
    assert_key(judge_password(4, 4, repeated("\xf0\x9f\x94\x91", 3)), "password.short");
    assert_key(judge_password(4, 4, repeated("\xc3\xa5", 5)), "password.long");
}

static void the_verdict_tells_how_many_characters_were_entered(void **state)
{
    (void)state;
    assert_int_equal(judge_password(8, 16, "bl\xc3\xa5").entered_length, 3);
    assert_int_equal(judge_password(1, 16, "12345678").entered_length, 8);
    assert_int_equal(judge_password(1, 2, "12345678").entered_length, 8);
}

static void nothing_that_is_accepted_outgrows_the_byte_limit(void **state)
{
    (void)state;
    const int longest = merge(1, (pwr_rules_t){.max_length = 0}).max_length;
    const char *grows = "\xf0\x9d\x85\xa0"; /* U+1D160: three characters in normal form C */

    assert_null(judge_password(1, longest, repeated(grows, 85)).key);
    assert_key(judge_password(1, longest, repeated(grows, 86)), "password.long");
    assert_true(4 * longest <= PWR_MAX_PASSWORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longer_of_two_minimums_holds),
        cmocka_unit_test(without_a_word_of_the_site_the_minimum_is_fifteen),
        cmocka_unit_test(with_a_second_factor_the_directorys_minimum_is_enough),
        cmocka_unit_test(a_directory_counts_length_in_its_own_units_unless_the_site_counts),
        cmocka_unit_test(bytes_and_characters_are_bounded_each),
        cmocka_unit_test(the_box_shows_each_rule_once_and_the_stricter_one),
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
