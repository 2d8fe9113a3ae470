/*
 * How the server counts (check_pw_syntax_ext in its pw.c; seen on 2.3.1):
 *   - lengths and classes are counted in code points, not in bytes; e and a combining accent are 2
 *   - digits, letters, upper and lower case are those of ASCII; every other ASCII character, blank
 *     and tab included, is a special; every character outside ASCII is an "8-bit" one and nothing
 *     else
 *   - categories: how many of digits, upper case, lower case, specials, 8-bit there are
 *   - passwordMaxRepeats: the same character at most so often in a row
 *   - passwordMinTokenLength: of each value of uid, cn, sn, givenName, ou and mail (without options
 *     like ;lang-no), no piece of so many characters may be in the password, ASCII case aside.
 *     Values that are shorter do not count
 *   - passwordBadWords and passwordUserAttributes of a local policy are not looked at: those of
 *     cn=config hold for all
 *   - in a local policy what is not set has the server's built-in value, not that of cn=config; but
 *     where it has passwordCheckSyntax off, and nsslapd-pwpolicy-inherit-global is on, the counts
 * of cn=config hold
 *   - with passwordHistory the current password is refused, too
 */
#include "directory/rules_389ds.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"

#define POLICY "pwdPolicySubentry"
#define CONFIG "cn=config"
#define LOCKOUT "passwordLockout"
#define MAX_FAILURES "passwordMaxFailure"
#define INTERVAL "passwordResetFailureCount"

static const char *const policy_attributes[] = {"passwordCheckSyntax",
                                                "passwordMinLength",
                                                "passwordMinDigits",
                                                "passwordMinAlphas",
                                                "passwordMinUppers",
                                                "passwordMinLowers",
                                                "passwordMinSpecials",
                                                "passwordMin8bit",
                                                "passwordMaxRepeats",
                                                "passwordMinCategories",
                                                "passwordMinTokenLength",
                                                "passwordPalindrome",
                                                "passwordDictCheck",
                                                "passwordMaxSequence",
                                                "passwordMaxSeqSets",
                                                "passwordMaxClassChars",
                                                "passwordUserAttributes",
                                                "passwordBadWords",
                                                "passwordHistory",
                                                "passwordInHistory",
                                                "passwordMinAge",
                                                LOCKOUT,
                                                MAX_FAILURES,
                                                INTERVAL,
                                                "nsslapd-pwpolicy-local",
                                                "nsslapd-pwpolicy-inherit-global",
                                                NULL};

/* NULL when it is not there, or hidden. */
static pwr_fault_t *read_entry(const pwr_entry_t **entry, const pwr_backend_context_t *context,
                               const char *dn, const char *const *attributes, apr_pool_t *scratch)
{
    const pwr_search_t search = {.base = dn, .attributes = attributes};

    PWR_TRY(pwr_search_entry(entry, context->connections, &search, scratch));
    if (*entry != NULL && (*entry)->attributes->nelts == 0) {
        *entry = NULL;
    }
    return NULL;
}

/* The policy that an entry names, NULL: none; and whether the server goes by such policies. Always
 * two searches. */
static pwr_fault_t *read_own_policy(const char **own, bool *is_used,
                                    const pwr_backend_context_t *context, const char *dn,
                                    apr_pool_t *scratch)
{
    static const char *const attributes[] = {POLICY, NULL};
    static const char *const switches[] = {"nsslapd-pwpolicy-local", NULL};
    const pwr_entry_t *entry = NULL, *config = NULL;
    pwr_fault_t *first = NULL;

    pwr_fault_keep_first(&first, read_entry(&entry, context, dn, attributes, scratch));
    pwr_fault_keep_first(&first, read_entry(&config, context, CONFIG, switches, scratch));
    const char *local = config != NULL ? pwr_entry_first(config, switches[0]) : NULL;
    *own = entry != NULL ? pwr_entry_first(entry, POLICY) : NULL;
    *is_used = *own != NULL && (local == NULL || strcmp(local, "off") != 0);
    return first;
}

pwr_fault_t *pwr_rules_389ds_policy(const char **key, const pwr_backend_context_t *context,
                                    const char *dn, apr_pool_t *scratch)
{
    const char *own = NULL;
    bool is_used = false;

    *key = "";
    if (dn == NULL) {
        return NULL;
    }
    PWR_TRY(read_own_policy(&own, &is_used, context, dn, scratch));
    *key = is_used ? own : "";
    return NULL;
}

/* "on", "true" and "1" are all the same to the server. */
static bool is_on(const pwr_entry_t *policy, const char *name)
{
    const char *value = pwr_entry_first(policy, name);
    return value != NULL
           && (apr_cstr_casecmp(value, "on") == 0 || apr_cstr_casecmp(value, "true") == 0
               || strcmp(value, "1") == 0);
}

static int number_of(const pwr_entry_t *policy, const char *name, int otherwise)
{
    return pwr_entry_first(policy, name) != NULL ? pwr_entry_number(policy, name) : otherwise;
}

