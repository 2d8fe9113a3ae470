/* The clock is the system's until a test hands in its own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"

static apr_time_t at_noon(void)
{
    return apr_time_from_sec(1790000000);
}

static void now_is_the_systems_time_in_microseconds(void **state)
{
    (void)state;
    apr_time_t before = apr_time_now();
    apr_time_t now = pwr_clock_now();
    apr_time_t after = apr_time_now();

    assert_true(before <= now && now <= after);
}

static void a_test_hands_in_its_own_time_and_null_puts_the_systems_back(void **state)
{
    (void)state;
    pwr_clock_set(at_noon);
    assert_true(pwr_clock_now() == apr_time_from_sec(1790000000));

    apr_time_t before = apr_time_now();
    pwr_clock_set(NULL);
    assert_true(pwr_clock_now() >= before);
    assert_true(pwr_clock_now() <= apr_time_now());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(now_is_the_systems_time_in_microseconds),
        cmocka_unit_test(a_test_hands_in_its_own_time_and_null_puts_the_systems_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
