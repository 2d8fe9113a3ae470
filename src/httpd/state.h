/*
 * Prepares what a site keeps on disk: the state folder, the key file, the SQLite database with its
 * tables. Root makes the folder alone; all else is done by a process with the rights of the
 * server's user. A database on another machine is not contacted: the worker makes its tables.
 */
#ifndef PWR_HTTPD_STATE_H
#define PWR_HTTPD_STATE_H

#include "httpd/private.h"

/* In the parent, when the server starts, at each reload, and for the self-check. Puts the keys into
 * `site->keys`. */
pwr_fault_t *pwr_state_prepare(pwr_site_t *site, apr_pool_t *pool) PWR_MUST_USE;

/* The same in a process that has the rights of the server's user already, without making a folder
 * that only root can make. What was opened lives in `pool`; the caller
 * wipes the keys. */
pwr_fault_t *pwr_state_prepare_here(pwr_keys_t *keys, const pwr_settings_t *settings,
                                    apr_pool_t *pool) PWR_MUST_USE;

#endif
