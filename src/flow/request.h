/*
 * The use case of a request: a person types a name and presses the button. It judges the form,
 * writes one outbox row, and ends. It knows no directory, token, mail or policy, so nothing here
 * can depend on whether an account exists: the promise "no account oracle" is this file's list of
 * includes. Called in web children, any thread.
 */
#ifndef PWR_FLOW_REQUEST_H
#define PWR_FLOW_REQUEST_H

#include "abuse/challenge.h"
#include "events/events.h"
#include "store/outbox.h"

typedef struct {
    const char *site;
    const pwr_secret_t *key; /* of digests and support codes, the same for ever */
    pwr_challenge_parts_t challenge;
    pwr_store_t *store;
    pwr_events_t *events;
} pwr_request_parts_t;

typedef struct {
    pwr_row_kind_t kind;       /* LINK, or AGAIN: `typed_name` is a dead token's digest */
    const char *typed_name;    /* NULL when the field is missing */
    pwr_challenge_form_t form; /* what it proves */
    const char *language;
    const char *back; /* URL that the person came from, judged; NULL: none */
} pwr_request_form_t;

typedef enum {
    PWR_REQUEST_ACCEPTED,
    PWR_REQUEST_AGAIN,    /* something is wrong with the form: `key` says what */
    PWR_REQUEST_MORE,     /* the client must prove more first */
    PWR_REQUEST_TOO_MANY, /* the client must come again after `retry_after` */
    PWR_REQUEST_FULL      /* so many wait that none is taken just now */
} pwr_request_outcome_t;

typedef struct {
    pwr_request_outcome_t outcome;
    const char *key;                 /* AGAIN: the message for the person */
    pwr_level_t level;               /* MORE */
    apr_interval_time_t retry_after; /* TOO_MANY */
    const char *typed;        /* cleaned, for the next page; NULL when it was no usable name */
    const char *support_code; /* accepted: what the helpdesk asks for */
} pwr_request_answer_t;

/* The form's fate by the robot check alone; `key` is set for AGAIN. */
pwr_request_outcome_t pwr_request_outcome(const char **key, pwr_challenge_outcome_t outcome);

/* A typed name, cleaned; NULL with the message `key` when it is none that can be used. */
const char *pwr_request_clean_name(const char **key, const char *typed, apr_pool_t *pool);

/* A name as the caps count it: one for all its spellings. */
const char *pwr_request_fold_name(const char *name, apr_pool_t *pool);

/* A fault only when the row could not be made durable: then nothing was accepted. */
pwr_fault_t *pwr_request_accept(pwr_request_answer_t *answer, const pwr_request_parts_t *parts,
                                const pwr_request_form_t *form, apr_pool_t *pool) PWR_MUST_USE;

#endif
