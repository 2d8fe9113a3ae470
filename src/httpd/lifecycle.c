/*
 * What root must do is done here, in the parent: files are made for the run user with mode 0600,
 * then never touched as root again. No database connection crosses a fork.
 */
#include "httpd/lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <unixd.h>

#include "base/log.h"
#include "events/metrics.h"
#include "httpd/log_bridge.h"
#include "httpd/private.h"
#include "httpd/secret.h"
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

void pwr_visit_wake_worker(const pwr_visit_t *visit)
{
    /* A request's pool ends when the last of its answer has been written. */
    apr_pool_cleanup_register(visit->request->pool, visit->site, wake_worker,
                              apr_pool_cleanup_null);
}

/* The folder of a state file, mode 0700 for the run user. One that is there already is left as it
 * is. */
static pwr_fault_t *make_folder(const char *file, apr_pool_t *pool)
{
    char *folder = apr_pstrdup(pool, file);
    char *slash = strrchr(folder, '/');

    if (slash == NULL || slash == folder) {
        return NULL;
    }
    *slash = '\0';
    if (access(folder, F_OK) == 0) {
        return NULL;
    }
    if (mkdir(folder, 0700) != 0
        || (geteuid() == 0
            && chown(folder, ap_unixd_config.user_id, ap_unixd_config.group_id) != 0)) {
        return pwr_fault_broken(
            pool, "PWR0912",
            "the folder %s cannot be made: %s. Make it by hand, owned by the server's "
            "user, mode 0700.",
            folder, pwr_fault_status(apr_get_os_error(), pool));
    }
    return NULL;
}

/* The database file, empty, before SQLite opens it: SQLite gives its side files the same owner and
 * mode. One that is there already is left as it is: its folder belongs to the server's user, who
 * could have put a link there for root to give away what it points at. */
static pwr_fault_t *make_file(const char *path, apr_pool_t *pool)
{
    struct stat about;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST && lstat(path, &about) == 0 && S_ISREG(about.st_mode)) {
        return NULL;
    }
    if (fd < 0
        || (geteuid() == 0 && fchown(fd, ap_unixd_config.user_id, ap_unixd_config.group_id) != 0)) {
        return pwr_fault_broken(
            pool, "PWR0913",
            "the database file %s cannot be made: %s. Make its folder for the server's "
            "user, or name another place with PwResetStore.",
            path, pwr_fault_status(apr_get_os_error(), pool));
    }
    close(fd);
    return NULL;
}

/* Makes tables. A database on another machine may be down just now: that is told, and stops
 * nothing; the worker makes them when it is back. */
static pwr_fault_t *prepare_store(pwr_site_t *site, apr_pool_t *pool)
{
    const pwr_store_settings_t *settings = &site->settings->parts.store;
    bool is_file = strcmp(settings->driver, "sqlite3") == 0;
    apr_pool_t *scratch = NULL;
    pwr_store_t *store = NULL;

    if (is_file) {
        PWR_TRY(make_folder(settings->params, pool));
        PWR_TRY(make_file(settings->params, pool));
    }
    apr_pool_create(&scratch, pool);
    pwr_fault_t *fault = pwr_store_open(&store, settings, scratch);
    if (fault == NULL) {
        fault = pwr_schema_prepare(store, scratch);
    }
    if (fault != NULL) {
        fault = fault->kind == PWR_LATER && !is_file
                    ? (pwr_log_fault(fault), NULL)
                    : pwr_fault_broken(pool, fault->tag, "PwResetStore %s%s%s: %s",
                                       settings->driver, is_file ? " " : "",
                                       is_file ? settings->params : "", fault->detail);
    }
    apr_pool_destroy(scratch); /* closes it: nothing open crosses the fork */
    return fault;
}

static pwr_fault_t *open_audit_log(pwr_site_t *site, apr_pool_t *pool)
{
    const char *path = site->settings->audit_log;
    apr_status_t status = APR_SUCCESS;

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
static pwr_fault_t *keep_metrics(pwr_site_t *site, apr_pool_t *process_pool)
{
    const char *name = apr_psprintf(process_pool, "pwreset %d metrics %s", PWR_EVENT_COUNT,
                                    site->settings->parts.flow.base_url);
    void *kept = NULL;

    apr_pool_userdata_get(&kept, name, process_pool);
    site->parts.metrics = kept;
    if (kept == NULL) {
        PWR_TRY(pwr_metrics_open(&site->parts.metrics, process_pool));
        apr_pool_userdata_set(site->parts.metrics, name, apr_pool_cleanup_null, process_pool);
    }
    return NULL;
}

pwr_fault_t *pwr_lifecycle_prepare_site(pwr_site_t *site, apr_pool_t *pconf)
{
    pwr_settings_t *settings = site->settings;

    PWR_TRY(make_folder(settings->key_file, pconf));
    PWR_TRY(pwr_secret_key(&site->key, settings->key_file, ap_unixd_config.user_id,
                           ap_unixd_config.group_id, pconf));
    PWR_TRY(prepare_store(site, pconf));
    PWR_TRY(open_audit_log(site, pconf));
    site->parts.settings = &settings->parts;
    site->parts.texts = site->texts;
    site->parts.policy = site->policy;
    site->parts.key = site->key;
    PWR_TRY(pwr_client_limit_open(&site->limit, &settings->parts.abuse, pconf));
    site->parts.limit = site->limit;
    PWR_TRY(pwr_task_answers_open(&site->answers, pconf));
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

int pwr_lifecycle_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main_server)
{
    apr_array_header_t *sites = apr_array_make(pconf, 1, sizeof(pwr_site_t *));

    (void)plog;
    (void)ptemp;
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    pwr_log_bridge_open(main_server);
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        pwr_site_t *site = pwr_site_of(server);
        if (site == NULL || site->server != server) {
            continue;
        }
        pwr_fault_t *fault = pwr_lifecycle_prepare_site(site, pconf);
        if (fault == NULL) {
            fault = pwr_worker_prepare(site, main_server->process->pool);
        }
        if (fault == NULL) {
            fault = keep_metrics(site, main_server->process->pool);
        }
        if (fault != NULL) {
            ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, server, "%s: %s: %s",
                         site->settings->where, fault->tag, fault->detail);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
        APR_ARRAY_PUSH(sites, pwr_site_t *) = site;
    }
    if (sites->nelts > 0) {
        pwr_fault_t *fault = pwr_worker_start(sites, main_server, pconf);
        if (fault != NULL) {
            pwr_log_fault(fault);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
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
        pwr_fault_t *fault = pwr_parts_open(&site->parts, site->audit, pchild);
        if (fault != NULL) {
            pwr_log_fault(fault);
            site->parts.store = NULL; /* the handler answers that it is not there */
        }
    }
}
