/*
 * Counts for the operator's graphs: one counter for each event, and the queue as the worker saw it
 * last. In memory that all processes of the server share: opened in the parent before the fork, the
 * rest from any thread of any process. The text names no person, but its reader sees whether a
 * request led to a mail, so it is for the operator alone.
 */
#ifndef PWR_EVENTS_METRICS_H
#define PWR_EVENTS_METRICS_H

#include "base/fault.h"
#include "events/event.h"

typedef struct pwr_metrics_t pwr_metrics_t;
#include "store/size.h"

/* Zeros at first. The memory goes with `pool`. */
pwr_fault_t *pwr_metrics_open(pwr_metrics_t **metrics, apr_pool_t *pool) PWR_MUST_USE;

void pwr_metrics_count(pwr_metrics_t *metrics, pwr_event_t event);

#define PWR_MAX_CAUSES 16 /* of a relay's refusal */

/* A refusal by relay number `relay`, below PWR_MAX_RELAYS, for cause number `cause`. */
void pwr_metrics_count_refusal(pwr_metrics_t *metrics, int relay, int cause);

/* How many requests wait, and since when the oldest does (0 when none). */
void pwr_metrics_set_queue(pwr_metrics_t *metrics, int waiting, apr_time_t oldest);

/* How much the database holds, of all sites that use it, and how near to its ceiling it is. */
void pwr_metrics_set_store(pwr_metrics_t *metrics, const pwr_size_t *size, int percent);

/* A site, as it is shown. */
typedef struct {
    const char *name;
    const pwr_metrics_t *metrics;
    int level; /* of difficulty, for everybody */
    int relay_count;
    const char *const *relays; /* names by number */
    const char *const *causes; /* PWR_MAX_CAUSES names by number; NULL: no such cause */
} pwr_metrics_site_t;

#define PWR_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* All of the sites, as OpenMetrics 1.0 writes it. */
const char *pwr_metrics_text(const pwr_metrics_site_t *sites, int count, apr_pool_t *pool);

#endif
