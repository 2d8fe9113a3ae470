/*
 * Active Directory: which attributes of an entry the bind may read, told from the entry's access
 * rules. There is no other way: of an attribute that is hidden, Samba and Windows answer as of one
 * that is absent, in searches, in filters and in comparisons alike. No state; any thread.
 */
#ifndef PWR_DIRECTORY_AD_ACCESS_H
#define PWR_DIRECTORY_AD_ACCESS_H

#include "directory/backend.h"

/* `descriptor` is the entry's nTSecurityDescriptor with its DACL (MS-DTYP 2.4.6), `sids` (const
 * char
 * *) are those of the bind's token, all in hexadecimal digits. `attribute` NULL, and one without
 * GUIDs, is any: rules for all attributes open it, and a rule that closes whichever attribute
 * closes it. False for what cannot be understood. */
bool pwr_ad_access_may_read(const char *descriptor, const apr_array_header_t *sids,
                            const pwr_schema_attribute_t *attribute, apr_pool_t *scratch);

/* As `find_hidden` of the backend; one search. */
pwr_fault_t *pwr_ad_access_find_hidden(const char **hidden, const pwr_backend_context_t *context,
                                       const char *dn, const apr_array_header_t *names,
                                       apr_pool_t *scratch) PWR_MUST_USE;

/* As `is_member` of the backend; three searches. */
pwr_fault_t *pwr_ad_access_is_member(bool *is_in, const pwr_backend_context_t *context,
                                     const char *group, const pwr_account_t *account,
                                     apr_pool_t *scratch) PWR_MUST_USE;

#endif
