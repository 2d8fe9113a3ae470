/*
 * A ceiling for the audit log. What an auditor can rely on:
 *   - An event that names an account has a line of its own, always. The worker's lines about an
 *     account tell when its request was accepted, in case the line of that moment was left out.
 *   - Of events that name none (request-accepted, account-none, refusals, ...) each client has
 *     PWR_AUDIT_LINES lines for each event and minute; what is more is counted. The count stands
 *     in one line with a member "more", written by the worker after that minute.
 *   - A site's lines of this kind, counts included, are at most PwResetAuditLines in an hour.
 * Beyond it one line for each event and minute counts what all clients did, and has no member
 * "client".
 *   - Lines and counts together are exact. A server that is killed loses the counts of its last
 *     minute.
 * Memory of one site that all processes of the server share: opened in the parent before the fork;
 * the rest from any thread of any process, lock-free.
 */
#ifndef PWR_EVENTS_AUDIT_LIMIT_H
#define PWR_EVENTS_AUDIT_LIMIT_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/fault.h"
#include "events/event.h"

typedef struct pwr_audit_limit_t pwr_audit_limit_t;

#define PWR_AUDIT_LINES 5 /* of one client, event and minute */

/* No counts at first. The memory goes with `pool`. */
pwr_fault_t *pwr_audit_limit_open(pwr_audit_limit_t **limit, apr_pool_t *pool) PWR_MUST_USE;

/* Counts an event; true when it is to have a line of its own. */
bool pwr_audit_limit_count(pwr_audit_limit_t *limit, pwr_event_t event, const char *client,
                           int lines_per_hour);

/* What had no line. */
typedef struct {
    pwr_event_t event;
    const char *client; /* NULL: all clients that are not told of one by one */
    apr_int64_t count;
    apr_time_t minute; /* its begin; 0 without a client */
} pwr_audit_more_t;

/* Takes the counts (pwr_audit_more_t) of minutes that are over at `now`: they are forgotten. */
apr_array_header_t *pwr_audit_limit_take(pwr_audit_limit_t *limit, apr_time_t now,
                                         int lines_per_hour, apr_pool_t *pool);

/* Gives one back that could not be written; it is told with the next. */
void pwr_audit_limit_give_back(pwr_audit_limit_t *limit, const pwr_audit_more_t *more);

#endif
