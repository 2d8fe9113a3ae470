/*
 * A directory compares by its own rules: it may ignore spaces, width or accents. So what it finds
 * is compared again here, byte for byte, and mail goes to the stored bytes.
 *
 * The stamp ties a link to the password of the moment. pwdChangedTime moves exactly when the
 * password does; the policy overlay writes it, so while it is missing there, the password is still
 * the one that the entry came with. Without the overlay the entry's modifyTimestamp stands in: it
 * also moves when something else is changed, which costs a link but never keeps one alive. It will
 * not do where the overlay is, because there each failed login moves it, and strangers could kill
 * links. The password's hash itself would serve, but a service account has no business reading it.
 */
#include "directory/account.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"

/* What OpenLDAP calls things. */
#define ID "entryUUID"
#define CHANGED "pwdChangedTime"
#define MODIFIED "modifyTimestamp"
#define LOCKED "pwdAccountLockedTime"
#define LOCKED_FOR_GOOD "000001010000Z" /* by an administrator, slapo-ppolicy(5) */

static const char *const read_always[]
    = {ID, CHANGED, MODIFIED, "displayName", "cn", LOCKED, "loginDisabled", "nsAccountLock", NULL};

const char *pwr_account_escape(const char *value, apr_pool_t *pool)
{
    static const char digits[] = "0123456789abcdef";
    static const char plain[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._-";
    char *escaped = apr_palloc(pool, 3 * strlen(value) + 1);
    char *to = escaped;

    for (const char *from = value; *from != '\0'; from++) {
        if (strchr(plain, *from) != NULL) {
            *to++ = *from;
        } else {
            *to++ = '\\';
            *to++ = digits[(unsigned char)*from >> 4];
            *to++ = digits[(unsigned char)*from & 15];
        }
    }
    *to = '\0';
    return escaped;
}

const char *pwr_account_filter(const pwr_directory_settings_t *settings, const char *typed,
                               apr_pool_t *pool)
{
    const char *value = pwr_account_escape(typed, pool);
    const char *any = "";

    for (int i = 0; i < settings->match->nelts; i++) {
        const char *attribute = APR_ARRAY_IDX(settings->match, i, const char *);
        any = apr_pstrcat(pool, any, "(", attribute, "=", value, ")", NULL);
    }
    return apr_pstrcat(pool, "(&", settings->filter, "(|", any, "))", NULL);
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

bool pwr_account_is_named(const pwr_entry_t *entry, const pwr_directory_settings_t *settings,
                          const char *typed)
{
    for (int i = 0; i < settings->match->nelts; i++) {
        const char *attribute = APR_ARRAY_IDX(settings->match, i, const char *);
        if (index_of(pwr_entry_values(entry, attribute), typed) >= 0) {
            return true;
        }
    }
    return false;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

apr_time_t pwr_account_time(const char *text)
{
    apr_time_exp_t parts = {0};
    apr_time_t time = 0;
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    size_t fraction = digits == 14 && (text[14] == '.' || text[14] == ',')
                          ? 1 + strspn(text + 15, "0123456789")
                          : 0;

    if (digits != 14 || strcmp(text + digits + fraction, "Z") != 0) {
        return 0;
    }
    parts.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900;
    parts.tm_mon = two_digits(text + 4) - 1;
    parts.tm_mday = two_digits(text + 6);
    parts.tm_hour = two_digits(text + 8);
    parts.tm_min = two_digits(text + 10);
    parts.tm_sec = two_digits(text + 12);
    return apr_time_exp_gmt_get(&time, &parts) == APR_SUCCESS ? time : 0;
}

static bool is_true(const pwr_entry_t *entry, const char *name)
{
    const char *value = pwr_entry_first(entry, name);
    return value != NULL && is_same(value, "TRUE");
}

/* A lock after too many failed logins does not bar: forgetting the password is how one gets it, and
 * the reset clears it. An administrator's lock does: the reset would clear that, too. */
static const char *barred_by(const pwr_entry_t *entry, const char *mail)
{
    const char *locked = pwr_entry_first(entry, LOCKED);

    if ((locked != NULL && strcmp(locked, LOCKED_FOR_GOOD) == 0) || is_true(entry, "loginDisabled")
        || is_true(entry, "nsAccountLock")) {
        return "disabled";
    }
    return mail == NULL ? "no-mail" : NULL;
}

/* The stored addresses, the one that was typed first. */
static apr_array_header_t *addresses_of(const apr_array_header_t *values, const char *typed,
                                        apr_pool_t *pool)
{
    apr_array_header_t *mails = apr_array_make(pool, 2, sizeof(const char *));
    int first = index_of(values, typed);

    if (first >= 0) {
        APR_ARRAY_PUSH(mails, const char *) = APR_ARRAY_IDX(values, first, const char *);
    }
    for (int i = 0; values != NULL && i < values->nelts; i++) {
        if (i != first) {
            APR_ARRAY_PUSH(mails, const char *) = APR_ARRAY_IDX(values, i, const char *);
        }
    }
    return mails;
}

const char *pwr_account_stamp(const pwr_entry_t *entry, bool has_policy, apr_pool_t *pool)
{
    const char *changed = pwr_entry_first(entry, CHANGED);
    const char *modified = pwr_entry_first(entry, MODIFIED);

    if (changed != NULL) {
        return apr_pstrcat(pool, "changed ", changed, NULL);
    }
    if (has_policy) {
        return "never changed";
    }
    return modified != NULL ? apr_pstrcat(pool, "modified ", modified, NULL) : NULL;
}

pwr_fault_t *pwr_account_from_entry(pwr_account_t **account, const pwr_entry_t *entry,
                                    const pwr_directory_settings_t *settings, const char *typed,
                                    apr_pool_t *pool)
{
    pwr_account_t *made = apr_pcalloc(pool, sizeof *made);
    const apr_array_header_t *logins = pwr_entry_values(entry, settings->login_attribute);
    const char *shown = pwr_entry_first(entry, "displayName");
    int login = index_of(logins, typed);

    made->id = pwr_entry_first(entry, ID);
    if (made->id == NULL || logins == NULL) {
        return pwr_fault_broken(
            pool, "PWR0450",
            "The bind DN finds an account and cannot read its %s. Let it read " ID
            ", %s, %s, cn, displayName, " CHANGED ", " MODIFIED ", " LOCKED
            " and pwdPolicySubentry.",
            made->id == NULL ? ID : settings->login_attribute, settings->login_attribute,
            settings->mail_attribute);
    }
    made->dn = entry->dn;
    made->login = APR_ARRAY_IDX(logins, login < 0 ? 0 : login, const char *);
    made->name = shown != NULL ? shown : pwr_entry_first(entry, "cn");
    made->mails = addresses_of(pwr_entry_values(entry, settings->mail_attribute), typed, pool);
    made->mail = made->mails->nelts > 0 ? APR_ARRAY_IDX(made->mails, 0, const char *) : NULL;
    made->password_changed = pwr_account_time(pwr_entry_first(entry, CHANGED));
    made->barred = barred_by(entry, made->mail);
    *account = made;
    return NULL;
}

static void add_name(apr_array_header_t *names, const char *name)
{
    for (int i = 0; i < names->nelts; i++) {
        if (is_same(APR_ARRAY_IDX(names, i, const char *), name)) {
            return;
        }
    }
    APR_ARRAY_PUSH(names, const char *) = name;
}

static pwr_fault_t *search(pwr_found_t *found, pwr_directory_t *directory, const char *filter,
                           apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    apr_array_header_t *names = apr_array_make(pool, 12, sizeof(const char *));

    add_name(names, settings->login_attribute);
    add_name(names, settings->mail_attribute);
    for (int i = 0; i < settings->match->nelts; i++) {
        add_name(names, APR_ARRAY_IDX(settings->match, i, const char *));
    }
    for (const char *const *name = read_always; *name != NULL; name++) {
        add_name(names, *name);
    }
    APR_ARRAY_PUSH(names, const char *) = NULL;
    const pwr_search_t wanted = {.base = settings->base,
                                 .scope = settings->scope,
                                 .filter = filter,
                                 .attributes = (const char *const *)names->elts,
                                 .limit = PWR_MAX_MATCHES};
    return pwr_search(found, directory->connections, &wanted, pool);
}

/* The account of an entry that was found, with its stamp. */
static pwr_fault_t *take(pwr_account_t **account, pwr_directory_t *directory,
                         const pwr_entry_t *entry, const char *typed, apr_pool_t *pool)
{
    pwr_account_t *made = NULL;
    bool has_policy = false;

    PWR_TRY(pwr_account_from_entry(&made, entry, directory->settings, typed, pool));
    if (made->password_changed == 0) {
        PWR_TRY(pwr_policies_are_kept(&has_policy, directory->policies, pool));
    }
    made->stamp = pwr_account_stamp(entry, has_policy, pool);
    if (made->stamp == NULL) {
        return pwr_fault_broken(pool, "PWR0452",
                                "Nothing says when an account's password was changed, so a link "
                                "would outlive the password. Let the bind DN read " CHANGED
                                " and " MODIFIED ".");
    }
    *account = made;
    return NULL;
}

pwr_fault_t *pwr_account_find(pwr_account_t **account, int *matches, pwr_directory_t *directory,
                              const char *typed, apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = directory->settings;
    const pwr_entry_t *match = NULL;
    pwr_found_t found;
    int count = 0;

    *account = NULL;
    *matches = 0;
    if (!pwr_account_is_name(typed)) {
        return NULL;
    }
    PWR_TRY(search(&found, directory, pwr_account_filter(settings, typed, pool), pool));
    for (int i = 0; i < found.entries->nelts; i++) {
        const pwr_entry_t *entry = &APR_ARRAY_IDX(found.entries, i, pwr_entry_t);
        if (pwr_account_is_named(entry, settings, typed)) {
            match = entry;
            count++;
        }
    }
    if (count == 0 && found.entries->nelts > 0) {
        pwr_log(PWR_LOG_INFO, "PWR0451",
                "The directory found %d entries for a typed name that none of their values equals "
                "letter by letter; they do not count.",
                found.entries->nelts);
    }
    *matches = count > 1 || found.has_more ? 2 : count;
    return *matches == 1 ? take(account, directory, match, typed, pool) : NULL;
}

pwr_fault_t *pwr_account_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                              apr_pool_t *pool)
{
    pwr_found_t found;
    const char *filter = apr_pstrcat(pool, "(&", directory->settings->filter, "(" ID "=",
                                     pwr_account_escape(id, pool), "))", NULL);

    *account = NULL;
    PWR_TRY(search(&found, directory, filter, pool));
    if (found.entries->nelts != 1) {
        return NULL;
    }
    const pwr_entry_t *entry = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
    const char *own = pwr_entry_first(entry, ID);
    bool is_other = own != NULL && strcmp(own, id) != 0;
    return is_other ? NULL : take(account, directory, entry, NULL, pool);
}
