/*
 * The keeper: a process between httpd's parent and the worker, which forks the worker, waits for
 * its end, and forks it again. It is forked in post_config before the modules that read the private
 * keys of TLS, so that neither it nor any worker has those in its memory; the parent, which has
 * them from then on, forks no worker. The keeper itself opens no connection.
 */
#ifndef PWR_HTTPD_WORKER_KEEPER_H
#define PWR_HTTPD_WORKER_KEEPER_H

#include <sys/types.h>

#include <httpd.h>

#include "base/fault.h"
#include "httpd/worker_sandbox.h"

/* The exit status of a worker that wants another one in its place: a site was opened or has a new
 * key. */
#define PWR_KEEPER_START_ANEW 3

typedef struct {
    const char *user;             /* whom it and the worker run as; NULL: as the server's user */
    const pwr_sandbox_t *sandbox; /* NULL: none */
    /* The worker's life, in a process of its own with all signals blocked. It does not return, and
     * begins to work at `not_before`. */
    void (*main)(void *data, pid_t keeper, apr_time_t not_before);
    void *data;
} pwr_keeper_orders_t;

/* Forks it, and again should it die. In the parent, as root or not. `orders` lives as long as
 * `pconf`; so does the keeper. */
pwr_fault_t *pwr_keeper_start(const pwr_keeper_orders_t *orders, server_rec *main_server,
                              apr_pool_t *pconf) PWR_MUST_USE;

#endif
