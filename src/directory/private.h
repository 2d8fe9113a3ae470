/*
 * The directory as this room's files see it. Only this room includes this header.
 */
#ifndef PWR_DIRECTORY_PRIVATE_H
#define PWR_DIRECTORY_PRIVATE_H

#include <apr_thread_mutex.h>

#include "directory/kind.h"
#include "directory/rules.h"

struct pwr_directory_t {
    const pwr_directory_settings_t *settings;
    pwr_connections_t *connections;
    pwr_policies_t *policies;
    apr_pool_t *pool;           /* only under the lock */
    apr_thread_mutex_t *lock;   /* guards the rest, until it is known */
    pwr_kind_context_t context; /* its kind is NULL until the root DSE was read */
};

/* Makes sure that the kind and the root DSE are known; asks the server the first time. */
pwr_fault_t *pwr_directory_know(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;

#endif
