/*
 * OpenLDAP, and whatever keeps entryUUID, RFC 3062 and slapo-ppolicy as it does.
 *
 * The stamp ties a link to the password of the moment. pwdChangedTime moves exactly when the
 * password does; the policy overlay writes it, so while it is missing there, the password is still
 * the one that the entry came with. Without the overlay the entry's modifyTimestamp stands in: it
 * also moves when something else is changed, which costs a link but never keeps one alive. It will
 * not do where the overlay is, because there each failed login moves it, and strangers could kill
 * links. The password's hash itself would serve, but a service account has no business reading it.
 *
 * The overlay's default policy is named in cn=config, which a service account may not read. So the
 * site names it (policy_dn), or there is one policy entry in all the naming contexts, and that is
 * it.
 */
#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "directory/account.h"
#include "directory/changes.h"
#include "directory/filter.h"
#include "directory/hashes.h"
#include "directory/backend.h"

#define ID "entryUUID"
#define CHANGED "pwdChangedTime"
#define MODIFIED "modifyTimestamp"
#define LOCKED "pwdAccountLockedTime"
#define LOCKED_FOR_GOOD "000001010000Z" /* by an administrator, slapo-ppolicy(5) */
#define MUST_CHANGE "pwdReset"
#define FAILURES "pwdFailureTime"
#define POLICY "pwdPolicySubentry"
#define LOCKOUT "pwdLockout"
#define MAX_FAILURES "pwdMaxFailure"
#define INTERVAL "pwdFailureCountInterval"

static const char *const match[] = {"mail", "uid", NULL};

static const char *const account_attributes[] = {CHANGED,
                                                 MODIFIED,
                                                 LOCKED,
                                                 MUST_CHANGE,
                                                 "pwdAccountTmpLockoutEnd",
                                                 "pwdStartTime",
                                                 "pwdEndTime",
                                                 "loginDisabled",
                                                 "objectClass",
                                                 "uid",
                                                 NULL};

static const char *const state_attributes[]
    = {LOCKED, "pwdStartTime", "pwdEndTime", "loginDisabled", NULL};
static const char *const group_attributes[] = {"member", "uniqueMember", "memberUid", NULL};
static const char *const member_attributes[] = {"uid", NULL};

static const char *const policy_attributes[] = {"pwdMinLength",
                                                "pwdMaxLength",
                                                "pwdInHistory",
                                                "pwdMinAge",
                                                "pwdCheckQuality",
                                                "pwdCheckModule",
                                                "pwdUseCheckModule",
                                                LOCKOUT,
                                                MAX_FAILURES,
                                                INTERVAL,
                                                NULL};

static const char *const failure_attributes[] = {FAILURES, POLICY, NULL};

static bool is_root(const pwr_entry_t *root)
{
    const apr_array_header_t *classes = pwr_entry_values(root, "objectClass");

    for (int i = 0; classes != NULL && i < classes->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(classes, i, const char *), "OpenLDAProotDSE") == 0) {
            return true;
        }
    }
    return false;
}

static const char *id_of(const pwr_entry_t *entry, apr_pool_t *pool)
{
    (void)pool;
    return pwr_entry_first(entry, ID);
}

static const char *id_filter(const char *id, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "(" ID "=", pwr_filter_escape(id, pool), ")", NULL);
}

/* A lock after too many failed logins makes no account ineligible: a person who forgot the password
 * brings it about, and the reset clears it. An administrator's lock does: the reset would clear
 * that, too. */
static void read_state(pwr_account_t *account, const pwr_entry_t *entry, apr_time_t now)
{
    const char *locked = pwr_entry_first(entry, LOCKED);
    apr_time_t start = pwr_entry_time(pwr_entry_first(entry, "pwdStartTime"));
    apr_time_t end = pwr_entry_time(pwr_entry_first(entry, "pwdEndTime"));

    account->password_changed = pwr_entry_time(pwr_entry_first(entry, CHANGED));
    account->must_change = pwr_entry_is_true(entry, MUST_CHANGE);
    account->is_locked = locked != NULL;
    if ((locked != NULL && strcmp(locked, LOCKED_FOR_GOOD) == 0)
        || pwr_entry_is_true(entry, "loginDisabled")) {
        account->ineligible = "disabled";
    } else if ((end != 0 && now >= end) || start > now) {
        account->ineligible = "expired";
    }
}

