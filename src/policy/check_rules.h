/* The rules that the directory told us and that can be checked without it: shortest and longest. */
#ifndef PWR_POLICY_CHECK_RULES_H
#define PWR_POLICY_CHECK_RULES_H

#include "policy/policy.h"

/* The message key of the broken rule, or NULL. */
const char *pwr_check_rules(const pwr_policy_context_t *context, const pwr_secret_t *password,
                            apr_pool_t *scratch);

#endif
