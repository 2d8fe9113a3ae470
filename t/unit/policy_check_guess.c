/* Advice is given where the estimate is built in, refuses nothing, and takes no time to speak of.
 */
#include "policy_judged.h"

#include <apr_time.h>

#include "policy/check_guess.h"

static void a_guessable_password_is_told_and_accepted(void **state)
{
    const pwr_policy_settings_t site = {.min_length = 1, .has_advice = true};
    const pwr_policy_settings_t silent = {.min_length = 1};

    (void)state;
    pwr_verdict_t verdict = judged(&site, (pwr_rules_t){0}, NULL, "fotball1");
    assert_null(verdict.key);
    assert_int_equal(verdict.is_guessable, pwr_guess_is_here());
    assert_false(judged(&silent, (pwr_rules_t){0}, NULL, "fotball1").is_guessable);
    assert_false(judged(&site, (pwr_rules_t){0}, NULL, "r\xc3\xb8yk 7 sverd, kaffe & to grevlinger")
                     .is_guessable);
}

static void the_longest_password_is_estimated_at_once(void **state)
{
    char text[PWR_MAX_PASSWORD + 1] = "";
    apr_time_t before = apr_time_now();

    (void)state;
    memset(text, 'a', PWR_MAX_PASSWORD);
    pwr_guess_is_easy(text);
    for (int i = 0; i < PWR_MAX_PASSWORD; i++) {
        text[i] = "abcABC123!"[i % 10];
    }
    pwr_guess_is_easy(text);
    assert_true(apr_time_now() - before < apr_time_from_sec(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guessable_password_is_told_and_accepted),
        cmocka_unit_test(the_longest_password_is_estimated_at_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