/* True when the server keeps password policies, and so writes pwdChangedTime. */
static bool has_overlay(const pwr_entry_t *root)
{
    const apr_array_header_t *controls = pwr_entry_values(root, "supportedControl");

    for (int i = 0; controls != NULL && i < controls->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(controls, i, const char *), LDAP_CONTROL_PASSWORDPOLICYREQUEST)
            == 0) {
            return true;
        }
    }
    return false;
}

static const char *stamp_of(const pwr_entry_t *entry, const pwr_backend_context_t *context,
                            apr_pool_t *pool)
{
    const char *changed = pwr_entry_first(entry, CHANGED);
    const char *modified = pwr_entry_first(entry, MODIFIED);

    if (changed != NULL) {
        return apr_pstrcat(pool, "changed ", changed, NULL);
    }
    if (has_overlay(context->root)) {
        return "never changed";
    }
    return modified != NULL ? apr_pstrcat(pool, "modified ", modified, NULL) : NULL;
}

/* --- policies --- */

/* The policy that an entry names; NULL: none. */
static pwr_fault_t *own_policy(const char **own, const pwr_backend_context_t *context,
                               const char *dn, apr_pool_t *scratch)
{
    static const char *const attributes[] = {POLICY, NULL};
    const pwr_search_t search = {.base = dn, .attributes = attributes};
    const pwr_entry_t *entry = NULL;

    *own = NULL;
    PWR_TRY(pwr_search_entry(&entry, context->connections, &search, scratch));
    *own = entry != NULL ? pwr_entry_first(entry, attributes[0]) : NULL;
    return NULL;
}

static pwr_fault_t *policy_of(const char **key, const pwr_backend_context_t *context,
                              const char *dn, apr_pool_t *scratch)
{
    const char *own = NULL;

    *key = context->settings->policy_dn != NULL ? context->settings->policy_dn : "";
    if (dn == NULL) {
        return NULL;
    }
    PWR_TRY(own_policy(&own, context, dn, scratch));
    *key = own != NULL ? own : *key;
    return NULL;
}

/* Finds the policy where one of the two attributes is surely absent. */
#define NO_LOCK "(|(!(" LOCKOUT "=*))(!(" MAX_FAILURES "=*)))"

/* The overlay locks at failure number pwdMaxFailure, if pwdLockout is TRUE. Where one of the two is
 * not seen, it is absent (`is_absent`), which means no lock, or hidden. A hidden interval counts as
 * none. */
static pwr_lockout_t lockout_from(const pwr_entry_t *policy, bool is_absent)
{
    const char *locks = pwr_entry_first(policy, LOCKOUT);
    bool has_number = pwr_entry_first(policy, MAX_FAILURES) != NULL;
    int number = pwr_entry_number(policy, MAX_FAILURES);

    if ((locks != NULL && !pwr_entry_is_true(policy, LOCKOUT)) || (has_number && number == 0)) {
        return (pwr_lockout_t){.is_known = true};
    }
    if (locks == NULL || !has_number) {
        return (pwr_lockout_t){.is_known = is_absent};
    }
    return (pwr_lockout_t){.is_known = true,
                           .threshold = number,
                           .interval = apr_time_from_sec(pwr_entry_number(policy, INTERVAL))};
}

static pwr_fault_t *take_lockout(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                                 const pwr_entry_t *policy, apr_pool_t *scratch)
{
    bool is_absent = false;

    PWR_TRY(pwr_search_matches(&is_absent, context->connections, policy->dn, NO_LOCK, scratch));
    *lockout = lockout_from(policy, is_absent);
    return NULL;
}

/* Each failure is a value, its time. A time that cannot be read counts, and so do values beyond
 * those that are looked at. */
static int failures_of(const pwr_entry_t *entry, const pwr_lockout_t *lockout, apr_time_t now)
{
    const apr_array_header_t *times = pwr_entry_values(entry, FAILURES);
    int count = 0;

    if (times == NULL) {
        return -1;
    }
    for (int i = 0; i < times->nelts; i++) {
        apr_time_t time = pwr_entry_time(APR_ARRAY_IDX(times, i, const char *));
        bool is_over = time != 0 && lockout->interval != 0
                       && time + lockout->interval + PWR_CLOCK_SKEW < now;
        count += is_over ? 0 : 1;
    }
    return times->nelts >= PWR_MAX_VALUES ? INT_MAX : count;
}

