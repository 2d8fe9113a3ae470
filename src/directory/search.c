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

static apr_array_header_t *copy_values(struct berval **values, apr_pool_t *pool)
{
    apr_array_header_t *copy = apr_array_make(pool, 2, sizeof(const char *));

    for (int i = 0; values[i] != NULL && copy->nelts < PWR_MAX_VALUES; i++) {
        const struct berval *value = values[i];
        if (value->bv_len > 0 && value->bv_len <= PWR_MAX_ATTRIBUTE
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
        pwr_attribute_t attribute = {.name = *name, .values = copy_values(values, pool)};
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

static void collect(pwr_answer_t *answer, pwr_found_t *found, const pwr_handle_t *handle, int id,
                    const pwr_search_t *search, apr_pool_t *pool)
{
    for (int count = 0; count < search->limit + SPARE_MESSAGES; count++) {
        LDAPMessage *message = NULL;
        answer->code = pwr_handle_wait(&message, handle, id, LDAP_MSG_ONE, pool);
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
    answer->code = LDAP_DECODING_ERROR; /* it does not keep to the limit: not to be talked with */
}

static pwr_answer_t search_on(pwr_found_t *found, pwr_connection_t *connection,
                              const pwr_search_t *search, apr_pool_t *pool)
{
    pwr_handle_t *handle = &connection->handle;
    struct timeval limit
        = {.tv_sec = apr_time_sec(handle->timeout), .tv_usec = apr_time_usec(handle->timeout)};
    pwr_answer_t answer = {.policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    int id = 0;

    pwr_handle_begin(handle);
    found->has_more = false;
    found->entries = apr_array_make(pool, 2, sizeof(pwr_entry_t));
    answer.code
        = ldap_search_ext(handle->ld, search->base, search->scope, search->filter,
                          (char **)search->attributes, 0, NULL, NULL, &limit, search->limit, &id);
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

pwr_fault_t *pwr_search(pwr_found_t *found, pwr_connections_t *connections,
                        const pwr_search_t *search, apr_pool_t *pool)
{
    pwr_answer_t answer = {.code = LDAP_SERVER_DOWN};

    for (int attempt = 0; attempt < 2 && pwr_answer_is_lost(answer.code); attempt++) {
        pwr_connection_t *connection = NULL;
        PWR_TRY(pwr_connection_take(&connection, connections, pool));
        answer = search_on(found, connection, search, pool);
        if (pwr_answer_is_lost(answer.code)) {
            /* An old connection may have been closed by a server that is well. */
            bool is_ill = connection->is_fresh || answer.code != LDAP_SERVER_DOWN;
            pwr_connection_drop(connections, connection, is_ill);
        } else {
            pwr_connection_give(connections, connection);
        }
    }
    return pwr_answer_to_search(&answer, search->base, pool);
}

bool pwr_search_is_alive(pwr_connection_t *connection, apr_pool_t *scratch)
{
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    const pwr_search_t root = {.base = "",
                               .scope = LDAP_SCOPE_BASE,
                               .filter = "(objectClass=*)",
                               .attributes = nothing,
                               .limit = 1};
    pwr_found_t found;

    return !pwr_answer_is_lost(search_on(&found, connection, &root, scratch).code);
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
