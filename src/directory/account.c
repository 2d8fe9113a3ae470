/*
 * A directory compares by its own rules: it may ignore spaces, width or accents. So what it finds
 * is compared again here, byte for byte, and mail goes to the stored bytes.
 */
#include "directory/account.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "directory/eligibility.h"
#include "directory/filter.h"
#include "directory/hidden.h"

#define PREFIXED "proxyAddresses" /* Exchange's: "SMTP:kari@example.org", smtp: for the others */
#define PREFIX "smtp:"

/* Attributes with names that make bad passwords. */
static const char *const name_attributes[]
    = {"displayName", "cn", "givenName", "sn", "o", "company", NULL};

static const char *login_attribute_of(const pwr_directory_t *directory)
{
    const char *own = directory->settings->login_attribute;
    return own != NULL ? pwr_schema_name(&directory->context.schema, own)
                       : directory->context.backend->login_attribute;
}

static bool is_prefixed(const char *attribute)
{
    return apr_cstr_casecmp(attribute, PREFIXED) == 0;
}

static void add_name(apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (apr_cstr_casecmp(APR_ARRAY_IDX(names, i, const char *), name) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(names, const char *) = name;
}

static void add_names(apr_array_header_t *names, const char *const *more)
{
    for (; *more != NULL; more++) {
        add_name(names, *more);
    }
}

static void add_all(apr_array_header_t *names, const apr_array_header_t *more)
{
    for (int i = 0; more != NULL && i < more->nelts; i++) {
        add_name(names, APR_ARRAY_IDX(more, i, const char *));
    }
}

/* Adds attributes as the server's answers call them. */
static void add_own_names(apr_array_header_t *names, const apr_array_header_t *more,
                          const pwr_directory_t *directory)
{
    for (int i = 0; more != NULL && i < more->nelts; i++) {
        add_name(names,
                 pwr_schema_name(&directory->context.schema, APR_ARRAY_IDX(more, i, const char *)));
    }
}

/* The attributes that a typed name is compared with. */
static apr_array_header_t *matched(const pwr_directory_t *directory, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 4, sizeof(const char *));

    add_own_names(names, directory->settings->match, directory);
    if (names->nelts == 0) {
        add_names(names, directory->context.backend->match);
    }
    return names;
}

const char *pwr_account_filter(const pwr_directory_t *directory, const char *typed,
                               apr_pool_t *pool)
{
    const apr_array_header_t *match = matched(directory, pool);
    const char *value = pwr_filter_escape(typed, pool);
    const char *any = "";

    for (int i = 0; i < match->nelts; i++) {
        const char *attribute = APR_ARRAY_IDX(match, i, const char *);
        any = apr_pstrcat(pool, any, "(", attribute, "=", is_prefixed(attribute) ? PREFIX : "",
                          value, ")", NULL);
    }
    return apr_pstrcat(pool, "(&", pwr_backend_person_filter(&directory->context), "(|", any, "))",
                       NULL);
}

bool pwr_account_is_name(const char *typed)
{
    size_t length = typed != NULL ? strlen(typed) : 0;
    return length > 0 && length <= PWR_MAX_TYPED;
}

static bool is_same(const char *one, const char *other)
{
    return apr_cstr_casecmp(one, other) == 0; /* folds ASCII letters alone, in any locale */
}

/* The values of an attribute; of proxyAddresses the mail addresses, the primary one first. NULL
 * when there are none. */
static const apr_array_header_t *values_of(const pwr_entry_t *entry, const char *attribute,
                                           apr_pool_t *pool)
{
    static const char *const prefixes[] = {"SMTP:", "smtp:"};
    const apr_array_header_t *stored = pwr_entry_all_values(entry, attribute, pool);
    apr_array_header_t *plain = NULL;

    if (stored == NULL || !is_prefixed(attribute)) {
        return stored;
    }
    plain = apr_array_make(pool, stored->nelts, sizeof(const char *));
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < stored->nelts; i++) {
            const char *value = APR_ARRAY_IDX(stored, i, const char *);
            if (strncmp(value, prefixes[way], strlen(PREFIX)) == 0) {
                APR_ARRAY_PUSH(plain, const char *) = value + strlen(PREFIX);
            }
        }
    }
    return plain->nelts > 0 ? plain : NULL;
}

