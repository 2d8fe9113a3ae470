/*
 * How often an old password was given wrongly, for a typed name and for an account, over all nodes
 * and restarts. Called in web children, any thread.
 */
#ifndef PWR_FLOW_TRIES_H
#define PWR_FLOW_TRIES_H

#include "flow/parts.h"

typedef struct {
    const char *nonce; /* of the form, which is one try and no more */
    const char *name;  /* folded */
    const char *language;
    const char *client;
} pwr_try_t;

/* Counts a try that is about to be made against its name; the directory is not asked. `is_new`
 * false: this form was tried before, and nothing was counted. `why`: NULL, or the cap that forbids
 * it; then it does not count. */
pwr_fault_t *pwr_try_put(bool *is_new, const char **why, pwr_parts_t *parts,
                         const pwr_try_t *attempt, apr_pool_t *scratch) PWR_MUST_USE;

/* Counts it against its account as well: `account_id`, or NULL when there is none; then the name
 * stands for it. `why` as above. */
pwr_fault_t *pwr_try_put_account(const char **why, pwr_parts_t *parts, const pwr_try_t *attempt,
                                 const char *account_id, apr_pool_t *scratch) PWR_MUST_USE;

#endif
