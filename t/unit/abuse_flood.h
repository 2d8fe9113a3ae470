/*
 * A clock and settings of the test's own, and floods, for the tests of the client limit. The
 * table's key is fixed: with another each time, one run of thousands would have two names share a
 * tag.
 */
#ifndef PWR_TEST_ABUSE_FLOOD_H
#define PWR_TEST_ABUSE_FLOOD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <sodium.h>

#include "abuse/client_limit.h"
#include "base/clock.h"

#define WHOLE 4 /* quarters */
#define TICK 100
#define OFFICE "192.0.2.1"
#define SECONDS(n) ((apr_time_t)(n)*APR_USEC_PER_SEC)

static apr_pool_t *pool;
static apr_time_t now;
static pwr_abuse_settings_t settings;

static inline apr_time_t fake_now(void)
{
    return now;
}

static inline pwr_client_limit_t *open_limit(void)
{
    pwr_client_limit_t *limit = NULL;
    assert_null(pwr_client_limit_open(&limit, &settings, pool));
    return limit;
}

static inline pwr_level_t count(pwr_client_limit_t *limit, const char *client, int cost)
{
    return pwr_client_limit_count(limit, client, cost).level;
}

static inline pwr_level_t look(const pwr_client_limit_t *limit, const char *client)
{
    return pwr_client_limit_look(limit, client).level;
}

/* How many of `times` requests met each level. */
typedef struct {
    int at[4];
} met_t;

static inline met_t flood(pwr_client_limit_t *limit, const char *client, int times, int cost)
{
    met_t met = {{0}};
    for (int i = 0; i < times; i++) {
        met.at[count(limit, client, cost)]++;
    }
    return met;
}

static inline void assert_met(met_t met, int is_silent, int is_work, int is_captcha, int is_refused)
{
    assert_int_equal(met.at[PWR_LEVEL_SILENT], is_silent);
    assert_int_equal(met.at[PWR_LEVEL_WORK], is_work);
    assert_int_equal(met.at[PWR_LEVEL_CAPTCHA], is_captcha);
    assert_int_equal(met.at[PWR_LEVEL_REFUSE], is_refused);
}

static inline const char *numbered(int number)
{
    return apr_psprintf(pool, "client %d", number);
}

static inline const char *random_name(void)
{
    return "fixed";
}

static inline uint32_t fixed_number(void)
{
    return 42;
}

static inline void fixed_bytes(void *const bytes, const size_t length)
{
    memset(bytes, 42, length);
}

static struct randombytes_implementation fixed_random = {
    .implementation_name = random_name,
    .random = fixed_number,
    .buf = fixed_bytes,
};

static inline int set_up_all(void **state)
{
    (void)state;
    randombytes_set_implementation(&fixed_random);
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS
                   || pwr_crypto_start(pool) != NULL
               ? -1
               : 0;
}

static inline int tear_down_all(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

static inline int set_up(void **state)
{
    (void)state;
    apr_pool_clear(pool);
    now = SECONDS(1800000000);
    pwr_clock_set(fake_now);
    settings = (pwr_abuse_settings_t){
        .prefix4 = 32,
        .prefix6 = 64,
        .client_calm = 30,
        .client_busy = 120,
        .client_most = 600,
        .site_calm = 9000000,
        .site_busy = 10000000,
        .cells = 1024,
    };
    return 0;
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

#endif
