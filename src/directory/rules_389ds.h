/*
 * The password policies of 389 Directory Server: the global one in cn=config, and local ones of a
 * subtree or a person. What the functions are for stands in backend.h; they are that table's
 * policy_of, rules_of and words_of. No state; any thread.
 */
#ifndef PWR_DIRECTORY_RULES_389DS_H
#define PWR_DIRECTORY_RULES_389DS_H

#include "directory/backend.h"

/* "" stands for the policy in cn=config, any other key is the DN of a local one. */
pwr_fault_t *pwr_rules_389ds_policy(const char **key, const pwr_backend_context_t *context,
                                    const char *dn, apr_pool_t *scratch) PWR_MUST_USE;
pwr_fault_t *pwr_rules_389ds_read(pwr_rules_t *rules, const pwr_backend_context_t *context,
                                  const char *key, apr_pool_t *scratch) PWR_MUST_USE;
/* As lockout_of in backend.h: five searches. */
pwr_fault_t *pwr_rules_389ds_lockout(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                                     const char *dn, apr_pool_t *scratch) PWR_MUST_USE;

/* All pieces of rules->piece_length characters of what stands in account->pieced. */
apr_array_header_t *pwr_rules_389ds_words(const pwr_account_t *account, const pwr_rules_t *rules,
                                          apr_pool_t *pool);

/* Whether cn=config's passwordAdminDN is the bind, or a group that names it. */
pwr_fault_t *pwr_rules_389ds_check_bind(const pwr_backend_context_t *context,
                                        apr_pool_t *scratch) PWR_MUST_USE;

#endif
