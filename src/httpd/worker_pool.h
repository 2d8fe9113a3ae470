/*
 * The threads of one site in the worker: each takes rows of the outbox until it is told to stop,
 * and sleeps on the site's eventfd when there are none.
 */
#ifndef PWR_HTTPD_WORKER_POOL_H
#define PWR_HTTPD_WORKER_POOL_H

#include "flow/outbox_worker.h"
#include "flow/maintain.h"
#include "httpd/private.h"

typedef struct pwr_worker_pool_state_t pwr_worker_pool_state_t;

typedef struct {
    pwr_site_t *site;
    const char *owner; /* what the names begin with under which its threads hold rows: fresh for
                          each process */
    pwr_worker_pool_state_t *state;
    pwr_flood_t flood; /* the main thread's, as is */
    pwr_room_t room;
} pwr_worker_pool_t;

pwr_fault_t *pwr_worker_pool_start(pwr_worker_pool_t **workers, pwr_site_t *site,
                                   apr_pool_t *pool) PWR_MUST_USE;

/* Whether the database has its tables, as far as the threads know. Any thread. */
bool pwr_worker_pool_has_tables(pwr_worker_pool_t *workers);

/* Renews the leases of the rows that threads are working now. A row whose end could not be written
 * is in no thread's hand: its lease expires, and it is taken again. */
pwr_fault_t *pwr_worker_pool_renew(pwr_worker_pool_t *workers, apr_pool_t *scratch) PWR_MUST_USE;

/* Lets the rows go that threads are working, as a worker does that is told to stop. */
pwr_fault_t *pwr_worker_pool_let_go(pwr_worker_pool_t *workers, apr_pool_t *scratch) PWR_MUST_USE;

/* Tells all threads to stop after the row in hand. */
void pwr_worker_pool_stop(pwr_worker_pool_t *workers);

/* Waits until all have stopped; false when they have not at `until`. */
bool pwr_worker_pool_wait(pwr_worker_pool_t *workers, apr_time_t until);

#endif
