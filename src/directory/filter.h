/* Filters: the values that are put into them, and the attributes they ask for. No state; any
 * thread.
 */
#ifndef PWR_DIRECTORY_FILTER_H
#define PWR_DIRECTORY_FILTER_H

#include <apr_tables.h>

/* A value as it stands in a filter (RFC 4515, 3). All but letters, digits and @ . _ - is escaped.
 */
const char *pwr_filter_escape(const char *value, apr_pool_t *pool);

/* The attributes (const char *) that a filter in brackets asks of an entry, without options. A part
 * that names none, as "(:caseExactMatch:=x)", stands in the list as ":". */
apr_array_header_t *pwr_filter_attributes(const char *filter, apr_pool_t *pool);

#endif
