/* Keeps tokens out of addresses that are logged. No state; any thread. */
#ifndef PWR_TOKEN_HIDE_H
#define PWR_TOKEN_HIDE_H

#include <apr_pools.h>

/* A copy of `text` in which each run of PWR_TOKEN_CHARS or more characters of base64url, as
 * they are or as %xx, is "-". */
char *pwr_token_hide(const char *text, apr_pool_t *pool);

#endif