/* Seconds, or a number with the letter of a unit: "1d". */
static apr_interval_time_t duration_of(const pwr_entry_t *policy, const char *name)
{
    static const struct {
        char unit;
        apr_int64_t seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}};
    const char *text = pwr_entry_first(policy, name);
    char last = '\0';
    apr_int64_t seconds = pwr_entry_number(policy, name);

    if (text != NULL && *text != '\0') {
        last = (char)(text[strlen(text) - 1] | 0x20); /* in lower case */
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == last) {
            seconds *= units[i].seconds;
        }
    }
    return apr_time_from_sec(seconds);
}

/* What is not set has the value that the server has built in. */
static void take_counts(pwr_rules_t *rules, const pwr_entry_t *policy)
{
    int categories = number_of(policy, "passwordMinCategories", 3);

    rules->min_length = number_of(policy, "passwordMinLength", 8);
    rules->piece_length = number_of(policy, "passwordMinTokenLength", 3);
    rules->classes = (pwr_classes_t){.digits = pwr_entry_number(policy, "passwordMinDigits"),
                                     .letters = pwr_entry_number(policy, "passwordMinAlphas"),
                                     .upper = pwr_entry_number(policy, "passwordMinUppers"),
                                     .lower = pwr_entry_number(policy, "passwordMinLowers"),
                                     .specials = pwr_entry_number(policy, "passwordMinSpecials"),
                                     .others = pwr_entry_number(policy, "passwordMin8bit"),
                                     .repeats = pwr_entry_number(policy, "passwordMaxRepeats"),
                                     .categories = categories > 1 ? categories : 0,
                                     .counting = PWR_COUNT_BYTES};
}

/* Rules that are nothing a box could say in short. */
static bool has_more_checks(const pwr_entry_t *policy)
{
    return is_on(policy, "passwordPalindrome") || is_on(policy, "passwordDictCheck")
           || pwr_entry_number(policy, "passwordMaxSequence") > 0
           || pwr_entry_number(policy, "passwordMaxSeqSets") > 0
           || pwr_entry_number(policy, "passwordMaxClassChars") > 0;
}

static bool has_text(const pwr_entry_t *policy, const char *name)
{
    const char *value = pwr_entry_first(policy, name);
    return value != NULL && *value != '\0';
}

/* `config` may be `policy`, or NULL when it is hidden. */
static pwr_rules_t rules_from(const pwr_entry_t *policy, const pwr_entry_t *config)
{
    bool checks = is_on(policy, "passwordCheckSyntax");
    bool is_inherited = !checks && config != NULL && is_on(config, "passwordCheckSyntax")
                        && is_on(config, "nsslapd-pwpolicy-inherit-global");
    pwr_rules_t rules = {.min_age = duration_of(policy, "passwordMinAge")};

    if (is_on(policy, "passwordHistory")) {
        rules.history = number_of(policy, "passwordInHistory", 6);
    }
    if (checks || is_inherited) {
        take_counts(&rules, checks ? policy : config);
        rules.has_quality_check = has_more_checks(policy) || config == NULL
                                  || has_text(config, "passwordBadWords")
                                  || has_text(config, "passwordUserAttributes");
    }
    return rules;
}

/* What a policy that is not cn=config surely lacks. */
typedef struct {
    bool has_no_lockout, has_no_number;
} absence_t;

static pwr_fault_t *ask_absence(absence_t *absence, const pwr_backend_context_t *context,
                                const char *dn, apr_pool_t *scratch)
{
    pwr_fault_t *first = NULL;

    pwr_fault_keep_first(&first, pwr_search_matches(&absence->has_no_lockout, context->connections,
                                                    dn, "(!(" LOCKOUT "=*))", scratch));
    pwr_fault_keep_first(&first, pwr_search_matches(&absence->has_no_number, context->connections,
                                                    dn, "(!(" MAX_FAILURES "=*))", scratch));
    return first;
}

/* The server locks at failure number passwordMaxFailure, if passwordLockout is on; neither is taken
 * over from cn=config by a local policy. cn=config shows all its values, so what is not seen there
 * is hidden; a local policy may lack them. A hidden interval counts as none. */
static pwr_lockout_t lockout_from(const pwr_entry_t *policy, const absence_t *absence)
{
    if (pwr_entry_first(policy, LOCKOUT) == NULL) {
        return (pwr_lockout_t){.is_known = absence->has_no_lockout};
    }
    if (!is_on(policy, LOCKOUT)) {
        return (pwr_lockout_t){.is_known = true};
    }
    return (pwr_lockout_t){.is_known = pwr_entry_first(policy, MAX_FAILURES) != NULL
                                       || absence->has_no_number,
                           .threshold = number_of(policy, MAX_FAILURES, 3),
                           .interval = duration_of(policy, INTERVAL)};
}

