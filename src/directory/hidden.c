/*
 * A filter on an attribute that is hidden is Undefined, and so is its negation; neither matches
 * (RFC 4511, 4.5.1.7). So "(!(a=*))" finds an entry where `a` is absent, and does not where it is
 * hidden. An attribute that the schema lacks is Undefined, too; but no entry has it. Active
 * Directory takes what is hidden for absent, and asks otherwise (ad_access.c).
 */
#include "directory/hidden.h"

#include <apr_strings.h>

void pwr_hidden_add(apr_array_header_t *all, const char *const *names, const pwr_entry_t *entry,
                    const pwr_backend_context_t *context)
{
    for (; names != NULL && *names != NULL; names++) {
        if (!pwr_schema_lacks(&context->schema, *names)
            && (entry == NULL || pwr_entry_values(entry, *names) == NULL)) {
            APR_ARRAY_PUSH(all, const char *) = *names;
        }
    }
}

static const char *absence(const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "(!(", name, "=*))", NULL);
}

const char *pwr_hidden_filter(const apr_array_header_t *names, const pwr_backend_context_t *context,
                              apr_pool_t *pool)
{
    const char *all = "";

    for (int i = 0; context->backend->find_hidden == NULL && i < names->nelts; i++) {
        all = apr_pstrcat(pool, all, absence(APR_ARRAY_IDX(names, i, const char *), pool), NULL);
    }
    return all;
}

/* One by one. An attribute that has come in the meantime is found as hidden, which does no harm. */
static pwr_fault_t *find_by_filters(const char **hidden, const pwr_backend_context_t *context,
                                    const char *dn, const apr_array_header_t *names,
                                    apr_pool_t *scratch)
{
    *hidden = NULL;
    for (int i = 0; i < names->nelts && *hidden == NULL; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        bool is_absent = false;
        PWR_TRY(pwr_search_matches(&is_absent, context->connections, dn, absence(name, scratch),
                                   scratch));
        *hidden = is_absent ? NULL : name;
    }
    return NULL;
}

pwr_fault_t *pwr_hidden_find(const char **hidden, const pwr_backend_context_t *context,
                             const char *dn, const apr_array_header_t *names, apr_pool_t *scratch)
{
    return context->backend->find_hidden != NULL
               ? context->backend->find_hidden(hidden, context, dn, names, scratch)
               : find_by_filters(hidden, context, dn, names, scratch);
}
