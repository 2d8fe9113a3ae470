/* Changes to an entry, as libldap sends them. No state; any thread. */
#ifndef PWR_DIRECTORY_CHANGES_H
#define PWR_DIRECTORY_CHANGES_H

#include <apr_tables.h>
#include <ldap.h>

/* A fresh list. */
apr_array_header_t *pwr_changes_make(apr_pool_t *pool);

/* One change of one attribute: `op` LDAP_MOD_REPLACE or LDAP_MOD_DELETE; `value` NULL empties. */
void pwr_changes_add(apr_array_header_t *changes, int op, const char *attribute, const char *value);

/* As libldap wants it; NULL when there is no change. Ends the list. */
LDAPMod **pwr_changes_finish(apr_array_header_t *changes);

#endif
