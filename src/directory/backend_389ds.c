/*
 * 389 Directory Server (Red Hat Directory Server).
 *
 * Writing. A replacement of userPassword is put to the policy (syntax, history, minimum age) for
 * every account but cn=Directory Manager and those of passwordAdminDN; it is hashed by the server,
 * and refused in words that say why. The operation of RFC 3062 is put to it just so, but all its
 * refusals say "Failed to update password", and it needs TLS. What it does and a replacement by a
 * delegated account does not: it has the person change the password at the next login, where
 * passwordMustChange is on. So it is sent when that is wanted, and only then. To write
 * passwordExpirationTime after the password would be a race: the server moves times and counters
 * when its answer is already on the way.
 *
 * The stamp is modifyTimestamp, with pwdUpdateTime where it is kept. The server does not move
 * modifyTimestamp for logins, failed logins and locks, and always does for a password; other
 * changes of the entry move it as well, which costs a link and never keeps one alive. Better ones
 * do not hold: pwdUpdateTime stands still, and looks as good as ever, from the moment on that
 * passwordTrackUpdateTime is off, or a local policy that lacks it comes to apply.
 * passwordExpirationTime is only there with passwordExp, moves with a warning, and never for
 * accounts that do not expire. passwordHistory holds hashes, entryUSN moves with failed logins.
 *
 * Inactivity by the Account Policy plug-in is not seen: its limit stands in the plug-in's own
 * entry.
 */
#include <string.h>

#include <apr_strings.h>

#include "directory/account.h"
#include "directory/changes.h"
#include "directory/rules_389ds.h"

#define ID "nsUniqueId"
#define MODIFIED "modifyTimestamp"
#define UPDATED "pwdUpdateTime"
#define UNLOCK_AT "accountUnlockTime"
#define FAILURES "passwordRetryCount"
#define COUNTS_UNTIL "retryCountResetTime"
#define POLICY "pwdPolicySubentry"
#define EXPIRES "passwordExpirationTime"
#define PASSWORD "userPassword"
#define NO_TIME "19700101000000Z" /* EXPIRES: change it first; UNLOCK_AT: locked until a reset */

static const char *const match[] = {"mail", "uid", NULL};

/* Whose values no password may hold a piece of. */
static const char *const pieced[] = {"uid", "cn", "sn", "givenName", "ou", "mail", NULL};

static const char *const account_attributes[]
    = {MODIFIED, UPDATED, UNLOCK_AT,   FAILURES, EXPIRES, "nsAccountLock", "uid",
       "cn",     "sn",    "givenName", "ou",     "mail",  "objectClass",   NULL};

static const char *const state_attributes[] = {"nsAccountLock", NULL};
static const char *const group_attributes[] = {"member", "uniqueMember", "memberUid", NULL};
static const char *const member_attributes[] = {"uid", NULL};

static const char *const failure_attributes[] = {FAILURES, POLICY, COUNTS_UNTIL, NULL};

static bool is_root(const pwr_entry_t *root)
{
    const char *vendor = pwr_entry_first(root, "vendorName");
    const char *version = pwr_entry_first(root, "vendorVersion");

    return (vendor != NULL && strcmp(vendor, "389 Project") == 0)
           || (version != NULL && strncmp(version, "389-Directory/", 14) == 0);
}

static const char *id_of(const pwr_entry_t *entry, apr_pool_t *pool)
{
    (void)pool;
    return pwr_entry_first(entry, ID);
}

/* Four times eight hexadecimal digits, with hyphens between. */
static const char *id_filter(const char *id, apr_pool_t *pool)
{
    for (int i = 0; i < 35; i++) {
        if (i % 9 == 8 ? id[i] != '-'
                       : id[i] == '\0' || strchr("0123456789abcdef", id[i]) == NULL) {
            return NULL;
        }
    }
    return id[35] == '\0' ? apr_pstrcat(pool, "(" ID "=", id, ")", NULL) : NULL;
}

/* The server leaves UNLOCK_AT where it is when a password is set, and only counts from 0 again. */
static bool is_locked(const pwr_entry_t *entry, apr_time_t now)
{
    const char *until = pwr_entry_first(entry, UNLOCK_AT);

    return until != NULL && pwr_entry_number(entry, FAILURES) > 0
           && (strcmp(until, NO_TIME) == 0 || pwr_entry_time(until) > now);
}

