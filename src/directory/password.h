/*
 * The writes: a new password, a person's own change, an unlocking. Never repeated. Any thread.
 */
#ifndef PWR_DIRECTORY_PASSWORD_H
#define PWR_DIRECTORY_PASSWORD_H

#include "directory/proof.h"
#include "directory/server.h"

/* As the verbs of directory.h and attempt.h; the directory is known. */
pwr_fault_t *pwr_password_set(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                              const pwr_account_t *account, const pwr_secret_t *password,
                              apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_password_prove(pwr_proof_t *proof, pwr_directory_t *directory,
                                apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_password_change(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                 pwr_proof_t *proof, const pwr_secret_t *password,
                                 apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_password_unlock(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *pool) PWR_MUST_USE;

#endif
