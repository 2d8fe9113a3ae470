/*
 * A group is asked whether it lists the account (member, uniqueMember, memberUid), so that no
 * memberOf overlay is needed; where the server follows groups in groups by itself (AD), the account
 * is asked instead. A group that is not there, or whose members cannot be read, makes every account
 * ineligible: a PwResetAllowGroup that cannot be read allows no account, and a PwResetDenyGroup
 * must not be taken for empty.
 *
 * The same holds for the account: an attribute that would tell that it is disabled, expired or
 * protected makes it ineligible when it may be hidden. Filters tell (hidden.c), so one search
 * settles the state and PwResetProtectedFilter for nearly every account: the account is free where
 * each attribute that was not seen is surely absent, and the negation of the filter matches. Only
 * when that search finds nothing the reason is looked for.
 */
#include "directory/eligibility.h"

#include <string.h>

#include <apr_strings.h>

#include "base/log.h"
#include "directory/filter.h"
#include "directory/hidden.h"

/* --- groups --- */

/* Matches where `name` may be searched, whether it is there or not. */
static const char *searchable(const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "(|(", name, "=*)(!(", name, "=*)))", NULL);
}

/* The first list of members that cannot be searched, NULL when all can: one search then. */
static pwr_fault_t *find_hidden_list(const char **hidden, pwr_directory_t *directory,
                                     const char *group, apr_pool_t *pool)
{
    const pwr_backend_context_t *context = &directory->context;
    apr_array_header_t *lists = apr_array_make(pool, 3, sizeof(const char *));
    const char *all = "(&";
    bool is_fine = false;

    pwr_hidden_add(lists, context->backend->group_attributes, NULL, context);
    if (context->backend->find_hidden != NULL) {
        return context->backend->find_hidden(hidden, context, group, lists, pool);
    }
    for (int i = 0; i < lists->nelts; i++) {
        all = apr_pstrcat(pool, all, searchable(APR_ARRAY_IDX(lists, i, const char *), pool), NULL);
    }
    all = apr_pstrcat(pool, all, ")", NULL);
    PWR_TRY(pwr_search_matches(&is_fine, context->connections, group, all, pool));
    *hidden = NULL;
    for (int i = 0; i < lists->nelts && !is_fine && *hidden == NULL; i++) {
        const char *name = APR_ARRAY_IDX(lists, i, const char *);
        bool is_open = false;
        PWR_TRY(pwr_search_matches(&is_open, context->connections, group, searchable(name, pool),
                                   pool));
        *hidden = is_open ? NULL : name;
    }
    return NULL;
}

static pwr_fault_t *check_group(pwr_directory_t *directory, const char *group, apr_pool_t *pool)
{
    const char *hidden = NULL;

    PWR_TRY(find_hidden_list(&hidden, directory, group, pool));
    return hidden == NULL
               ? NULL
               : pwr_fault_broken(pool, "PWR0454",
                                  "The group %s is not there, or the bind DN may not read %s of "
                                  "it, so it cannot be told who is a member. Correct "
                                  "PwResetAllowGroup or PwResetDenyGroup, or give the bind DN the "
                                  "right to read this attribute of the group.",
                                  group, hidden);
}

/* Asks about one membership; a group that is not there has no members. */
static pwr_fault_t *ask_membership(bool *is_in, pwr_directory_t *directory, const char *group,
                                   const pwr_account_t *account, apr_pool_t *pool)
{
    const pwr_backend_context_t *context = &directory->context;
    const char *dn = pwr_filter_escape(account->dn, pool);
    const char *filter = apr_pstrcat(pool, "(|(member=", dn, ")(uniqueMember=", dn, ")", NULL);

    if (context->backend->is_member != NULL) {
        return context->backend->is_member(is_in, context, group, account, pool);
    }
    for (int i = 0; i < account->logins->nelts; i++) {
        const char *login = APR_ARRAY_IDX(account->logins, i, const char *);
        filter
            = apr_pstrcat(pool, filter, "(memberUid=", pwr_filter_escape(login, pool), ")", NULL);
    }
    return pwr_search_matches(is_in, context->connections, group,
                              apr_pstrcat(pool, filter, ")", NULL), pool);
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
    for (int i = 0; groups != NULL && i < groups->nelts && !*is_in; i++) {
        PWR_TRY(is_member(is_in, directory, APR_ARRAY_IDX(groups, i, const char *), account, pool));
    }
    return NULL;
}

/* --- the account's own attributes --- */

/* Where filters do not tell, each attribute that is not seen is asked for by itself, and so is what
 * the filters ask for: one that is hidden looks absent there, and may be just what they exclude. */
static pwr_fault_t *find_hidden(const char **hidden, pwr_directory_t *directory,
                                const pwr_account_t *account, apr_pool_t *pool)
{
    const pwr_backend_context_t *context = &directory->context;
    apr_array_header_t *names = apr_array_copy(pool, account->unseen);
    const char *of_site = directory->settings->protected_filter;

    if (context->backend->find_hidden != NULL) {
        apr_array_cat(names, pwr_filter_attributes(pwr_backend_person_filter(context), pool));
        if (of_site != NULL) {
            apr_array_cat(names, pwr_filter_attributes(of_site, pool));
        }
    }
    return pwr_hidden_find(hidden, context, account->dn, names, pool);
}

