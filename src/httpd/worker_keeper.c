/*
 * Signals are blocked and asked for, so none is lost between two lines: SIGTERM and SIGINT from the
 * parent or at its end (PR_SET_PDEATHSIG), SIGCHLD from the worker.
 */
#include "httpd/worker_keeper.h"

#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_signal.h>
#include <apr_thread_proc.h>
#include <ap_listen.h>
#include <ap_mpm.h>
#include <http_log.h>
#include <mpm_common.h>
#include <unixd.h>

#include "base/clock.h"
#include "base/log.h"

APLOG_USE_MODULE(pwreset);

#define RESTART_PAUSE apr_time_from_sec(1)
#define LOOK_EVERY 3 /* seconds, for a parent whose end was missed, and a fork that failed */

typedef struct {
    const pwr_keeper_orders_t *orders;
    server_rec *main_server;
    apr_pool_t *pconf;
    apr_proc_t process; /* the parent's view of the keeper */
} keeper_t;

/* Threads and children inherit the mask. */
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

/* Ends the process when that fails: it must not go on as root. */
static void change_user(const keeper_t *keeper, apr_pool_t *pool)
{
    const char *name = keeper->orders->user;
    const struct passwd *user = name != NULL ? getpwnam(name) : NULL;

    if (geteuid() != 0) {
        return;
    }
    if (name != NULL && user == NULL) {
        pwr_log(PWR_LOG_ERROR, "PWR0922", "the user %s of PwResetWorkerUser is gone", name);
        _exit(APEXIT_CHILDFATAL);
    }
    if (user != NULL) { /* in this process alone */
        ap_unixd_config.user_name = name;
        ap_unixd_config.user_id = user->pw_uid;
        ap_unixd_config.group_id = user->pw_gid;
    }
    if (ap_run_drop_privileges(pool, keeper->main_server) != 0) {
        _exit(APEXIT_CHILDFATAL);
    }
}

static void give_up_privileges(const keeper_t *keeper)
{
    const pwr_sandbox_t *sandbox = keeper->orders->sandbox;
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, keeper->pconf);
    if (sandbox != NULL) {
        pwr_sandbox_drop_bounds();
    }
    change_user(keeper, pool);
    pwr_fault_t *fault = sandbox != NULL ? pwr_sandbox_confine(sandbox, pool) : NULL;
    if (fault != NULL) {
        pwr_log_fault(fault);
        _exit(APEXIT_CHILDFATAL);
    }
    apr_pool_destroy(pool);
}

/* 0 when there is none, which is tried again. */
static pid_t fork_worker(const keeper_t *keeper, apr_time_t not_before)
{
    pid_t self = getpid();
    pid_t worker = fork();

    if (worker == 0) {
        keeper->orders->main(keeper->orders->data, self, not_before);
        _exit(0);
    }
    if (worker < 0) {
        ap_log_error(APLOG_MARK, APLOG_ERR, apr_get_os_error(), keeper->main_server,
                     "PWR0909: the worker could not be forked and is tried again");
        return 0;
    }
    return worker;
}

static void end(pid_t worker)
{
    if (worker > 0) {
        kill(worker, SIGTERM);
        waitpid(worker, NULL, 0);
    }
    _exit(0);
}

/* Does not return. */
static void keep(const keeper_t *keeper, pid_t parent)
{
    const struct timespec pause = {.tv_sec = LOOK_EVERY};
    apr_time_t not_before = 0;
    sigset_t wanted;
    pid_t worker = 0;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGCHLD);
    while (getppid() == parent) {
        int status = 0;
        if (worker == 0) {
            worker = fork_worker(keeper, not_before);
            not_before = pwr_clock_now() + RESTART_PAUSE;
        }
        int got = sigtimedwait(&wanted, NULL, &pause);
        if (got == SIGTERM || got == SIGINT) {
            break;
        }
        if (worker > 0 && waitpid(worker, &status, WNOHANG) == worker) {
            pid_t ended = worker;
            worker = 0;
            if (WIFEXITED(status) && WEXITSTATUS(status) == PWR_KEEPER_START_ANEW) {
                continue;
            }
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, keeper->main_server,
                         "PWR0910: the worker (pid %" APR_PID_T_FMT
                         ") died with status %d and is started again; no request is lost",
                         ended, status);
        }
    }
    end(worker);
}

static void watch_keeper(int reason, void *data, int status);

static pwr_fault_t *fork_keeper(keeper_t *keeper)
{
    pid_t parent = getpid();
    pid_t child = fork();

    if (child < 0) {
        return pwr_fault_broken(keeper->pconf, "PWR0923",
                                "the worker's keeper could not be forked: %s",
                                pwr_fault_status(apr_get_os_error(), keeper->pconf));
    }
    if (child == 0) {
        take_signals();
        prctl(PR_SET_NAME, "pwreset-keeper");
        ap_close_listeners();
        give_up_privileges(keeper);
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* after the change of user, which would clear it */
        keep(keeper, parent);
    }
    keeper->process = (apr_proc_t){.pid = child};
    apr_pool_note_subprocess(keeper->pconf, &keeper->process, APR_KILL_AFTER_TIMEOUT);
    apr_proc_other_child_register(&keeper->process, watch_keeper, keeper, NULL, keeper->pconf);
    return NULL;
}

/* httpd tells what became of the keeper. */
static void watch_keeper(int reason, void *data, int status)
{
    keeper_t *keeper = data;
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
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, keeper->main_server,
                 "PWR0921: the worker's keeper (pid %" APR_PID_T_FMT
                 ") died with status %d and is started again; no request is lost. The new one is a "
                 "copy of the parent, which has the private keys of TLS in its memory: do a "
                 "graceful restart, which starts one without them.",
                 keeper->process.pid, status);
    pwr_fault_t *fault = fork_keeper(keeper);
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

pwr_fault_t *pwr_keeper_start(const pwr_keeper_orders_t *orders, server_rec *main_server,
                              apr_pool_t *pconf)
{
    keeper_t *keeper = apr_pcalloc(pconf, sizeof *keeper);

    keeper->orders = orders;
    keeper->main_server = main_server;
    keeper->pconf = pconf;
    return fork_keeper(keeper);
}
