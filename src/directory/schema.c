/*
 * A directory's schema is long, and little of it is asked for: only what the settings name is kept.
 */
#include "directory/schema.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>
#include <ldap_schema.h>

#include "base/limits.h"
#include "directory/filter.h"

#define CONFIDENTIAL 128 /* of searchFlags, MS-ADTS 2.2.9 */

static char lower_letter(char letter)
{
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

static const char *lower(const char *name, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, name);

    for (char *at = copy; *at != '\0'; at++) {
        *at = lower_letter(*at);
    }
    return copy;
}

/* The names without options, by their lower case; no value yet. */
static apr_hash_t *wanted_names(const apr_array_header_t *names, apr_pool_t *pool)
{
    apr_hash_t *wanted = apr_hash_make(pool);

    for (int i = 0; i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        name = lower(apr_pstrmemdup(pool, name, strcspn(name, ";")), pool);
        apr_hash_set(wanted, name, APR_HASH_KEY_STRING, name);
    }
    return wanted;
}

/* Keeps a fresh record for `spelling` if it is wanted; NULL if it is not. */
static pwr_schema_attribute_t *keep_wanted(pwr_schema_t *schema, apr_hash_t *wanted,
                                           const char *spelling, const char *name)
{
    const char *key
        = apr_hash_get(wanted, lower(spelling, apr_hash_pool_get(wanted)), APR_HASH_KEY_STRING);
    pwr_schema_attribute_t *attribute = NULL;

    if (key != NULL) {
        attribute = apr_pcalloc(schema->pool, sizeof *attribute);
        attribute->name = apr_pstrdup(schema->pool, name);
        apr_hash_set(schema->attributes, apr_pstrdup(schema->pool, key), APR_HASH_KEY_STRING,
                     attribute);
    }
    return attribute;
}

/* --- RFC 4512 --- */

/* A definition that libldap cannot read is left out: its attribute counts as unknown. */
static void take_definition(pwr_schema_t *schema, apr_hash_t *wanted, const char *definition)
{
    int code = 0;
    const char *place = NULL;
    LDAPAttributeType *type
        = ldap_str2attributetype(definition, &code, &place, LDAP_SCHEMA_ALLOW_ALL);

    if (type == NULL) {
        return;
    }
    char **names = type->at_names;
    const char *name = names != NULL && names[0] != NULL ? names[0] : type->at_oid;
    if (type->at_oid != NULL) {
        (void)keep_wanted(schema, wanted, type->at_oid, name);
    }
    for (int i = 0; names != NULL && names[i] != NULL; i++) {
        (void)keep_wanted(schema, wanted, names[i], name);
    }
    ldap_attributetype_free(type);
}

pwr_fault_t *pwr_schema_read(pwr_schema_t *schema, pwr_ldap_connections_t *connections,
                             const char *dn, const apr_array_header_t *names, apr_pool_t *scratch)
{
    static const char *const attributes[] = {"attributeTypes", NULL};
    const pwr_search_t search = {.base = dn,
                                 .filter = "(objectClass=subschema)",
                                 .attributes = attributes,
                                 .max_values = PWR_MAX_SCHEMA};
    apr_hash_t *wanted = wanted_names(names, scratch);
    const pwr_entry_t *entry = NULL;

    schema->attributes = NULL;
    if (dn != NULL) {
        PWR_TRY(pwr_search_entry(&entry, connections, &search, scratch));
    }
    const apr_array_header_t *types = entry != NULL ? pwr_entry_values(entry, attributes[0]) : NULL;
    schema->attributes = types != NULL ? apr_hash_make(schema->pool) : NULL;
    for (int i = 0; types != NULL && i < types->nelts; i++) {
        take_definition(schema, wanted, APR_ARRAY_IDX(types, i, const char *));
    }
    return NULL;
}

/* --- Active Directory, MS-ADTS 3.1.1.2.3 --- */

#define NAME "lDAPDisplayName"
#define OID "attributeID"
#define FLAGS "searchFlags"
#define GUID "schemaIDGUID"
#define SET "attributeSecurityGUID"

static void take_entry(pwr_schema_t *schema, apr_hash_t *wanted, const pwr_entry_t *entry)
{
    static const char *const spellings[] = {NAME, OID};
    const char *name = pwr_entry_first(entry, NAME);
    const char *flags = pwr_entry_first(entry, FLAGS);

    for (int i = 0; i < 2 && name != NULL; i++) {
        const char *spelling = pwr_entry_first(entry, spellings[i]);
        pwr_schema_attribute_t *attribute
            = spelling != NULL ? keep_wanted(schema, wanted, spelling, name) : NULL;
        if (attribute != NULL) {
            attribute->guid = apr_pstrdup(schema->pool, pwr_entry_first(entry, GUID));
            attribute->set_guid = apr_pstrdup(schema->pool, pwr_entry_first(entry, SET));
            attribute->is_confidential
                = flags != NULL && (apr_strtoi64(flags, NULL, 10) & CONFIDENTIAL) != 0;
        }
    }
}

pwr_fault_t *pwr_schema_read_ad(pwr_schema_t *schema, pwr_ldap_connections_t *connections,
                                const char *dn, const apr_array_header_t *names,
                                apr_pool_t *scratch)
{
    static const char *const attributes[] = {NAME, OID, FLAGS, GUID, SET, NULL};
    apr_hash_t *wanted = wanted_names(names, scratch);
    const char *any = "";
    pwr_found_t found;

    schema->attributes = NULL;
    if (dn == NULL) {
        return NULL;
    }
    for (apr_hash_index_t *at = apr_hash_first(scratch, wanted); at != NULL;
         at = apr_hash_next(at)) {
        const char *name = apr_hash_this_key(at);
        any = apr_pstrcat(scratch, any, "(", *name >= '0' && *name <= '9' ? OID : NAME, "=",
                          pwr_filter_escape(name, scratch), ")", NULL);
    }
    const pwr_search_t search
        = {.base = dn,
           .scope = LDAP_SCOPE_ONELEVEL,
           .filter = apr_pstrcat(scratch, "(&(objectClass=attributeSchema)(|", any, "))", NULL),
           .attributes = attributes,
           .limit = (int)apr_hash_count(wanted)};
    PWR_TRY(pwr_search(&found, connections, &search, scratch));
    schema->attributes = found.entries->nelts > 0 ? apr_hash_make(schema->pool) : NULL;
    for (int i = 0; i < found.entries->nelts; i++) {
        take_entry(schema, wanted, &APR_ARRAY_IDX(found.entries, i, pwr_entry_t));
    }
    return NULL;
}

/* --- what is known --- */

const pwr_schema_attribute_t *pwr_schema_find(const pwr_schema_t *schema, const char *name)
{
    char key[PWR_MAX_ATTRIBUTE_NAME + 1];
    size_t length = strcspn(name, ";");

    if (schema->attributes == NULL || length >= sizeof key) {
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        key[i] = lower_letter(name[i]);
    }
    return apr_hash_get(schema->attributes, key, (apr_ssize_t)length);
}

bool pwr_schema_lacks(const pwr_schema_t *schema, const char *name)
{
    return schema->attributes != NULL && pwr_schema_find(schema, name) == NULL;
}

const char *pwr_schema_name(const pwr_schema_t *schema, const char *name)
{
    const pwr_schema_attribute_t *attribute
        = strchr(name, ';') == NULL ? pwr_schema_find(schema, name) : NULL;
    return attribute != NULL ? attribute->name : name;
}
