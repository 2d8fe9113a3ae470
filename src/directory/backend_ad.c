/*
 * Active Directory, on Windows Server and on Samba. Samba is told from Windows by the vendorName of
 * its root DSE, which Windows does not have, and differs in what it asks of a password:
 *
 * - Characters count for three of five categories. ASCII is the same for both: A-Z, a-z, 0-9, and
 * the 32 marks that one can see; the space and control characters count for nothing. Beyond ASCII,
 *   Windows (PWR_COUNT_UNICODE) takes letters alone: capitals, small ones, and those without case
 * as the fifth category; signs like the euro's count for nothing (Microsoft's "Password must meet
 *   complexity requirements"). Samba (PWR_COUNT_SAMBA) takes a character that has a counterpart in
 *   the other case, and is its counterpart's, in the tables of Unicode 1.1, for a capital or a
 * small letter, and everything else for the fifth category, be it a letter, a sign or a space.
 * - Windows refuses what holds the sAMAccountName or a part of the displayName; Samba does not
 * look.
 * - Windows checks the history of a password that is set for somebody, if asked to
 *   (ad_password.c); Samba only when people change their own.
 *
 * Both count the length in units of UTF-16, so a character beyond the basic plane counts for two.
 */
#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "base/encode.h"
#include "base/log.h"
#include "directory/ad_access.h"
#include "directory/ad_password.h"
#include "directory/changes.h"

#define IS_ACTIVE_DIRECTORY                                                                        \
    "1.2.840.113556.1.4.800" /* a supportedCapability, MS-ADTS 3.1.1.3.4.3 */

/* userAccountControl, MS-ADTS 2.2.16 */
#define IS_DISABLED 0x2
#define IS_LOCKED 0x10            /* in the computed one alone */
#define MAY_NOT_CHANGE 0x40       /* as far as it is shown: Windows keeps it in the entry's ACL */
#define PASSWORD_EXPIRED 0x800000 /* in the computed one alone: too old, or must be changed */

#define MUST_BE_COMPLEX 0x1 /* pwdProperties */
#define COMPLEX_CATEGORIES 3

#define NEVER APR_INT64_MAX
#define TICKS_PER_MICROSECOND 10                         /* a Windows time counts 100 ns */
#define FROM_1601_TO_1970 APR_INT64_C(11644473600000000) /* microseconds */

#define GUID_BYTES 16
#define SHORTEST_WORD 3

static const char *const match[] = {"mail", "sAMAccountName", "userPrincipalName", NULL};

static const char *const attributes[] = {"pwdLastSet",
                                         "msDS-KeyVersionNumber",
                                         "userAccountControl",
                                         "msDS-User-Account-Control-Computed",
                                         "lockoutTime",
                                         "accountExpires",
                                         "adminCount",
                                         "isCriticalSystemObject",
                                         NULL};

static const char *const state_attributes[]
    = {"userAccountControl", "accountExpires", "adminCount", "isCriticalSystemObject", NULL};
static const char *const group_attributes[] = {"member", NULL};
static const char *const member_attributes[] = {"memberOf", "tokenGroups", NULL};

static const char *const failure_attributes[]
    = {"badPwdCount", "msDS-ResultantPSO", "badPasswordTime", NULL};

