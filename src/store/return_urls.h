/*
 * The URL that a person came from when they asked for a link, kept with the request: the link may
 * be opened on another machine, and the URL has no place in a mail. Any thread.
 */
#ifndef PWR_STORE_RETURN_URLS_H
#define PWR_STORE_RETURN_URLS_H

#include "store/store.h"

/* `url` belongs to the request from now on; it has been judged. */
pwr_fault_t *pwr_return_urls_put(pwr_store_t *store, const char *request_id, const char *url,
                                 apr_pool_t *scratch) PWR_MUST_USE;

/* NULL in `url` when the request has none. */
pwr_fault_t *pwr_return_urls_find(const char **url, pwr_store_t *store, const char *request_id,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* Deletes at most `most` that were put before `before`. */
pwr_fault_t *pwr_return_urls_expire(int *gone, pwr_store_t *store, apr_time_t before, int most,
                                    apr_pool_t *scratch) PWR_MUST_USE;

#endif
