/*
 * A mail is composed: the view that its template sees, and the words in the language of the
 * request. Called in the worker.
 */
#ifndef PWR_FLOW_COMPOSE_H
#define PWR_FLOW_COMPOSE_H

#include "flow/parts.h"

/* One account of a mail. */
typedef struct {
    const pwr_account_t *account;
    const pwr_secret_t *token; /* LINK */
} pwr_addressee_t;

typedef struct {
    pwr_mail_template_kind_t kind;
    const char *to;
    const apr_array_header_t *addressees; /* pwr_addressee_t; LINK: one or several, else one */
    const char *language;                 /* as in the outbox: "nb" or "/nb" */
    apr_time_t until;                     /* LINK: when it stops working */
    const pwr_secret_t *stop_token;       /* LINK */
    apr_time_t changed;                   /* CHANGED, UNLOCKED: when it was */
} pwr_mail_values_t;

/* Fills subject, text and html of `mail`. They are wiped with `pool`, since they hold the link. */
pwr_fault_t *pwr_compose(pwr_mail_t *mail, const pwr_parts_t *parts,
                         const pwr_mail_values_t *values, apr_pool_t *pool) PWR_MUST_USE;

#endif
