/*
 * The process's main thread, which waits for signals and keeps the time: it renews the leases of
 * the rows that its threads hold, tidies up, and notices when its keeper is gone. The threads are
 * worker_pool.c; worker_keeper.c forks it. Relay credentials live in this process and its keeper
 * alone; web children wipe theirs.
 */
#include "httpd/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <apr_strings.h>
#include <http_log.h>

#include "base/clock.h"
#include "base/log.h"
#include "flow/maintain.h"
#include "httpd/site_opening.h"
#include "httpd/worker_keeper.h"
#include "httpd/worker_needs.h"
#include "httpd/worker_pool.h"

APLOG_USE_MODULE(pwreset);

#define TICK apr_time_from_sec(3)                /* well under PWR_LEASE */
#define TIDY_EVERY 20                            /* ticks */
#define LONGEST_GOODBYE apr_time_from_msec(2500) /* the parent kills after three seconds */
#define LAST_MINUTE apr_time_from_sec(60)        /* counts of this one are told too */

typedef struct {
    const apr_array_header_t *sites;
    const pwr_sandbox_t *sandbox; /* NULL: none */
    apr_pool_t *pconf;
} worker_t;

static apr_status_t close_fd(void *data)
{
    int *fd = data;
    close(*fd);
    return APR_SUCCESS;
}

pwr_fault_t *pwr_worker_prepare(pwr_site_t *site, apr_pool_t *process_pool)
{
    const char *name
        = apr_pstrcat(process_pool, "pwreset wake ", site->settings->parts.flow.base_url, NULL);
    void *kept = NULL;

    apr_pool_userdata_get(&kept, name, process_pool);
    if (kept == NULL) {
        int *fd = apr_palloc(process_pool, sizeof *fd);
        *fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
        if (*fd < 0) {
            return pwr_fault_broken(process_pool, "PWR0907",
                                    "no eventfd could be made: %s. Raise the limit of open files.",
                                    pwr_fault_status(apr_get_os_error(), process_pool));
        }
        apr_pool_cleanup_register(process_pool, fd, close_fd, apr_pool_cleanup_null);
        apr_pool_userdata_set(fd, name, apr_pool_cleanup_null, process_pool);
        kept = fd;
    }
    site->wake_fd = *(int *)kept;
    return NULL;
}

/* Renews the leases, and tidies up now and then. */
static void tick(const apr_array_header_t *worker_pools, unsigned count, apr_pool_t *scratch)
{
    for (int i = 0; i < worker_pools->nelts; i++) {
        pwr_worker_pool_t *workers = APR_ARRAY_IDX(worker_pools, i, pwr_worker_pool_t *);
        pwr_parts_t *parts = &workers->site->parts;
        pwr_log_set_place(workers->site->server);
        bool is_more = count % TIDY_EVERY == 0;
        if (!pwr_worker_pool_has_tables(workers)) {
            continue;
        }
        pwr_fault_t *fault = pwr_worker_pool_renew(workers, scratch);
        while (fault == NULL && is_more) {
            fault = pwr_maintain_step(&is_more, parts, scratch);
            if (fault == NULL && is_more) {
                fault = pwr_worker_pool_renew(workers, scratch);
            }
        }
        if (fault == NULL) {
            fault = pwr_maintain_room(&workers->room, parts, scratch);
        }
        if (fault == NULL) {
            fault = pwr_maintain_queue(&workers->room, parts, scratch);
        }
        if (fault != NULL) {
            pwr_log_fault(fault);
        }
        pwr_maintain_flood(&workers->flood, parts);
        pwr_events_tell_more(parts->events, parts->site, pwr_clock_now(), scratch);
        apr_pool_clear(scratch);
    }
    pwr_log_set_place(NULL);
}

/* A site was closed when this worker started, and is open now, or has another key. */
static bool is_outdated(const apr_array_header_t *sites)
{
    for (int i = 0; i < sites->nelts; i++) {
        const pwr_site_t *site = APR_ARRAY_IDX(sites, i, const pwr_site_t *);
        unsigned number = pwr_site_keys_number(site->keys);
        if (number != 0 && number != site->key_number) {
            return true;
        }
    }
    return false;
}

/* Waits for SIGTERM or SIGINT, or for the keeper's end; does the ticks meanwhile. The exit status.
 */
static int watch(const apr_array_header_t *worker_pools, const apr_array_header_t *sites,
                 pid_t keeper, apr_pool_t *scratch)
{
    const struct timespec pause = {.tv_sec = apr_time_sec(TICK)};
    sigset_t ends;
    unsigned count = 0;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    while (getppid() == keeper) {
        if (sigtimedwait(&ends, NULL, &pause) > 0) {
            return 0;
        }
        if (errno == EAGAIN) {
            tick(worker_pools, count++, scratch);
        }
        if (is_outdated(sites)) {
            return PWR_KEEPER_START_ANEW;
        }
    }
    return 0;
}

