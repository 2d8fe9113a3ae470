/* Classes of characters are counted as the directory that asks for them counts. */
#include "policy_judged.h"

#include "policy/check_classes.h"

static void assert_counts(const char *text, int counting, const char *expected)
{
    pwr_classes_t is = pwr_classes_count(text, counting);

    assert_string_equal(apr_psprintf(pool, "%d %d %d %d %d %d", is.lower, is.upper, is.digits,
                                     is.letters, is.specials, is.others),
                        expected);
}

/* lower upper digits letters specials others */
static void active_directory_counts_letters_of_any_script(void **state)
{
    (void)state;
    assert_counts("", PWR_COUNT_UNICODE, "0 0 0 0 0 0");
    assert_counts("abCD12!?", PWR_COUNT_UNICODE, "2 2 2 4 2 0");
    assert_counts("\xc3\xa6\xc3\x98\xce\xb1\xd0\x96", PWR_COUNT_UNICODE, "2 2 0 4 0 0");
    assert_counts("\xe6\x97\xa5\xd7\x90", PWR_COUNT_UNICODE, "0 0 0 2 0 2");
    assert_counts("a b\xe2\x82\xac\xf0\x9f\x94\x91", PWR_COUNT_UNICODE, "2 0 0 2 0 0");
    assert_counts("~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/", PWR_COUNT_UNICODE, "0 0 0 0 32 0");
    assert_counts("\xd9\xa3", PWR_COUNT_UNICODE, "0 0 0 0 0 0"); /* a digit, and none of 0 to 9 */
    assert_counts("\xf0\x90\x90\x80", PWR_COUNT_UNICODE, "0 0 0 0 0 0"); /* beyond U+FFFF */
}

static void samba_counts_whatever_has_no_case(void **state)
{
    (void)state;
    assert_counts("abCD12!? ", PWR_COUNT_SAMBA, "2 2 2 4 2 0");
    assert_counts("\xc3\xa6\xc3\x98\xce\xb1\xd0\x96", PWR_COUNT_SAMBA, "2 2 0 4 0 0");
    assert_counts("\xe2\x82\xac\xf0\x9f\x94\x91\xe6\x97\xa5", PWR_COUNT_SAMBA, "0 0 0 3 0 3");
    assert_counts("\xc3\x9f", PWR_COUNT_SAMBA, "0 0 0 1 0 1"); /* sharp s: no simple capital */
    assert_counts("\xf0\x90\x90\x80", PWR_COUNT_SAMBA, "0 0 0 1 0 1"); /* beyond its tables */
    assert_counts("\xcf\x82", PWR_COUNT_SAMBA, "1 0 0 1 0 0");         /* final sigma */
    assert_counts("\xc6\xa6\xca\x80", PWR_COUNT_SAMBA, "0 0 0 2 0 2"); /* yr, a later pair */
    assert_counts("\xc7\x84\xc7\x85", PWR_COUNT_SAMBA, "0 1 0 2 0 1"); /* titlecase has none */
    assert_counts("\xc4\xb0\xc2\xb5", PWR_COUNT_SAMBA, "0 0 0 2 0 2"); /* no way back */
    assert_counts("\xe1\x8e\xa0", PWR_COUNT_SAMBA, "0 0 0 1 0 1");     /* younger than 1.1 */
}

static void ds_389_counts_letters_of_ascii(void **state)
{
    (void)state;
    assert_counts("abCD12!? ", PWR_COUNT_BYTES, "2 2 2 4 3 0");
    assert_counts("\xc3\xa6\xc3\x98\xf0\x9f\x94\x91z", PWR_COUNT_BYTES, "1 0 0 1 0 3");
}

static void repeats_and_categories(void **state)
{
    (void)state;
    assert_int_equal(pwr_classes_count("abab", PWR_COUNT_UNICODE).repeats, 1);
    assert_int_equal(pwr_classes_count("aAaa", PWR_COUNT_UNICODE).repeats, 2);
    assert_int_equal(pwr_classes_count("1\xc3\xa5\xc3\xa5\xc3\xa5", PWR_COUNT_BYTES).repeats, 3);
    assert_int_equal(pwr_classes_count("aA1! ", PWR_COUNT_UNICODE).categories, 4);
    assert_int_equal(pwr_classes_count("a ", PWR_COUNT_UNICODE).categories, 1);
    assert_int_equal(pwr_classes_count("a ", PWR_COUNT_BYTES).categories, 2);
    assert_int_equal(pwr_classes_count("a\xe2\x82\xac", PWR_COUNT_SAMBA).categories, 2);
}

