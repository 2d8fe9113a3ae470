/*
 * What root must do is done here, in the parent. Files that the server's user may change are left
 * to a child process (state.c). No database connection crosses a fork, and nothing here goes to the
 * network, so that a reload waits for no other machine.
 */
#include "httpd/lifecycle.h"

#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>

#include "base/log.h"
#include "events/audit_limit.h"
#include "events/metrics.h"
#include "httpd/log_bridge.h"
#include "httpd/private.h"
#include "httpd/site_opener.h"
#include "httpd/site_opening.h"
#include "httpd/state.h"
#include "httpd/trusted_path.h"
#include "httpd/worker.h"

APLOG_USE_MODULE(pwreset);

pwr_site_t *pwr_site_of(const server_rec *server)
{
    const pwr_settings_t *settings = ap_get_module_config(server->module_config, &pwreset_module);
    return settings->site;
}

static apr_status_t wake_worker(void *data)
{
    const pwr_site_t *site = data;
    const apr_uint64_t one = 1;
    ssize_t ignored = write(site->wake_fd, &one, sizeof one);
    (void)ignored;
    return APR_SUCCESS;
}

void pwr_request_context_wake_worker(const pwr_request_context_t *context)
{
    /* A request's pool ends when the last of its answer has been written. */
    apr_pool_cleanup_register(context->request->pool, context->site, wake_worker,
                              apr_pool_cleanup_null);
}

/* Root opens it, as httpd opens its own logs, so it must lie where root alone can put files. */
static pwr_fault_t *open_audit_log(pwr_site_t *site, apr_pool_t *pool)
{
    const char *path = site->settings->audit_log;
    const char *open_folder = path != NULL ? pwr_trusted_path_find_open(path, pool) : NULL;
    apr_status_t status = APR_SUCCESS;

    if (open_folder != NULL) {
        return pwr_fault_broken(pool, "PWR0971",
                                "root does not open the audit log %s, because it lies in %s. Name "
                                "a place in root's own folder, such as the folder of ErrorLog, "
                                "with PwResetAuditLog.",
                                path, open_folder);
    }
    if (path != NULL) {
        status = apr_file_open(&site->audit, path,
                               APR_FOPEN_WRITE | APR_FOPEN_APPEND | APR_FOPEN_CREATE,
                               APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_GREAD, pool);
    }
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(
            pool, "PWR0914",
            "the audit log %s cannot be opened: %s. Name a place that the server's "
            "starter may write with PwResetAuditLog.",
            path, pwr_fault_status(status, pool));
    }
    return NULL;
}

/* Counters live as long as the server does: a graceful restart is no reason to begin anew. The name
 * tells this module's from one with other counters, which was loaded before it. */
static pwr_fault_t *keep_counts(pwr_site_t *site, apr_pool_t *process_pool)
{
    const char *name = apr_psprintf(process_pool, "pwreset %d %d metrics %s", PWR_EVENT_COUNT,
                                    PWR_ROWS_COUNT, site->settings->parts.flow.base_url);
    void *kept = NULL;

    apr_pool_userdata_get(&kept, name, process_pool);
    site->parts.metrics = kept;
    if (kept == NULL) {
        PWR_TRY(pwr_metrics_open(&site->parts.metrics, process_pool));
        apr_pool_userdata_set(site->parts.metrics, name, apr_pool_cleanup_null, process_pool);
    }
    name = apr_pstrcat(process_pool, name, " audit", NULL);
    kept = NULL;
    apr_pool_userdata_get(&kept, name, process_pool);
    site->parts.audit_limit = kept;
    if (kept == NULL) {
        PWR_TRY(pwr_audit_limit_open(&site->parts.audit_limit, process_pool));
        apr_pool_userdata_set(site->parts.audit_limit, name, apr_pool_cleanup_null, process_pool);
    }
    return NULL;
}

pwr_fault_t *pwr_lifecycle_prepare_site(pwr_site_t *site, apr_pool_t *process_pool,
                                        apr_pool_t *pconf)
{
    pwr_settings_t *settings = site->settings;

    PWR_TRY(pwr_client_limit_open(&site->limit, &settings->parts.abuse, pconf));
    PWR_TRY(pwr_captcha_answers_open(&site->answers, pconf));
    PWR_TRY(open_audit_log(site, pconf));
    PWR_TRY(pwr_site_keys_open(&site->keys, settings->parts.flow.base_url, process_pool));
    site->parts.settings = &settings->parts;
    site->parts.texts = site->texts;
    site->parts.policy = site->policy;
    site->parts.limit = site->limit;
    return NULL;
}

