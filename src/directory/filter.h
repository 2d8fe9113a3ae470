/* Values in LDAP filters. No state; any thread. */
#ifndef PWR_DIRECTORY_FILTER_H
#define PWR_DIRECTORY_FILTER_H

#include <apr_pools.h>

/* A value as it stands in a filter (RFC 4515, 3). All but letters, digits and @ . _ - is escaped.
 */
const char *pwr_filter_escape(const char *value, apr_pool_t *pool);

#endif
