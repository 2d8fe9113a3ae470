/* A text file read whole: the one way templates and messages come in. At start only; any thread. */
#ifndef PWR_TEXT_WHOLE_FILE_H
#define PWR_TEXT_WHOLE_FILE_H

#include "base/fault.h"

typedef struct {
    const char *text; /* UTF-8 without NUL, without a byte order mark; closed by NUL */
    apr_size_t length;
} pwr_whole_file_t;

/* Reads at most `ceiling` bytes of `path`. BROKEN when it is missing or unreadable, longer, or,
 * with its line, no UTF-8. */
pwr_fault_t *pwr_whole_file_read(pwr_whole_file_t *file, const char *path, apr_size_t ceiling,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* Checks `length` bytes and takes the byte order mark off; `path` is for the fault alone. */
pwr_fault_t *pwr_whole_file_take(pwr_whole_file_t *file, const char *path, const char *bytes,
                                 apr_size_t length, apr_pool_t *pool) PWR_MUST_USE;

#endif