pwr_fault_t *pwr_rules_389ds_lockout(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                                     const char *dn, apr_pool_t *scratch)
{
    const pwr_entry_t *policy = NULL;
    pwr_fault_t *first = NULL;
    absence_t absence = {0};
    bool is_used = false;
    const char *own = NULL;

    pwr_fault_keep_first(&first, read_own_policy(&own, &is_used, context, dn, scratch));
    const char *asked = own != NULL ? own : dn;
    pwr_fault_keep_first(&first, read_entry(&policy, context, asked, policy_attributes, scratch));
    pwr_fault_keep_first(&first, ask_absence(&absence, context, asked, scratch));
    if (first == NULL && is_used) {
        *lockout
            = policy != NULL ? lockout_from(policy, &absence) : (pwr_lockout_t){.is_known = false};
    }
    return first;
}

pwr_fault_t *pwr_rules_389ds_read(pwr_rules_t *rules, const pwr_backend_context_t *context,
                                  const char *key, apr_pool_t *scratch)
{
    const pwr_entry_t *config = NULL, *policy = NULL;
    absence_t absence = {0};
    bool is_local = *key != '\0';

    PWR_TRY(read_entry(&config, context, CONFIG, policy_attributes, scratch));
    if (is_local) {
        PWR_TRY(read_entry(&policy, context, key, policy_attributes, scratch));
    } else {
        policy = config;
    }
    if (policy != NULL) {
        *rules = rules_from(policy, config);
        if (is_local) {
            PWR_TRY(ask_absence(&absence, context, key, scratch));
        }
        rules->lockout = lockout_from(policy, &absence);
        return NULL;
    }
    *rules = (pwr_rules_t){.has_quality_check = true};
    pwr_log(PWR_LOG_WARNING, "PWR0465",
            "The password policy in %s is hidden from the bind DN: pages cannot show its rules. "
            "conf/examples/acl-389ds.ldif shows how to let it read them.",
            is_local ? key : CONFIG);
    return NULL;
}

static const char *next_character(const char *text)
{
    do {
        text++;
    } while (((unsigned char)*text & 0xc0) == 0x80);
    return text;
}

/* All pieces of `length` characters in a row. */
static void add_pieces(apr_array_header_t *words, const char *value, int length)
{
    const char *end = value;

    for (int i = 0; i < length; i++) {
        if (*end == '\0') {
            return;
        }
        end = next_character(end);
    }
    while (words->nelts < PWR_MAX_WORDS) {
        APR_ARRAY_PUSH(words, const char *)
            = apr_pstrmemdup(words->pool, value, (size_t)(end - value));
        if (*end == '\0') {
            return;
        }
        value = next_character(value);
        end = next_character(end);
    }
}

apr_array_header_t *pwr_rules_389ds_words(const pwr_account_t *account, const pwr_rules_t *rules,
                                          apr_pool_t *pool)
{
    apr_array_header_t *words = NULL;

    if (rules->piece_length <= 0 || account->pieced == NULL) {
        return NULL;
    }
    words = apr_array_make(pool, 32, sizeof(const char *));
    for (int i = 0; i < account->pieced->nelts; i++) {
        add_pieces(words, APR_ARRAY_IDX(account->pieced, i, const char *), rules->piece_length);
    }
    return words;
}

/* Names are compared as they are written: a server gives them back as they were given. */
static bool is_named(const pwr_entry_t *entry, const char *attribute, const char *dn)
{
    const apr_array_header_t *names = pwr_entry_values(entry, attribute);

    for (int i = 0; names != NULL && i < names->nelts; i++) {
        if (apr_cstr_casecmp(APR_ARRAY_IDX(names, i, const char *), dn) == 0) {
            return true;
        }
    }
    return false;
}

pwr_fault_t *pwr_rules_389ds_check_bind(const pwr_backend_context_t *context, apr_pool_t *scratch)
{
    static const char *const attributes[] = {"passwordAdminDN", NULL};
    static const char *const members[] = {"member", "uniqueMember", NULL};
    const char *dn = context->settings->bind_dn;
    const pwr_entry_t *config = NULL, *group = NULL;

    PWR_TRY(read_entry(&config, context, CONFIG, attributes, scratch));
    const char *above = config != NULL ? pwr_entry_first(config, attributes[0]) : NULL;
    if (dn == NULL || above == NULL || *above == '\0') {
        return NULL;
    }
    bool is_above = is_named(config, attributes[0], dn);
    if (!is_above) {
        PWR_TRY(read_entry(&group, context, above, members, scratch));
        is_above
            = group != NULL && (is_named(group, members[0], dn) || is_named(group, members[1], dn));
    }
    return is_above ? pwr_fault_broken(scratch, "PWR0467",
                                       "passwordAdminDN (%s) puts %s above the password policy: "
                                       "no length, history or minimum age would hold. Take it out "
                                       "there; the rights in conf/examples/acl-389ds.ldif do.",
                                       above, dn)
                    : NULL;
}