static void each_class_has_its_own_sentence(void **state)
{
    static const struct {
        pwr_classes_t asked;
        const char *good, *bad, *key;
    } cases[] = {
        {{.lower = 2}, "ab", "aB", "password.lower"},
        {{.upper = 2}, "AB", "aB", "password.upper"},
        {{.letters = 2}, "aB", "a1", "password.letters"},
        {{.digits = 2}, "12", "a1", "password.digits"},
        {{.specials = 2}, "?!", "?a", "password.specials"},
        {{.others = 1}, "\xe6\x97\xa5", "a1", "password.others"},
        {{.categories = 3}, "aB1", "ab1", "password.categories"},
        {{.repeats = 2}, "aabb", "aaab", "password.repeats"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const pwr_policy_settings_t none = {.min_length = 1};
        const pwr_policy_settings_t site = {.min_length = 1, .classes = cases[i].asked};
        const pwr_rules_t directory = {.classes = cases[i].asked};
        assert_judged(&none, directory, cases[i].good, NULL);
        assert_judged(&none, directory, cases[i].bad, cases[i].key);
        assert_judged(&site, (pwr_rules_t){0}, cases[i].good, NULL);
        assert_judged(&site, (pwr_rules_t){0}, cases[i].bad, cases[i].key);
    }
}

static void the_directorys_counting_holds_for_the_site_too(void **state)
{
    const pwr_policy_settings_t site = {.min_length = 1, .classes = {.lower = 1}};

    (void)state;
    assert_judged(&site, (pwr_rules_t){0}, "\xc3\xa5", NULL);
    assert_judged(&site, (pwr_rules_t){.classes = {.others = 1, .counting = PWR_COUNT_BYTES}},
                  "\xc3\xa5", "password.lower");
    assert_judged(&site, (pwr_rules_t){.classes = {.counting = PWR_COUNT_BYTES}}, "\xc3\xa5", NULL);
}

static void first_last_and_forbidden_characters(void **state)
{
    const pwr_policy_settings_t first = {.min_length = 1, .first = "letter"};
    const pwr_policy_settings_t last = {.min_length = 1, .last = "digit"};
    const pwr_policy_settings_t either = {.min_length = 1, .first = "alnum", .last = "upper"};
    const pwr_policy_settings_t forbidden = {.min_length = 1, .forbidden = "%\xe2\x82\xac"};

    (void)state;
    assert_judged(&first, (pwr_rules_t){0}, "\xc3\x85 1", NULL);
    assert_judged(&first, (pwr_rules_t){0}, "\xe6\x97\xa5 1", NULL);
    assert_judged(&first, (pwr_rules_t){0}, "1a", "password.first");
    assert_judged(&last, (pwr_rules_t){0}, "a1", NULL);
    assert_judged(&last, (pwr_rules_t){0}, "1a", "password.last");
    assert_judged(&either, (pwr_rules_t){0}, "1-A", NULL);
    assert_judged(&either, (pwr_rules_t){0}, " A", "password.first");
    assert_judged(&either, (pwr_rules_t){0}, "Aa", "password.last");
    assert_judged(&forbidden, (pwr_rules_t){0}, "a$", NULL);
    assert_judged(&forbidden, (pwr_rules_t){0}, "a%", "password.forbidden");
    assert_judged(&forbidden, (pwr_rules_t){0},
                  "\xe2\x82\xac"
                  "a",
                  "password.forbidden");
    assert_judged(&forbidden, (pwr_rules_t){0}, "\xe2\x82\xad", NULL); /* shares its first bytes */
    assert_false(pwr_classes_is_name("number"));
    assert_true(pwr_classes_is_name("alnum"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_directory_counts_letters_of_any_script),
        cmocka_unit_test(samba_counts_whatever_has_no_case),
        cmocka_unit_test(ds_389_counts_letters_of_ascii),
        cmocka_unit_test(repeats_and_categories),
        cmocka_unit_test(each_class_has_its_own_sentence),
        cmocka_unit_test(the_directorys_counting_holds_for_the_site_too),
        cmocka_unit_test(first_last_and_forbidden_characters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
