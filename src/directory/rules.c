/*
 * The overlay's default policy is named in cn=config, which a service account may not read. So the
 * site names it (policy_dn), or there is one policy entry in all the naming contexts, and that is
 * it. The cache is a short fixed table: policies are few, and what does not fit is read each time.
 */
#include "directory/rules.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define KEPT_POLICIES 16
#define KEPT_DN 512
#define EVERYBODY "" /* stands for the default policy where a DN is asked for */

typedef struct {
    char dn[KEPT_DN];
    pwr_rules_t rules;
    apr_time_t until; /* 0 while unused */
} kept_t;

struct pwr_policies_t {
    pwr_connections_t *connections;
    const pwr_directory_settings_t *settings;
    apr_thread_mutex_t *lock; /* guards the rest */
    kept_t kept[KEPT_POLICIES];
    bool is_overlay; /* as read a short while ago */
    apr_time_t is_overlay_until;
};

static const char *const policy_attributes[]
    = {"pwdMinLength",    "pwdMaxLength",   "pwdInHistory",      "pwdMinAge",
       "pwdCheckQuality", "pwdCheckModule", "pwdUseCheckModule", NULL};

pwr_fault_t *pwr_policies_open(pwr_policies_t **policies, pwr_connections_t *connections,
                               const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    pwr_policies_t *self = apr_pcalloc(pool, sizeof *self);
    apr_status_t status = apr_thread_mutex_create(&self->lock, APR_THREAD_MUTEX_DEFAULT,
                                                  pool); /* cleans up itself */

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0460", "No mutex can be made: %s.",
                                pwr_fault_status(status, pool));
    }
    self->connections = connections;
    self->settings = settings;
    *policies = self;
    return NULL;
}

static int number_of(const pwr_entry_t *entry, const char *name)
{
    const char *text = pwr_entry_first(entry, name);
    apr_int64_t number = text != NULL ? apr_strtoi64(text, NULL, 10) : 0;

    return number < 0 ? 0 : (number > INT_MAX ? INT_MAX : (int)number);
}

/* With pwdCheckQuality 0 the overlay looks at no length either. It counts bytes; a password of so
 * many characters has at least so many bytes, so who keeps to the minimum passes. */
pwr_rules_t pwr_rules_from_entry(const pwr_entry_t *entry)
{
    const char *uses_module = pwr_entry_first(entry, "pwdUseCheckModule");
    bool checks = number_of(entry, "pwdCheckQuality") > 0;
    bool has_module = pwr_entry_values(entry, "pwdCheckModule") != NULL
                      || (uses_module != NULL && strcmp(uses_module, "TRUE") == 0);

    return (pwr_rules_t){.min_length = checks ? number_of(entry, "pwdMinLength") : 0,
                         .max_length = checks ? number_of(entry, "pwdMaxLength") : 0,
                         .history = number_of(entry, "pwdInHistory"),
                         .min_age = apr_time_from_sec(number_of(entry, "pwdMinAge")),
                         .has_quality_check = checks && has_module};
}

static bool is_kept(pwr_rules_t *rules, pwr_policies_t *policies, const char *dn)
{
    apr_time_t now = pwr_clock_now();
    bool is_found = false;

    apr_thread_mutex_lock(policies->lock);
    for (int i = 0; i < KEPT_POLICIES && !is_found; i++) {
        kept_t *kept = &policies->kept[i];
        if (kept->until > now && strcmp(kept->dn, dn) == 0) {
            *rules = kept->rules;
            is_found = true;
        }
    }
    apr_thread_mutex_unlock(policies->lock);
    return is_found;
}

/* Over the same policy's old row, or the one that ends first. */
static void keep(pwr_policies_t *policies, const char *dn, const pwr_rules_t *rules)
{
    if (strlen(dn) >= KEPT_DN) {
        return;
    }
    apr_thread_mutex_lock(policies->lock);
    kept_t *place = &policies->kept[0];
    for (int i = 0; i < KEPT_POLICIES; i++) {
        kept_t *kept = &policies->kept[i];
        bool is_own = kept->until != 0 && strcmp(kept->dn, dn) == 0;
        if (is_own || kept->until < place->until) {
            place = kept;
        }
        if (is_own) {
            break;
        }
    }
    apr_cpystrn(place->dn, dn, KEPT_DN);
    place->rules = *rules;
    place->until = pwr_clock_now() + PWR_RULES_LIFE;
    apr_thread_mutex_unlock(policies->lock);
}

