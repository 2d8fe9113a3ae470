/* One pool for all tests of a program, and two keys of a byte's difference. */
#ifndef T_UNIT_POOL_FIXTURE_H
#define T_UNIT_POOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>

#include "base/crypto.h"

static apr_pool_t *pool;

static inline int open_pool(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS
           || pwr_crypto_start(pool) != NULL;
}

static inline int close_pool(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static inline pwr_secret_t *first_key(void)
{
    return pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, pool);
}

static inline pwr_secret_t *second_key(void)
{
    return pwr_secret_make("0123456789abcdef0123456789abcdeF", PWR_KEY_BYTES, pool);
}

#endif
