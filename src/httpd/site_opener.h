/*
 * The opener: a process that lives while a site of this httpd is closed because its key file,
 * folder, driver or database was wrong at a reload. It looks every other second, with the rights of
 * the server's user, and opens the site when all is right. Then it ends. Nothing else of httpd
 * waits for it.
 */
#ifndef PWR_HTTPD_SITE_OPENER_H
#define PWR_HTTPD_SITE_OPENER_H

#include <apr_tables.h>

#include "httpd/private.h"

typedef struct {
    pwr_site_t *site;
    const pwr_fault_t *fault; /* why it is closed; told in the log by the caller */
} pwr_closed_site_t;

/* Starts it for these (pwr_closed_site_t), at least one. In the parent, before modules that read
 * private keys. It ends with `pconf` at the latest. */
pwr_fault_t *pwr_site_opener_start(const apr_array_header_t *closed, server_rec *main_server,
                                   apr_pool_t *pconf) PWR_MUST_USE;

#endif
