/* Thirty-two random bits per throw; the part of a throw that does not divide evenly is below one
 * in a hundred million and favours nothing that anybody could see. */
#include "abuse/dice.h"

#include <stdint.h>

#include "base/crypto.h"

static uint32_t throw_dice(void)
{
    uint32_t bits;
    pwr_crypto_random(&bits, sizeof bits);
    return bits;
}

double pwr_dice_between(double low, double high)
{
    return low + (high - low) * (throw_dice() / 4294967296.0);
}

int pwr_dice_below(int count)
{
    return (int)(((uint64_t)throw_dice() * (uint64_t)count) >> 32);
}

int pwr_dice_count(int low, int high)
{
    return low + pwr_dice_below(high - low + 1);
}

bool pwr_dice_is(double chance)
{
    return pwr_dice_between(0, 1) < chance;
}