/* With pwdCheckQuality 0 the overlay looks at no length either. It counts bytes. */
static pwr_rules_t rules_from(const pwr_entry_t *entry)
{
    bool checks = pwr_entry_number(entry, "pwdCheckQuality") > 0;
    bool has_module = pwr_entry_values(entry, "pwdCheckModule") != NULL
                      || pwr_entry_is_true(entry, "pwdUseCheckModule");

    return (pwr_rules_t){.lengths = PWR_LENGTH_BYTES,
                         .min_length = checks ? pwr_entry_number(entry, "pwdMinLength") : 0,
                         .max_length = checks ? pwr_entry_number(entry, "pwdMaxLength") : 0,
                         .history = pwr_entry_number(entry, "pwdInHistory"),
                         .min_age = apr_time_from_sec(pwr_entry_number(entry, "pwdMinAge")),
                         .has_quality_check = checks && has_module};
}

static pwr_fault_t *read_policy(pwr_found_t *found, const pwr_backend_context_t *context,
                                const char *base, int scope, apr_pool_t *scratch)
{
    const pwr_search_t search = {.base = base,
                                 .scope = scope,
                                 .filter = "(objectClass=pwdPolicy)",
                                 .attributes = policy_attributes,
                                 .limit = 2};
    return pwr_search(found, context->connections, &search, scratch);
}

/* Three searches. Where the entry names no policy, its own DN is asked for one. */
static pwr_fault_t *lockout_of(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                               const char *dn, apr_pool_t *scratch)
{
    const char *own = NULL;
    pwr_found_t found = {0};
    pwr_fault_t *first = NULL;
    bool is_absent = false;

    pwr_fault_keep_first(&first, own_policy(&own, context, dn, scratch));
    const char *asked = own != NULL ? own : dn;
    pwr_fault_keep_first(&first, read_policy(&found, context, asked, LDAP_SCOPE_BASE, scratch));
    pwr_fault_keep_first(
        &first, pwr_search_matches(&is_absent, context->connections, asked, NO_LOCK, scratch));
    if (first == NULL && own != NULL) {
        *lockout = found.entries->nelts == 1
                       ? lockout_from(&APR_ARRAY_IDX(found.entries, 0, pwr_entry_t), is_absent)
                       : (pwr_lockout_t){.is_known = false};
    }
    return first;
}

static pwr_fault_t *read_named(pwr_rules_t *rules, const pwr_backend_context_t *context,
                               const char *dn, apr_pool_t *scratch)
{
    pwr_found_t found;

    PWR_TRY(read_policy(&found, context, dn, LDAP_SCOPE_BASE, scratch));
    if (found.entries->nelts == 1) {
        const pwr_entry_t *policy = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
        *rules = rules_from(policy);
        return take_lockout(&rules->lockout, context, policy, scratch);
    }
    *rules = (pwr_rules_t){.has_quality_check = true};
    pwr_log(PWR_LOG_WARNING, "PWR0461",
            "The password policy %s is not there, or the bind DN cannot read it: pages cannot show "
            "its rules. Let the bind DN read it.",
            dn);
    return NULL;
}

/* No policy at all is no rule; several are a question that only the site can answer. Where the
 * overlay is loaded, no policy may be one that is hidden, and may lock. */
static pwr_fault_t *rules_of(pwr_rules_t *rules, const pwr_backend_context_t *context,
                             const char *key, apr_pool_t *scratch)
{
    const apr_array_header_t *contexts = pwr_entry_values(context->root, "namingContexts");
    int count = 0;

    if (*key != '\0') {
        return read_named(rules, context, key, scratch);
    }
    *rules = (pwr_rules_t){.lockout.is_known = !has_overlay(context->root)};
    for (int i = 0; contexts != NULL && i < contexts->nelts && count < 2; i++) {
        pwr_found_t found;
        PWR_TRY(read_policy(&found, context, APR_ARRAY_IDX(contexts, i, const char *),
                            LDAP_SCOPE_SUBTREE, scratch));
        count += found.entries->nelts;
        if (found.entries->nelts > 0) {
            const pwr_entry_t *policy = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
            *rules = rules_from(policy);
            PWR_TRY(take_lockout(&rules->lockout, context, policy, scratch));
        }
    }
    if (count > 1) {
        *rules = (pwr_rules_t){.has_quality_check = true};
        pwr_log(PWR_LOG_WARNING, "PWR0462",
                "The directory holds several password policies, and none is named as the default "
                "one: pages cannot show its rules. Name the DN that ppolicy_default "
                "(olcPPolicyDefault) holds.");
    }
    return NULL;
}

