/* A table of its own: few requests have a return, and the outbox's one INSERT stays what it is. */
#include "store/return_urls.h"

#include "base/clock.h"
#include "store/db_connections.h"

pwr_fault_t *pwr_return_urls_put(pwr_store_t *store, const char *request_id, const char *url,
                                 apr_pool_t *scratch)
{
    int changed = 0;

    return pwr_store_write(&changed, store, PWR_SQL_RETURN_URLS_PUT,
                           PWR_VALUES(request_id, url, pwr_store_text(pwr_clock_now(), scratch)),
                           scratch);
}

pwr_fault_t *pwr_return_urls_find(const char **url, pwr_store_t *store, const char *request_id,
                                  apr_pool_t *pool)
{
    apr_array_header_t *rows = NULL;

    *url = NULL;
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_RETURN_URLS_FIND, PWR_VALUES(request_id), pool));
    if (rows->nelts > 0) {
        *url = APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0];
    }
    return NULL;
}

pwr_fault_t *pwr_return_urls_expire(int *gone, pwr_store_t *store, apr_time_t before, int most,
                                    apr_pool_t *scratch)
{
    return pwr_store_write(
        gone, store, PWR_SQL_RETURN_URLS_EXPIRE,
        PWR_VALUES(pwr_store_text(before, scratch), pwr_store_text(most, scratch)), scratch);
}
