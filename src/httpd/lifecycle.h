/* Opening the sites of a server: in the parent when the server starts, in each child after the
 * fork. */
#ifndef PWR_HTTPD_LIFECYCLE_H
#define PWR_HTTPD_LIFECYCLE_H

#include <httpd.h>

#include "httpd/private.h"

/* The pre_config hook: crypto, because directives hold secrets. */
int pwr_lifecycle_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/* The post_config hook: key, database file, audit log, worker. In the parent, usually as root. */
int pwr_lifecycle_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main_server);

/* Shared memory and audit log of one site, when the server starts or for the self-check. In the
 * parent. What the server's user may change is left to pwr_state_prepare. */
pwr_fault_t *pwr_lifecycle_prepare_site(pwr_site_t *site, apr_pool_t *process_pool,
                                        apr_pool_t *pconf) PWR_MUST_USE;

/* The child_init hook: opens the parts, wipes what only the worker needs. As the server's user. */
void pwr_lifecycle_child(apr_pool_t *pchild, server_rec *main_server);

#endif
