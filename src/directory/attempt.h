/*
 * A password change by a person who knows the old one, as the flow sees it: find the account, try
 * the old password, set the new one. A stranger chooses the name and can measure the answer, so the
 * first two send the same operations for every name, in the same order, whatever the earlier ones
 * brought. Any thread.
 */
#ifndef PWR_DIRECTORY_ATTEMPT_H
#define PWR_DIRECTORY_ATTEMPT_H

#include "directory/directory.h"
#include "directory/proof.h"

/* Which account an old password is tried for. */
typedef struct {
    const pwr_account_t
        *account;               /* the one that was named; NULL when not exactly one can be read */
    const pwr_account_t *dummy; /* to be tried in its place where `why` is set: no entry has its
                                   DN */
    const char *why;            /* NULL: `account` may be tried; else why not, for the audit log */
    const pwr_fault_t *fault;   /* what could not be read, or NULL; `why` is set as well */
} pwr_attempt_t;

/* Finds the account that `typed` names. The same operations are sent for every name: where not
 * exactly one account can be read, the dummy is judged as an account is, and no answer or fault
 * ends the series early. */
void pwr_attempt_find(pwr_attempt_t *attempt, pwr_directory_t *directory, const char *typed,
                      apr_pool_t *pool);

/* When failed logins lock this account. `lockout` comes in as for everybody, and stays so where the
 * account names no policy of its own. Not cached: the same searches are sent for every account,
 * also for a dummy, and no answer or fault ends them early. */
pwr_fault_t *pwr_attempt_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch) PWR_MUST_USE;

/* Tries the old password: one bind as the person, on a connection of its own. A fault when the
 * server gave no answer. */
pwr_fault_t *pwr_attempt_prove(pwr_proof_t *proof, pwr_directory_t *directory,
                               const pwr_account_t *account, const pwr_secret_t *old,
                               apr_pool_t *pool) PWR_MUST_USE;

/* The person's own change, by a proof that is right, so that history and minimum age hold as for
 * any own change. It may be called once for a proof. The fault is NULL exactly when `outcome` is
 * DONE or STALE. */
pwr_fault_t *pwr_attempt_change_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                         pwr_proof_t *proof, const pwr_secret_t *password,
                                         apr_pool_t *pool) PWR_MUST_USE;

#endif
