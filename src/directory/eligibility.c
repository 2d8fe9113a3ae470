/*
 * A group is asked whether it lists the account (member, uniqueMember, memberUid), so that no
 * memberOf overlay is needed; where the server follows groups in groups by itself (AD), the account
 * is asked instead. A group that is not there bars everybody: a list of who may that cannot be read
 * allows nobody, and one of who may not must not be taken for empty.
 */
#include "directory/eligibility.h"

#include <apr_strings.h>

#include "directory/account.h"

static pwr_fault_t *is_there(bool *is_found, pwr_directory_t *directory, const char *base,
                             const char *filter, apr_pool_t *pool)
{
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    const pwr_search_t search = {.base = base,
                                 .scope = LDAP_SCOPE_BASE,
                                 .filter = filter,
                                 .attributes = nothing,
                                 .limit = 1};
    pwr_found_t found;

    PWR_TRY(pwr_search(&found, directory->connections, &search, pool));
    *is_found = found.entries->nelts == 1;
    return NULL;
}

static pwr_fault_t *check_group(pwr_directory_t *directory, const char *group, apr_pool_t *pool)
{
    bool is_found = false;

    PWR_TRY(is_there(&is_found, directory, group, "(objectClass=*)", pool));
    return is_found ? NULL
                    : pwr_fault_broken(pool, "PWR0454",
                                       "The group %s is not there, or hidden from the bind DN. "
                                       "Mend PwResetAllowGroup or PwResetDenyGroup, and let the "
                                       "bind DN read the group's members.",
                                       group);
}

static pwr_fault_t *is_member(bool *is_in, pwr_directory_t *directory, const char *group,
                              const pwr_account_t *account, apr_pool_t *pool)
{
    const char *dn = pwr_account_escape(account->dn, pool);

    if (directory->context.kind->has_chain_rule) {
        const char *filter = apr_pstrcat(pool, "(memberOf:1.2.840.113556.1.4.1941:=",
                                         pwr_account_escape(group, pool), ")", NULL);
        PWR_TRY(is_there(is_in, directory, account->dn, filter, pool));
    } else {
        const char *filter
            = apr_pstrcat(pool, "(|(member=", dn, ")(uniqueMember=", dn,
                          ")(memberUid=", pwr_account_escape(account->login, pool), "))", NULL);
        PWR_TRY(is_there(is_in, directory, group, filter, pool));
    }
    return *is_in ? NULL : check_group(directory, group, pool);
}

static pwr_fault_t *is_in_any(bool *is_in, pwr_directory_t *directory,
                              const apr_array_header_t *groups, const pwr_account_t *account,
                              apr_pool_t *pool)
{
    *is_in = false;
    for (int i = 0; i < groups->nelts && !*is_in; i++) {
        PWR_TRY(is_member(is_in, directory, APR_ARRAY_IDX(groups, i, const char *), account, pool));
    }
    return NULL;
}

pwr_fault_t *pwr_eligibility_judge(pwr_account_t *account, pwr_directory_t *directory,
                                   apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    bool is_it = false;

    if (account->barred == NULL && settings->protected_filter != NULL) {
        PWR_TRY(is_there(&is_it, directory, account->dn, settings->protected_filter, pool));
        account->barred = is_it ? "protected" : NULL;
    }
    if (account->barred == NULL && settings->deny_groups != NULL) {
        PWR_TRY(is_in_any(&is_it, directory, settings->deny_groups, account, pool));
        account->barred = is_it ? "group" : NULL;
    }
    if (account->barred == NULL && settings->allow_groups != NULL) {
        PWR_TRY(is_in_any(&is_it, directory, settings->allow_groups, account, pool));
        account->barred = is_it ? NULL : "group";
    }
    return NULL;
}
