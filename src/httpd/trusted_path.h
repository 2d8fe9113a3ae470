/*
 * Says whether the server's user could change what stands at a path. Root must not open, make or
 * delete a file in a folder that this user may write: the user could put a link, a FIFO or a SQLite
 * journal there, and root would act on it. Called in the parent, by one thread. Where this process
 * is not root, every path is trusted: there is nothing to gain.
 */
#ifndef PWR_HTTPD_TRUSTED_PATH_H
#define PWR_HTTPD_TRUSTED_PATH_H

#include "base/fault.h"

/* NULL when the server's user can change no folder on the way to the absolute `path`, the last one
 * included. Otherwise words for a message: "the folder /x, in which the server's user www-data may
 * write". What is not there counts as trusted. May be called while directives are read. */
const char *pwr_trusted_path_find_open(const char *path, apr_pool_t *pool);

/* Makes the folder `path` (mode 0700, owned by the server's user) when only its last part is not
 * there. Does nothing when it is there, or when the server's user may make it itself. */
pwr_fault_t *pwr_trusted_path_make_folder(const char *path, apr_pool_t *pool) PWR_MUST_USE;

#endif
