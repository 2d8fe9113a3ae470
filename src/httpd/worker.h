/*
 * The worker: one process per node, forked by its keeper, run as the server's user or one of its
 * own, in a sandbox, started again when it dies, gone when the parent goes. Inside, a few threads
 * take rows of the outbox. The same under prefork, worker and event.
 */
#ifndef PWR_HTTPD_WORKER_H
#define PWR_HTTPD_WORKER_H

#include "httpd/private.h"

/* Makes the site's eventfd, or takes the one that the generation before it used, so that web
 * children of both wake the same worker. */
pwr_fault_t *pwr_worker_prepare(pwr_site_t *site, apr_pool_t *process_pool) PWR_MUST_USE;

/* Starts the worker of all sites (pwr_site_t *), at least one. Called in the parent, before modules
 * that read private keys. */
pwr_fault_t *pwr_worker_start(apr_array_header_t *sites, server_rec *main_server,
                              apr_pool_t *pconf) PWR_MUST_USE;

#endif
