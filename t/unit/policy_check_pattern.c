/* The site's expressions: wanted and unwanted ones, in any script, and bounded in time. */
#include "policy_judged.h"

#include <apr_time.h>

static pwr_policy_settings_t with_pattern(const char *expression, bool is_unwanted)
{
    pwr_policy_settings_t site = {.min_length = 1};
    pwr_policy_pattern_t pattern
        = {.expression = expression, .is_unwanted = is_unwanted, .said = apr_table_make(pool, 1)};

    apr_table_set(pattern.said, "", "the site's sentence");
    site.patterns = apr_array_make(pool, 1, sizeof pattern);
    APR_ARRAY_PUSH(site.patterns, pwr_policy_pattern_t) = pattern;
    return site;
}

static void a_pattern_is_wanted_or_unwanted(void **state)
{
    const pwr_policy_settings_t wanted = with_pattern("^\\p{Lu}.*\\d$", false);
    const pwr_policy_settings_t unwanted = with_pattern("(.)\\1\\1", true);

    (void)state;
    assert_judged(&wanted, (pwr_rules_t){0}, "\xc3\x85rne 1", NULL);
    assert_judged(&wanted, (pwr_rules_t){0}, "\xc3\xa5rne 1", "password.pattern");
    assert_judged(&unwanted, (pwr_rules_t){0}, "aabb", NULL);
    assert_judged(&unwanted, (pwr_rules_t){0}, "abbb", "password.pattern");
    pwr_verdict_t verdict = judged(&unwanted, (pwr_rules_t){0}, NULL, "abbb");
    assert_string_equal(apr_table_get(verdict.line.said, ""), "the site's sentence");
}

static void a_pattern_that_backtracks_for_ever_is_stopped(void **state)
{
    const pwr_policy_settings_t slow = with_pattern("^(\\w+\\s?)*$", true);
    const char *typed = apr_psprintf(pool, "%0200d!", 0);
    apr_time_t before = apr_time_now();

    (void)state;
    assert_judged(&slow, (pwr_rules_t){0}, typed, "password.pattern");
    assert_true(apr_time_now() - before < apr_time_from_sec(5));
}

static void what_is_no_expression_is_refused_with_its_place(void **state)
{
    const pwr_policy_settings_t bad = with_pattern("abc(", false);
    pwr_policy_t *policy = NULL;
    pwr_fault_t *fault = pwr_policy_open(&policy, &bad, pool);

    (void)state;
    assert_non_null(fault);
    assert_non_null(strstr(fault->detail, "'abc(' is no regular expression"));
    const pwr_policy_settings_t endless = with_pattern("x\xff", false);
    assert_non_null(pwr_policy_open(&policy, &endless, pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_is_wanted_or_unwanted),
        cmocka_unit_test(a_pattern_that_backtracks_for_ever_is_stopped),
        cmocka_unit_test(what_is_no_expression_is_refused_with_its_place),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
