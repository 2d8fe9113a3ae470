/*
 * A site in one web process. It is opened when the process starts; where it was closed then, or
 * where its key is another one by now, the next request opens it. What was open before stays for
 * the threads that use it.
 */
#ifndef PWR_HTTPD_SITE_OPENING_H
#define PWR_HTTPD_SITE_OPENING_H

#include "httpd/private.h"

/* In child_init, by one thread. Opens the site where it can be. */
void pwr_site_opening_begin(pwr_site_t *site, apr_pool_t *pchild);

/* The open site: a copy of `site` that has its parts. NULL when it is closed. Any thread; one read
 * of memory where nothing has changed. */
pwr_site_t *pwr_site_opening_find(const pwr_site_t *site);

/* Gives `site` the keys that the processes share, and what is derived from them. False when the
 * site is closed. Any process. */
bool pwr_site_opening_take_keys(pwr_site_t *site, apr_pool_t *pool);

#endif
