/*
 * The database: requests to be worked (outbox), links (tokens), and what happened to each request
 * (trail). A pwr_store_t is a pool of apr_dbd connections of one process, opened after the fork;
 * calls from any thread. Every call is bounded; a broken connection is thrown away, a read is tried
 * once more, a write never. Times are apr_time_t.
 */
#ifndef PWR_STORE_STORE_H
#define PWR_STORE_STORE_H

#include "base/fault.h"

typedef struct {
    const char *driver; /* "sqlite3", "pgsql", "mysql": names of apr_dbd drivers */
    const char *params; /* a file name for sqlite3, else as in DBDParams; may hold a password: never
                           logged */
    int connections;    /* at most so many per process */
    apr_interval_time_t timeout; /* a caller waits at most so long for a connection or a lock */
} pwr_store_settings_t;

typedef struct pwr_store_t pwr_store_t;

/* How long a row of the outbox or the trail stays. */
typedef enum {
    PWR_LIFE_WAITING = 0, /* it has not ended, and is not deleted */
    PWR_LIFE_KEPT = 1,    /* as long as the site keeps what it did for people */
    PWR_LIFE_SHORT = 2    /* a flood makes many such rows: the first to go */
} pwr_life_t;

/* What is deleted in one step. */
typedef struct {
    pwr_life_t life;
    apr_time_t before;
    int most; /* rows */
} pwr_old_t;

/* Opens the pool of connections; connects on first use. Lives in `pool`. */
pwr_fault_t *pwr_store_open(pwr_store_t **store, const pwr_store_settings_t *settings,
                            apr_pool_t *pool) PWR_MUST_USE;

/* Makes the tables, or brings them to this program's version. BROKEN when they are of a newer one.
 * Safe to call from several processes at once. */
pwr_fault_t *pwr_schema_prepare(pwr_store_t *store, apr_pool_t *scratch) PWR_MUST_USE;

#endif
