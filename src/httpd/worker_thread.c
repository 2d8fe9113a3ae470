/*
 * All threads poll one eventfd. It counts rows (EFD_SEMAPHORE), so each row wakes as many threads
 * as it needs: the one whose read succeeds goes to work, the others sleep on. A row that nobody was
 * woken for (put by another node, left by a dead worker) is found when its time comes, or within
 * POLL.
 */
#include "httpd/worker_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_proc.h>

#include "base/clock.h"
#include "base/log.h"

#define OWNER_BYTES 18
#define POLL apr_time_from_sec(5)        /* longest sleep */
#define STORE_PAUSE apr_time_from_sec(1) /* after the store did not answer */
#define BLUR                                                                                       \
    apr_time_from_msec(6) /* a row waits so long at most before it is worked, by chance            \
                           */
#define STACK_BYTES (512 * 1024)

struct pwr_crew_state_t {
    int stop_fd; /* eventfd: readable from the moment of stopping */
    int running;
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *ended;
};

/* A request sent right after another one could feel what the worker does for the first: it shares
 * the processors and the database with us, and works longer for a name that exists. By chance,
 * nobody knows when. */
static void blur(void)
{
    unsigned char chance = 0;

    pwr_crypto_random(&chance, 1);
    apr_sleep(BLUR * chance / 255);
}

/* Sleeps until a row was put, `until` has come, or it is time to stop; false for the last. */
static bool sleep_until(const pwr_crew_t *crew, apr_time_t until)
{
    struct pollfd fds[] = {{.fd = crew->site->wake_fd, .events = POLLIN},
                           {.fd = crew->state->stop_fd, .events = POLLIN}};

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
        if (read(crew->site->wake_fd, &count, sizeof count) == (ssize_t)sizeof count) {
            blur();
            return true;
        }
    }
}

/* Works all rows that are due; says when to look again. */
static apr_time_t work(const pwr_deliverer_t *deliverer, const pwr_crew_t *crew,
                       apr_pool_t *scratch)
{
    struct pollfd stop = {.fd = crew->state->stop_fd, .events = POLLIN};
    apr_time_t next = 0;
    bool is_worked = true;

    while (is_worked && poll(&stop, 1, 0) == 0) {
        pwr_fault_t *fault = pwr_deliver_next(&is_worked, &next, deliverer, scratch);
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
    pwr_crew_t *crew = data;
    pwr_crew_state_t *state = crew->state;
    apr_pool_t *pool = apr_thread_pool_get(thread), *scratch = NULL;
    pwr_deliverer_t deliverer = {.parts = &crew->site->parts, .owner = crew->owner};
    pwr_fault_t *fault
        = pwr_relays_open(&deliverer.relays, &crew->site->settings->parts.mail, pool);

    apr_pool_create(&scratch, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
    } else {
        while (sleep_until(crew, work(&deliverer, crew, scratch))) {
        }
    }
    apr_thread_mutex_lock(state->mutex);
    state->running--;
    apr_thread_cond_signal(state->ended);
    apr_thread_mutex_unlock(state->mutex);
    return NULL;
}

pwr_fault_t *pwr_crew_start(pwr_crew_t **made, pwr_site_t *site, apr_pool_t *pool)
{
    pwr_crew_t *crew = apr_pcalloc(pool, sizeof *crew);
    pwr_crew_state_t *state = apr_pcalloc(pool, sizeof *state);
    unsigned char bytes[OWNER_BYTES];
    char *owner = apr_palloc(pool, PWR_BASE64URL_CHARS(OWNER_BYTES) + 1);
    apr_threadattr_t *attributes = NULL;

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(owner, bytes, sizeof bytes);
    *crew = (pwr_crew_t){.site = site, .owner = owner, .state = state};
    state->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    apr_thread_mutex_create(&state->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    apr_thread_cond_create(&state->ended, pool);
    apr_threadattr_create(&attributes, pool);
    apr_threadattr_stacksize_set(attributes, STACK_BYTES);
    for (int i = 0; i < site->settings->parts.flow.workers; i++) {
        apr_thread_t *thread = NULL;
        apr_status_t status = apr_thread_create(&thread, attributes, run, crew, pool);
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
    *made = crew;
    return NULL;
}

void pwr_crew_stop(pwr_crew_t *crew)
{
    const apr_uint64_t one = 1;
    ssize_t ignored = write(crew->state->stop_fd, &one, sizeof one);
    (void)ignored;
}

bool pwr_crew_wait(pwr_crew_t *crew, apr_time_t until)
{
    pwr_crew_state_t *state = crew->state;

    apr_thread_mutex_lock(state->mutex);
    while (state->running > 0 && pwr_clock_now() < until) {
        apr_thread_cond_timedwait(state->ended, state->mutex, until - pwr_clock_now() + 1);
    }
    bool has_ended = state->running == 0;
    apr_thread_mutex_unlock(state->mutex);
    return has_ended;
}
