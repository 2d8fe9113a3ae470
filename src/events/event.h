/*
 * Events: one table (event.c) says for each event its name, where it is written, and which counter
 * it counts in. No state; any thread.
 */
#ifndef PWR_EVENTS_EVENT_H
#define PWR_EVENTS_EVENT_H

#include <apr_time.h>

typedef enum {
    PWR_EVENT_REQUEST_ACCEPTED, /* web: a row was put */
    PWR_EVENT_REQUEST_REFUSED,  /* web: the form or the robot check said no; detail: why */
    PWR_EVENT_REQUEST_RAISED,   /* web: more work or a captcha is asked for */
    PWR_EVENT_CLIENT_REFUSED,   /* web: this client has asked too much */
    PWR_EVENT_QUEUE_FULL,       /* web: too many requests wait */
    PWR_EVENT_CAPTCHA_WRONG,    /* web: a picture or sound was answered wrongly */
    PWR_EVENT_CAPTCHA_DOWN,     /* web: the provider of the robot check did not answer */
    PWR_EVENT_ACCOUNT_NONE,     /* worker: no account has that name */
    PWR_EVENT_ACCOUNT_AMBIGUOUS,
    PWR_EVENT_ACCOUNT_INELIGIBLE, /* disabled, locked, no mail, ...; detail: which */
    PWR_EVENT_MAIL_CAPPED,        /* the account's quota of mails or live links is used up */
    PWR_EVENT_MAIL_SENT,          /* detail: relay and message id */
    PWR_EVENT_MAIL_RETRY,         /* detail: the fault; the row stays */
    PWR_EVENT_MAIL_GIVEN_UP,      /* detail: the fault; the row is at its end */
    PWR_EVENT_LINK_DEAD,        /* web: a spent, expired or unknown link was used; detail: which */
    PWR_EVENT_PASSWORD_REFUSED, /* web: detail: the rule */
    PWR_EVENT_PASSWORD_SET,
    PWR_EVENT_PASSWORD_UNKNOWN, /* the write was sent, no answer came */
    PWR_EVENT_ACCOUNT_UNLOCKED,
    PWR_EVENT_UNLOCK_REFUSED,   /* web: detail: what the directory said */
    PWR_EVENT_CHANGE_REFUSED,   /* web: detail: the form, who or what was wrong */
    PWR_EVENT_PASSWORD_CHANGED, /* by a person who knew the old one */
    PWR_EVENT_LINK_REVOKED,     /* "not me" */
    PWR_EVENT_COUNT
} pwr_event_t;

/* What the event is about; members that do not apply are NULL. None is ever a token, password or
 * credential. */
typedef struct {
    const char *site;
    const char *request_id;
    const char *support_code;
    const char *account; /* login */
    const char *client;
    const char *tag; /* of the fault behind it */
    const char *detail;
    apr_time_t accepted; /* when the request was; 0: no request, or just now */
    apr_int64_t more;    /* 0: one event; else so many that had no line */
} pwr_facts_t;

/* Where an event is told. */
enum {
    PWR_TOLD_AUDIT = 1,
    PWR_TOLD_TRAIL = 2,
    PWR_TOLD_FIRST = 4, /* its rows in the trail are many in a flood, and go first when there is no
                           room */
    PWR_TOLD_MANY = 8 /* a stranger can make any number of it: where it names no account, its lines
                         in the audit log are bounded */
};

/* The places, of PWR_TOLD_..., where an event is told. */
int pwr_event_places(pwr_event_t event);

/* "mail-sent" and so on: the name in the audit log and the trail. */
const char *pwr_event_name(pwr_event_t event);

/* What an event counts as: the metric's family, and its label there. */
typedef enum {
    PWR_FAMILY_REQUESTS,
    PWR_FAMILY_CAPTCHA_ANSWERS,
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
