/*
 * An entry that shows no failed login has none, or hides them; and so with the name of its policy.
 * A filter tells the two apart, where the server sees to it: of an attribute that the bind DN may
 * not search, "is absent" is Undefined and finds nothing (RFC 4511, 4.5.1.7). Both are asked
 * whatever was found, or failed, before, so that the number of searches tells nothing of the
 * account.
 */
#include "directory/failures.h"

#include <apr_strings.h>

#include "base/clock.h"

enum { COUNT, POLICY, ASKED }; /* places in failure_attributes */

/* AD has no such filter: an entry without the count hides it, and a policy's name is not hidden
 * from a service that may read people. */
static pwr_fault_t *ask_absence(bool *is_absent, const pwr_backend_context_t *context,
                                const char *dn, apr_pool_t *scratch)
{
    const pwr_backend_t *kind = context->backend;
    pwr_fault_t *first = NULL;

    for (int i = 0; i < ASKED && kind->find_hidden == NULL; i++) {
        const char *filter = apr_pstrcat(scratch, "(!(", kind->failure_attributes[i], "=*))", NULL);
        pwr_fault_keep_first(
            &first, pwr_search_matches(&is_absent[i], context->connections, dn, filter, scratch));
    }
    return first;
}

pwr_fault_t *pwr_failures_read(pwr_failures_t *failures, const pwr_backend_context_t *context,
                               const char *dn, const pwr_lockout_t *lockout, apr_pool_t *scratch)
{
    const pwr_backend_t *kind = context->backend;
    const pwr_search_t search = {.base = dn, .attributes = kind->failure_attributes};
    const pwr_entry_t *entry = NULL;
    pwr_fault_t *first = NULL;
    bool is_absent[ASKED] = {false};

    *failures = (pwr_failures_t){0};
    pwr_fault_keep_first(&first, pwr_search_entry(&entry, context->connections, &search, scratch));
    pwr_fault_keep_first(&first, ask_absence(is_absent, context, dn, scratch));
    if (first != NULL || entry == NULL) {
        return first;
    }
    int count = kind->failures_of(entry, lockout, pwr_clock_now());
    bool has_policy = pwr_entry_first(entry, kind->failure_attributes[POLICY]) != NULL;
    *failures = (pwr_failures_t){
        .is_known = count >= 0 || is_absent[COUNT],
        .count = count > 0 ? count : 0,
        .is_policy_hidden = kind->find_hidden == NULL && !has_policy && !is_absent[POLICY],
        .is_whole = context->settings->uris->nelts == 1 && !kind->counts_apart,
    };
    return NULL;
}
