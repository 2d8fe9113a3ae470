/*
 * Password rules as the backend reads them. A policy is read once a minute and shared by all
 * threads.
 */
#ifndef PWR_DIRECTORY_RULES_H
#define PWR_DIRECTORY_RULES_H

#include "directory/backend.h"

#define PWR_RULES_LIFE apr_time_from_sec(60)

typedef struct pwr_policies_t pwr_policies_t;

/* Lives in `pool`. */
pwr_fault_t *pwr_policies_open(pwr_policies_t **policies, apr_pool_t *pool) PWR_MUST_USE;

/* The rules for the entry `dn`, or those for everybody when it is NULL, without the words that are
 * forbidden to one person. A policy that cannot be read, or not be told from others, gives no rule
 * but has_quality_check, and a warning. */
pwr_fault_t *pwr_policies_rules(pwr_rules_t *rules, pwr_policies_t *policies,
                                const pwr_backend_context_t *context, const char *dn,
                                apr_pool_t *scratch) PWR_MUST_USE;

/* The rules for everybody as they were read last; no rule when they never were. */
pwr_rules_t pwr_policies_last(pwr_policies_t *policies);

#endif
