/*
 * The table of everything worth telling. An event that stands in the trail needs the request that
 * it belongs to; without one it is told in the audit log alone. Neither place may stop a flow, so a
 * fault is logged here and goes no further.
 */
#include "events/events.h"

#include <stdbool.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/audit.h"
#include "events/metrics.h"
#include "store/trail.h"

struct pwr_events_t {
    pwr_store_t *store;
    apr_file_t *audit;
    pwr_metrics_t *metrics;
};

typedef struct {
    const char *name;
    bool is_audited;
    bool is_in_trail;
    pwr_counter_t counter;
} event_t;

static const event_t table[PWR_EVENT_COUNT] = {
    [PWR_EVENT_REQUEST_ACCEPTED] = {"request-accepted",
                                    true,
                                    false,
                                    {PWR_FAMILY_REQUESTS, "accepted"}}, /* the outbox row says it */
    [PWR_EVENT_REQUEST_REFUSED]
    = {"request-refused", true, false, {PWR_FAMILY_REQUESTS, "refused"}},
    [PWR_EVENT_REQUEST_RAISED] = {"request-raised", true, false, {PWR_FAMILY_REQUESTS, "raised"}},
    [PWR_EVENT_CLIENT_REFUSED] = {"client-refused", true, false, {PWR_FAMILY_REQUESTS, "too-many"}},
    [PWR_EVENT_QUEUE_FULL] = {"queue-full", true, false, {PWR_FAMILY_REQUESTS, "full"}},
    [PWR_EVENT_TASK_WRONG] = {"task-wrong", true, false, {PWR_FAMILY_TASKS, "wrong"}},
    [PWR_EVENT_CAPTCHA_DOWN] = {"captcha-down", true, false, {PWR_FAMILY_CAPTCHAS, "down"}},
    [PWR_EVENT_ACCOUNT_NONE] = {"account-none", true, true, {PWR_FAMILY_LOOKUPS, "none"}},
    [PWR_EVENT_ACCOUNT_AMBIGUOUS]
    = {"account-ambiguous", true, true, {PWR_FAMILY_LOOKUPS, "ambiguous"}},
    [PWR_EVENT_ACCOUNT_BARRED] = {"account-barred", true, true, {PWR_FAMILY_LOOKUPS, "barred"}},
    [PWR_EVENT_MAIL_CAPPED] = {"mail-capped", true, true, {PWR_FAMILY_MAILS, "capped"}},
    [PWR_EVENT_MAIL_SENT] = {"mail-sent", true, true, {PWR_FAMILY_MAILS, "sent"}},
    [PWR_EVENT_MAIL_RETRY] = {"mail-retry", true, true, {PWR_FAMILY_MAILS, "retry"}},
    [PWR_EVENT_MAIL_GIVEN_UP] = {"mail-given-up", true, true, {PWR_FAMILY_MAILS, "given-up"}},
    [PWR_EVENT_LINK_DEAD] = {"link-dead", true, true, {PWR_FAMILY_LINKS, "dead"}},
    [PWR_EVENT_PASSWORD_REFUSED]
    = {"password-refused", true, true, {PWR_FAMILY_PASSWORDS, "refused"}},
    [PWR_EVENT_PASSWORD_SET] = {"password-set", true, true, {PWR_FAMILY_PASSWORDS, "set"}},
    [PWR_EVENT_PASSWORD_UNKNOWN]
    = {"password-unknown", true, true, {PWR_FAMILY_PASSWORDS, "unknown"}},
    [PWR_EVENT_ACCOUNT_UNLOCKED]
    = {"account-unlocked", true, true, {PWR_FAMILY_PASSWORDS, "unlocked"}},
    [PWR_EVENT_UNLOCK_REFUSED]
    = {"unlock-refused", true, true, {PWR_FAMILY_PASSWORDS, "unlock-refused"}},
    [PWR_EVENT_CHANGE_REFUSED] = {"change-refused", /* no page shows its code */
                                  true,
                                  false,
                                  {PWR_FAMILY_PASSWORDS, "change-refused"}},
    [PWR_EVENT_PASSWORD_CHANGED]
    = {"password-changed", true, true, {PWR_FAMILY_PASSWORDS, "changed"}},
    [PWR_EVENT_LINK_REVOKED] = {"link-revoked", true, true, {PWR_FAMILY_LINKS, "revoked"}},
};

pwr_events_t *pwr_events_open(pwr_store_t *store, apr_file_t *audit, pwr_metrics_t *metrics,
                              apr_pool_t *pool)
{
    pwr_events_t *events = apr_palloc(pool, sizeof *events);

    *events = (pwr_events_t){.store = store, .audit = audit, .metrics = metrics};
    return events;
}

static void log_if(const pwr_fault_t *fault)
{
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

void pwr_events_raise(pwr_events_t *events, pwr_event_t event, const pwr_facts_t *facts,
                      apr_pool_t *scratch)
{
    const event_t *entry = &table[event];
    apr_time_t now = pwr_clock_now();

    if (events->metrics != NULL) {
        pwr_metrics_count(events->metrics, event);
    }
    if (entry->is_audited && events->audit != NULL) {
        log_if(pwr_audit_write(events->audit, pwr_audit_line(entry->name, facts, now, scratch),
                               scratch));
    }
    if (entry->is_in_trail && facts->request_id != NULL) {
        pwr_trail_row_t row = {.request_id = facts->request_id,
                               .support_code = facts->support_code,
                               .event = entry->name,
                               .detail = facts->detail,
                               .at = now};
        log_if(pwr_trail_append(events->store, &row, scratch));
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
