/*
 * All threads poll one eventfd. It counts rows (EFD_SEMAPHORE), so each row wakes as many threads
 * as it needs: the one whose read succeeds works the row, the others sleep on. A row without a wake
 * (put by another node, left by a dead worker) is found when its time comes, or within POLL.
 */
#include "httpd/worker_pool.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_proc.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/outbox.h"

#define OWNER_BYTES 18
#define OWNER_CHARS 64                          /* as many as the column takes */
#define POLL apr_time_from_sec(5)               /* longest sleep */
#define STORE_PAUSE apr_time_from_sec(1)        /* after the store did not answer */
#define TABLES_LOG apr_time_from_sec(60)        /* how often a lack of tables is logged */
#define MOST_RANDOM_DELAY apr_time_from_msec(6) /* before a row is worked */
#define STACK_BYTES (512 * 1024)

/* One thread. Rows are held under its own name, and after a fault under another one: whether the
 * database did what failed is not known. */
typedef struct {
    pwr_worker_pool_t *workers;
    int number;
    unsigned faults;
    bool is_working; /* this and the name are read by the main thread, under the mutex */
    char owner[OWNER_CHARS];
} worker_seat_t;

struct pwr_worker_pool_state_t {
    worker_seat_t *seats;
    int count;
    int stop_fd; /* eventfd: readable from the moment of stopping */
    int running;
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *ended;
    bool has_tables; /* these four under the mutex */
    bool is_making_tables;
    bool had_no_tables;
    apr_time_t told; /* when the lack of tables was logged */
};

static void name_seat(worker_seat_t *seat)
{
    apr_snprintf(seat->owner, sizeof seat->owner, "%s.%d.%u", seat->workers->owner, seat->number,
                 seat->faults);
}

/* Delays by a random 0 to 6 ms, so that a request which follows cannot measure the worker's load.
 * The worker shares processors and database with the web children, and works longer for a name that
 * exists. */
static void random_delay(void)
{
    unsigned char chance = 0;

    pwr_crypto_random(&chance, 1);
    apr_sleep(MOST_RANDOM_DELAY * chance / 255);
}

/* Sleeps until a row was put, `until` has come, or it is time to stop; false for the last. */
static bool sleep_until(const pwr_worker_pool_t *workers, apr_time_t until)
{
    struct pollfd fds[] = {{.fd = workers->site->wake_fd, .events = POLLIN},
                           {.fd = workers->state->stop_fd, .events = POLLIN}};

    for (;;) {
        apr_uint64_t count = 0;
        apr_time_t left = until - pwr_clock_now();
        int ready = poll(fds, 2, left <= 0 ? 0 : (int)(apr_time_as_msec(left) + 1));
        if ((fds[1].revents & POLLIN) != 0) {
            return false;
        }
        if (ready <= 0 && left <= 0) {
            return true;
        }
        if (read(workers->site->wake_fd, &count, sizeof count) == (ssize_t)sizeof count) {
            random_delay();
            return true;
        }
    }
}

/* What became of an attempt to make the tables. A fault is logged once in TABLES_LOG. Where only
 * the operator can fix it, the site is closed; a database that is away for a while leaves the
 * pages. */
static void note_tables(pwr_worker_pool_t *workers, const pwr_fault_t *fault)
{
    pwr_worker_pool_state_t *state = workers->state;
    const char *driver = workers->site->settings->parts.store.driver;
    apr_time_t now = pwr_clock_now();

    apr_thread_mutex_lock(state->mutex);
    bool is_news = fault == NULL ? state->had_no_tables
                                 : state->told == 0 || now - state->told >= TABLES_LOG;
    state->is_making_tables = false;
    state->has_tables = fault == NULL;
    state->had_no_tables = fault != NULL;
    state->told = is_news ? now : state->told;
    apr_thread_mutex_unlock(state->mutex);
    pwr_site_keys_refuse(workers->site->keys, fault != NULL && fault->kind == PWR_BROKEN);
    if (is_news && fault != NULL) {
        pwr_log(PWR_LOG_ERROR, "PWR0972",
                "the worker cannot use the database (PwResetStore %s) or make its tables, and "
                "tries again every second; until then people are told to try later. %s: %s",
                driver, fault->tag, fault->detail);
    } else if (is_news) {
        pwr_log(PWR_LOG_NOTICE, "PWR0973",
                "the database (PwResetStore %s) answers and has its tables: requests are worked",
                driver);
    }
}

