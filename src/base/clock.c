/* The system's clock, which tests can replace. */
#include "base/clock.h"

static apr_time_t (*current_now)(void) = apr_time_now;

apr_time_t pwr_clock_now(void)
{
    return current_now();
}

void pwr_clock_set(apr_time_t (*now)(void))
{
    current_now = now != NULL ? now : apr_time_now;
}
