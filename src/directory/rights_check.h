/* What the bind sees and may do, for the self-checks. Called in the foreground. */
#ifndef PWR_DIRECTORY_RIGHTS_CHECK_H
#define PWR_DIRECTORY_RIGHTS_CHECK_H

#include "directory/server.h"

/* As pwr_directory_check_bind and pwr_directory_check_rights; the directory is known. */
pwr_fault_t *pwr_rights_check_bind(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;
pwr_fault_t *pwr_rights_check_account(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;

/* As pwr_directory_check_lockout, for a policy that was read; the directory is known. */
pwr_fault_t *pwr_rights_check_lockout(const pwr_lockout_t *lockout, pwr_directory_t *directory,
                                      apr_pool_t *scratch) PWR_MUST_USE;

#endif
