/*
 * An event that stands in the trail needs the request that
 * it belongs to; without one it is told in the audit log alone. Neither place may stop a flow, so a
 * fault is logged here and goes no further.
 */
#include "events/events.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/audit.h"
#include "store/trail.h"

struct pwr_events_t {
    pwr_store_t *store;
    pwr_audit_t audit;
    pwr_metrics_t *metrics;
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

    if ((pwr_event_places(event) & PWR_TOLD_AUDIT) == 0 || audit->file == NULL) {
        return false;
    }
    if ((pwr_event_places(event) & PWR_TOLD_MANY) == 0 || facts->account != NULL
        || audit->limit == NULL) {
        return true;
    }
    return pwr_audit_limit_count(audit->limit, event, facts->client, audit->lines_per_hour);
}

void pwr_events_raise(pwr_events_t *events, pwr_event_t event, const pwr_facts_t *facts,
                      apr_pool_t *scratch)
{
    const char *name = pwr_event_name(event);
    int places = pwr_event_places(event);
    apr_time_t now = pwr_clock_now();

    pwr_log(PWR_LOG_DEBUG, "PWR0605", "%s%s%s%s%s", name,
            facts->account != NULL ? ", account " : "",
            facts->account != NULL ? facts->account : "", facts->detail != NULL ? ": " : "",
            facts->detail != NULL ? facts->detail : "");
    if (events->metrics != NULL) {
        pwr_metrics_count(events->metrics, event);
    }
    if (has_line(events, event, facts)) {
        pwr_log_fault(pwr_audit_write(events->audit.file, pwr_audit_line(name, facts, now, scratch),
                                      scratch));
    }
    if ((places & PWR_TOLD_TRAIL) != 0 && facts->request_id != NULL) {
        pwr_trail_row_t row = {.request_id = facts->request_id,
                               .support_code = facts->support_code,
                               .event = name,
                               .detail = facts->detail,
                               .at = now,
                               .is_short = (places & PWR_TOLD_FIRST) != 0};
        pwr_log_fault(pwr_trail_append(events->store, &row, scratch));
    }
}

void pwr_events_tell_more(pwr_events_t *events, const char *site, apr_time_t now,
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
        const pwr_facts_t facts = {.site = site, .client = more->client, .more = more->count};
        apr_time_t at = more->minute != 0 ? more->minute : pwr_clock_now();
        pwr_fault_t *fault = pwr_audit_write(
            audit->file, pwr_audit_line(pwr_event_name(more->event), &facts, at, scratch), scratch);
        if (fault != NULL) {
            pwr_audit_limit_give_back(audit->limit, more);
            pwr_log_fault(fault);
        }
    }
}
