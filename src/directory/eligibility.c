/*
 * A group is asked whether it lists the account (member, uniqueMember, memberUid), so that no
 * memberOf overlay is needed; where the server follows groups in groups by itself (AD), the account
 * is asked instead. A group that is not there, or whose members cannot be read, makes every account
 * ineligible: a PwResetAllowGroup that cannot be read allows no account, and a PwResetDenyGroup
 * must not be taken for empty.
 *
 * A filter on an attribute that is hidden, or unknown to the schema, is Undefined (RFC 4511,
 * 4.5.1.7), and so is its negation; neither matches. So an account is taken for unprotected only
 * where the negation of PwResetProtectedFilter matches. Active Directory takes what is hidden for
 * absent.
 */
#include "directory/eligibility.h"

#include <string.h>

#include <apr_strings.h>

#include "base/log.h"
#include "directory/filter.h"

/* Matches a group whose members can be read. Without members, their attribute must be readable as
 * absent; which one that is, the class says. */
#define READABLE_GROUP                                                                             \
    "(|(member=*)(uniqueMember=*)(memberUid=*)"                                                    \
    "(&(objectClass=groupOfNames)(!(member=*)))(&(objectClass=group)(!(member=*)))"                \
    "(&(objectClass=groupOfUniqueNames)(!(uniqueMember=*)))"                                       \
    "(&(objectClass=posixGroup)(!(memberUid=*))))"

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

    PWR_TRY(is_there(&is_found, directory, group, READABLE_GROUP, pool));
    return is_found ? NULL
                    : pwr_fault_broken(pool, "PWR0454",
                                       "The group %s is not there, or the bind DN may not search "
                                       "its members (member, uniqueMember or memberUid). Correct "
                                       "PwResetAllowGroup or PwResetDenyGroup, or give the bind DN "
                                       "the right to read these attributes.",
                                       group);
}

/* Asks about one membership; a group that is not there has no members. */
static pwr_fault_t *ask_membership(bool *is_in, pwr_directory_t *directory, const char *group,
                                   const pwr_account_t *account, apr_pool_t *pool)
{
    const char *dn = pwr_filter_escape(account->dn, pool);

    *is_in = false;
    if (directory->context.backend->has_chain_rule) {
        const char *filter = apr_pstrcat(
            pool, "(memberOf:1.2.840.113556.1.4.1941:=", pwr_filter_escape(group, pool), ")", NULL);
        return is_there(is_in, directory, account->dn, filter, pool);
    }
    const char *filter
        = apr_pstrcat(pool, "(|(member=", dn, ")(uniqueMember=", dn,
                      ")(memberUid=", pwr_filter_escape(account->login, pool), "))", NULL);
    return is_there(is_in, directory, group, filter, pool);
}

static pwr_fault_t *is_member(bool *is_in, pwr_directory_t *directory, const char *group,
                              const pwr_account_t *account, apr_pool_t *pool)
{
    PWR_TRY(ask_membership(is_in, directory, group, account, pool));
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

/* Whether the negation of PwResetProtectedFilter matches: then the account is not protected. */
static pwr_fault_t *is_unprotected(bool *is_it, pwr_directory_t *directory,
                                   const pwr_account_t *account, apr_pool_t *pool)
{
    const char *negation
        = apr_pstrcat(pool, "(!", directory->settings->protected_filter, ")", NULL);
    return is_there(is_it, directory, account->dn, negation, pool);
}

/* An account that matches neither the filter nor its negation cannot be judged by it. */
static pwr_fault_t *name_protection(const char **why, pwr_directory_t *directory,
                                    const pwr_account_t *account, apr_pool_t *pool)
{
    const char *filter = directory->settings->protected_filter;
    bool is_protected = false;

    PWR_TRY(is_there(&is_protected, directory, account->dn, filter, pool));
    *why = is_protected ? "protected" : "unreadable";
    if (!is_protected) {
        pwr_log(PWR_LOG_ERROR, "PWR0448",
                "The account %s is not eligible, as PwResetProtectedFilter %s cannot be judged for "
                "it: the bind DN may not search one of the filter's attributes, or the schema does "
                "not know it. Give the bind DN the right to search it, or correct the filter.",
                account->dn, filter);
    }
    return NULL;
}

pwr_fault_t *pwr_eligibility_judge(pwr_account_t *account, pwr_directory_t *directory,
                                   apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    bool is_it = false;

    if (account->ineligible == NULL && settings->protected_filter != NULL) {
        PWR_TRY(is_unprotected(&is_it, directory, account, pool));
        if (!is_it) {
            PWR_TRY(name_protection(&account->ineligible, directory, account, pool));
        }
    }
    if (account->ineligible == NULL && settings->deny_groups != NULL) {
        PWR_TRY(is_in_any(&is_it, directory, settings->deny_groups, account, pool));
        account->ineligible = is_it ? "group" : NULL;
    }
    if (account->ineligible == NULL && settings->allow_groups != NULL) {
        PWR_TRY(is_in_any(&is_it, directory, settings->allow_groups, account, pool));
        account->ineligible = is_it ? NULL : "group";
    }
    return NULL;
}

/* --- all checks --- */

/* Whether one of the groups lists the account; two searches for each group. */
static bool ask_groups(pwr_fault_t **first, pwr_directory_t *directory,
                       const apr_array_header_t *groups, const pwr_account_t *account,
                       apr_pool_t *pool)
{
    bool is_in_one = false;

    for (int i = 0; i < groups->nelts; i++) {
        const char *group = APR_ARRAY_IDX(groups, i, const char *);
        bool is_in = false;
        pwr_fault_keep_first(first, ask_membership(&is_in, directory, group, account, pool));
        pwr_fault_keep_first(first, check_group(directory, group, pool));
        is_in_one = is_in_one || is_in;
    }
    return is_in_one;
}

static void bar(pwr_account_t *account, const char *why)
{
    if (account->ineligible == NULL || strcmp(account->ineligible, PWR_INELIGIBLE_NO_MAIL) == 0) {
        account->ineligible = why;
    }
}

pwr_fault_t *pwr_eligibility_judge_fully(pwr_account_t *account, pwr_directory_t *directory,
                                         apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    pwr_fault_t *first = NULL;
    bool is_unprotected_by_filter = true;

    if (settings->protected_filter != NULL) {
        pwr_fault_keep_first(&first,
                             is_unprotected(&is_unprotected_by_filter, directory, account, pool));
    }
    bool is_denied = settings->deny_groups != NULL
                     && ask_groups(&first, directory, settings->deny_groups, account, pool);
    bool is_allowed = settings->allow_groups == NULL
                      || ask_groups(&first, directory, settings->allow_groups, account, pool);
    if (!is_unprotected_by_filter) {
        bar(account, "protected");
    }
    if (is_denied || !is_allowed) {
        bar(account, "group");
    }
    return first;
}
