/* A file of refused passwords, one a line. */
#ifndef PWR_POLICY_CHECK_BLOCKLIST_H
#define PWR_POLICY_CHECK_BLOCKLIST_H

#include "policy/candidate.h"

/* Reads the file once, before the fork. BROKEN with file, line and remedy. */
pwr_fault_t *pwr_blocklist_open(pwr_blocklist_t **list, const char *path,
                                apr_pool_t *pool) PWR_MUST_USE;

/* Is the password in the list, letter case aside; or is it when up to six digits and signs at its
 * end are left out, so that "sommer" also refuses "Sommer2026!"? */
bool pwr_blocklist_has(const pwr_blocklist_t *list, const char *password, apr_pool_t *scratch);

#endif
