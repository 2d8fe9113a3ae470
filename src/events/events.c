/*
 * The table of everything worth telling. An event that stands in the trail needs the request that
 * it belongs to; without one it is told in the audit log alone. Neither place may stop a flow, so a
 * fault is logged here and goes no further.
 */
#include "events/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/audit.h"
#include "events/audit_limit.h"
#include "events/metrics.h"
#include "store/trail.h"

struct pwr_events_t {
    pwr_store_t *store;
    pwr_audit_t audit;
    pwr_metrics_t *metrics;
};

/* Where an event is told. */
enum {
    AUDIT = 1,
    TRAIL = 2,
    FIRST = 4, /* its rows in the trail are many in a flood, and go first when there is no room */
    MANY = 8   /* a stranger can make any number of it: where it names no account, its lines in the
                  audit log are bounded */
};

typedef struct {
    const char *name;
    int where;
    pwr_counter_t counter;
} event_t;

static const event_t table[PWR_EVENT_COUNT] = {
    /* The outbox row tells the trail's reader of it. */
    [PWR_EVENT_REQUEST_ACCEPTED]
    = {"request-accepted", AUDIT | MANY, {PWR_FAMILY_REQUESTS, "accepted"}},
    [PWR_EVENT_REQUEST_REFUSED]
    = {"request-refused", AUDIT | MANY, {PWR_FAMILY_REQUESTS, "refused"}},
    [PWR_EVENT_REQUEST_RAISED] = {"request-raised", AUDIT | MANY, {PWR_FAMILY_REQUESTS, "raised"}},
    [PWR_EVENT_CLIENT_REFUSED]
    = {"client-refused", AUDIT | MANY, {PWR_FAMILY_REQUESTS, "too-many"}},
    [PWR_EVENT_QUEUE_FULL] = {"queue-full", AUDIT | MANY, {PWR_FAMILY_REQUESTS, "full"}},
    [PWR_EVENT_TASK_WRONG] = {"task-wrong", AUDIT | MANY, {PWR_FAMILY_TASKS, "wrong"}},
    [PWR_EVENT_CAPTCHA_DOWN] = {"captcha-down", AUDIT | MANY, {PWR_FAMILY_CAPTCHAS, "down"}},
    [PWR_EVENT_ACCOUNT_NONE]
    = {"account-none", AUDIT | MANY | TRAIL | FIRST, {PWR_FAMILY_LOOKUPS, "none"}},
    [PWR_EVENT_ACCOUNT_AMBIGUOUS]
    = {"account-ambiguous", AUDIT | TRAIL, {PWR_FAMILY_LOOKUPS, "ambiguous"}},
    [PWR_EVENT_ACCOUNT_BARRED] = {"account-barred", AUDIT | TRAIL, {PWR_FAMILY_LOOKUPS, "barred"}},
    [PWR_EVENT_MAIL_CAPPED] = {"mail-capped", AUDIT | TRAIL | FIRST, {PWR_FAMILY_MAILS, "capped"}},
    [PWR_EVENT_MAIL_SENT] = {"mail-sent", AUDIT | TRAIL, {PWR_FAMILY_MAILS, "sent"}},
    [PWR_EVENT_MAIL_RETRY]
    = {"mail-retry", AUDIT | MANY | TRAIL | FIRST, {PWR_FAMILY_MAILS, "retry"}},
    [PWR_EVENT_MAIL_GIVEN_UP]
    = {"mail-given-up", AUDIT | MANY | TRAIL, {PWR_FAMILY_MAILS, "given-up"}},
    [PWR_EVENT_LINK_DEAD] = {"link-dead", AUDIT | MANY | TRAIL | FIRST, {PWR_FAMILY_LINKS, "dead"}},
    [PWR_EVENT_PASSWORD_REFUSED]
    = {"password-refused", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "refused"}},
    [PWR_EVENT_PASSWORD_SET] = {"password-set", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "set"}},
    [PWR_EVENT_PASSWORD_UNKNOWN]
    = {"password-unknown", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "unknown"}},
    [PWR_EVENT_ACCOUNT_UNLOCKED]
    = {"account-unlocked", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "unlocked"}},
    [PWR_EVENT_UNLOCK_REFUSED]
    = {"unlock-refused", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "unlock-refused"}},
    /* No page shows its code. */
    [PWR_EVENT_CHANGE_REFUSED]
    = {"change-refused", AUDIT | MANY, {PWR_FAMILY_PASSWORDS, "change-refused"}},
    [PWR_EVENT_PASSWORD_CHANGED]
    = {"password-changed", AUDIT | TRAIL, {PWR_FAMILY_PASSWORDS, "changed"}},
    [PWR_EVENT_LINK_REVOKED] = {"link-revoked", AUDIT | TRAIL, {PWR_FAMILY_LINKS, "revoked"}},
};

