/* The trail: what happened to one request, in order, for the person who answers "I got no mail". */
#ifndef PWR_STORE_TRAIL_H
#define PWR_STORE_TRAIL_H

#include <stdbool.h>

#include <apr_tables.h>

#include "store/store.h"

typedef struct {
    const char *request_id;
    const char *support_code; /* NULL when appending: that of the request's outbox row */
    const char *event;        /* name of the event */
    const char *detail;       /* cut at PWR_MAX_DETAIL, made UTF-8; may be "" */
    apr_time_t at;
    bool is_short; /* among the first to go when there is no more room */
} pwr_trail_row_t;

pwr_fault_t *pwr_trail_append(pwr_store_t *store, const pwr_trail_row_t *row,
                              apr_pool_t *scratch) PWR_MUST_USE;

/* The rows (pwr_trail_row_t) of a support code, oldest first, at most `most`. */
pwr_fault_t *pwr_trail_read(apr_array_header_t **rows, pwr_store_t *store, const char *support_code,
                            int most, apr_pool_t *pool) PWR_MUST_USE;

/* Deletes rows of a life that are from before `old->before`, the oldest first. */
pwr_fault_t *pwr_trail_expire(int *gone, pwr_store_t *store, const pwr_old_t *old,
                              apr_pool_t *scratch) PWR_MUST_USE;

#endif
