/*
 * What differs between SQLite, PostgreSQL and MySQL (or MariaDB), behind values and a few calls, so
 * that no other file asks which one it is. Read-only after start; any thread.
 */
#ifndef PWR_STORE_DIALECT_H
#define PWR_STORE_DIALECT_H

#include <stdbool.h>

#include <apr_tables.h>

#include "store/statements.h"
#include "store/store.h"

#define PWR_MAX_SESSION_STATEMENTS 8

typedef struct {
    const char *driver;     /* name of the apr_dbd driver */
    const char *storage;    /* run once, before tables are made; NULL: nothing to do */
    const char *lock;       /* keeps other processes from changing the tables; its first cell is
                               "0" when it was not got in time; %d stands for seconds */
    const char *unlock;     /* and ends that */
    bool has_inner_indexes; /* indexes stand in CREATE TABLE, as CREATE INDEX IF NOT EXISTS is not
                               known */
    const char *ascii_type; /* text that holds ASCII and is compared byte by byte */
    const char *serial_type;
    const char *table_end;
    bool gives_room_back; /* the measured bytes fall when rows are deleted */
} pwr_dialect_t;

/* NULL when the driver is none of the three. */
const pwr_dialect_t *pwr_dialect_of(const char *driver);

/* Makes ready what must be there before a connection is opened: SQLite's file, readable by this
 * user alone. */
pwr_fault_t *pwr_dialect_before_open(const pwr_dialect_t *dialect,
                                     const pwr_store_settings_t *settings,
                                     apr_pool_t *pool) PWR_MUST_USE;

/* A statement in this database's words. */
const char *pwr_dialect_statement(const pwr_dialect_t *dialect, pwr_statement_t statement);

/* The settings' params with our waits put in, where the driver takes them. */
const char *pwr_dialect_params(const pwr_dialect_t *dialect, const pwr_store_settings_t *settings,
                               apr_pool_t *pool);

/* Statements (const char *) to run on each new connection. */
apr_array_header_t *pwr_dialect_session(const pwr_dialect_t *dialect, apr_interval_time_t timeout,
                                        apr_pool_t *pool);

/* What the driver said when it could not connect, or other words where those could repeat a
 * password out of the params. NULL is allowed. */
const char *pwr_dialect_safe_words(const pwr_store_settings_t *settings, const char *words,
                                   apr_pool_t *pool);

#endif
