/*
 * The table counts exactly, whoever counts at the same time; it neither grows nor forgets who is
 * hot. With PWR_BENCH set, tells what a count takes.
 */
#include "abuse_flood.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- at the same time ------------------------------------------------------------------------- */

#define THREADS 50
#define MANY 3000

typedef struct {
    pwr_client_limit_t *limit;
    const char *client;
    pthread_barrier_t *start;
    met_t met;
} counter_t;

static void *count_in_thread(void *data)
{
    counter_t *counter = data;

    pthread_barrier_wait(counter->start);
    counter->met = flood(counter->limit, counter->client, MANY / THREADS, WHOLE);
    return NULL;
}

static met_t flood_by_threads(pwr_client_limit_t *limit, const char *client, const char *noise)
{
    pthread_t threads[THREADS];
    counter_t counters[THREADS];
    pthread_barrier_t start;
    met_t met = {{0}};

    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        const char *name = i % 10 == 0 ? apr_psprintf(pool, "%s %d", noise, i) : client;
        counters[i] = (counter_t){.limit = limit, .client = name, .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, count_in_thread, &counters[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        for (int level = 0; level < 4 && i % 10 != 0; level++) {
            met.at[level] += counters[i].met.at[level];
        }
    }
    pthread_barrier_destroy(&start);
    return met;
}

/* One set of cells, and others that take cells of it meanwhile. */
static void fifty_threads_together_pass_exactly_the_limit(void **state)
{
    (void)state;
    settings.cells = 8;
    pwr_client_limit_t *limit = open_limit();

    for (int round = 0; round < 10; round++) {
        met_t met = flood_by_threads(limit, numbered(round), apr_psprintf(pool, "x%d", round));
        assert_met(met, 30, 90, 480, MANY / 10 * 9 - 600);
        now += SECONDS(1000);
    }
}

static void eight_processes_together_pass_exactly_the_limit(void **state)
{
    (void)state;
    pwr_client_limit_t *limit = open_limit();
    atomic_int *shared
        = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    atomic_int *ready = &shared[4];
    pid_t children[8];

    for (int i = 0; i < 8; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            for (atomic_fetch_add(ready, 1); atomic_load(ready) < 8;) {
                sched_yield();
            }
            met_t met = flood(limit, OFFICE, 2000, WHOLE);
            for (int level = 0; level < 4; level++) {
                atomic_fetch_add(&shared[level], met.at[level]);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < 8; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    met_t met = {{shared[0], shared[1], shared[2], shared[3]}};
    munmap(shared, 4096);
    assert_met(met, 30, 90, 480, 8 * 2000 - 600);
    assert_int_equal(count(limit, OFFICE, WHOLE), PWR_LEVEL_REFUSE);
}

/* --- the table -------------------------------------------------------------------------------- */

static void newcomers_take_nobodys_place_in_a_hot_set(void **state)
{
    (void)state;
    settings.cells = 8;
    pwr_client_limit_t *limit = open_limit();

    for (int i = 0; i < 8; i++) {
        flood(limit, numbered(i), 29, WHOLE);
    }
    for (int i = 8; i < 200; i++) {
        assert_int_equal(look(limit, numbered(i)), PWR_LEVEL_WORK);
        assert_met(flood(limit, numbered(i), 50, WHOLE), 0, 50, 0, 0);
    }
    for (int i = 0; i < 8; i++) {
        assert_met(flood(limit, numbered(i), 2, WHOLE), 1, 1, 0, 0);
    }
    now += SECONDS(303); /* cold: what 31 requests fill has drained */
    assert_met(flood(limit, "newcomer", 31, WHOLE), 30, 1, 0, 0);
}

static void newcomers_in_a_hot_set_feel_the_load_of_the_site(void **state)
{
    (void)state;
    settings.cells = 8;
    settings.site_calm = 10;
    settings.site_busy = 20;
    pwr_client_limit_t *limit = open_limit();

    for (int i = 0; i < 8; i++) {
        flood(limit, numbered(i), 2, WHOLE);
    }
    assert_met(flood(limit, "newcomer", 10, WHOLE), 0, 4, 6, 0);
}

/* Of this process: all its memory, or the part that it shares, in which no tool keeps its own. */
static long resident_bytes(bool is_shared)
{
    char line[128] = "";
    char *at = line;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    strtol(at, &at, 10); /* mapped */
    long all = strtol(at, &at, 10);
    long shared = strtol(at, &at, 10);
    return (is_shared ? shared : all) * sysconf(_SC_PAGESIZE);
}

/* A million clients that are never seen again, 100 seconds long. */
static void pass_cold_clients(pwr_client_limit_t *limit, unsigned int round)
{
    char name[] = "2001:db8:........::/64";

    for (unsigned int i = 0; i < 1000000; i++) {
        unsigned int number = round * 1000000 + i;
        for (int digit = 0; digit < 8; digit++) {
            name[9 + digit] = "0123456789abcdef"[number >> (4 * digit) & 15];
        }
        count(limit, name, 1);
        now += TICK;
    }
}

static void ten_million_cold_clients_leave_the_hot_ones_and_the_memory_alone(void **state)
{
    (void)state;
    settings.cells = 65536;
    long shared = resident_bytes(true);
    long all = 0;
    pwr_client_limit_t *limit = open_limit();

    for (int hot = 0; hot < 20; hot++) {
        assert_met(flood(limit, numbered(hot), 700, WHOLE), 30, 90, 480, 100);
    }
    for (unsigned int round = 0; round < 10; round++) {
        pass_cold_clients(limit, round);
        for (int hot = 0; hot < 20; hot++) { /* not one request of theirs is forgotten */
            assert_met(flood(limit, numbered(hot), 300, WHOLE), 0, 0, 200, 100);
        }
        all = round == 0 ? resident_bytes(false) : all;
    }
    assert_true(resident_bytes(true) - shared < 8L * settings.cells + 262144);
    assert_true(resident_bytes(false) - all < 65536);
}

static void tell_what_a_count_takes(void **state)
{
    (void)state;
    if (getenv("PWR_BENCH") == NULL) {
        skip();
    }
    settings.cells = 65536;
    pwr_client_limit_t *limit = open_limit();
    pwr_clock_set(NULL);
    apr_time_t start = apr_time_now();
    pass_cold_clients(limit, 0);
    apr_time_t middle = apr_time_now();
    flood(limit, OFFICE, 1000000, 1);
    apr_time_t end = apr_time_now();
    print_message("ns per count: %ld cold, %ld hot\n", (long)((middle - start) / 1000),
                  (long)((end - middle) / 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fifty_threads_together_pass_exactly_the_limit),
        TEST(eight_processes_together_pass_exactly_the_limit),
        TEST(newcomers_take_nobodys_place_in_a_hot_set),
        TEST(newcomers_in_a_hot_set_feel_the_load_of_the_site),
        TEST(ten_million_cold_clients_leave_the_hot_ones_and_the_memory_alone),
        TEST(tell_what_a_count_takes),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
