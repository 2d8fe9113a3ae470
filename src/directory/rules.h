/*
 * Password rules as slapo-ppolicy keeps them: the policy entry that the account names, else the
 * default one. A policy is read once a minute and shared by all threads.
 */
#ifndef PWR_DIRECTORY_RULES_H
#define PWR_DIRECTORY_RULES_H

#include "directory/search.h"

#define PWR_RULES_LIFE apr_time_from_sec(60)

typedef struct pwr_policies_t pwr_policies_t;

/* Lives in `pool`. */
pwr_fault_t *pwr_policies_open(pwr_policies_t **policies, pwr_connections_t *connections,
                               const pwr_directory_settings_t *settings,
                               apr_pool_t *pool) PWR_MUST_USE;

/* The rules for the entry `dn`, or those for everybody when it is NULL. A policy that cannot be
 * read, or not be told from others, gives no rule but has_quality_check, and a warning. */
pwr_fault_t *pwr_policies_rules(pwr_rules_t *rules, pwr_policies_t *policies, const char *dn,
                                apr_pool_t *scratch) PWR_MUST_USE;

/* True when the server keeps password policies, and so writes pwdChangedTime. */
pwr_fault_t *pwr_policies_are_kept(bool *are_kept, pwr_policies_t *policies,
                                   apr_pool_t *scratch) PWR_MUST_USE;

/* What a policy entry says. */
pwr_rules_t pwr_rules_from_entry(const pwr_entry_t *entry);

#endif