bool pwr_worker_pool_has_tables(pwr_worker_pool_t *workers)
{
    apr_thread_mutex_lock(workers->state->mutex);
    bool has_tables = workers->state->has_tables;
    apr_thread_mutex_unlock(workers->state->mutex);
    return has_tables;
}

/* Makes the tables where there are none: the database may have been down when the server started.
 * One thread makes them; the others look again when they wake. */
static bool make_tables(pwr_worker_pool_t *workers, apr_pool_t *scratch)
{
    pwr_worker_pool_state_t *state = workers->state;

    apr_thread_mutex_lock(state->mutex);
    bool has_tables = state->has_tables;
    bool is_mine = !has_tables && !state->is_making_tables;
    state->is_making_tables = state->is_making_tables || is_mine;
    apr_thread_mutex_unlock(state->mutex);
    if (is_mine) {
        pwr_fault_t *fault = pwr_schema_prepare(workers->site->parts.store, scratch);
        note_tables(workers, fault);
        has_tables = fault == NULL;
    }
    return has_tables;
}

static void begin_row(worker_seat_t *seat)
{
    apr_thread_mutex_lock(seat->workers->state->mutex);
    seat->is_working = true;
    apr_thread_mutex_unlock(seat->workers->state->mutex);
}

static void end_row(worker_seat_t *seat, const pwr_fault_t *fault)
{
    apr_thread_mutex_lock(seat->workers->state->mutex);
    seat->is_working = false;
    if (fault != NULL) {
        seat->faults++;
        name_seat(seat);
    }
    apr_thread_mutex_unlock(seat->workers->state->mutex);
}

/* Works all rows that are due; says when to look again. */
static apr_time_t work(const pwr_outbox_worker_t *worker, worker_seat_t *seat, apr_pool_t *scratch)
{
    pwr_worker_pool_t *workers = seat->workers;
    struct pollfd stop = {.fd = workers->state->stop_fd, .events = POLLIN};
    apr_time_t next = 0;
    bool is_worked = true;

    if (!make_tables(workers, scratch)) {
        apr_pool_clear(scratch);
        return pwr_clock_now() + STORE_PAUSE;
    }
    while (is_worked && poll(&stop, 1, 0) == 0) {
        begin_row(seat);
        pwr_fault_t *fault = pwr_outbox_worker_next(&is_worked, &next, worker, scratch);
        end_row(seat, fault);
        if (fault != NULL) {
            pwr_log_fault(fault);
            apr_pool_clear(scratch);
            return pwr_clock_now() + STORE_PAUSE;
        }
        apr_pool_clear(scratch);
    }
    apr_time_t latest = pwr_clock_now() + POLL;
    return next != 0 && next < latest ? next : latest;
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    worker_seat_t *seat = data;
    pwr_worker_pool_t *workers = seat->workers;
    pwr_worker_pool_state_t *state = workers->state;
    apr_pool_t *pool = apr_thread_pool_get(thread), *scratch = NULL;
    pwr_outbox_worker_t worker = {.parts = &workers->site->parts, .owner = seat->owner};
    pwr_fault_t *fault
        = pwr_relays_open(&worker.relays, &workers->site->settings->parts.mail, pool);

    pwr_log_set_place(workers->site->server);
    apr_pool_create(&scratch, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
    } else {
        while (sleep_until(workers, work(&worker, seat, scratch))) {
        }
    }
    apr_thread_mutex_lock(state->mutex);
    state->running--;
    apr_thread_cond_signal(state->ended);
    apr_thread_mutex_unlock(state->mutex);
    return NULL;
}

