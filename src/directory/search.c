/*
 * Messages are taken one by one, under one deadline and a ceiling of their number: a server that
 * sends entries without end fills no memory.
 */
#include "directory/search.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/limits.h"

#define SPARE_MESSAGES 16 /* search references and the result, beside the entries */
#define DESCRIPTOR "nTSecurityDescriptor"

/* Attributes whose values are bytes and no text. */
static bool is_bytes(const char *name)
{
    static const char *const names[] = {"objectGUID",   "objectSid", "tokenGroups",
                                        "schemaIDGUID", DESCRIPTOR,  "attributeSecurityGUID"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (apr_cstr_casecmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *to_hex(const struct berval *value, apr_pool_t *pool)
{
    static const char digits[] = "0123456789abcdef";
    char *text = apr_palloc(pool, 2 * value->bv_len + 1);

    for (ber_len_t i = 0; i < value->bv_len; i++) {
        text[2 * i] = digits[(unsigned char)value->bv_val[i] >> 4];
        text[2 * i + 1] = digits[(unsigned char)value->bv_val[i] & 15];
    }
    text[2 * value->bv_len] = '\0';
    return text;
}

static void copy_values(apr_array_header_t *copy, const struct berval *values, const char *name,
                        const pwr_search_t *search)
{
    apr_pool_t *pool = copy->pool;
    int most = search->max_values > 0 ? search->max_values : PWR_MAX_VALUES;
    ber_len_t longest
        = apr_cstr_casecmp(name, DESCRIPTOR) == 0 ? PWR_MAX_DESCRIPTOR : PWR_MAX_ATTRIBUTE;

    for (const struct berval *value = values; value->bv_val != NULL && copy->nelts < most;
         value++) {
        if (is_bytes(name) && value->bv_len <= longest) {
            APR_ARRAY_PUSH(copy, const char *) = to_hex(value, pool);
        } else if (value->bv_len > 0 && value->bv_len <= longest
                   && memchr(value->bv_val, '\0', value->bv_len) == NULL) {
            APR_ARRAY_PUSH(copy, const char *) = apr_pstrmemdup(pool, value->bv_val, value->bv_len);
        }
    }
}

/* The name that was asked for, NULL for an attribute that nobody asked for. An option behind the
 * name ("mail;lang-nb") makes a subtype, which an answer to "mail" holds as well (RFC 4512, 2.5.2).
 */
static const char *asked_for(const char *description, const pwr_search_t *search)
{
    size_t length = strcspn(description, ";");

    for (const char *const *name = search->attributes; *name != NULL; name++) {
        if (apr_cstr_casecmp(*name, description) == 0
            || (apr_cstr_casecmpn(*name, description, length) == 0 && (*name)[length] == '\0')) {
            return *name;
        }
    }
    return NULL;
}

/* Values in the order of the answer, under the name that was asked for and its options. */
static void add_values(pwr_entry_t *entry, const struct berval *values, const char *description,
                       const pwr_search_t *search)
{
    const char *asked = asked_for(description, search);
    apr_pool_t *pool = entry->attributes->pool;

    if (asked == NULL || entry->attributes->nelts >= PWR_MAX_DESCRIPTIONS) {
        return;
    }
    const char *options = description + strcspn(description, ";");
    const char *name = strchr(asked, ';') != NULL ? asked : apr_pstrcat(pool, asked, options, NULL);
    apr_array_header_t *copy = (apr_array_header_t *)pwr_entry_values(entry, name);
    if (copy != NULL) {
        copy_values(copy, values, asked, search);
        return;
    }
    copy = apr_array_make(pool, 2, sizeof(const char *));
    copy_values(copy, values, asked, search);
    if (copy->nelts > 0) {
        APR_ARRAY_PUSH(entry->attributes, pwr_attribute_t)
            = (pwr_attribute_t){.name = name, .values = copy};
    }
}

/* Reads the message once, and copies what is kept out of it. */
static pwr_entry_t copy_entry(LDAP *ld, LDAPMessage *message, const pwr_search_t *search,
                              apr_pool_t *pool)
{
    pwr_entry_t entry = {.dn = "", .attributes = apr_array_make(pool, 16, sizeof(pwr_attribute_t))};
    struct berval dn, name, *values = NULL;
    BerElement *ber = NULL;

    if (ldap_get_dn_ber(ld, message, &ber, &dn) != LDAP_SUCCESS) {
        return entry;
    }
    entry.dn = apr_pstrmemdup(pool, dn.bv_val, dn.bv_len);
    while (ldap_get_attribute_ber(ld, message, ber, &name, &values) == LDAP_SUCCESS
           && name.bv_val != NULL) {
        if (values != NULL) {
            add_values(&entry, values, apr_pstrmemdup(pool, name.bv_val, name.bv_len), search);
            ber_memfree(values);
        }
    }
    ber_free(ber, 0);
    return entry;
}

static void add_entry(pwr_found_t *found, LDAP *ld, LDAPMessage *message,
                      const pwr_search_t *search, apr_pool_t *pool)
{
    if (found->entries->nelts < search->limit) {
        APR_ARRAY_PUSH(found->entries, pwr_entry_t) = copy_entry(ld, message, search, pool);
    } else {
        found->has_more = true;
    }
}

static void collect(pwr_answer_t *answer, pwr_found_t *found, const pwr_ldap_handle_t *handle,
                    int id, const pwr_search_t *search, apr_pool_t *pool)
{
    for (int count = 0; count < search->limit + SPARE_MESSAGES; count++) {
        LDAPMessage *message = NULL;
        answer->code = pwr_ldap_handle_wait(&message, handle, id, LDAP_MSG_ONE, pool);
        if (answer->code != LDAP_SUCCESS) {
            return;
        }
        if (ldap_msgtype(message) == LDAP_RES_SEARCH_RESULT) {
            pwr_answer_parse(answer, handle->ld, message, pool);
            return;
        }
        if (ldap_msgtype(message) == LDAP_RES_SEARCH_ENTRY) {
            add_entry(found, handle->ld, message, search, pool);
        }
    }
    answer->code = LDAP_DECODING_ERROR; /* the server does not keep to the limit: the connection is
                                           given up */
}

static apr_status_t free_control(void *data)
{
    ldap_control_free(data);
    return APR_SUCCESS;
}

/* Samba does not keep to the size limit, but to the size of a page (RFC 2696). Others take no
 * notice of a page that is larger than their limit. NULL where there is nothing to limit, or no
 * memory. */
static LDAPControl *page_for(const pwr_ldap_handle_t *handle, const pwr_search_t *search,
                             apr_pool_t *pool)
{
    LDAPControl *page = NULL;

    if (search->scope == LDAP_SCOPE_BASE
        || ldap_create_page_control(handle->ld, search->limit + 1, NULL, 0, &page)
               != LDAP_SUCCESS) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, page, free_control, apr_pool_cleanup_null);
    return page;
}

pwr_answer_t pwr_search_on(pwr_found_t *found, pwr_ldap_connection_t *connection,
                           const pwr_search_t *search, apr_pool_t *pool)
{
    pwr_ldap_handle_t *handle = &connection->handle;
    struct timeval limit
        = {.tv_sec = apr_time_sec(handle->timeout), .tv_usec = apr_time_usec(handle->timeout)};
    LDAPControl *page = page_for(handle, search, pool);
    LDAPControl *controls[]
        = {page != NULL ? page : search->control, page != NULL ? search->control : NULL, NULL};
    pwr_answer_t answer = {.policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    int id = 0;

    pwr_ldap_handle_begin(handle);
    found->has_more = false;
    found->entries = apr_array_make(pool, 2, sizeof(pwr_entry_t));
    answer.code = ldap_search_ext(handle->ld, search->base, search->scope, search->filter,
                                  (char **)search->attributes, 0, controls, NULL, &limit,
                                  search->limit, &id);
    if (answer.code == LDAP_SUCCESS) {
        collect(&answer, found, handle, id, search, pool);
    }
    if (answer.code == LDAP_SIZELIMIT_EXCEEDED) {
        found->has_more = true;
        answer.code = LDAP_SUCCESS;
    }
    if (answer.code == LDAP_NO_SUCH_OBJECT && search->scope == LDAP_SCOPE_BASE) {
        answer.code = LDAP_SUCCESS;
    }
    return answer;
}

pwr_fault_t *pwr_search(pwr_found_t *found, pwr_ldap_connections_t *connections,
                        const pwr_search_t *search, apr_pool_t *pool)
{
    pwr_answer_t answer = {.code = LDAP_SERVER_DOWN};

    for (int attempt = 0; attempt < 2 && pwr_answer_is_lost(answer.code); attempt++) {
        pwr_ldap_connection_t *connection = NULL;
        PWR_TRY(pwr_ldap_connection_take(&connection, connections, pool));
        answer = pwr_search_on(found, connection, search, pool);
        if (pwr_answer_is_lost(answer.code)) {
            /* An old connection may have been closed by a server that is well. */
            bool is_ill = connection->is_fresh || answer.code != LDAP_SERVER_DOWN;
            pwr_ldap_connection_drop(connections, connection, is_ill);
        } else {
            pwr_ldap_connection_give(connections, connection);
        }
    }
    return pwr_answer_to_search(&answer, search->base, pool);
}

pwr_fault_t *pwr_search_entry(const pwr_entry_t **entry, pwr_ldap_connections_t *connections,
                              const pwr_search_t *search, apr_pool_t *pool)
{
    pwr_search_t one = *search;
    pwr_found_t found = {0};

    *entry = NULL;
    one.scope = LDAP_SCOPE_BASE;
    one.filter = search->filter != NULL ? search->filter : "(objectClass=*)";
    one.limit = 1;
    PWR_TRY(pwr_search(&found, connections, &one, pool));
    if (found.entries->nelts == 1) {
        *entry = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
    }
    return NULL;
}

pwr_fault_t *pwr_search_matches(bool *is_match, pwr_ldap_connections_t *connections, const char *dn,
                                const char *filter, apr_pool_t *pool)
{
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    const pwr_search_t search = {.base = dn, .filter = filter, .attributes = nothing};
    const pwr_entry_t *entry = NULL;

    *is_match = false;
    PWR_TRY(pwr_search_entry(&entry, connections, &search, pool));
    *is_match = entry != NULL;
    return NULL;
}