/* The values of one attribute of one entry; NULL when there are none. */
static pwr_fault_t *read_values(const apr_array_header_t **values, pwr_policies_t *policies,
                                const char *dn, const char *attribute, apr_pool_t *scratch)
{
    const char *const attributes[] = {attribute, NULL};
    const pwr_search_t search = {.base = dn,
                                 .scope = LDAP_SCOPE_BASE,
                                 .filter = "(objectClass=*)",
                                 .attributes = attributes,
                                 .limit = 1};
    pwr_found_t found;

    *values = NULL;
    PWR_TRY(pwr_search(&found, policies->connections, &search, scratch));
    if (found.entries->nelts == 1) {
        *values = pwr_entry_values(&APR_ARRAY_IDX(found.entries, 0, pwr_entry_t), attribute);
    }
    return NULL;
}

static pwr_fault_t *read_policy(pwr_found_t *found, pwr_policies_t *policies, const char *base,
                                int scope, apr_pool_t *scratch)
{
    const pwr_search_t search = {.base = base,
                                 .scope = scope,
                                 .filter = "(objectClass=pwdPolicy)",
                                 .attributes = policy_attributes,
                                 .limit = 2};
    return pwr_search(found, policies->connections, &search, scratch);
}

static pwr_fault_t *read_named(pwr_rules_t *rules, pwr_policies_t *policies, const char *dn,
                               apr_pool_t *scratch)
{
    pwr_found_t found;

    PWR_TRY(read_policy(&found, policies, dn, LDAP_SCOPE_BASE, scratch));
    if (found.entries->nelts == 1) {
        *rules = pwr_rules_from_entry(&APR_ARRAY_IDX(found.entries, 0, pwr_entry_t));
        return NULL;
    }
    *rules = (pwr_rules_t){.has_quality_check = true};
    pwr_log(PWR_LOG_WARNING, "PWR0461",
            "The password policy %s is not there, or the bind DN cannot read it: pages cannot show "
            "its rules. Let the bind DN read it.",
            dn);
    return NULL;
}

/* No policy at all is no rule; several are a question that only the site can answer. */
static pwr_fault_t *read_default(pwr_rules_t *rules, pwr_policies_t *policies, apr_pool_t *scratch)
{
    const apr_array_header_t *contexts = NULL;
    int count = 0;

    *rules = (pwr_rules_t){0};
    PWR_TRY(read_values(&contexts, policies, "", "namingContexts", scratch));
    for (int i = 0; contexts != NULL && i < contexts->nelts && count < 2; i++) {
        const char *context = APR_ARRAY_IDX(contexts, i, const char *);
        pwr_found_t found;
        PWR_TRY(read_policy(&found, policies, context, LDAP_SCOPE_SUBTREE, scratch));
        count += found.entries->nelts;
        if (found.entries->nelts > 0) {
            *rules = pwr_rules_from_entry(&APR_ARRAY_IDX(found.entries, 0, pwr_entry_t));
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

pwr_fault_t *pwr_policies_rules(pwr_rules_t *rules, pwr_policies_t *policies, const char *dn,
                                apr_pool_t *scratch)
{
    const char *policy = policies->settings->policy_dn;
    const apr_array_header_t *own = NULL;

    if (dn != NULL) {
        PWR_TRY(read_values(&own, policies, dn, "pwdPolicySubentry", scratch));
    }
    if (own != NULL) {
        policy = APR_ARRAY_IDX(own, 0, const char *);
    }
    const char *key = policy != NULL ? policy : EVERYBODY;
    if (is_kept(rules, policies, key)) {
        return NULL;
    }
    PWR_TRY(policy != NULL ? read_named(rules, policies, policy, scratch)
                           : read_default(rules, policies, scratch));
    keep(policies, key, rules);
    return NULL;
}

static bool has_value(const apr_array_header_t *values, const char *wanted)
{
    for (int i = 0; values != NULL && i < values->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(values, i, const char *), wanted) == 0) {
            return true;
        }
    }
    return false;
}

pwr_fault_t *pwr_policies_are_kept(bool *are_kept, pwr_policies_t *policies, apr_pool_t *scratch)
{
    const apr_array_header_t *controls = NULL;
    apr_time_t now = pwr_clock_now();

    apr_thread_mutex_lock(policies->lock);
    bool is_known = policies->is_overlay_until > now;
    *are_kept = policies->is_overlay;
    apr_thread_mutex_unlock(policies->lock);
    if (is_known) {
        return NULL;
    }
    PWR_TRY(read_values(&controls, policies, "", "supportedControl", scratch));
    *are_kept = has_value(controls, LDAP_CONTROL_PASSWORDPOLICYREQUEST);
    apr_thread_mutex_lock(policies->lock);
    policies->is_overlay = *are_kept;
    policies->is_overlay_until = now + PWR_RULES_LIFE;
    apr_thread_mutex_unlock(policies->lock);
    return NULL;
}