int pwr_lifecycle_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    pwr_fault_t *fault = pwr_crypto_start(pconf);

    (void)plog;
    (void)ptemp;
    if (fault != NULL) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, NULL, "%s: %s", fault->tag,
                     fault->detail);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static pwr_fault_t *prepare_site(pwr_site_t *site, server_rec *main_server, apr_pool_t *pconf)
{
    apr_pool_t *process_pool = main_server->process->pool;

    PWR_TRY(keep_counts(site, process_pool));
    PWR_TRY(pwr_worker_prepare(site, process_pool));
    return pwr_lifecycle_prepare_site(site, process_pool, pconf);
}

/* At the first start, a site that cannot be served stops the server. At a reload it would stop what
 * runs, other sites included, so there only this site is closed. */
static int close_site(pwr_site_t *site, const pwr_fault_t *fault, const char *until)
{
    bool is_reload = ap_state_query(AP_SQ_CONFIG_GEN) > 1;

    ap_log_error(APLOG_MARK, APLOG_CRIT | (is_reload ? 0 : APLOG_STARTUP), 0, site->server,
                 "%s: %s: %s%s%s%s", site->settings->where, fault->tag, fault->detail,
                 is_reload ? " Until this is right" : "", is_reload ? until : "",
                 is_reload ? ", the password pages of this site answer 503." : "");
    return is_reload ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

typedef struct {
    apr_array_header_t *sites;  /* pwr_site_t *: what the worker is to work */
    apr_array_header_t *closed; /* pwr_closed_site_t: those of them that the opener looks at */
} start_t;

static int start_site(start_t *start, pwr_site_t *site, server_rec *main_server, apr_pool_t *pconf)
{
    const pwr_fault_t *fault = prepare_site(site, main_server, pconf);

    if (fault != NULL) {
        site->keys = NULL;
        return close_site(site, fault, " and the server is reloaded");
    }
    APR_ARRAY_PUSH(start->sites, pwr_site_t *) = site;
    fault = pwr_state_prepare(site, pconf);
    if (fault != NULL) {
        pwr_site_keys_withdraw(site->keys);
        APR_ARRAY_PUSH(start->closed, pwr_closed_site_t)
            = (pwr_closed_site_t){.site = site, .fault = fault};
        return close_site(site, fault, "");
    }
    return OK;
}

/* A reload that cannot start a process closes the sites: requests that nobody works are no use. */
static int end_start(const start_t *start, pwr_fault_t *fault)
{
    int result = OK;

    for (int i = 0; fault != NULL && i < start->sites->nelts; i++) {
        pwr_site_t *site = APR_ARRAY_IDX(start->sites, i, pwr_site_t *);
        site->keys = NULL;
        if (close_site(site, fault, " and the server is reloaded") != OK) {
            result = HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return result;
}

int pwr_lifecycle_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main_server)
{
    start_t start = {.sites = apr_array_make(pconf, 1, sizeof(pwr_site_t *)),
                     .closed = apr_array_make(pconf, 1, sizeof(pwr_closed_site_t))};

    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    pwr_log_bridge_open(main_server);
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        pwr_site_t *site = pwr_site_of(server);
        if (site != NULL && site->server == server
            && start_site(&start, site, main_server, pconf) != OK) {
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    pwr_fault_t *fault = NULL;
    if (start.sites->nelts > 0) {
        fault = pwr_worker_start(start.sites, main_server, pconf);
    }
    if (fault == NULL && start.closed->nelts > 0) {
        fault = pwr_site_opener_start(start.closed, main_server, pconf);
    }
    return end_start(&start, fault);
}

static void wipe_relays(const pwr_mail_settings_t *mail)
{
    for (int i = 0; i < mail->relays->nelts; i++) {
        const pwr_relay_t *relay = APR_ARRAY_IDX(mail->relays, i, const pwr_relay_t *);
        pwr_secret_wipe((pwr_secret_t *)(apr_uintptr_t)relay->password);
    }
}

void pwr_lifecycle_child(apr_pool_t *pchild, server_rec *main_server)
{
    pwr_log_bridge_open(main_server);
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        pwr_site_t *site = pwr_site_of(server);
        if (site == NULL || site->server != server) {
            continue;
        }
        wipe_relays(&site->settings->parts.mail);
        if (site->keys != NULL) { /* else the handler answers 503 */
            pwr_site_opening_begin(site, pchild);
        }
    }
}
