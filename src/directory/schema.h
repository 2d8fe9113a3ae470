/*
 * What the server's schema says of the attributes that the settings name: whether it knows them,
 * and how its answers call them (an alias or an OID is as good in a request). Read once per
 * process, read-only afterwards; any thread. Only this directory includes this header.
 */
#ifndef PWR_DIRECTORY_SCHEMA_H
#define PWR_DIRECTORY_SCHEMA_H

#include <apr_hash.h>

#include "directory/search.h"

typedef struct {
    const char *name; /* as in the server's answers */
    /* Active Directory alone: the GUIDs, in hexadecimal digits, of the attribute and of its
     * property set (NULL: none), by which access rules name it; and whether it needs a right beyond
     * reading.
     */
    const char *guid, *set_guid;
    bool is_confidential;
} pwr_schema_attribute_t;

typedef struct {
    apr_pool_t *pool;       /* in which it lives; the reader sets it */
    apr_hash_t *attributes; /* pwr_schema_attribute_t * by the settings' name in lower case; NULL:
                               the schema cannot be read */
} pwr_schema_t;

typedef pwr_fault_t *pwr_schema_reader_t(pwr_schema_t *schema, pwr_ldap_connections_t *connections,
                                         const char *dn, const apr_array_header_t *names,
                                         apr_pool_t *scratch) PWR_MUST_USE;

/* Reads what the subschema entry `dn` (RFC 4512, 4.2) says of `names` (const char *). Without `dn`,
 * or where it cannot be read, nothing is known. */
pwr_schema_reader_t pwr_schema_read;

/* The same from the entries below `dn`, Active Directory's schemaNamingContext. */
pwr_schema_reader_t pwr_schema_read_ad;

/* What is known of an attribute that was among `names`; NULL where nothing is. */
const pwr_schema_attribute_t *pwr_schema_find(const pwr_schema_t *schema, const char *name);

/* Whether the schema was read and has no such attribute. */
bool pwr_schema_lacks(const pwr_schema_t *schema, const char *name);

/* The name in the server's answers; `name` itself where nothing is known of it. */
const char *pwr_schema_name(const pwr_schema_t *schema, const char *name);

#endif
