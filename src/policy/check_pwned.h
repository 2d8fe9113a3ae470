/*
 * Leaked passwords: in a file as the downloader of Have I Been Pwned writes it (lines of HASH:COUNT
 * in rising order, SHA-1 or NTLM), or asked for by the first five digits of the SHA-1
 * (k-anonymity), so that the service learns neither the password nor its hash.
 */
#ifndef PWR_POLICY_CHECK_PWNED_H
#define PWR_POLICY_CHECK_PWNED_H

#include "policy/candidate.h"

/* Opens the file, tells its form from its first line, and looks at places all over it for their
 * order. BROKEN with what to do. */
pwr_fault_t *pwr_pwned_open(pwr_pwned_t **pwned, const char *path, apr_pool_t *pool) PWR_MUST_USE;

/* Is the password in the file? LATER when it cannot be read. */
pwr_fault_t *pwr_pwned_find(bool *is_found, const pwr_pwned_t *pwned, const char *password,
                            apr_pool_t *scratch) PWR_MUST_USE;

/* Does the service at settings->pwned_url know it? LATER or BROKEN when it gave no answer. */
pwr_fault_t *pwr_pwned_ask(bool *is_found, const pwr_policy_settings_t *settings,
                           const char *password, apr_pool_t *scratch) PWR_MUST_USE;

#endif
