/*
 * The use case "change my password": for a person who knows the old one, and whose password has
 * expired or must be changed. Strangers could guess passwords here. So an attempt that is not
 * proved by the right old password has one answer, whether the name is unknown, the password wrong,
 * the account ineligible or tried too often, or a fault came between: the same bytes, after the
 * same directory operations, at the same time. Called in web children, any thread.
 */
#ifndef PWR_FLOW_CHANGE_H
#define PWR_FLOW_CHANGE_H

#include "flow/parts.h"

typedef struct {
    const char *name; /* as typed; NULL when the field is missing, as the next three */
    const char *old;
    const char *first;
    const char *second;
    pwr_challenge_form_t form;
    const char *language; /* of the page, as in the outbox */
} pwr_change_form_t;

typedef enum {
    PWR_CHANGE_DONE,
    PWR_CHANGE_AGAIN, /* the form itself is wrong: `key` and `field` say how; nothing was tried */
    PWR_CHANGE_MORE,  /* the client must prove more first */
    PWR_CHANGE_TOO_MANY, /* the client must come again after `retry_after` */
    PWR_CHANGE_WRONG,    /* name or old password or anything else: the answer does not say */
    PWR_CHANGE_REFUSED,  /* the old one is right; `key` says what the new one lacks */
    PWR_CHANGE_UNSURE    /* the write was sent, no answer came */
} pwr_change_end_t;

typedef enum {
    PWR_CHANGE_NAME,
    PWR_CHANGE_OLD,
    PWR_CHANGE_FIRST,
    PWR_CHANGE_SECOND
} pwr_change_field_t;

typedef struct {
    pwr_change_end_t outcome;
    const char *key;                 /* AGAIN, WRONG, REFUSED: the message */
    pwr_change_field_t field;        /* what it is about */
    const char *typed;               /* the name, cleaned; NULL when it is none that can be used */
    bool is_form_spent;              /* it was tried: the next attempt needs another form */
    pwr_level_t level;               /* MORE */
    apr_interval_time_t retry_after; /* TOO_MANY */
    pwr_rules_t rules;               /* REFUSED: the person's own; else those for everybody */
    const pwr_account_t *account;    /* REFUSED, and DONE by this call: the person; else NULL */
    pwr_verdict_t verdict;           /* REFUSED: of the rules; else all 0 */
} pwr_change_answer_t;

/* The rules for everybody, as the box shows them before it is known whose they are. The site's own
 * when the directory does not answer. */
pwr_rules_t pwr_change_rules(pwr_parts_t *parts, apr_pool_t *scratch);

/* Tries the old password and sets the new one. A fault when the store took no attempt, or the
 * directory answers no request at all: nothing was changed, and the fault is the same for every
 * name. */
pwr_fault_t *pwr_change_password(pwr_change_answer_t *answer, pwr_parts_t *parts,
                                 const pwr_change_form_t *form, apr_pool_t *pool) PWR_MUST_USE;

#endif
