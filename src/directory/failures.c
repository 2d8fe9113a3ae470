/*
 * An entry that shows no failed login has none, or hides them. A filter tells the two apart, where
 * the server sees to it: of an attribute that the bind DN may not search, "is absent" is Undefined
 * and finds nothing (RFC 4511, 4.5.1.7). The second search is made whatever the first one found, so
 * that its absence tells nothing of the account.
 */
#include "directory/failures.h"

#include <apr_strings.h>

#include "base/clock.h"

#define ANY "(objectClass=*)"

/* What is not seen in `entry`, which may be NULL, must be absent for this to match. */
static const char *absence_filter(const pwr_entry_t *entry, const char *const *names,
                                  apr_pool_t *scratch)
{
    const char *filter = "(&" ANY;

    for (int i = 0; i < 2; i++) {
        if (entry == NULL || pwr_entry_first(entry, names[i]) == NULL) {
            filter = apr_pstrcat(scratch, filter, "(!(", names[i], "=*))", NULL);
        }
    }
    return apr_pstrcat(scratch, filter, ")", NULL);
}

/* AD has no such filter: an entry without the count hides it, and a policy's name is not hidden
 * from the service that may read people. */
static pwr_fault_t *is_all_seen(bool *is_sure, const pwr_kind_context_t *context, const char *dn,
                                const pwr_entry_t *entry, apr_pool_t *scratch)
{
    const pwr_kind_t *kind = context->kind;

    *is_sure = false;
    return kind->has_sure_filters
               ? pwr_kind_matches(is_sure, context, dn,
                                  absence_filter(entry, kind->failure_attributes, scratch), scratch)
               : NULL;
}

pwr_fault_t *pwr_failures_read(pwr_failures_t *failures, const pwr_kind_context_t *context,
                               const char *dn, const pwr_lockout_t *lockout, apr_pool_t *scratch)
{
    const pwr_kind_t *kind = context->kind;
    const pwr_search_t search = {.base = dn,
                                 .scope = LDAP_SCOPE_BASE,
                                 .filter = ANY,
                                 .attributes = kind->failure_attributes,
                                 .limit = 1};
    pwr_found_t found;
    bool is_sure = false;

    *failures = (pwr_failures_t){0};
    PWR_TRY(pwr_search(&found, context->connections, &search, scratch));
    const pwr_entry_t *entry
        = found.entries->nelts == 1 ? &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t) : NULL;
    PWR_TRY(is_all_seen(&is_sure, context, dn, entry, scratch));
    if (entry == NULL) {
        return NULL;
    }
    int count = kind->failures_of(entry, lockout, pwr_clock_now());
    bool has_policy = pwr_entry_first(entry, kind->failure_attributes[1]) != NULL;
    *failures = (pwr_failures_t){
        .is_known = count >= 0 || is_sure,
        .count = count > 0 ? count : 0,
        .is_policy_hidden = kind->has_sure_filters && !has_policy && !is_sure,
        .is_whole = context->settings->uris->nelts == 1 && !kind->counts_apart,
    };
    return NULL;
}
