/*
 * The cache is a short fixed table: policies are few, and what does not fit is read each time.
 */
#include "directory/rules.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/clock.h"

#define KEPT_POLICIES 16
#define KEPT_KEY 512

typedef struct {
    char key[KEPT_KEY];
    pwr_rules_t rules;
    apr_time_t until; /* 0 while unused */
} kept_t;

struct pwr_policies_t {
    apr_thread_mutex_t *lock; /* guards the rest */
    kept_t kept[KEPT_POLICIES];
    pwr_rules_t last; /* for everybody; all 0 until they were read */
};

pwr_fault_t *pwr_policies_open(pwr_policies_t **policies, apr_pool_t *pool)
{
    pwr_policies_t *self = apr_pcalloc(pool, sizeof *self);
    apr_status_t status = apr_thread_mutex_create(&self->lock, APR_THREAD_MUTEX_DEFAULT,
                                                  pool); /* cleans up itself */

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0460", "No mutex can be made: %s.",
                                pwr_fault_status(status, pool));
    }
    *policies = self;
    return NULL;
}

static bool is_kept(pwr_rules_t *rules, pwr_policies_t *policies, const char *key)
{
    apr_time_t now = pwr_clock_now();
    bool is_found = false;

    apr_thread_mutex_lock(policies->lock);
    for (int i = 0; i < KEPT_POLICIES && !is_found; i++) {
        kept_t *kept = &policies->kept[i];
        if (kept->until > now && strcmp(kept->key, key) == 0) {
            *rules = kept->rules;
            is_found = true;
        }
    }
    apr_thread_mutex_unlock(policies->lock);
    return is_found;
}

/* Over the same policy's old row, or the one that ends first. */
static void keep(pwr_policies_t *policies, const char *key, const pwr_rules_t *rules)
{
    if (strlen(key) >= KEPT_KEY) {
        return;
    }
    apr_thread_mutex_lock(policies->lock);
    kept_t *place = &policies->kept[0];
    for (int i = 0; i < KEPT_POLICIES; i++) {
        kept_t *kept = &policies->kept[i];
        bool is_own = kept->until != 0 && strcmp(kept->key, key) == 0;
        if (is_own || kept->until < place->until) {
            place = kept;
        }
        if (is_own) {
            break;
        }
    }
    apr_cpystrn(place->key, key, KEPT_KEY);
    place->rules = *rules;
    place->until = pwr_clock_now() + PWR_RULES_LIFE;
    apr_thread_mutex_unlock(policies->lock);
}

static void keep_last(pwr_policies_t *policies, const pwr_rules_t *rules)
{
    apr_thread_mutex_lock(policies->lock);
    policies->last = *rules;
    apr_thread_mutex_unlock(policies->lock);
}

pwr_rules_t pwr_policies_last(pwr_policies_t *policies)
{
    apr_thread_mutex_lock(policies->lock);
    pwr_rules_t last = policies->last;
    apr_thread_mutex_unlock(policies->lock);
    return last;
}

pwr_fault_t *pwr_policies_rules(pwr_rules_t *rules, pwr_policies_t *policies,
                                const pwr_backend_context_t *context, const char *dn,
                                apr_pool_t *scratch)
{
    const char *key = NULL;

    /* cppcheck-suppress returnDanglingLifetime ; a fault does not point at the key */
    PWR_TRY(context->backend->policy_of(&key, context, dn, scratch));
    if (!is_kept(rules, policies, key)) {
        PWR_TRY(context->backend->rules_of(rules, context, key, scratch));
        rules->words = NULL;
        keep(policies, key, rules);
    }
    if (dn == NULL) {
        keep_last(policies, rules);
    }
    return NULL;
}
