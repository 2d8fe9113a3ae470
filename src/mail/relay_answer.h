/*
 * What one relay did with one mail: smtp.c and folder.c say it, relays.c decides by it. Lives in
 * the pool of its maker.
 */
#ifndef PWR_MAIL_RELAY_ANSWER_H
#define PWR_MAIL_RELAY_ANSWER_H

#include <stdbool.h>

#include "base/fault.h"
#include "mail/refusal.h"

typedef struct {
    pwr_fault_t *fault;    /* NULL: the relay has taken the mail */
    pwr_refusal_t refusal; /* why it answered 5xx, or a 4xx that waiting does not change */
    bool is_final;         /* no other relay may be tried: refused, or perhaps taken after all */
    bool must_rest;        /* the relay could not be used at all: leave it alone for a while */
} pwr_relay_answer_t;

#endif
