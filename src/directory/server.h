/*
 * The directory as the files of this component see it, and what its server is: which kind, and its
 * root DSE. That is asked when it is first needed, as the directory may be down while the program
 * starts. Only this component includes this header. Any thread.
 */
#ifndef PWR_DIRECTORY_SERVER_H
#define PWR_DIRECTORY_SERVER_H

#include <apr_thread_mutex.h>

#include "directory/backend.h"
#include "directory/rules.h"

struct pwr_directory_t {
    const pwr_directory_settings_t *settings;
    pwr_ldap_connections_t *connections;
    pwr_policies_t *policies;
    apr_pool_t *pool;              /* only under the lock */
    apr_thread_mutex_t *lock;      /* guards the rest, until it is known */
    pwr_backend_context_t context; /* its backend is NULL until the root DSE was read */
};

/* Makes sure that the backend and the root DSE are known; asks the server the first time. */
pwr_fault_t *pwr_directory_know(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;

/* Reads the root DSE (RFC 4512, 5.1). */
pwr_fault_t *pwr_server_read_root(const pwr_entry_t **root, pwr_directory_t *directory,
                                  apr_pool_t *scratch) PWR_MUST_USE;

#endif
