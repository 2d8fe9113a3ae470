/*
 * The use case of a mail: the worker takes a row, finds the account, makes the link, and sends it,
 * or tries again later, or gives up and says why. At least once: a row whose worker dies is taken
 * again and mailed under the same Message-ID. Called in the worker process; each thread with its
 * own relays.
 */
#ifndef PWR_FLOW_OUTBOX_WORKER_H
#define PWR_FLOW_OUTBOX_WORKER_H

#include "flow/delivery.h"

/* A worker holds a row so long before another may take it; the worker renews it while it lives. */
#define PWR_LEASE apr_time_from_sec(10)

/* Works the row that has been due longest. `is_worked` is false when none is due; `next` then says
 * when one will be (0: none waiting). What happens to the row itself is written to the row, the
 * trail and the log; a fault means that the store could not be asked. */
pwr_fault_t *pwr_outbox_worker_next(bool *is_worked, apr_time_t *next,
                                    const pwr_outbox_worker_t *worker,
                                    apr_pool_t *scratch) PWR_MUST_USE;

#endif