pwr_events_t *pwr_events_open(pwr_store_t *store, const pwr_audit_t *audit, pwr_metrics_t *metrics,
                              apr_pool_t *pool)
{
    pwr_events_t *events = apr_palloc(pool, sizeof *events);

    *events = (pwr_events_t){.store = store, .audit = *audit, .metrics = metrics};
    return events;
}

static bool has_line(pwr_events_t *events, pwr_event_t event, const pwr_facts_t *facts)
{
    const pwr_audit_t *audit = &events->audit;

    if ((table[event].where & AUDIT) == 0 || audit->file == NULL) {
        return false;
    }
    if ((table[event].where & MANY) == 0 || facts->account != NULL || audit->limit == NULL) {
        return true;
    }
    return pwr_audit_limit_count(audit->limit, event, facts->client, audit->lines_per_hour);
}

void pwr_events_raise(pwr_events_t *events, pwr_event_t event, const pwr_facts_t *facts,
                      apr_pool_t *scratch)
{
    const event_t *entry = &table[event];
    apr_time_t now = pwr_clock_now();

    pwr_log(PWR_LOG_DEBUG, "PWR0603", "%s%s%s%s%s", entry->name,
            facts->account != NULL ? ", account " : "",
            facts->account != NULL ? facts->account : "", facts->detail != NULL ? ": " : "",
            facts->detail != NULL ? facts->detail : "");
    if (events->metrics != NULL) {
        pwr_metrics_count(events->metrics, event);
    }
    if (has_line(events, event, facts)) {
        pwr_log_fault(pwr_audit_write(events->audit.file,
                                      pwr_audit_line(entry->name, facts, now, scratch), scratch));
    }
    if ((entry->where & TRAIL) != 0 && facts->request_id != NULL) {
        pwr_trail_row_t row = {.request_id = facts->request_id,
                               .support_code = facts->support_code,
                               .event = entry->name,
                               .detail = facts->detail,
                               .at = now,
                               .is_short = (entry->where & FIRST) != 0};
        pwr_log_fault(pwr_trail_append(events->store, &row, scratch));
    }
}

void pwr_events_tell_more(pwr_events_t *events, const char *realm, apr_time_t now,
                          apr_pool_t *scratch)
{
    const pwr_audit_t *audit = &events->audit;

    if (audit->file == NULL || audit->limit == NULL) {
        return;
    }
    const apr_array_header_t *all
        = pwr_audit_limit_take(audit->limit, now, audit->lines_per_hour, scratch);
    for (int i = 0; i < all->nelts; i++) {
        const pwr_audit_more_t *more = &APR_ARRAY_IDX(all, i, pwr_audit_more_t);
        const pwr_facts_t facts = {.realm = realm, .client = more->client, .more = more->count};
        apr_time_t at = more->minute != 0 ? more->minute : pwr_clock_now();
        pwr_fault_t *fault = pwr_audit_write(
            audit->file, pwr_audit_line(table[more->event].name, &facts, at, scratch), scratch);
        if (fault != NULL) {
            pwr_audit_limit_give_back(audit->limit, more);
            pwr_log_fault(fault);
        }
    }
}

const char *pwr_event_name(pwr_event_t event)
{
    return table[event].name;
}

pwr_counter_t pwr_event_counter(pwr_event_t event)
{
    return table[event].counter;
}
