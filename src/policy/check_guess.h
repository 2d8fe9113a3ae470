/* How hard a password is to guess, as zxcvbn estimates it: advice, never a rule. */
#ifndef PWR_POLICY_CHECK_GUESS_H
#define PWR_POLICY_CHECK_GUESS_H

#include <stdbool.h>

/* Was the estimate built in? */
bool pwr_guess_is_here(void);

/* Is the password easy to guess? Looks at the first PWR_MAX_GUESSED bytes. False where the estimate
 * is not built in. */
bool pwr_guess_is_easy(const char *password);

#endif