static bool is_root(const pwr_entry_t *root)
{
    const apr_array_header_t *able = pwr_entry_values(root, "supportedCapabilities");

    for (int i = 0; able != NULL && i < able->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(able, i, const char *), IS_ACTIVE_DIRECTORY) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_samba(const pwr_entry_t *root)
{
    const char *vendor = pwr_entry_first(root, "vendorName");
    return vendor != NULL && strncmp(vendor, "Samba", 5) == 0;
}

/* --- the id --- */

/* Where the bytes of a GUID stand in its text: three numbers with the low byte first, and the rest
 * as it is (MS-DTYP 2.3.4). */
static const int guid_order[GUID_BYTES] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool has_dash_before(int byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static const char *id_of(const pwr_entry_t *entry, apr_pool_t *pool)
{
    const char *hex = pwr_entry_first(entry, "objectGUID");
    const char *id = "";

    if (hex == NULL || strlen(hex) != 2 * GUID_BYTES) {
        return NULL;
    }
    for (int i = 0; i < GUID_BYTES; i++) {
        id = apr_psprintf(pool, "%s%s%.2s", id, has_dash_before(i) ? "-" : "",
                          hex + 2 * guid_order[i]);
    }
    return id;
}

static const char *id_filter(const char *id, apr_pool_t *pool)
{
    const char *value[GUID_BYTES];
    const char *from = id;
    const char *filter = "(objectGUID=";
    unsigned char byte = 0;

    for (int i = 0; i < GUID_BYTES; i++) {
        if (has_dash_before(i) && *from++ != '-') {
            return NULL;
        }
        value[guid_order[i]] = apr_pstrndup(pool, from, 2);
        if (!pwr_decode_hex(&byte, 1, value[guid_order[i]])) {
            return NULL;
        }
        from += 2;
    }
    for (int i = 0; i < GUID_BYTES; i++) {
        filter = apr_pstrcat(pool, filter, "\\", value[i], NULL);
    }
    return *from == '\0' ? apr_pstrcat(pool, filter, ")", NULL) : NULL;
}

/* --- the account --- */

static apr_int64_t number_of(const pwr_entry_t *entry, const char *name)
{
    const char *text = pwr_entry_first(entry, name);
    return text != NULL ? apr_strtoi64(text, NULL, 10) : 0;
}

/* 0 for never. */
static apr_time_t time_of(const pwr_entry_t *entry, const char *name)
{
    apr_int64_t ticks = number_of(entry, name);
    return ticks <= 0 || ticks == NEVER ? 0 : ticks / TICKS_PER_MICROSECOND - FROM_1601_TO_1970;
}

/* The administrators' accounts. The service account may not reset them anyway, as AdminSDHolder's
 * ACL replaces theirs, and a mail must not be enough. */
static bool is_protected(const pwr_entry_t *entry, apr_int64_t control)
{
    return number_of(entry, "adminCount") > 0 || pwr_entry_is_true(entry, "isCriticalSystemObject")
           || (control & MAY_NOT_CHANGE) != 0;
}

/* lockoutTime stays after the lock's time is over; the computed control knows the policy. */
static void read_state(pwr_account_t *account, const pwr_entry_t *entry, apr_time_t now)
{
    apr_int64_t control = number_of(entry, "userAccountControl");
    apr_int64_t computed = number_of(entry, "msDS-User-Account-Control-Computed");
    bool is_computed = pwr_entry_first(entry, "msDS-User-Account-Control-Computed") != NULL;
    bool is_never_set
        = pwr_entry_first(entry, "pwdLastSet") != NULL && number_of(entry, "pwdLastSet") == 0;
    apr_time_t ends = time_of(entry, "accountExpires");

    account->password_changed = time_of(entry, "pwdLastSet");
    account->is_locked
        = is_computed ? (computed & IS_LOCKED) != 0 : number_of(entry, "lockoutTime") > 0;
    account->must_change = is_computed ? (computed & PASSWORD_EXPIRED) != 0 : is_never_set;
    if ((control & IS_DISABLED) != 0) {
        account->ineligible = "disabled";
    } else if (ends != 0 && ends <= now) {
        account->ineligible = "expired";
    } else if (is_protected(entry, control | computed)) {
        account->ineligible = "protected";
    }
}

/* pwdLastSet is 0 from the moment that an administrator orders a change, and stays 0 over a reset
 * that orders one too; the version of the keys counts every new password. So an administrator's
 * order ends the links that are out, and nothing keeps one alive. A failed login moves neither. */
static const char *stamp_of(const pwr_entry_t *entry, const pwr_backend_context_t *context,
                            apr_pool_t *pool)
{
    const char *set = pwr_entry_first(entry, "pwdLastSet");
    const char *version = pwr_entry_first(entry, "msDS-KeyVersionNumber");

    (void)context;
    if (set == NULL) {
        return NULL;
    }
    return apr_pstrcat(pool, "set ", set, " version ", version != NULL ? version : "hidden", NULL);
}

/* --- the rules --- */

static pwr_fault_t *read_entry(const pwr_entry_t **entry, const pwr_backend_context_t *context,
                               const char *dn, const char *const *names, apr_pool_t *scratch)
{
    return pwr_search_entry(entry, context->connections,
                            &(pwr_search_t){.base = dn, .attributes = names}, scratch);
}

static pwr_fault_t *policy_of(const char **key, const pwr_backend_context_t *context,
                              const char *dn, apr_pool_t *scratch)
{
    static const char *const wanted[] = {"msDS-ResultantPSO", NULL};
    const pwr_entry_t *entry = NULL;
    const char *own = NULL;

    if (dn != NULL) {
        PWR_TRY(read_entry(&entry, context, dn, wanted, scratch));
        own = entry != NULL ? pwr_entry_first(entry, wanted[0]) : NULL;
    }
    *key = own != NULL ? own : "";
    return NULL;
}

/* An age is negative, and its least number means that there is none. */
static apr_interval_time_t age_of(const pwr_entry_t *entry, const char *name)
{
    apr_int64_t ticks = number_of(entry, name);
    return ticks >= 0 || ticks == APR_INT64_MIN ? 0 : -(ticks / TICKS_PER_MICROSECOND);
}

/* In the order in which rules_from asks for them. */
static const char *const domain_names[]
    = {"minPwdLength",     "pwdHistoryLength",         "minPwdAge", "pwdProperties",
       "lockoutThreshold", "lockOutObservationWindow", NULL};
static const char *const own_names[] = {"msDS-MinimumPasswordLength",
                                        "msDS-PasswordHistoryLength",
                                        "msDS-MinimumPasswordAge",
                                        "msDS-PasswordComplexityEnabled",
                                        "msDS-LockoutThreshold",
                                        "msDS-LockoutObservationWindow",
                                        NULL};

/* Both attributes are always there, so what is not seen is hidden. */
static pwr_lockout_t lockout_from(const pwr_entry_t *entry, const char *const *names)
{
    return (pwr_lockout_t){.is_known = pwr_entry_first(entry, names[4]) != NULL,
                           .threshold = pwr_entry_number(entry, names[4]),
                           .interval = age_of(entry, names[5])};
}

/* The count stays when its time is over, and each failure within the time after the last one is
 * added to it (MS-SAMR 3.1.1.8.7 and the definition of badPwdCount). */
static int failures_of(const pwr_entry_t *entry, const pwr_lockout_t *lockout, apr_time_t now)
{
    apr_time_t last = time_of(entry, "badPasswordTime");

    if (pwr_entry_first(entry, "badPwdCount") == NULL) {
        return -1;
    }
    bool is_over
        = last != 0 && lockout->interval != 0 && last + lockout->interval + PWR_CLOCK_SKEW < now;
    return is_over ? 0 : pwr_entry_number(entry, "badPwdCount");
}

/* History and age as far as they hold for a password that is set: without the control, neither. */
static pwr_rules_t rules_from(const pwr_entry_t *entry, const char *const *names,
                              const pwr_entry_t *root)
{
    bool is_complex = names == own_names ? pwr_entry_is_true(entry, names[3])
                                         : (number_of(entry, names[3]) & MUST_BE_COMPLEX) != 0;
    bool has_hints = pwr_ad_policy_hints(root) != NULL;

    return (pwr_rules_t){.lengths = PWR_LENGTH_UTF16,
                         .min_length = pwr_entry_number(entry, names[0]),
                         .history = has_hints ? pwr_entry_number(entry, names[1]) : 0,
                         .min_age = has_hints ? age_of(entry, names[2]) : 0,
                         .lockout = lockout_from(entry, names),
                         .classes
                         = {.categories = is_complex ? COMPLEX_CATEGORIES : 0,
                            .counting = is_samba(root) ? PWR_COUNT_SAMBA : PWR_COUNT_UNICODE}};
}

static pwr_fault_t *rules_of(pwr_rules_t *rules, const pwr_backend_context_t *context,
                             const char *key, apr_pool_t *scratch)
{
    const char *const *names = *key != '\0' ? own_names : domain_names;
    const char *head = pwr_entry_first(context->root, "defaultNamingContext");
    const char *dn = *key != '\0' ? key : head;
    const pwr_entry_t *entry = NULL;

    if (dn != NULL) {
        PWR_TRY(read_entry(&entry, context, dn, names, scratch));
    }
    if (entry != NULL && pwr_entry_first(entry, names[0]) != NULL) {
        *rules = rules_from(entry, names, context->root);
        return NULL;
    }
    *rules = (pwr_rules_t){.has_quality_check = true};
    pwr_log(PWR_LOG_WARNING, "PWR0495",
            "The password policy %s cannot be read: pages cannot show its rules. Let the bind DN "
            "read it (for a fine-grained policy, the Password Settings Container and what is in "
            "it).",
            dn != NULL ? dn : "of the domain");
    return NULL;
}

/* Two searches. Where the account has no policy of its own, its DN is asked for one. */
static pwr_fault_t *lockout_of(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                               const char *dn, apr_pool_t *scratch)
{
    static const char *const wanted[] = {"msDS-ResultantPSO", NULL};
    const pwr_entry_t *entry = NULL, *policy = NULL;
    pwr_fault_t *first = NULL;

    pwr_fault_keep_first(&first, read_entry(&entry, context, dn, wanted, scratch));
    const char *own = entry != NULL ? pwr_entry_first(entry, wanted[0]) : NULL;
    pwr_fault_keep_first(&first,
                         read_entry(&policy, context, own != NULL ? own : dn, own_names, scratch));
    if (first == NULL && own != NULL) {
        *lockout
            = policy != NULL ? lockout_from(policy, own_names) : (pwr_lockout_t){.is_known = false};
    }
    return first;
}

/* Characters as Windows counts them; what it counts as two is four bytes here. */
static int length_of(const char *text, size_t bytes)
{
    int count = 0;

    for (size_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        count += (byte & 0xc0) == 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
    }
    return count;
}

static void add_word(apr_array_header_t *words, const char *text, size_t bytes, apr_pool_t *pool)
{
    if (length_of(text, bytes) >= SHORTEST_WORD) {
        APR_ARRAY_PUSH(words, const char *) = apr_pstrmemdup(pool, text, bytes);
    }
}

/* MS-SAMR 3.1.1.7.2: the login as a whole, the displayed name in its parts. */
static apr_array_header_t *words_of(const pwr_account_t *account, const pwr_rules_t *rules,
                                    apr_pool_t *pool)
{
    const char *name = account->name;
    apr_array_header_t *words = apr_array_make(pool, 4, sizeof(const char *));

    if (rules->classes.categories == 0 || rules->classes.counting != PWR_COUNT_UNICODE) {
        return NULL;
    }
    add_word(words, account->login, strlen(account->login), pool);
    while (name != NULL && *name != '\0') {
        size_t bytes = strcspn(name, ",.-_ #\t");
        add_word(words, name, bytes, pool);
        name += bytes + (name[bytes] != '\0' ? 1 : 0);
    }
    return words->nelts > 0 ? words : NULL;
}

/* --- the lock --- */

static LDAPMod **unlock(const pwr_entry_t *entry, apr_pool_t *scratch)
{
    apr_array_header_t *changes = pwr_changes_make(scratch);

    (void)entry;
    pwr_changes_add(changes, LDAP_MOD_REPLACE, "lockoutTime", "0");
    return pwr_changes_finish(changes);
}

/* A new password does not end a lock here. A person who is locked cannot make an own change. */
static LDAPMod **after(const pwr_backend_context_t *context, const pwr_write_t *write,
                       const pwr_entry_t *entry, apr_pool_t *scratch)
{
    (void)context;
    return write->old == NULL && number_of(entry, "lockoutTime") > 0 ? unlock(entry, scratch)
                                                                     : NULL;
}

/* An administrator of the domain is a member of a group. The root DSE tells the groups of the bound
 * account, whatever its name (MS-ADTS, 3.1.1.3.2.34). adminCount would not do: Samba never sets it.
 */
static pwr_fault_t *check_bind(const pwr_backend_context_t *context, apr_pool_t *scratch)
{
    static const char *const asked[] = {"tokenGroups", NULL};
    static const char administrators[] = "01020000000000052000000020020000"; /* S-1-5-32-544 */
    const pwr_entry_t *root = NULL;

    PWR_TRY(read_entry(&root, context, "", asked, scratch));
    const apr_array_header_t *groups = root != NULL ? pwr_entry_values(root, asked[0]) : NULL;
    for (int i = 0; groups != NULL && i < groups->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(groups, i, const char *), administrators) == 0) {
            return pwr_fault_broken(
                scratch, "PWR0458",
                "The bind is an administrator of the domain, and could take all of it over. Use an "
                "account of its own for the service, to which the right to reset passwords is "
                "delegated; examples/active-directory.md has the commands.");
        }
    }
    return NULL;
}