/* Index of the value that equals `typed`; -1 when there is none. */
static int index_of(const apr_array_header_t *values, const char *typed)
{
    for (int i = 0; values != NULL && typed != NULL && i < values->nelts; i++) {
        if (is_same(APR_ARRAY_IDX(values, i, const char *), typed)) {
            return i;
        }
    }
    return -1;
}

bool pwr_account_is_named(const pwr_entry_t *entry, const pwr_directory_t *directory,
                          const char *typed)
{
    apr_pool_t *pool = entry->attributes->pool;
    const apr_array_header_t *match = matched(directory, pool);

    for (int i = 0; i < match->nelts; i++) {
        const char *attribute = APR_ARRAY_IDX(match, i, const char *);
        if (index_of(values_of(entry, attribute, pool), typed) >= 0) {
            return true;
        }
    }
    return false;
}

/* --- what an entry says --- */

/* The stored addresses in the order of the site's attributes, among those of one attribute the one
 * that was typed first. */
static apr_array_header_t *addresses_of(const pwr_entry_t *entry, const pwr_directory_t *directory,
                                        const char *typed, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 2, sizeof(const char *));
    apr_array_header_t *mails = apr_array_make(pool, 2, sizeof(const char *));

    add_own_names(names, directory->settings->mail_attributes, directory);
    for (int i = 0; i < names->nelts; i++) {
        const apr_array_header_t *values
            = values_of(entry, APR_ARRAY_IDX(names, i, const char *), pool);
        int first = index_of(values, typed);
        if (first >= 0) {
            add_name(mails, APR_ARRAY_IDX(values, first, const char *));
        }
        add_all(mails, values);
    }
    return mails;
}

/* Login, names, organisation, and what stands before the @. */
static apr_array_header_t *names_of(const pwr_entry_t *entry, const pwr_account_t *account,
                                    apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 8, sizeof(const char *));

    add_name(names, account->login);
    for (const char *const *name = name_attributes; *name != NULL; name++) {
        add_all(names, pwr_entry_values(entry, *name));
    }
    for (int i = 0; i < account->mails->nelts; i++) {
        const char *mail = APR_ARRAY_IDX(account->mails, i, const char *);
        add_name(names, apr_pstrmemdup(pool, mail, strcspn(mail, "@")));
    }
    return names;
}

/* What a group may list: the values of the login's attribute, and of those that it compares. */
static apr_array_header_t *logins_of(const pwr_entry_t *entry, const pwr_directory_t *directory,
                                     apr_pool_t *pool)
{
    const char *const *more = directory->context.backend->member_attributes;
    apr_array_header_t *logins = apr_array_make(pool, 2, sizeof(const char *));

    add_all(logins, pwr_entry_all_values(entry, login_attribute_of(directory), pool));
    for (; *more != NULL; more++) {
        add_all(logins, pwr_entry_all_values(entry, *more, pool));
    }
    return logins;
}

apr_array_header_t *pwr_account_unseen(const pwr_entry_t *entry, const pwr_directory_t *directory,
                                       apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const pwr_backend_t *backend = directory->context.backend;
    apr_array_header_t *unseen = apr_array_make(pool, 4, sizeof(const char *));

    pwr_hidden_add(unseen, backend->state_attributes, entry, &directory->context);
    if (settings->allow_groups != NULL || settings->deny_groups != NULL) {
        pwr_hidden_add(unseen, backend->member_attributes, entry, &directory->context);
    }
    return unseen;
}

static pwr_fault_t *check_rights(const pwr_account_t *account, const apr_array_header_t *logins,
                                 const pwr_directory_t *directory, apr_pool_t *pool)
{
    const char *login = login_attribute_of(directory);

    if (account->id == NULL || logins == NULL) {
        return pwr_fault_broken(
            pool, "PWR0450",
            "The bind DN finds an account and cannot read its %s. Let it read what the "
            "documentation lists for this kind of server (%s): %s, %s, the addresses, cn, "
            "displayName, and what tells of passwords and locks.",
            account->id == NULL ? directory->context.backend->id_attribute : login,
            directory->context.backend->name, directory->context.backend->id_attribute, login);
    }
    if (account->stamp == NULL) {
        return pwr_fault_broken(pool, "PWR0452",
                                "Nothing says when an account's password was changed, so a link "
                                "would outlive the password. Let the bind DN read what the "
                                "documentation lists for this kind of server (%s).",
                                directory->context.backend->name);
    }
    return NULL;
}

