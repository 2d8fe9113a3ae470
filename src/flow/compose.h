/*
 * A letter becomes a mail: the view its template sees, and the words in the language of the
 * request. Called in the worker.
 */
#ifndef PWR_FLOW_COMPOSE_H
#define PWR_FLOW_COMPOSE_H

#include "flow/parts.h"

typedef enum { PWR_LETTER_LINK, PWR_LETTER_CHANGED } pwr_letter_kind_t;

typedef struct {
    pwr_letter_kind_t kind;
    const char *to;
    const pwr_account_t *account;
    const char *language;           /* as in the outbox: "nb" or "/nb" */
    apr_time_t until;               /* LINK: when it stops working */
    const pwr_secret_t *token;      /* LINK */
    const pwr_secret_t *stop_token; /* LINK */
    apr_time_t changed;             /* CHANGED: when the password was */
} pwr_letter_t;

/* Fills subject, text and html of `mail`. They are wiped with `pool`, since they hold the link. */
pwr_fault_t *pwr_compose(pwr_mail_t *mail, const pwr_parts_t *parts, const pwr_letter_t *letter,
                         apr_pool_t *pool) PWR_MUST_USE;

#endif
