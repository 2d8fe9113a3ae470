/*
 * The key file of a site. Read and made with the rights of the server's user, never as root: the
 * folder belongs to that user. The program pwreset-key changes it.
 */
#ifndef PWR_HTTPD_KEY_FILE_H
#define PWR_HTTPD_KEY_FILE_H

#include "base/fault.h"
#include "base/keys.h"

bool pwr_key_file_is_there(const char *path);

/* Makes the file with a new key, mode 0600. Does nothing when it is there. */
pwr_fault_t *pwr_key_file_make(const char *path, apr_pool_t *pool) PWR_MUST_USE;

/* BROKEN when others may read it, or when it holds no keys. */
pwr_fault_t *pwr_key_file_read(pwr_keys_t *keys, const char *path, apr_pool_t *pool) PWR_MUST_USE;

#endif