pwr_fault_t *pwr_account_from_entry(pwr_account_t **account, const pwr_entry_t *entry,
                                    const pwr_directory_t *directory, const char *typed,
                                    apr_pool_t *pool)
{
    const pwr_backend_t *backend = directory->context.backend;
    pwr_account_t *made = apr_pcalloc(pool, sizeof *made);
    const apr_array_header_t *logins
        = pwr_entry_all_values(entry, login_attribute_of(directory), pool);
    const char *shown = pwr_entry_first(entry, "displayName");
    int login = index_of(logins, typed);

    made->id = backend->id_of(entry, pool);
    made->stamp = backend->stamp_of(entry, &directory->context, pool);
    PWR_TRY(check_rights(made, logins, directory, pool));
    made->dn = entry->dn;
    made->login = APR_ARRAY_IDX(logins, login < 0 ? 0 : login, const char *);
    made->logins = logins_of(entry, directory, pool);
    made->unseen = pwr_account_unseen(entry, directory, pool);
    made->name = shown != NULL ? shown : pwr_entry_first(entry, "cn");
    made->mails = addresses_of(entry, directory, typed, pool);
    made->mail = made->mails->nelts > 0 ? APR_ARRAY_IDX(made->mails, 0, const char *) : NULL;
    made->names = names_of(entry, made, pool);
    backend->read_state(made, entry, pwr_clock_now());
    if (made->ineligible == NULL && made->mail == NULL) {
        made->ineligible = PWR_INELIGIBLE_NO_MAIL;
    }
    *account = made;
    return NULL;
}

/* --- asking --- */

const char *const *pwr_account_attributes(const pwr_directory_t *directory, apr_pool_t *pool)
{
    apr_array_header_t *names = apr_array_make(pool, 24, sizeof(const char *));

    add_name(names, directory->context.backend->id_attribute);
    add_name(names, login_attribute_of(directory));
    add_own_names(names, directory->settings->mail_attributes, directory);
    add_all(names, matched(directory, pool));
    add_names(names, name_attributes);
    add_names(names, directory->context.backend->attributes);
    APR_ARRAY_PUSH(names, const char *) = NULL;
    return (const char *const *)names->elts;
}

/* Adds to `entries` what one base holds; an entry below two bases counts once. */
static pwr_fault_t *search_base(apr_array_header_t *entries, bool *has_more,
                                pwr_directory_t *directory, const pwr_search_t *search)
{
    apr_pool_t *pool = entries->pool;
    pwr_found_t found;

    PWR_TRY(pwr_search(&found, directory->connections, search, pool));
    *has_more = *has_more || found.has_more;
    for (int i = 0; i < found.entries->nelts; i++) {
        const pwr_entry_t *entry = &APR_ARRAY_IDX(found.entries, i, pwr_entry_t);
        bool is_new = true;
        for (int j = 0; j < entries->nelts && is_new; j++) {
            is_new = strcmp(APR_ARRAY_IDX(entries, j, pwr_entry_t).dn, entry->dn) != 0;
        }
        if (is_new) {
            APR_ARRAY_PUSH(entries, pwr_entry_t) = *entry;
        }
    }
    return NULL;
}

/* Each base is asked whatever the others said: how long it takes must not tell where a name is. The
 * first fault. */
static pwr_fault_t *search_all(apr_array_header_t **entries, bool *has_more,
                               pwr_directory_t *directory, const char *filter, apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const apr_array_header_t *more = settings->more_bases;
    pwr_search_t search = {.base = settings->base,
                           .scope = settings->scope,
                           .filter = filter,
                           .attributes = pwr_account_attributes(directory, pool),
                           .limit = PWR_MAX_MATCHES};

    *has_more = false;
    *entries = apr_array_make(pool, 2, sizeof(pwr_entry_t));
    pwr_fault_t *first = search_base(*entries, has_more, directory, &search);
    for (int i = 0; more != NULL && i < more->nelts; i++) {
        search.base = APR_ARRAY_IDX(more, i, const char *);
        pwr_fault_t *fault = search_base(*entries, has_more, directory, &search);
        first = first != NULL ? first : fault;
    }
    return first;
}

