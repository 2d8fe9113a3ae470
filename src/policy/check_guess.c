/*
 * The estimate takes longer the longer the text, so it is given a bounded part; that part alone
 * being hard enough, the whole is. It knows single bytes: letters outside ASCII count as rare
 * signs.
 */
#include "policy/check_guess.h"

#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"

#ifdef PWR_HAS_ZXCVBN
#include <zxcvbn.h>

#define ENOUGH_BITS 40.0 /* 10^12 guesses: an offline attack on a slow hash, for days */

bool pwr_guess_is_here(void)
{
    return true;
}

bool pwr_guess_is_easy(const char *password)
{
    char part[PWR_MAX_GUESSED + 1];
    size_t length = strnlen(password, PWR_MAX_GUESSED);

    memcpy(part, password, length);
    part[length] = '\0';
    double bits = ZxcvbnMatch(part, NULL, NULL);
    pwr_crypto_wipe(part, sizeof part);
    return bits < ENOUGH_BITS;
}
#else
bool pwr_guess_is_here(void)
{
    return false;
}

bool pwr_guess_is_easy(const char *password)
{
    (void)password;
    return false;
}
#endif
