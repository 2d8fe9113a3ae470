/* The site's own regular expressions, each with its sentence. */
#ifndef PWR_POLICY_CHECK_PATTERN_H
#define PWR_POLICY_CHECK_PATTERN_H

#include "policy/candidate.h"

/* BROKEN when one is no expression. */
pwr_fault_t *pwr_patterns_open(apr_array_header_t **patterns, const apr_array_header_t *wanted,
                               apr_pool_t *pool) PWR_MUST_USE;

/* The first one that the password does not keep, by its place; -1 when it keeps all. One that takes
 * too long is not kept, and logged. */
int pwr_patterns_first_broken(const pwr_policy_t *policy, const char *password,
                              apr_pool_t *scratch);

#endif
