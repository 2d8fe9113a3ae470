/*
 * Events go where their table (event.h) says: audit log, trail, counters. Flows raise them; no
 * other code writes audit lines. Opened once per process; raising from any thread.
 */
#ifndef PWR_EVENTS_EVENTS_H
#define PWR_EVENTS_EVENTS_H

#include <apr_file_io.h>

#include "events/audit_limit.h"
#include "events/metrics.h"
#include "store/store.h"

typedef struct pwr_events_t pwr_events_t;

typedef struct {
    apr_file_t *file;         /* opened for appending; NULL: no audit log */
    pwr_audit_limit_t *limit; /* NULL: each event has a line */
    int lines_per_hour;
} pwr_audit_t;

/* `audit` is copied. `metrics` may be NULL: nothing is counted. */
pwr_events_t *pwr_events_open(pwr_store_t *store, const pwr_audit_t *audit, pwr_metrics_t *metrics,
                              apr_pool_t *pool);

/* Counts it, and writes one JSON line to the audit log and a row to the trail, as the table says. A
 * trail that cannot be written is logged, and stops nothing. */
void pwr_events_raise(pwr_events_t *events, pwr_event_t event, const pwr_facts_t *facts,
                      apr_pool_t *scratch);

/* Writes how many events had no line in the minutes before `now` (audit_limit.h). In the worker,
 * now and then. */
void pwr_events_tell_more(pwr_events_t *events, const char *site, apr_time_t now,
                          apr_pool_t *scratch);

#endif