/* The number stays after its time is over; the next failed login sets it to 1 then. */
static int failures_of(const pwr_entry_t *entry, const pwr_lockout_t *lockout, apr_time_t now)
{
    apr_time_t until = pwr_entry_time(pwr_entry_first(entry, COUNTS_UNTIL));

    (void)lockout;
    if (pwr_entry_first(entry, FAILURES) == NULL) {
        return -1;
    }
    return until != 0 && until + PWR_CLOCK_SKEW < now ? 0 : pwr_entry_number(entry, FAILURES);
}

static apr_array_header_t *pieced_values(const pwr_entry_t *entry)
{
    apr_array_header_t *all = apr_array_make(entry->attributes->pool, 8, sizeof(const char *));

    for (const char *const *name = pieced; *name != NULL; name++) {
        const apr_array_header_t *values = pwr_entry_values(entry, *name);
        if (values != NULL) {
            apr_array_cat(all, values);
        }
    }
    return all;
}

/* A lock after too many failed logins makes no account ineligible: a person who forgot the password
 * brings it about. Neither does an expired password. nsAccountLock is an administrator's, be it the
 * entry's own or a role's. */
static void read_state(pwr_account_t *account, const pwr_entry_t *entry, apr_time_t now)
{
    const char *expires = pwr_entry_first(entry, EXPIRES);

    account->password_changed = pwr_entry_time(pwr_entry_first(entry, UPDATED));
    account->must_change = expires != NULL && strcmp(expires, NO_TIME) == 0;
    account->is_locked = is_locked(entry, now);
    account->pieced = pieced_values(entry);
    if (pwr_entry_is_true(entry, "nsAccountLock")) {
        account->ineligible = "disabled";
    }
}

static const char *stamp_of(const pwr_entry_t *entry, const pwr_backend_context_t *context,
                            apr_pool_t *pool)
{
    const char *modified = pwr_entry_first(entry, MODIFIED);
    const char *updated = pwr_entry_first(entry, UPDATED);

    (void)context;
    if (modified == NULL) {
        return NULL;
    }
    return apr_pstrcat(pool, "modified ", modified, updated != NULL ? ", password " : "", updated,
                       NULL);
}

/* --- writing --- */

static apr_status_t free_control(void *data)
{
    ldap_control_free(data);
    return APR_SUCCESS;
}

static struct berval berval_of(const pwr_secret_t *secret)
{
    return (struct berval){.bv_len = pwr_secret_length(secret),
                           .bv_val = (char *)pwr_secret_bytes(secret)};
}

/* "{SSHA}...": a bind that is above the policy would have it stored as a hash, or as "{CLEAR}"
 * says. Which names are schemes depends on the server's plug-ins, so none is sent. */
static const char *refuses(const pwr_secret_t *password)
{
    static const char of_names[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.";
    const char *bytes = (const char *)pwr_secret_bytes(password);
    size_t length = pwr_secret_length(password), at = 1;

    if (length < 3 || bytes[0] != '{') {
        return NULL;
    }
    while (at < length && strchr(of_names, bytes[at]) != NULL) {
        at++;
    }
    return at > 1 && at < length && bytes[at] == '}' ? "directory.scheme" : NULL;
}

static int send_replacement(int *id, const pwr_ldap_handle_t *handle, const pwr_write_t *write,
                            LDAPControl **controls)
{
    struct berval value = berval_of(write->password);
    struct berval *values[] = {&value, NULL};
    char attribute[] = PASSWORD;
    LDAPMod change = {.mod_op = LDAP_MOD_REPLACE | LDAP_MOD_BVALUES,
                      .mod_type = attribute,
                      .mod_vals.modv_bvals = values};
    LDAPMod *changes[] = {&change, NULL};

    return ldap_modify_ext(handle->ld, write->dn, changes, controls, NULL, id);
}

static int send_write(int *id, const pwr_ldap_handle_t *handle,
                      const pwr_backend_context_t *context, const pwr_write_t *write,
                      apr_pool_t *scratch)
{
    struct berval who = {.bv_len = strlen(write->dn), .bv_val = (char *)write->dn};
    struct berval what = berval_of(write->password);
    LDAPControl *policy = NULL;
    int code = ldap_create_passwordpolicy_control(handle->ld, &policy);

    (void)context;
    if (code != LDAP_SUCCESS) {
        return code;
    }
    apr_pool_cleanup_register(scratch, policy, free_control, apr_pool_cleanup_null);
    LDAPControl *controls[] = {policy, NULL};
    return write->must_change ? ldap_passwd(handle->ld, &who, NULL, &what, controls, NULL, id)
                              : send_replacement(id, handle, write, controls);
}

/* The server leaves UNLOCK_AT where it is when a password is set. */
static LDAPMod **after(const pwr_backend_context_t *context, const pwr_write_t *write,
                       const pwr_entry_t *entry, apr_pool_t *scratch)
{
    apr_array_header_t *changes = pwr_changes_make(scratch);

    (void)context, (void)write;
    if (pwr_entry_first(entry, UNLOCK_AT) != NULL) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, UNLOCK_AT, NULL);
    }
    return pwr_changes_finish(changes);
}

