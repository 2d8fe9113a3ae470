/*
 * An empty database for each test: a new SQLite file, or the database that the environment names
 * (PWR_TEST_STORE_DRIVER and PWR_TEST_STORE_PARAMS), whose tables are dropped first. And a clock
 * that stands until a test moves it.
 */
#ifndef T_UNIT_STORE_FIXTURE_H
#define T_UNIT_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "fault_name.h"

#include "base/clock.h"
#include "store/db_connections.h"

#define THREADS 50
#define SITE "https://reset.example.org/"
#define NOON ((apr_time_t)1700000000 * APR_USEC_PER_SEC)
#define MINUTE apr_time_from_sec(60)
#define OLD(name, time, count)                                                                     \
    (&(pwr_old_t){.life = PWR_LIFE_##name, .before = (time), .most = (count)})

typedef struct {
    apr_pool_t *pool;
    const char *folder; /* NULL unless it is SQLite */
    pwr_store_settings_t settings;
    pwr_store_t *store;
} fixture_t;

static apr_time_t fixture_now;

static inline apr_time_t fixture_clock(void)
{
    return fixture_now;
}

static inline void assert_fine(const pwr_fault_t *fault)
{
    if (fault != NULL) {
        print_error("%s %s: %s\n", name_of_kind(fault->kind), fault->tag, fault->detail);
    }
    assert_null(fault);
}

static inline void drop_tables(fixture_t *fixture)
{
    static const char *const drops[]
        = {"DROP TABLE IF EXISTS pwreset_schema", "DROP TABLE IF EXISTS pwreset_outbox",
           "DROP TABLE IF EXISTS pwreset_tokens", "DROP TABLE IF EXISTS pwreset_trail",
           "DROP TABLE IF EXISTS pwreset_returns"};
    apr_pool_t *scratch = NULL;
    pwr_db_connection_t *connection = NULL;

    apr_pool_create(&scratch, fixture->pool);
    assert_fine(pwr_db_connection_open(&connection, fixture->store, scratch));
    for (size_t i = 0; i < sizeof drops / sizeof drops[0]; i++) {
        assert_fine(pwr_db_connection_run(NULL, connection, drops[i], scratch));
    }
    apr_pool_destroy(scratch);
}

/* Without tables. */
static inline int set_up_bare(void **state)
{
    fixture_t *fixture = calloc(1, sizeof *fixture);
    const char *driver = getenv("PWR_TEST_STORE_DRIVER");
    char folder[] = "/tmp/pwreset-store-XXXXXX";

    apr_pool_create(&fixture->pool, NULL);
    fixture->settings = (pwr_store_settings_t){
        .connections = 8, .timeout = apr_time_from_sec(20), .driver = driver};
    if (driver != NULL) {
        fixture->settings.params = getenv("PWR_TEST_STORE_PARAMS");
    } else {
        assert_non_null(mkdtemp(folder));
        fixture->folder = apr_pstrdup(fixture->pool, folder);
        fixture->settings.driver = "sqlite3";
        fixture->settings.params = apr_pstrcat(fixture->pool, folder, "/store.db", NULL);
    }
    fixture_now = NOON;
    pwr_clock_set(fixture_clock);
    assert_fine(pwr_store_open(&fixture->store, &fixture->settings, fixture->pool));
    drop_tables(fixture);
    *state = fixture;
    return 0;
}

static inline int set_up(void **state)
{
    if (set_up_bare(state) != 0) {
        return -1;
    }
    fixture_t *fixture = *state;
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    return 0;
}

static inline int tear_down(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    fixture_t *fixture = *state;
    char file[200];
    char folder[100] = "";

    if (fixture->folder != NULL) {
        snprintf(folder, sizeof folder, "%s", fixture->folder);
    }
    apr_pool_destroy(fixture->pool);
    for (size_t i = 0; folder[0] != '\0' && i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(file, sizeof file, "%s/store.db%s", folder, endings[i]);
        unlink(file);
    }
    if (folder[0] != '\0') {
        assert_int_equal(0, rmdir(folder));
    }
    free(fixture);
    pwr_clock_set(NULL);
    return 0;
}

/* One thread of a race: what it is to do with the store, and what came of it. */
typedef struct race_t race_t;
struct race_t {
    void (*run)(race_t *race);
    pwr_store_t *store;
    int number;
    const void *input;
    apr_pool_t *pool;
    int result;
    const pwr_fault_t *fault;
    const char *text;
};

static inline void *APR_THREAD_FUNC run_race(apr_thread_t *thread, void *data)
{
    race_t *race = data;
    race->run(race);
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

/* Lets THREADS threads go at once; `races` keeps what each one brought home. */
static inline void race_all(race_t races[THREADS], fixture_t *fixture, void (*run)(race_t *race),
                            const void *input)
{
    apr_thread_t *threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        races[i] = (race_t){.run = run, .store = fixture->store, .number = i, .input = input};
        assert_int_equal(APR_SUCCESS, apr_pool_create(&races[i].pool, fixture->pool));
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(APR_SUCCESS,
                         apr_thread_create(&threads[i], NULL, run_race, &races[i], fixture->pool));
    }
    for (int i = 0; i < THREADS; i++) {
        apr_status_t status = APR_SUCCESS;
        apr_thread_join(&status, threads[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_fine(races[i].fault);
    }
}

static inline int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
    apr_initialize();
    atexit(apr_terminate);
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

#define RUN_GROUP(tests) run_group(#tests, tests, sizeof tests / sizeof tests[0])

#endif
