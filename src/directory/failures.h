/*
 * The failed logins that a server counts against an entry. Read anew each time, as an attempt at a
 * password is made by what it says. Only this directory includes this header. No state; any thread.
 */
#ifndef PWR_DIRECTORY_FAILURES_H
#define PWR_DIRECTORY_FAILURES_H

#include "directory/backend.h"

/* As pwr_directory_failures; the directory is known. */
pwr_fault_t *pwr_failures_read(pwr_failures_t *failures, const pwr_backend_context_t *context,
                               const char *dn, const pwr_lockout_t *lockout,
                               apr_pool_t *scratch) PWR_MUST_USE;

#endif