static LDAPMod **unlock(const pwr_entry_t *entry, apr_pool_t *scratch)
{
    apr_array_header_t *changes = pwr_changes_make(scratch);

    if (pwr_entry_first(entry, UNLOCK_AT) != NULL) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, UNLOCK_AT, NULL);
    }
    if (pwr_entry_first(entry, FAILURES) != NULL) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, FAILURES, NULL);
    }
    return pwr_changes_finish(changes);
}

/* The policy control says "syntax" to nearly everything, nothing to the current password, and
 * contradicts the words where a password is too short. So the words decide. */
static const char *key_of(const pwr_answer_t *answer)
{
    static const struct {
        const char *words;
        const char *key; /* NULL: the operator's to fix */
    } known[] = {
        {"must be at least", "directory.short"},
        {"password in history", "directory.history"},
        {"within password minimum age", "directory.young"},
        {"based off of user entry", "directory.person"},
        {"storage scheme", "directory.scheme"},
        {"must contain at least", "directory.quality"},
        {"error loading dictionary", NULL},
        {"dictionary check", "directory.word"},
        {"restricted word", "directory.word"},
        {"cannot be repeated", "directory.pattern"},
        {"palindrome", "directory.pattern"},
        {"sequence", "directory.pattern"},
        {"same character class", "directory.pattern"},
    };

    if (answer->code == LDAP_CONSTRAINT_VIOLATION) {
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
            if (strstr(answer->words, known[i].words) != NULL) {
                return known[i].key;
            }
        }
    }
    const char *key = pwr_answer_policy_key(answer->policy_error);
    if (key != NULL) {
        return key;
    }
    return answer->code == LDAP_CONSTRAINT_VIOLATION ? "directory.refused" : NULL;
}

static pwr_bind_outcome_t bind_of(const pwr_answer_t *answer)
{
    switch (answer->code) {
    case LDAP_SUCCESS:
        return answer->policy_error == PP_changeAfterReset ? PWR_BIND_MUST_CHANGE : PWR_BIND_RIGHT;
    case LDAP_INVALID_CREDENTIALS: /* told after the password was found right */
        return answer->policy_error == PP_passwordExpired ? PWR_BIND_EXPIRED : PWR_BIND_WRONG;
    case LDAP_CONSTRAINT_VIOLATION:
        return answer->policy_error == PP_accountLocked ? PWR_BIND_LOCKED : PWR_BIND_INELIGIBLE;
    default:
        return PWR_BIND_INELIGIBLE;
    }
}

const pwr_backend_t pwr_backend_389ds = {
    .name = "389ds",
    .login_attribute = "uid",
    .id_attribute = ID,
    .hash_attribute = PASSWORD,
    .schema_attribute = "subschemaSubentry",
    .read_schema = pwr_schema_read,
    .state_attributes = state_attributes,
    .group_attributes = group_attributes,
    .member_attributes = member_attributes,
    .failure_attributes = failure_attributes,
    .lockout_attributes = "passwordLockout, passwordMaxFailure and passwordResetFailureCount",
    .password_ends_count = true,
    .failures_of = failures_of,
    .check_bind = pwr_rules_389ds_check_bind,
    .match = match,
    .attributes = account_attributes,
    .is_root = is_root,
    .id_of = id_of,
    .id_filter = id_filter,
    .read_state = read_state,
    .stamp_of = stamp_of,
    .policy_of = pwr_rules_389ds_policy,
    .rules_of = pwr_rules_389ds_read,
    .lockout_of = pwr_rules_389ds_lockout,
    .words_of = pwr_rules_389ds_words,
    .refuses = refuses,
    .send = send_write,
    .after = after,
    .unlock = unlock,
    .key_of = key_of,
    .bind_of = bind_of,
};
