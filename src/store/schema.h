/* The tables as text, for conf/schema/ and the test that holds those files to it. No state. */
#ifndef PWR_STORE_SCHEMA_H
#define PWR_STORE_SCHEMA_H

#include <apr_pools.h>

/* The SQL that makes all tables of this program's version for a driver of store.h, as a file for
 * the database's own client. NULL when there is no such driver. */
const char *pwr_schema_script(const char *driver, apr_pool_t *pool);

#endif