const pwr_backend_t pwr_backend_ad
    = {.name = "ad",
       .login_attribute = "sAMAccountName",
       .id_attribute = "objectGUID",
       .match = match,
       .attributes = attributes,
       .person_filter = "(&(objectCategory=person)(objectClass=user))",
       .check_bind = check_bind,
       .failure_attributes = failure_attributes,
       .lockout_attributes = "lockoutThreshold and "
                             "lockOutObservationWindow of the domain",
       .counts_apart = true,
       .failures_of = failures_of,
       .schema_attribute = "schemaNamingContext",
       .read_schema = pwr_schema_read_ad,
       .state_attributes = state_attributes,
       .group_attributes = group_attributes,
       .member_attributes = member_attributes,
       .find_hidden = pwr_ad_access_find_hidden,
       .is_member = pwr_ad_access_is_member,
       .changes_as_service = true,
       .is_root = is_root,
       .id_of = id_of,
       .id_filter = id_filter,
       .read_state = read_state,
       .stamp_of = stamp_of,
       .policy_of = policy_of,
       .rules_of = rules_of,
       .lockout_of = lockout_of,
       .words_of = words_of,
       .send = pwr_ad_send,
       .after = after,
       .unlock = unlock,
       .key_of = pwr_ad_key_of,
       .bind_of = pwr_ad_bind_of};