/* A site that is closed has no threads. */
static pwr_fault_t *open_worker_pools(apr_array_header_t *worker_pools, const worker_t *worker,
                                      apr_pool_t *pool)
{
    PWR_TRY(pwr_mail_start(pool));
    for (int i = 0; i < worker->sites->nelts; i++) {
        pwr_site_t *site = APR_ARRAY_IDX(worker->sites, i, pwr_site_t *);
        pwr_worker_pool_t *workers = NULL;
        if (!pwr_site_opening_take_keys(site, pool)) {
            continue;
        }
        PWR_TRY(pwr_parts_open(&site->parts, site->audit, pool));
        PWR_TRY(pwr_worker_pool_start(&workers, site, pool));
        APR_ARRAY_PUSH(worker_pools, pwr_worker_pool_t *) = workers;
    }
    return NULL;
}

/* Ends the threads, or, when they do not end in time, lets their rows go, so that the next worker
 * need not wait. */
static void shutdown_workers(const apr_array_header_t *worker_pools, apr_pool_t *scratch)
{
    apr_time_t until = pwr_clock_now() + LONGEST_GOODBYE;

    for (int i = 0; i < worker_pools->nelts; i++) {
        pwr_worker_pool_stop(APR_ARRAY_IDX(worker_pools, i, pwr_worker_pool_t *));
    }
    for (int i = 0; i < worker_pools->nelts; i++) {
        pwr_worker_pool_t *workers = APR_ARRAY_IDX(worker_pools, i, pwr_worker_pool_t *);
        pwr_parts_t *parts = &workers->site->parts;
        pwr_events_tell_more(parts->events, parts->site, pwr_clock_now() + LAST_MINUTE, scratch);
        if (!pwr_worker_pool_wait(workers, until)) {
            pwr_fault_t *fault = pwr_worker_pool_let_go(workers, scratch);
            if (fault != NULL) {
                pwr_log_fault(fault);
            }
        }
    }
}

static void end_at(pwr_fault_t *fault)
{
    if (fault != NULL) {
        pwr_log_fault(fault);
        _exit(1);
    }
}

/* The process's life. Does not return. */
static void worker_main(void *data, pid_t keeper, apr_time_t not_before)
{
    const worker_t *worker = data;
    apr_pool_t *pool = NULL, *scratch = NULL;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    apr_pool_create(&pool, worker->pconf);
    apr_pool_create(&scratch, pool);
    if (worker->sandbox != NULL) {
        end_at(pwr_sandbox_enter(worker->sandbox, scratch));
    }
    prctl(PR_SET_NAME, "pwreset-worker");
    apr_time_t now = pwr_clock_now();
    if (not_before > now) {
        apr_sleep(not_before - now);
    }
    apr_array_header_t *worker_pools = apr_array_make(pool, 1, sizeof(pwr_worker_pool_t *));
    end_at(open_worker_pools(worker_pools, worker, pool));
    pwr_log(PWR_LOG_INFO, "PWR0908", "the worker has started");
    int status = watch(worker_pools, worker->sites, keeper, scratch);
    shutdown_workers(worker_pools, scratch);
    _exit(status);
}

/* Once for each start of the server, not for each graceful restart. */
static void tell_what_lacks(server_rec *main_server, apr_pool_t *pool)
{
    static const char key[] = "pwreset sandbox told";
    apr_pool_t *process_pool = main_server->process->pool;
    const char *lacks = pwr_sandbox_lacks(pool);
    void *is_told = NULL;

    apr_pool_userdata_get(&is_told, key, process_pool);
    if (lacks != NULL && is_told == NULL) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "PWR0924: PwResetWorkerSandbox is on, but this kernel does not offer all of "
                     "it. The worker is not limited in: %s. Everything else is in force.",
                     lacks);
        apr_pool_userdata_setn(key, key, apr_pool_cleanup_null, process_pool);
    }
}

/* One process serves all sites, so PwResetWorkerSandbox off at one site holds for all. */
static bool is_sandboxed(const apr_array_header_t *sites)
{
    for (int i = 0; i < sites->nelts; i++) {
        if (!APR_ARRAY_IDX(sites, i, const pwr_site_t *)->settings->is_sandboxed) {
            return false;
        }
    }
    return true;
}

pwr_fault_t *pwr_worker_start(apr_array_header_t *sites, server_rec *main_server, apr_pool_t *pconf)
{
    worker_t *worker = apr_pcalloc(pconf, sizeof *worker);
    pwr_keeper_orders_t *orders = apr_pcalloc(pconf, sizeof *orders);

    worker->sites = sites;
    worker->pconf = pconf;
    if (is_sandboxed(sites)) {
        worker->sandbox = pwr_worker_needs(sites, main_server, pconf);
        tell_what_lacks(main_server, pconf);
    }
    *orders = (pwr_keeper_orders_t){
        .user = APR_ARRAY_IDX(sites, 0, const pwr_site_t *)->settings->worker_user,
        .sandbox = worker->sandbox,
        .main = worker_main,
        .data = worker};
    return pwr_keeper_start(orders, main_server, pconf);
}
