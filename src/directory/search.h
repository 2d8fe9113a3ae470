/*
 * A bounded search, its answer as plain data: nothing of libldap is left in it. Only this directory
 * includes this header. Values of objectGUID, objectSid, tokenGroups, nTSecurityDescriptor and the
 * GUIDs of AD's schema come as hexadecimal digits. Others that hold NUL, and values longer than
 * PWR_MAX_ATTRIBUTE (a security descriptor: PWR_MAX_DESCRIPTOR), are left out, and so is what comes
 * after PWR_MAX_VALUES of one attribute.
 */
#ifndef PWR_DIRECTORY_SEARCH_H
#define PWR_DIRECTORY_SEARCH_H

#include <apr_tables.h>

#include "directory/entry.h"
#include "directory/ldap_connection.h"

typedef struct {
    const char *base;
    int scope; /* as in pwr_directory_settings_t */
    const char *filter;
    const char *const *attributes; /* closed by NULL */
    int limit;                     /* at most so many entries */
    int max_values;                /* of one attribute; 0: PWR_MAX_VALUES */
    LDAPControl *control;          /* goes with the request; NULL: none */
} pwr_search_t;

typedef struct {
    apr_array_header_t *entries; /* pwr_entry_t */
    bool has_more;               /* than the limit */
} pwr_found_t;

/* Searches on a pooled connection; when that one is lost, once more on a new one. A base entry that
 * is not there makes an empty answer if the scope is 0, else BROKEN. */
pwr_fault_t *pwr_search(pwr_found_t *found, pwr_ldap_connections_t *connections,
                        const pwr_search_t *search, apr_pool_t *pool) PWR_MUST_USE;

/* Reads the entry `search->base`; NULL when it is not there, or does not match. Of `search` the
 * base and the attributes are needed; no filter is (objectClass=*). */
pwr_fault_t *pwr_search_entry(const pwr_entry_t **entry, pwr_ldap_connections_t *connections,
                              const pwr_search_t *search, apr_pool_t *pool) PWR_MUST_USE;

/* Whether the entry `dn` surely matches `filter`: false also where an attribute in it is hidden. */
pwr_fault_t *pwr_search_matches(bool *is_match, pwr_ldap_connections_t *connections, const char *dn,
                                const char *filter, apr_pool_t *pool) PWR_MUST_USE;

/* As pwr_search, once on this connection, which stays taken. */
pwr_answer_t pwr_search_on(pwr_found_t *found, pwr_ldap_connection_t *connection,
                           const pwr_search_t *search, apr_pool_t *pool);

#endif
