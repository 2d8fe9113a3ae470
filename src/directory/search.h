/*
 * A bounded search, its answer as plain data: nothing of libldap is left in it. Only this directory
 * includes this header. Values of objectGUID, objectSid and tokenGroups come as hexadecimal digits.
 * Others that hold NUL, and values longer than PWR_MAX_ATTRIBUTE, are left out, and so is what
 * comes after PWR_MAX_VALUES of one attribute.
 */
#ifndef PWR_DIRECTORY_SEARCH_H
#define PWR_DIRECTORY_SEARCH_H

#include <apr_tables.h>

#include "directory/ldap_connection.h"

typedef struct {
    const char *base;
    int scope; /* as in pwr_directory_settings_t */
    const char *filter;
    const char *const *attributes; /* closed by NULL */
    int limit;                     /* at most so many entries */
} pwr_search_t;

typedef struct {
    const char *name;           /* as it was asked for */
    apr_array_header_t *values; /* const char *; at least one */
} pwr_attribute_t;

typedef struct {
    const char *dn;
    apr_array_header_t *attributes; /* pwr_attribute_t; those that have values */
} pwr_entry_t;

typedef struct {
    apr_array_header_t *entries; /* pwr_entry_t */
    bool has_more;               /* than the limit */
} pwr_found_t;

/* Searches on a pooled connection; when that one is lost, once more on a new one. A base entry that
 * is not there makes an empty answer if the scope is 0, else BROKEN. */
pwr_fault_t *pwr_search(pwr_found_t *found, pwr_ldap_connections_t *connections,
                        const pwr_search_t *search, apr_pool_t *pool) PWR_MUST_USE;

/* The same once on this connection, which stays taken. */
pwr_answer_t pwr_search_on(pwr_found_t *found, pwr_ldap_connection_t *connection,
                           const pwr_search_t *search, apr_pool_t *pool);

/* A copy that lives in `pool`. */
const pwr_entry_t *pwr_entry_copy(const pwr_entry_t *entry, apr_pool_t *pool);

/* The values (const char *) of an attribute, NULL when there are none; and the first of them. Names
 * are compared without regard to case. */
const apr_array_header_t *pwr_entry_values(const pwr_entry_t *entry, const char *name);
const char *pwr_entry_first(const pwr_entry_t *entry, const char *name);

#endif
