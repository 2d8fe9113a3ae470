/*
 * No server says "you are above the policy". A bind that is above it (OpenLDAP's rootdn, the
 * Directory Manager) is above the access rules as well, and so reads password hashes, which no
 * service account needs to read. Backend-specific checks are in check_bind of each backend.
 */
#include "directory/rights_check.h"

#include <apr_strings.h>

#include "directory/account.h"
#include "directory/failures.h"

static pwr_fault_t *look(pwr_found_t *found, pwr_directory_t *directory, const char *filter,
                         const char *const *attributes, apr_pool_t *scratch)
{
    const pwr_search_t search = {.base = directory->settings->base,
                                 .scope = directory->settings->scope,
                                 .filter = filter,
                                 .attributes = attributes,
                                 .limit = 1};
    return pwr_search(found, directory->connections, &search, scratch);
}

static pwr_fault_t *check_hashes(pwr_directory_t *directory, apr_pool_t *scratch)
{
    const char *const attributes[] = {directory->context.backend->hash_attribute, NULL};
    const char *filter = apr_pstrcat(scratch, "(&", pwr_backend_person_filter(&directory->context),
                                     "(", attributes[0], "=*))", NULL);
    pwr_found_t found;

    PWR_TRY(look(&found, directory, filter, attributes, scratch));
    if (found.entries->nelts == 0
        || pwr_entry_first(&APR_ARRAY_IDX(found.entries, 0, pwr_entry_t), attributes[0]) == NULL) {
        return NULL;
    }
    return pwr_fault_broken(scratch, "PWR0457",
                            "The bind DN can read %s of the people it serves. Either it is the "
                            "server's manager, to whom no password policy applies, or its rights "
                            "are too wide. Give the service an account of its own that may write "
                            "%s and not read it; the documentation has the rules for each server.",
                            attributes[0], attributes[0]);
}

pwr_fault_t *pwr_rights_check_bind(pwr_directory_t *directory, apr_pool_t *scratch)
{
    const pwr_backend_t *backend = directory->context.backend;

    if (backend->hash_attribute != NULL) {
        PWR_TRY(check_hashes(directory, scratch));
    }
    return backend->check_bind != NULL ? backend->check_bind(&directory->context, scratch) : NULL;
}

/* Some account with a mail address. */
static const char *account_filter(const pwr_directory_t *directory, apr_pool_t *scratch)
{
    const pwr_directory_settings_t *settings = directory->settings;

    return apr_pstrcat(scratch, "(&", pwr_backend_person_filter(&directory->context), "(",
                       APR_ARRAY_IDX(settings->mail_attributes, 0, const char *), "=*))", NULL);
}

pwr_fault_t *pwr_rights_check_account(pwr_directory_t *directory, apr_pool_t *scratch)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const char *filter = account_filter(directory, scratch);
    pwr_found_t found;
    pwr_account_t *account = NULL;

    PWR_TRY(look(&found, directory, filter, pwr_account_attributes(directory, scratch), scratch));
    if (found.entries->nelts == 0) {
        return pwr_fault_broken(
            scratch, "PWR0459",
            "No account below %s has what %s asks for, or the bind DN may not see "
            "it. Check base and filter of PwResetLDAPURL, "
            "PwResetLDAPMailAttribute, and what the bind DN may search.",
            settings->base, filter);
    }
    return pwr_account_from_entry(&account, &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t),
                                  directory, NULL, scratch);
}

/* Of an account that was found. */
static pwr_fault_t *check_failures(const pwr_failures_t *failures, const pwr_backend_t *backend,
                                   const char *dn, apr_pool_t *scratch)
{
    const char *hidden = !failures->is_known          ? backend->failure_attributes[0]
                         : failures->is_policy_hidden ? backend->failure_attributes[1]
                                                      : NULL;

    return hidden != NULL ? pwr_fault_broken(
               scratch, "PWR0469",
               "The bind DN cannot read %s of %s, so it does not see how near an "
               "account is to the lock that failed logins bring. PwResetChange "
               "counts its own attempts instead, and refuses a right password "
               "earlier. Let the bind DN read and search %s, %s and what the "
               "documentation lists for this kind of server (%s).",
               hidden, dn, backend->failure_attributes[0], backend->failure_attributes[1],
               backend->name)
                          : NULL;
}

pwr_fault_t *pwr_rights_check_lockout(const pwr_lockout_t *lockout, pwr_directory_t *directory,
                                      apr_pool_t *scratch)
{
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    const pwr_backend_t *backend = directory->context.backend;
    pwr_failures_t failures;
    pwr_found_t found;

    if (!lockout->is_known) {
        return pwr_fault_broken(scratch, "PWR0468",
                                "The bind DN cannot read when failed logins lock an account (%s of "
                                "the password policy). PwResetChange tries one wrong old password "
                                "of an account and no more. Let the bind DN "
                                "read and search these attributes.",
                                backend->lockout_attributes);
    }
    PWR_TRY(look(&found, directory, account_filter(directory, scratch), nothing, scratch));
    if (found.entries->nelts == 0 || lockout->threshold == 0) {
        return NULL;
    }
    const char *dn = APR_ARRAY_IDX(found.entries, 0, pwr_entry_t).dn;
    PWR_TRY(pwr_failures_read(&failures, &directory->context, dn, lockout, scratch));
    return check_failures(&failures, backend, dn, scratch);
}
