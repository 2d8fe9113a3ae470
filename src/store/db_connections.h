/*
 * The pool of apr_dbd connections behind pwr_store_t; only this folder includes it. A connection is
 * used by one thread at a time. Cells handed out are text, copied into the caller's pool.
 */
#ifndef PWR_STORE_DB_CONNECTIONS_H
#define PWR_STORE_DB_CONNECTIONS_H

#include <apr_tables.h>

#include "store/dialect.h"
#include "store/statements.h"
#include "store/store.h"

/* The values of a statement, all text, in order. NULL stands for "". */
#define PWR_VALUES(...) ((const char *const[]){__VA_ARGS__})

/* One row of a result: its cells in the order of the SELECT; none is NULL. */
typedef const char *const *pwr_cells_t;

/* Runs a SELECT; `rows` holds pwr_cells_t. Tried again on a fresh connection when it fails on one
 * that had been open. */
pwr_fault_t *pwr_store_read(apr_array_header_t **rows, pwr_store_t *store,
                            pwr_statement_t statement, const char *const *values,
                            apr_pool_t *pool) PWR_MUST_USE;

/* The number in the first cell of the first row of a SELECT; 0 when there is none. */
pwr_fault_t *pwr_store_read_number(apr_int64_t *number, pwr_store_t *store,
                                   pwr_statement_t statement, const char *const *values,
                                   apr_pool_t *scratch) PWR_MUST_USE;

/* Runs anything else, once. `changed` says how many rows it touched; with a fault it is -1 when the
 * statement reached the driver, else 0. A connection that has been open is asked first whether it
 * still lives, so that a restarted database costs no write. */
pwr_fault_t *pwr_store_write(int *changed, pwr_store_t *store, pwr_statement_t statement,
                             const char *const *values, apr_pool_t *scratch) PWR_MUST_USE;

/* Times and numbers as values. */
const char *pwr_store_text(apr_int64_t number, apr_pool_t *pool);

/* For the schema: a connection of its own that has no prepared statements. Closed with `pool`. */
typedef struct pwr_db_connection_t pwr_db_connection_t;

pwr_fault_t *pwr_db_connection_open(pwr_db_connection_t **connection, pwr_store_t *store,
                                    apr_pool_t *pool) PWR_MUST_USE;
/* Runs one statement as it stands. `rows` may be NULL. */
pwr_fault_t *pwr_db_connection_run(apr_array_header_t **rows, pwr_db_connection_t *connection,
                                   const char *text, apr_pool_t *pool) PWR_MUST_USE;

/* The fault that the tables need a program that knows the step `needed`. */
pwr_fault_t *pwr_db_connection_too_new(int needed, apr_pool_t *pool) PWR_MUST_USE;

const pwr_dialect_t *pwr_store_dialect(const pwr_store_t *store);
const pwr_store_settings_t *pwr_store_settings(const pwr_store_t *store);

#endif
