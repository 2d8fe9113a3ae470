/* What the worker needs of files and descriptors, as the configuration says it. */
#ifndef PWR_HTTPD_WORKER_NEEDS_H
#define PWR_HTTPD_WORKER_NEEDS_H

#include "httpd/private.h"
#include "httpd/worker_sandbox.h"

/* Of the worker of these sites (pwr_site_t *). In the parent, before the fork, when the sites'
 * files and descriptors are there. Lives in `pool`. */
pwr_sandbox_t *pwr_worker_needs(const apr_array_header_t *sites, const server_rec *main_server,
                                apr_pool_t *pool);

#endif
