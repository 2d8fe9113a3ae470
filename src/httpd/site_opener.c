/*
 * A process of its own: what is looked at may hang (a file system that does not answer), the parent
 * must not wait for it, and a web process looks only when a request comes.
 */
#include "httpd/site_opener.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/log.h"
#include "httpd/state.h"
#include "httpd/user_process.h"

#define PAUSE apr_time_from_sec(2)

typedef struct {
    apr_proc_t process; /* the parent's view of it */
} opener_t;

/* Whether the site is right now. A reason that is not the one told before is told. */
static bool open_site(pwr_closed_site_t *closed, apr_pool_t *pool)
{
    apr_pool_t *scratch = NULL;
    pwr_keys_t keys;

    apr_pool_create(&scratch, pool);
    pwr_fault_t *fault = pwr_state_prepare_here(&keys, closed->site->settings, scratch);
    pwr_log_set_place(closed->site->server);
    if (fault == NULL) {
        pwr_site_keys_put(closed->site->keys, &keys);
        pwr_log(PWR_LOG_NOTICE, "PWR0976",
                "what was wrong is right: the password pages of %s are served again",
                closed->site->settings->parts.flow.base_url);
    } else if (strcmp(fault->detail, closed->fault->detail) != 0) {
        pwr_log_fault(fault);
        closed->fault = pwr_fault_broken(pool, fault->tag, "%s", fault->detail);
    }
    apr_pool_destroy(scratch); /* closes the database */
    pwr_crypto_wipe(&keys, sizeof keys);
    return fault == NULL;
}

/* The process's life. Does not return. */
static void open_all(const apr_array_header_t *closed, pid_t parent, apr_pool_t *pool)
{
    int left = closed->nelts;

    while (left > 0) {
        apr_sleep(PAUSE);
        if (getppid() != parent) {
            break;
        }
        for (int i = 0; i < closed->nelts; i++) {
            pwr_closed_site_t *one = &APR_ARRAY_IDX(closed, i, pwr_closed_site_t);
            if (one->fault != NULL && open_site(one, pool)) {
                one->fault = NULL;
                left--;
            }
        }
    }
    _exit(0);
}

/* httpd asks for its end here, or it would take the process for a lost child of its own. */
static void note_end(int reason, void *data, int status)
{
    (void)status;
    if (reason == APR_OC_REASON_DEATH || reason == APR_OC_REASON_LOST
        || reason == APR_OC_REASON_RESTART) {
        apr_proc_other_child_unregister(data);
    }
}

pwr_fault_t *pwr_site_opener_start(const apr_array_header_t *closed, server_rec *main_server,
                                   apr_pool_t *pconf)
{
    opener_t *opener = apr_pcalloc(pconf, sizeof *opener);
    pid_t parent = getpid();
    pid_t child = fork();

    if (child < 0) {
        return pwr_fault_broken(pconf, "PWR0977",
                                "no process could be started that opens closed sites again: %s. "
                                "Reload the server when what is wrong is right.",
                                pwr_fault_status(apr_get_os_error(), pconf));
    }
    if (child == 0) {
        pwr_user_process_become(main_server, pconf);
        prctl(PR_SET_NAME, "pwreset-opener");
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        open_all(closed, parent, pconf);
    }
    opener->process = (apr_proc_t){.pid = child};
    apr_pool_note_subprocess(pconf, &opener->process, APR_KILL_ALWAYS);
    apr_proc_other_child_register(&opener->process, note_end, opener, NULL, pconf);
    return NULL;
}
