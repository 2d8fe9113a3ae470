/*
 * One row of the outbox under work: what is known of it, its mails, and the ways in which it ends.
 * In the worker, one thread.
 */
#ifndef PWR_FLOW_DELIVERY_H
#define PWR_FLOW_DELIVERY_H

#include "flow/compose.h"
#include "store/outbox.h"

/* One thread's means of working. */
typedef struct {
    pwr_parts_t *parts;
    pwr_relays_t *relays;
    const char *owner; /* names the process in the rows it holds */
} pwr_outbox_worker_t;

typedef struct {
    const pwr_outbox_worker_t *by;
    pwr_parts_t *parts;
    const pwr_outbox_row_t *row;
    const char
        *account_digest; /* account whose caps the row counts against when it is done; "": none */
    const char *relay;   /* the last one tried */
    pwr_facts_t facts;
    apr_pool_t *pool;
} pwr_delivery_t;

void pwr_delivery_tell(pwr_delivery_t *delivery, pwr_event_t event, const char *detail);

/* A mail that late would only puzzle: the person has long asked again, or given up. */
bool pwr_delivery_is_too_old(const pwr_delivery_t *delivery);

/* Sends one mail, the `copy`th of the row; NULL in `fault`: a relay took it. */
pwr_fault_t *pwr_delivery_post(const pwr_fault_t **fault, pwr_delivery_t *delivery,
                               const pwr_mail_values_t *values, int copy) PWR_MUST_USE;

/* The ends. `end` is the one after pwr_delivery_post: a relay's final refusal gives the row up,
 * anything else comes again. `wait` lets another row of the account go first, which is no failure
 * and raises no event. */
pwr_fault_t *pwr_delivery_end(pwr_delivery_t *delivery, const pwr_fault_t *fault) PWR_MUST_USE;
pwr_fault_t *pwr_delivery_give_up(pwr_delivery_t *delivery, pwr_event_t event,
                                  const char *detail) PWR_MUST_USE;
pwr_fault_t *pwr_delivery_retry(pwr_delivery_t *delivery, const pwr_fault_t *fault) PWR_MUST_USE;
pwr_fault_t *pwr_delivery_wait(pwr_delivery_t *delivery) PWR_MUST_USE;

#endif
