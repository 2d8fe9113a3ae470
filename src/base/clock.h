/*
 * The one clock: microseconds since 1970 UTC, as apr_time_t, everywhere. Tests hand in their own.
 * Set before threads start; reading from any thread.
 */
#ifndef PWR_BASE_CLOCK_H
#define PWR_BASE_CLOCK_H

#include <apr_time.h>

apr_time_t pwr_clock_now(void);

/* Replaces the clock; NULL puts the system's back. For tests. */
void pwr_clock_set(apr_time_t (*now)(void));

#endif
