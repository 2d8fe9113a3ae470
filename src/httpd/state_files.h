/*
 * Looks at what stands in the state folder before it is used: the folder itself, the key file, the
 * database file and SQLite's files beside it. Each must be what its name says and belong to this
 * process's user. Run with the rights of the server's user, never as root.
 */
#ifndef PWR_HTTPD_STATE_FILES_H
#define PWR_HTTPD_STATE_FILES_H

#include "base/fault.h"

/* Makes the folder of `file` (mode 0700) when it is not there. BROKEN when a symbolic link or a
 * file stands there, or when others may write in it. */
pwr_fault_t *pwr_state_files_check_folder(const char *file, apr_pool_t *pool) PWR_MUST_USE;

/* BROKEN when something else than a regular file of this user stands at `path`. `what` is its name
 * in messages: "the key file". Nothing there is fine. */
pwr_fault_t *pwr_state_files_check(const char *path, const char *what,
                                   apr_pool_t *pool) PWR_MUST_USE;

/* The same for a SQLite database and the files beside it. Makes the database file, empty, mode
 * 0600, when it is not there: SQLite gives the files beside it the same mode. */
pwr_fault_t *pwr_state_files_make_database(const char *path, apr_pool_t *pool) PWR_MUST_USE;

#endif
