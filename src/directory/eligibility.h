/* Who may reset by the site's own rules: groups, and a filter for the protected. Any thread. */
#ifndef PWR_DIRECTORY_ELIGIBILITY_H
#define PWR_DIRECTORY_ELIGIBILITY_H

#include "directory/server.h"

/* Sets `ineligible` ("protected", "group") of an account that may reset so far. Asks the directory
 * only for what the site has said. */
pwr_fault_t *pwr_eligibility_judge(pwr_account_t *account, pwr_directory_t *directory,
                                   apr_pool_t *pool) PWR_MUST_USE;

/* The same, but every check is made, and by as many searches, whatever is known of the account so
 * far: for answers whose time must not tell. A missing address does not count as a bar here. The
 * first fault. */
pwr_fault_t *pwr_eligibility_judge_fully(pwr_account_t *account, pwr_directory_t *directory,
                                         apr_pool_t *pool) PWR_MUST_USE;

#endif
