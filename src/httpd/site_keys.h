/*
 * The keys of a site in memory that all processes of this httpd share, for as long as httpd runs.
 * They are there when the state folder, the key file and the database were right. Where they are
 * not, the site is closed: it answers 503. One process writes at a time: the parent at a reload, or
 * the opener (site_opener.h). The worker alone sets and clears `pwr_site_keys_refuse`. Readers: any
 * thread of any process.
 */
#ifndef PWR_HTTPD_SITE_KEYS_H
#define PWR_HTTPD_SITE_KEYS_H

#include <stdbool.h>

#include "base/keys.h"

typedef struct pwr_site_keys_t pwr_site_keys_t;

/* Those of the site with this base URL: made at the first start, and found again at each reload. In
 * the parent. */
pwr_fault_t *pwr_site_keys_open(pwr_site_keys_t **shared, const char *base_url,
                                apr_pool_t *process_pool) PWR_MUST_USE;

/* The state of the site is right, and these are its keys: the site is open. */
void pwr_site_keys_put(pwr_site_keys_t *shared, const pwr_keys_t *keys);

/* The state of the site is wrong: the site is closed until the next put. */
void pwr_site_keys_withdraw(pwr_site_keys_t *shared);

/* Whether the database refuses this node: the site is closed as long as it does. */
void pwr_site_keys_refuse(pwr_site_keys_t *shared, bool is_refused);

/* Copies the keys; the caller wipes them. A number that is another one after each put of other
 * keys; 0 when the site is closed. */
unsigned pwr_site_keys_take(pwr_keys_t *keys, const pwr_site_keys_t *shared);

/* The number alone, in one read of memory. It is not 0 where the database refuses this node. */
unsigned pwr_site_keys_number(const pwr_site_keys_t *shared);
bool pwr_site_keys_is_refused(const pwr_site_keys_t *shared);

#endif
