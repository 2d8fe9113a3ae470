/*
 * The one write: a new password by the operation of RFC 3062, with the password policy control.
 * Never repeated. Any thread.
 */
#ifndef PWR_DIRECTORY_PASSWORD_H
#define PWR_DIRECTORY_PASSWORD_H

#include "directory/connection.h"

/* As pwr_directory_set_password. */
pwr_fault_t *pwr_password_write(pwr_write_outcome_t *outcome, pwr_connections_t *connections,
                                const char *dn, const pwr_secret_t *password,
                                apr_pool_t *pool) PWR_MUST_USE;

#endif
