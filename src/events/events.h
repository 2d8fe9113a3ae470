/*
 * What is worth telling: one table (events.c) says for each event its name, whether it goes to the
 * audit log and to the trail, and what it counts as. Flows raise events; nobody else writes audit
 * lines. Opened once
 * per process; raising from any thread.
 */
#ifndef PWR_EVENTS_EVENTS_H
#define PWR_EVENTS_EVENTS_H

#include <apr_file_io.h>

#include "store/store.h"

typedef enum {
    PWR_EVENT_REQUEST_ACCEPTED, /* web: a row was put */
    PWR_EVENT_REQUEST_REFUSED,  /* web: the form or the robot check said no; detail: why */
    PWR_EVENT_REQUEST_RAISED,   /* web: more work or a task is asked for */
    PWR_EVENT_CLIENT_REFUSED,   /* web: this client has asked too much */
    PWR_EVENT_QUEUE_FULL,       /* web: too many requests wait */
    PWR_EVENT_TASK_WRONG,       /* web: a picture or sound was answered wrongly */
    PWR_EVENT_CAPTCHA_DOWN,     /* web: the provider of the robot check did not answer */
    PWR_EVENT_ACCOUNT_NONE,     /* worker: nobody has that name */
    PWR_EVENT_ACCOUNT_AMBIGUOUS,
    PWR_EVENT_ACCOUNT_BARRED,   /* disabled, locked, no mail, ...; detail: which */
    PWR_EVENT_MAIL_CAPPED,      /* the account has its share of mails or live links */
    PWR_EVENT_MAIL_SENT,        /* detail: relay and message id */
    PWR_EVENT_MAIL_RETRY,       /* detail: the fault; the row stays */
    PWR_EVENT_MAIL_GIVEN_UP,    /* detail: the fault; the row is at its end */
    PWR_EVENT_LINK_DEAD,        /* web: a spent, expired or unknown link was used; detail: which */
    PWR_EVENT_PASSWORD_REFUSED, /* web: detail: the rule */
    PWR_EVENT_PASSWORD_SET,
    PWR_EVENT_PASSWORD_UNKNOWN, /* the write was sent, no answer came */
    PWR_EVENT_ACCOUNT_UNLOCKED,
    PWR_EVENT_UNLOCK_REFUSED,   /* web: detail: what the directory said */
    PWR_EVENT_CHANGE_REFUSED,   /* web: detail: the form, who or what was wrong */
    PWR_EVENT_PASSWORD_CHANGED, /* by somebody who knew the old one */
    PWR_EVENT_LINK_REVOKED,     /* "not me" */
    PWR_EVENT_COUNT
} pwr_event_t;

/* What the event is about; members that do not apply are NULL. None is ever a token, password or
 * credential. */
typedef struct {
    const char *realm;
    const char *request_id;
    const char *support_code;
    const char *account; /* login */
    const char *client;
    const char *tag; /* of the fault behind it */
    const char *detail;
    apr_time_t accepted; /* when the request was; 0: no request, or just now */
    apr_int64_t more;    /* 0: one event; else so many that had no line */
} pwr_facts_t;

typedef struct pwr_events_t pwr_events_t;
typedef struct pwr_metrics_t pwr_metrics_t;
typedef struct pwr_audit_limit_t pwr_audit_limit_t;

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
void pwr_events_tell_more(pwr_events_t *events, const char *realm, apr_time_t now,
                          apr_pool_t *scratch);

/* "mail-sent" and so on: the name in the audit log and the trail. */
const char *pwr_event_name(pwr_event_t event);

/* What an event counts as: the metric's family, and its label there. */
typedef enum {
    PWR_FAMILY_REQUESTS,
    PWR_FAMILY_TASKS,
    PWR_FAMILY_CAPTCHAS,
    PWR_FAMILY_LOOKUPS,
    PWR_FAMILY_MAILS,
    PWR_FAMILY_LINKS,
    PWR_FAMILY_PASSWORDS,
    PWR_FAMILY_COUNT
} pwr_family_t;

typedef struct {
    pwr_family_t family;
    const char *result;
} pwr_counter_t;

pwr_counter_t pwr_event_counter(pwr_event_t event);

#endif
