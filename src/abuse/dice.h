/*
 * Chance as numbers: what pictures and sounds are varied by, and which squares are right. Comes
 * from the system's randomness, because a generator whose state can be guessed from one picture
 * would tell the next answer. pwr_crypto_start first; any thread.
 */
#ifndef PWR_ABUSE_DICE_H
#define PWR_ABUSE_DICE_H

#include <stdbool.h>

/* At least `low`, below `high`. */
double pwr_dice_between(double low, double high);
/* 0 to `count` - 1; 0 when `count` is 0. */
int pwr_dice_below(int count);
/* `low` to `high`, both included. */
int pwr_dice_count(int low, int high);
bool pwr_dice_is(double chance);

#endif
