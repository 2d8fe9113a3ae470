/*
 * How often an old password was given wrongly, for a typed name and for an account, over all nodes
 * and restarts; and how near the account is to the lock that failed logins bring. Called in web
 * children, any thread.
 */
#ifndef PWR_FLOW_ATTEMPT_CAP_H
#define PWR_FLOW_ATTEMPT_CAP_H

#include "flow/parts.h"

typedef struct {
    const char *nonce;      /* of the form, which is one attempt and no more */
    const char *name;       /* folded */
    const char *account_id; /* NULL while it is not known, or where there is none: then the name
                               stands for it */
    const char *language;
    const char *client;
} pwr_counted_attempt_t;

/* Counts an attempt that is about to be made against its name; the directory is not asked. `is_new`
 * false: this form was tried before, and nothing was counted. `why`: NULL, or the cap that forbids
 * it; then it does not count. */
pwr_fault_t *pwr_attempt_cap_put(bool *is_new, const char **why, pwr_parts_t *parts,
                                 const pwr_counted_attempt_t *attempt,
                                 apr_pool_t *scratch) PWR_MUST_USE;

/* Counts it against its account as well. `why` as above. */
pwr_fault_t *pwr_attempt_cap_put_account(const char **why, pwr_parts_t *parts,
                                         const pwr_counted_attempt_t *attempt,
                                         apr_pool_t *scratch) PWR_MUST_USE;

/* Whom an attempt is made at. */
typedef struct {
    const pwr_account_t *account; /* that of the attempt, or the dummy account in its place */
    bool is_dummy;                /* what is read then is not looked at; the work is the same */
    pwr_lockout_t lockout;        /* of the account's policy */
} pwr_attempt_cap_target_t;

/* Called between pwr_attempt_cap_put_account and the bind. `is_near`: the bind could bring the
 * account near its lock and must not be made; the attempt does not count then. Never true for a
 * dummy. A fault: the bind must not be made; the attempt counts for the caps alone. For every
 * target the same is read and written, in the same order, whatever faults there are. */
pwr_fault_t *pwr_attempt_cap_check_lockout(bool *is_near, pwr_parts_t *parts,
                                           const pwr_counted_attempt_t *attempt,
                                           const pwr_attempt_cap_target_t *target,
                                           apr_pool_t *scratch) PWR_MUST_USE;

/* Called behind the bind. `bind` NULL: it was not answered, and may have reached the account. A
 * password that was right does not count, and ends the count of those that failed before, as it
 * does in the directory. */
pwr_fault_t *pwr_attempt_cap_end(pwr_parts_t *parts, const pwr_counted_attempt_t *attempt,
                                 const pwr_attempt_cap_target_t *target,
                                 const pwr_bind_outcome_t *bind, apr_pool_t *scratch) PWR_MUST_USE;

/* Called when the account has a new password: what failed before counts no more, where the
 * directory has forgotten it, too. */
pwr_fault_t *pwr_attempt_cap_forget(pwr_parts_t *parts, const char *account_id,
                                    apr_pool_t *scratch) PWR_MUST_USE;

#endif
