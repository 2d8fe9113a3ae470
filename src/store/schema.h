/* The tables as text, and how far they are: for conf/schema/, for the program pwreset-schema, and
 * for the test that holds those files to the code. No state. */
#ifndef PWR_STORE_SCHEMA_H
#define PWR_STORE_SCHEMA_H

#include <apr_pools.h>

#include "store/store.h"

typedef struct {
    int step;   /* the last one that was made; 0: there are no tables */
    int needed; /* a program must know this one to use the tables */
    int known;  /* the last one that this program knows */
} pwr_schema_state_t;

/* The SQL of the steps behind `from` (0: of all), as a file for the database's own client. NULL
 * when there is no such driver of store.h. */
const char *pwr_schema_script(const char *driver, int from, apr_pool_t *pool);

pwr_fault_t *pwr_schema_look(pwr_schema_state_t *state, pwr_store_t *store,
                             apr_pool_t *scratch) PWR_MUST_USE;

#endif
