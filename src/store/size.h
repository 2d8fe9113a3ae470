/*
 * How much the tables hold, of all sites that use the database. Asked by the worker now and then:
 * counting reads an index of each table from one end to the other. Any thread.
 */
#ifndef PWR_STORE_SIZE_H
#define PWR_STORE_SIZE_H

#include <stdbool.h>

#include "store/store.h"

typedef enum {
    PWR_ROWS_WAITING, /* requests that have not ended */
    PWR_ROWS_KEPT,    /* ended requests of people */
    PWR_ROWS_SHORT,   /* ended requests that led to no account, and attempts at old passwords */
    PWR_ROWS_LINKS,
    PWR_ROWS_TRAIL,
    PWR_ROWS_TRAIL_SHORT, /* the part of the trail that goes first */
    PWR_ROWS_RETURN_URLS,
    PWR_ROWS_COUNT
} pwr_rows_t;

typedef struct {
    apr_int64_t rows[PWR_ROWS_COUNT];
    apr_int64_t bytes;  /* SQLite: pages in use; else what the tables and their indexes take */
    bool has_room_back; /* the bytes fall when rows are deleted; else new rows fill the gaps */
    apr_time_t oldest;  /* the earliest entry of the trail; 0: there is none */
} pwr_size_t;

pwr_fault_t *pwr_size_measure(pwr_size_t *size, pwr_store_t *store,
                              apr_pool_t *scratch) PWR_MUST_USE;
/* The bytes alone, which cost next to nothing. */
pwr_fault_t *pwr_size_weigh(apr_int64_t *bytes, pwr_store_t *store,
                            apr_pool_t *scratch) PWR_MUST_USE;

apr_int64_t pwr_size_rows(const pwr_size_t *size);

/* "waiting", "kept", ...: the kind in metrics. */
const char *pwr_size_name(pwr_rows_t kind);

#endif
