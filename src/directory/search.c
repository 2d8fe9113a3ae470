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

static apr_status_t free_values(void *data)
{
    ldap_value_free_len(data);
    return APR_SUCCESS;
}

/* Attributes whose values are bytes and no text. */
static bool is_bytes(const char *name)
{
    return apr_cstr_casecmp(name, "objectGUID") == 0 || apr_cstr_casecmp(name, "objectSid") == 0
           || apr_cstr_casecmp(name, "tokenGroups") == 0;
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

static apr_array_header_t *copy_values(struct berval **values, const char *name, apr_pool_t *pool)
{
    apr_array_header_t *copy = apr_array_make(pool, 2, sizeof(const char *));

    for (int i = 0; values[i] != NULL && copy->nelts < PWR_MAX_VALUES; i++) {
        const struct berval *value = values[i];
        if (is_bytes(name) && value->bv_len <= PWR_MAX_ATTRIBUTE) {
            APR_ARRAY_PUSH(copy, const char *) = to_hex(value, pool);
        } else if (value->bv_len > 0 && value->bv_len <= PWR_MAX_ATTRIBUTE
                   && memchr(value->bv_val, '\0', value->bv_len) == NULL) {
            APR_ARRAY_PUSH(copy, const char *) = apr_pstrmemdup(pool, value->bv_val, value->bv_len);
        }
    }
    return copy;
}

static pwr_entry_t copy_entry(LDAP *ld, LDAPMessage *message, const pwr_search_t *search,
                              apr_pool_t *pool)
{
    pwr_entry_t entry = {.attributes = apr_array_make(pool, 8, sizeof(pwr_attribute_t))};
    char *dn = ldap_get_dn(ld, message);

    entry.dn = apr_pstrdup(pool, dn != NULL ? dn : "");
    ldap_memfree(dn);
    for (const char *const *name = search->attributes; *name != NULL; name++) {
        struct berval **values = ldap_get_values_len(ld, message, *name);
        if (values == NULL) {
            continue;
        }
        apr_pool_cleanup_register(pool, values, free_values, apr_pool_cleanup_null);
        pwr_attribute_t attribute = {.name = *name, .values = copy_values(values, *name, pool)};
        apr_pool_cleanup_run(pool, values, free_values);
        if (attribute.values->nelts > 0) {
            APR_ARRAY_PUSH(entry.attributes, pwr_attribute_t) = attribute;
        }
    }
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
    LDAPControl *controls[] = {page_for(handle, search, pool), NULL};
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

const pwr_entry_t *pwr_entry_copy(const pwr_entry_t *entry, apr_pool_t *pool)
{
    pwr_entry_t *copy = apr_pcalloc(pool, sizeof *copy);

    copy->dn = apr_pstrdup(pool, entry->dn);
    copy->attributes = apr_array_copy(pool, entry->attributes);
    for (int i = 0; i < copy->attributes->nelts; i++) {
        pwr_attribute_t *attribute = &APR_ARRAY_IDX(copy->attributes, i, pwr_attribute_t);
        attribute->name = apr_pstrdup(pool, attribute->name);
        attribute->values = apr_array_copy(pool, attribute->values);
        for (int j = 0; j < attribute->values->nelts; j++) {
            const char **value = &APR_ARRAY_IDX(attribute->values, j, const char *);
            *value = apr_pstrdup(pool, *value);
        }
    }
    return copy;
}

const apr_array_header_t *pwr_entry_values(const pwr_entry_t *entry, const char *name)
{
    for (int i = 0; i < entry->attributes->nelts; i++) {
        const pwr_attribute_t *attribute = &APR_ARRAY_IDX(entry->attributes, i, pwr_attribute_t);
        if (apr_cstr_casecmp(attribute->name, name) == 0) {
            return attribute->values;
        }
    }
    return NULL;
}

const char *pwr_entry_first(const pwr_entry_t *entry, const char *name)
{
    const apr_array_header_t *values = pwr_entry_values(entry, name);
    return values != NULL ? APR_ARRAY_IDX(values, 0, const char *) : NULL;
}
