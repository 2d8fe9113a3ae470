/* Each number is made of thirty-two random bits. The error where a range does not divide them
 * evenly is below one in a hundred million. */
#include "base/random.h"

#include <stdint.h>

#include "base/crypto.h"

static uint32_t random_bits(void)
{
    uint32_t bits;
    pwr_crypto_random(&bits, sizeof bits);
    return bits;
}

double pwr_random_between(double low, double high)
{
    return low + (high - low) * (random_bits() / 4294967296.0);
}

int pwr_random_below(int count)
{
    return (int)(((uint64_t)random_bits() * (uint64_t)count) >> 32);
}

int pwr_random_within(int low, int high)
{
    return low + pwr_random_below(high - low + 1);
}

bool pwr_random_is(double chance)
{
    return pwr_random_between(0, 1) < chance;
}
