/*
 * Random numbers for pictures, sounds and captchas, from the system's randomness: a generator whose
 * state can be guessed from one picture would tell the next answer. pwr_crypto_start first; any
 * thread.
 */
#ifndef PWR_BASE_RANDOM_H
#define PWR_BASE_RANDOM_H

#include <stdbool.h>

/* At least `low`, below `high`. */
double pwr_random_between(double low, double high);
/* 0 to `count` - 1; 0 when `count` is 0. */
int pwr_random_below(int count);
/* `low` to `high`, both included. */
int pwr_random_within(int low, int high);
bool pwr_random_is(double chance);

#endif