pwr_fault_t *pwr_worker_pool_start(pwr_worker_pool_t **made, pwr_site_t *site, apr_pool_t *pool)
{
    pwr_worker_pool_t *workers = apr_pcalloc(pool, sizeof *workers);
    pwr_worker_pool_state_t *state = apr_pcalloc(pool, sizeof *state);
    unsigned char bytes[OWNER_BYTES];
    char *owner = apr_palloc(pool, PWR_BASE64URL_CHARS(OWNER_BYTES) + 1);
    apr_threadattr_t *attributes = NULL;

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(owner, bytes, sizeof bytes);
    *workers = (pwr_worker_pool_t){.site = site, .owner = owner, .state = state};
    state->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    apr_thread_mutex_create(&state->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    apr_thread_cond_create(&state->ended, pool);
    apr_threadattr_create(&attributes, pool);
    apr_threadattr_stacksize_set(attributes, STACK_BYTES);
    state->count = site->settings->parts.flow.workers;
    state->seats = apr_pcalloc(pool, (apr_size_t)state->count * sizeof(worker_seat_t));
    for (int i = 0; i < state->count; i++) {
        state->seats[i] = (worker_seat_t){.workers = workers, .number = i};
        name_seat(&state->seats[i]);
        apr_thread_t *thread = NULL;
        apr_status_t status = apr_thread_create(&thread, attributes, run, &state->seats[i], pool);
        if (state->stop_fd < 0 || status != APR_SUCCESS) {
            return pwr_fault_broken(
                pool, "PWR0911",
                "a thread of the worker could not be started: %s. Lower PwResetWorkers.",
                pwr_fault_status(status, pool));
        }
        apr_thread_mutex_lock(state->mutex);
        state->running++;
        apr_thread_mutex_unlock(state->mutex);
    }
    *made = workers;
    return NULL;
}

/* The names of rows that threads are working now (const char *). */
static apr_array_header_t *names_at_work(pwr_worker_pool_t *workers, apr_pool_t *scratch)
{
    pwr_worker_pool_state_t *state = workers->state;
    apr_array_header_t *names = apr_array_make(scratch, state->count, sizeof(const char *));

    apr_thread_mutex_lock(state->mutex);
    for (int i = 0; i < state->count; i++) {
        if (state->seats[i].is_working) {
            APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(scratch, state->seats[i].owner);
        }
    }
    apr_thread_mutex_unlock(state->mutex);
    return names;
}

pwr_fault_t *pwr_worker_pool_renew(pwr_worker_pool_t *workers, apr_pool_t *scratch)
{
    const apr_array_header_t *names = names_at_work(workers, scratch);

    for (int i = 0; i < names->nelts; i++) {
        PWR_TRY(pwr_outbox_renew(workers->site->parts.store, APR_ARRAY_IDX(names, i, const char *),
                                 PWR_LEASE, scratch));
    }
    return NULL;
}

pwr_fault_t *pwr_worker_pool_let_go(pwr_worker_pool_t *workers, apr_pool_t *scratch)
{
    const apr_array_header_t *names = names_at_work(workers, scratch);

    for (int i = 0; i < names->nelts; i++) {
        PWR_TRY(pwr_outbox_let_go(workers->site->parts.store, APR_ARRAY_IDX(names, i, const char *),
                                  scratch));
    }
    return NULL;
}

void pwr_worker_pool_stop(pwr_worker_pool_t *workers)
{
    const apr_uint64_t one = 1;
    ssize_t ignored = write(workers->state->stop_fd, &one, sizeof one);
    (void)ignored;
}

bool pwr_worker_pool_wait(pwr_worker_pool_t *workers, apr_time_t until)
{
    pwr_worker_pool_state_t *state = workers->state;

    apr_thread_mutex_lock(state->mutex);
    while (state->running > 0 && pwr_clock_now() < until) {
        apr_thread_cond_timedwait(state->ended, state->mutex, until - pwr_clock_now() + 1);
    }
    bool has_ended = state->running == 0;
    apr_thread_mutex_unlock(state->mutex);
    return has_ended;
}