/* Whether what the account did not show is surely absent, and PwResetProtectedFilter surely does
 * not match: one search, and where filters do not tell another one. */
static pwr_fault_t *is_free(bool *is_it, const char **hidden, pwr_directory_t *directory,
                            const pwr_account_t *account, apr_pool_t *pool)
{
    const pwr_backend_context_t *context = &directory->context;
    const char *of_site = directory->settings->protected_filter;
    const char *filter
        = apr_pstrcat(pool, "(&(objectClass=*)", pwr_hidden_filter(account->unseen, context, pool),
                      of_site != NULL ? "(!" : "", of_site != NULL ? of_site : "",
                      of_site != NULL ? ")" : "", ")", NULL);

    *hidden = NULL;
    if (context->backend->find_hidden != NULL) {
        PWR_TRY(find_hidden(hidden, directory, account, pool));
    }
    PWR_TRY(pwr_search_matches(is_it, context->connections, account->dn, filter, pool));
    *is_it = *is_it && *hidden == NULL;
    return NULL;
}

static void log_hidden(const pwr_directory_t *directory, const pwr_account_t *account,
                       const char *hidden)
{
    if (pwr_schema_lacks(&directory->context.schema, hidden)) {
        pwr_log(PWR_LOG_ERROR, "PWR0463",
                "The account %s is not eligible, as a filter asks for %s, which the directory's "
                "schema does not know. Correct PwResetProtectedFilter or PwResetLDAPURL.",
                account->dn, hidden);
        return;
    }
    if (directory->context.schema.attributes == NULL) {
        const char *place = pwr_entry_first(directory->context.root,
                                            directory->context.backend->schema_attribute);
        pwr_log(PWR_LOG_ERROR, "PWR0464",
                "The account %s is not eligible, as the bind DN may not read %s of it, or the "
                "directory has no such attribute: which one cannot be told, as the schema is "
                "hidden. Give the bind DN the right to read the schema (%s).",
                account->dn, hidden, place != NULL ? place : "subschemaSubentry");
        return;
    }
    pwr_log(PWR_LOG_ERROR, "PWR0449",
            "The account %s is not eligible, as the bind DN may not read %s of it, and so cannot "
            "tell whether the account is disabled, expired, protected or in a group. Give the bind "
            "DN the right to read %s of people.",
            account->dn, hidden, hidden);
}

static void log_filter(const pwr_directory_t *directory, const pwr_account_t *account)
{
    pwr_log(PWR_LOG_ERROR, "PWR0448",
            "The account %s is not eligible, as PwResetProtectedFilter %s cannot be judged for it: "
            "the bind DN may not search one of the filter's attributes, or the schema does not "
            "know it. Give the bind DN the right to search it, or correct the filter.",
            account->dn, directory->settings->protected_filter);
}

/* Why an account is not free. `hidden` is what is known already. */
static pwr_fault_t *name_reason(const char **why, pwr_directory_t *directory,
                                const pwr_account_t *account, const char *hidden, apr_pool_t *pool)
{
    const char *filter = directory->settings->protected_filter;
    bool is_protected = false;

    *why = "unreadable";
    if (hidden == NULL && directory->context.backend->find_hidden == NULL) {
        PWR_TRY(find_hidden(&hidden, directory, account, pool));
    }
    if (hidden != NULL) {
        log_hidden(directory, account, hidden);
        return NULL;
    }
    if (filter != NULL) {
        PWR_TRY(
            pwr_search_matches(&is_protected, directory->connections, account->dn, filter, pool));
    }
    if (is_protected) {
        *why = "protected";
    } else if (filter != NULL) {
        log_filter(directory, account);
    }
    return NULL;
}

pwr_fault_t *pwr_eligibility_judge(pwr_account_t *account, pwr_directory_t *directory,
                                   apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const char *hidden = NULL;
    bool is_it = false;

    if (account->ineligible == NULL
        && (account->unseen->nelts > 0 || settings->protected_filter != NULL)) {
        PWR_TRY(is_free(&is_it, &hidden, directory, account, pool));
        if (!is_it) {
            PWR_TRY(name_reason(&account->ineligible, directory, account, hidden, pool));
        }
    }
    if (account->ineligible == NULL) {
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

/* Whether one of the groups lists the account; as many searches for each group. */
static bool ask_groups(pwr_fault_t **first, pwr_directory_t *directory,
                       const apr_array_header_t *groups, const pwr_account_t *account,
                       apr_pool_t *pool)
{
    bool is_in_one = false;

    for (int i = 0; groups != NULL && i < groups->nelts; i++) {
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
    const char *hidden = NULL;
    bool is_it = false;

    pwr_fault_keep_first(&first, is_free(&is_it, &hidden, directory, account, pool));
    bool is_denied = ask_groups(&first, directory, settings->deny_groups, account, pool);
    bool is_allowed = ask_groups(&first, directory, settings->allow_groups, account, pool)
                      || settings->allow_groups == NULL;
    if (!is_it) {
        bar(account, hidden != NULL ? "unreadable" : "protected");
    }
    if (is_denied || !is_allowed) {
        bar(account, "group");
    }
    return first;
}