static apr_array_header_t *words_of(const pwr_account_t *account, const pwr_rules_t *rules,
                                    apr_pool_t *pool)
{
    (void)account, (void)rules, (void)pool;
    return NULL; /* the overlay looks at no names */
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

/* For a server that stores what it is given: the site has asked for this scheme by name. */
static int send_hash(int *id, const pwr_ldap_handle_t *handle, const pwr_write_t *write,
                     apr_pool_t *scratch)
{
    const char *hash = pwr_hashes_argon2(write->password, scratch);
    apr_array_header_t *changes = pwr_changes_make(scratch);

    if (hash == NULL) {
        return LDAP_NO_MEMORY;
    }
    pwr_changes_add(changes, LDAP_MOD_REPLACE, "userPassword", hash);
    return ldap_modify_ext(handle->ld, write->dn, pwr_changes_finish(changes), NULL, NULL, id);
}

static int send_write(int *id, const pwr_ldap_handle_t *handle,
                      const pwr_backend_context_t *context, const pwr_write_t *write,
                      apr_pool_t *scratch)
{
    if (context->settings->scheme != NULL) {
        return send_hash(id, handle, write, scratch);
    }
    struct berval who = {.bv_len = strlen(write->dn), .bv_val = (char *)write->dn};
    struct berval what = berval_of(write->password);
    struct berval old = {0};
    LDAPControl *policy = NULL;
    int code = ldap_create_passwordpolicy_control(handle->ld, &policy);

    if (code != LDAP_SUCCESS) {
        return code;
    }
    apr_pool_cleanup_register(scratch, policy, free_control, apr_pool_cleanup_null);
    LDAPControl *controls[] = {policy, NULL};
    if (write->old != NULL) {
        old = berval_of(write->old);
    }
    return ldap_passwd(handle->ld, &who, write->old != NULL ? &old : NULL, &what, controls, NULL,
                       id);
}

/* The overlay clears its own locks when the password is set. */
static LDAPMod **after(const pwr_backend_context_t *context, const pwr_write_t *write,
                       const pwr_entry_t *entry, apr_pool_t *scratch)
{
    apr_array_header_t *changes = pwr_changes_make(scratch);

    pwr_hashes_add(changes, context->settings, entry, write->password);
    if (write->must_change && has_overlay(context->root)) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, MUST_CHANGE, "TRUE");
    }
    return pwr_changes_finish(changes);
}

static LDAPMod **unlock(const pwr_entry_t *entry, apr_pool_t *scratch)
{
    apr_array_header_t *changes = pwr_changes_make(scratch);

    if (pwr_entry_first(entry, LOCKED) != NULL) {
        pwr_changes_add(changes, LDAP_MOD_DELETE, LOCKED, NULL);
    }
    return pwr_changes_finish(changes);
}

static const char *key_of(const pwr_answer_t *answer)
{
    const char *key = pwr_answer_policy_key(answer->policy_error);

    if (key != NULL) {
        return key;
    }
    return answer->code == LDAP_CONSTRAINT_VIOLATION ? "directory.refused" : NULL;
}

static pwr_bind_outcome_t bind_of(const pwr_answer_t *answer)
{
    if (answer->policy_error == PP_passwordExpired) {
        return PWR_BIND_EXPIRED; /* told after the password was found right, slapo-ppolicy(5) */
    }
    if (answer->policy_error == PP_accountLocked) {
        return PWR_BIND_LOCKED;
    }
    if (answer->code == LDAP_SUCCESS) {
        return answer->policy_error == PP_changeAfterReset ? PWR_BIND_MUST_CHANGE : PWR_BIND_RIGHT;
    }
    return answer->code == LDAP_INVALID_CREDENTIALS ? PWR_BIND_WRONG : PWR_BIND_INELIGIBLE;
}

const pwr_backend_t pwr_backend_openldap = {
    .name = "openldap",
    .login_attribute = "uid",
    .id_attribute = ID,
    .match = match,
    .attributes = account_attributes,
    .hash_attribute = "userPassword",
    .schema_attribute = "subschemaSubentry",
    .read_schema = pwr_schema_read,
    .state_attributes = state_attributes,
    .group_attributes = group_attributes,
    .member_attributes = member_attributes,
    .failure_attributes = failure_attributes,
    .lockout_attributes = LOCKOUT ", " MAX_FAILURES " and " INTERVAL,
    .password_ends_count = true,
    .failures_of = failures_of,
    .is_root = is_root,
    .id_of = id_of,
    .id_filter = id_filter,
    .read_state = read_state,
    .stamp_of = stamp_of,
    .policy_of = policy_of,
    .rules_of = rules_of,
    .lockout_of = lockout_of,
    .words_of = words_of,
    .send = send_write,
    .after = after,
    .unlock = unlock,
    .key_of = key_of,
    .bind_of = bind_of,
};
