/*
 * The process: the parent's side (fork, watch, fork again) and the child's main thread, which waits
 * for signals and keeps the time: it renews the leases of the rows that its threads hold, tidies
 * up, and notices when the parent is gone. The threads are worker_thread.c. Relay credentials live
 * in this process alone; web children wipe theirs.
 */
#include "httpd/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_signal.h>
#include <apr_thread_proc.h>
#include <ap_listen.h>
#include <ap_mpm.h>
#include <http_log.h>
#include <mpm_common.h>

#include "base/clock.h"
#include "base/log.h"
#include "flow/maintain.h"
#include "httpd/log_bridge.h"
#include "httpd/worker_thread.h"
#include "store/outbox.h"

APLOG_USE_MODULE(pwreset);

#define TICK apr_time_from_sec(3)                /* well under PWR_LEASE */
#define TIDY_EVERY 20                            /* ticks */
#define LONGEST_GOODBYE apr_time_from_msec(2500) /* the parent kills after three seconds */
#define RESTART_PAUSE apr_time_from_sec(1)

typedef struct {
    apr_array_header_t *sites;
    server_rec *main_server;
    apr_pool_t *pconf;
    apr_proc_t process;
    apr_time_t started;
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
static void tick(const apr_array_header_t *crews, unsigned count, apr_pool_t *scratch)
{
    for (int i = 0; i < crews->nelts; i++) {
        pwr_crew_t *crew = APR_ARRAY_IDX(crews, i, pwr_crew_t *);
        pwr_parts_t *parts = &crew->site->parts;
        bool is_more = count % TIDY_EVERY == 0;
        pwr_fault_t *fault = pwr_outbox_renew(parts->store, crew->owner, PWR_LEASE, scratch);
        while (fault == NULL && is_more) {
            fault = pwr_maintain_step(&is_more, parts, scratch);
            if (fault == NULL && is_more) {
                fault = pwr_outbox_renew(parts->store, crew->owner, PWR_LEASE, scratch);
            }
        }
        if (fault == NULL) {
            fault = pwr_maintain_queue(parts, scratch);
        }
        if (fault != NULL) {
            pwr_log_fault(fault);
        }
        pwr_maintain_flood(&crew->flood, parts);
        apr_pool_clear(scratch);
    }
}

/* Waits for SIGTERM or SIGINT, or for the parent's end; does the ticks meanwhile. */
static void watch(const apr_array_header_t *crews, pid_t parent, apr_pool_t *scratch)
{
    const struct timespec pause = {.tv_sec = apr_time_sec(TICK)};
    sigset_t ends;
    unsigned count = 0;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    while (getppid() == parent) {
        if (sigtimedwait(&ends, NULL, &pause) > 0) {
            return;
        }
        if (errno == EAGAIN) {
            tick(crews, count++, scratch);
        }
    }
}

/* Threads inherit the mask: signals are the main thread's business alone. */
static void take_signals(void)
{
    sigset_t all;

    apr_signal(SIGHUP, SIG_IGN);
    apr_signal(SIGUSR1, SIG_IGN);
    apr_signal(SIGWINCH, SIG_IGN);
    apr_signal(SIGPIPE, SIG_IGN);
    apr_signal(SIGTERM, SIG_DFL);
    apr_signal(SIGINT, SIG_DFL);
    apr_signal(SIGCHLD, SIG_DFL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

static pwr_fault_t *open_crews(apr_array_header_t *crews, worker_t *worker, apr_pool_t *pool)
{
    PWR_TRY(pwr_mail_start(pool));
    for (int i = 0; i < worker->sites->nelts; i++) {
        pwr_site_t *site = APR_ARRAY_IDX(worker->sites, i, pwr_site_t *);
        pwr_crew_t *crew = NULL;
        PWR_TRY(pwr_parts_open(&site->parts, site->audit, pool));
        PWR_TRY(pwr_crew_start(&crew, site, pool));
        APR_ARRAY_PUSH(crews, pwr_crew_t *) = crew;
    }
    return NULL;
}

/* Ends the threads, or, when they do not end in time, lets their rows go, so that the next worker
 * need not wait. */
static void say_goodbye(const apr_array_header_t *crews, apr_pool_t *scratch)
{
    apr_time_t until = pwr_clock_now() + LONGEST_GOODBYE;

    for (int i = 0; i < crews->nelts; i++) {
        pwr_crew_stop(APR_ARRAY_IDX(crews, i, pwr_crew_t *));
    }
    for (int i = 0; i < crews->nelts; i++) {
        pwr_crew_t *crew = APR_ARRAY_IDX(crews, i, pwr_crew_t *);
        if (!pwr_crew_wait(crew, until)) {
            pwr_fault_t *fault = pwr_outbox_let_go(crew->site->parts.store, crew->owner, scratch);
            if (fault != NULL) {
                pwr_log_fault(fault);
            }
        }
    }
}

/* The child's life. Does not return. */
static void live(worker_t *worker, pid_t parent, apr_time_t not_before)
{
    apr_pool_t *pool = NULL, *scratch = NULL;

    take_signals();
    prctl(PR_SET_NAME, "pwreset-worker");
    apr_pool_create(&pool, worker->pconf);
    apr_pool_create(&scratch, pool);
    ap_close_listeners();
    if (geteuid() == 0 && ap_run_drop_privileges(pool, worker->main_server) != 0) {
        _exit(APEXIT_CHILDFATAL);
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* after the change of user, which would clear it */
    apr_time_t now = pwr_clock_now();
    if (not_before > now) {
        apr_sleep(not_before - now);
    }
    apr_array_header_t *crews = apr_array_make(pool, 1, sizeof(pwr_crew_t *));
    pwr_fault_t *fault = open_crews(crews, worker, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        _exit(1);
    }
    pwr_log(PWR_LOG_INFO, "PWR0908", "the worker has started");
    watch(crews, parent, scratch);
    say_goodbye(crews, scratch);
    _exit(0);
}

static void watch_child(int reason, void *data, int status);

static pwr_fault_t *fork_worker(worker_t *worker)
{
    pid_t parent = getpid();
    apr_time_t not_before = worker->started != 0 ? worker->started + RESTART_PAUSE : 0;
    pid_t child = fork();

    if (child < 0) {
        return pwr_fault_broken(worker->pconf, "PWR0909", "the worker could not be forked: %s",
                                pwr_fault_status(apr_get_os_error(), worker->pconf));
    }
    if (child == 0) {
        live(worker, parent, not_before);
    }
    worker->started = pwr_clock_now();
    worker->process = (apr_proc_t){.pid = child};
    apr_pool_note_subprocess(worker->pconf, &worker->process, APR_KILL_AFTER_TIMEOUT);
    apr_proc_other_child_register(&worker->process, watch_child, worker, NULL, worker->pconf);
    return NULL;
}

/* httpd tells what became of the child. */
static void watch_child(int reason, void *data, int status)
{
    worker_t *worker = data;
    int state = AP_MPMQ_STOPPING;

    if (reason != APR_OC_REASON_DEATH && reason != APR_OC_REASON_LOST) {
        if (reason == APR_OC_REASON_RESTART) {
            apr_proc_other_child_unregister(data);
        }
        return;
    }
    apr_proc_other_child_unregister(data);
    if (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) != APR_SUCCESS || state == AP_MPMQ_STOPPING) {
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, worker->main_server,
                 "PWR0910: the worker (pid %" APR_PID_T_FMT
                 ") died with status %d and is started again; "
                 "no request is lost",
                 worker->process.pid, status);
    pwr_fault_t *fault = fork_worker(worker);
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

pwr_fault_t *pwr_worker_start(apr_array_header_t *sites, server_rec *main_server, apr_pool_t *pconf)
{
    worker_t *worker = apr_pcalloc(pconf, sizeof *worker);

    worker->sites = sites;
    worker->main_server = main_server;
    worker->pconf = pconf;
    return fork_worker(worker);
}
