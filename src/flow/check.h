/*
 * Named self-checks, each with a cause and a fix: they find what would fail at the first request.
 * They change nothing but make the tables where there are none. Called in the foreground, by one
 * thread.
 */
#ifndef PWR_FLOW_CHECK_H
#define PWR_FLOW_CHECK_H

#include "flow/parts.h"

typedef enum {
    PWR_CHECK_OK,
    PWR_CHECK_WARNING, /* it works, and less well than the settings say */
    PWR_CHECK_FAILED
} pwr_check_end_t;

/* Told once per check; `fault` is NULL when all is well. */
typedef void (*pwr_check_teller_t)(pwr_check_end_t end, const char *name, const pwr_fault_t *fault,
                                   void *data);

/* Runs every check on opened parts; how many found a fault. */
int pwr_check_run(pwr_parts_t *parts, pwr_check_teller_t tell, void *data, apr_pool_t *pool);

#endif