pwr_fault_t *pwr_account_search(apr_array_header_t **entries, bool *has_more,
                                pwr_directory_t *directory, const char *typed, apr_pool_t *pool)
{
    return search_all(entries, has_more, directory, pwr_account_filter(directory, typed, pool),
                      pool);
}

static pwr_fault_t *take(pwr_account_t **account, pwr_directory_t *directory,
                         const pwr_entry_t *entry, const char *typed, apr_pool_t *pool)
{
    PWR_TRY(pwr_account_from_entry(account, entry, directory, typed, pool));
    return pwr_eligibility_judge(*account, directory, pool);
}

pwr_fault_t *pwr_account_find(apr_array_header_t **accounts, pwr_directory_t *directory,
                              const char *typed, apr_pool_t *pool)
{
    apr_array_header_t *entries = NULL;
    bool has_more = false;

    *accounts = apr_array_make(pool, 1, sizeof(pwr_account_t *));
    if (!pwr_account_is_name(typed)) {
        return NULL;
    }
    PWR_TRY(pwr_account_search(&entries, &has_more, directory, typed, pool));
    if (has_more) {
        pwr_log(PWR_LOG_WARNING, "PWR0453",
                "More than %d entries have a name that was typed; no mail is sent. Make the "
                "attributes that are matched unique, or narrow the filter of PwResetLDAPURL.",
                PWR_MAX_MATCHES);
    }
    for (int i = 0; i < entries->nelts; i++) {
        const pwr_entry_t *entry = &APR_ARRAY_IDX(entries, i, pwr_entry_t);
        if (pwr_account_is_named(entry, directory, typed)) {
            PWR_TRY(
                take(&APR_ARRAY_PUSH(*accounts, pwr_account_t *), directory, entry, typed, pool));
        }
    }
    if ((*accounts)->nelts == 0 && entries->nelts > 0) {
        pwr_log(PWR_LOG_INFO, "PWR0451",
                "The directory found %d entries for a typed name of which no value equals it "
                "letter by letter; they do not count.",
                entries->nelts);
    }
    return NULL;
}

pwr_fault_t *pwr_account_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                              apr_pool_t *pool)
{
    const char *filter = directory->context.backend->id_filter(id, pool);
    apr_array_header_t *entries = NULL;
    bool has_more = false;

    *account = NULL;
    if (filter == NULL) {
        return NULL;
    }
    filter = apr_pstrcat(pool, "(&", pwr_backend_person_filter(&directory->context), filter, ")",
                         NULL);
    PWR_TRY(search_all(&entries, &has_more, directory, filter, pool));
    if (entries->nelts != 1 || has_more) {
        return NULL;
    }
    const pwr_entry_t *entry = &APR_ARRAY_IDX(entries, 0, pwr_entry_t);
    const char *own = directory->context.backend->id_of(entry, pool);
    bool is_other = own != NULL && strcmp(own, id) != 0;
    return is_other ? NULL : take(account, directory, entry, NULL, pool);
}

pwr_answer_t pwr_account_read_on(const pwr_entry_t **entry, const pwr_directory_t *directory,
                                 pwr_ldap_connection_t *connection, const pwr_account_t *account,
                                 apr_pool_t *pool)
{
    const pwr_search_t search = {.base = account->dn,
                                 .scope = LDAP_SCOPE_BASE,
                                 .filter = pwr_backend_person_filter(&directory->context),
                                 .attributes = pwr_account_attributes(directory, pool),
                                 .limit = 1};
    pwr_found_t found;
    pwr_answer_t answer = pwr_search_on(&found, connection, &search, pool);

    *entry = NULL;
    if (answer.code == LDAP_SUCCESS && found.entries->nelts == 1) {
        const pwr_entry_t *read = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
        const char *id = directory->context.backend->id_of(read, pool);
        *entry = id != NULL && strcmp(id, account->id) == 0 ? read : NULL;
    }
    return answer;
}
