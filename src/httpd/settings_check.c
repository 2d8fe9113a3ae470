/*
 * Checks per site, in the order in which a sysadmin would fill in the directives. The first thing
 * wrong of each site is told; all sites are looked at.
 */
#include "httpd/settings_check.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <ap_provider.h>
#include <http_core.h>
#include <http_log.h>

#include "base/url.h"
#include "httpd/assets.h"
#include "httpd/location.h"
#include "httpd/log_bridge.h"
#include "httpd/pages.h"
#include "httpd/private.h"
#include "httpd/settings_differ.h"
#include "httpd/trusted_path.h"

APLOG_USE_MODULE(pwreset);

#define LEAST_TIME_TO_FILL_IN 60 /* seconds */
#define LONGEST_CONNECT apr_time_from_sec(10)

/* NULL, or the sentence about the first required directive that is missing. */
static const char *find_missing(const pwr_settings_t *settings, apr_pool_t *pool)
{
    const struct {
        bool is_there;
        const char *sentence;
    } required[] = {
        {settings->parts.directory.uris != NULL,
         "PwResetLDAPURL is missing: it says where the accounts are. Write PwResetLDAPURL "
         "\"ldap://ldap.example.org/ou=people,dc=example,dc=org?mail,uid\""},
        {settings->parts.directory.bind_dn == NULL
             || settings->parts.directory.bind_password != NULL,
         "PwResetLDAPBindPassword is missing beside PwResetLDAPBindDN. Write "
         "PwResetLDAPBindPassword "
         "file:/etc/apache2/pwreset-ldap.secret"},
        {settings->parts.directory.bind_dn != NULL
             || settings->parts.directory.bind_password == NULL,
         "PwResetLDAPBindDN is missing beside PwResetLDAPBindPassword. Write PwResetLDAPBindDN "
         "\"cn=pwreset,ou=services,dc=example,dc=org\""},
        {settings->parts.mail.relays != NULL,
         "PwResetRelay is missing: it says over which server mail leaves. Write PwResetRelay "
         "smtp://pwreset@mail.example.org:587"},
        {settings->parts.mail.from != NULL, "PwResetMailFrom is missing: it is the sender of every "
                                            "mail. Write PwResetMailFrom \"Example Ltd "
                                            "<password@example.org>\""},
    };

    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        if (!required[i].is_there) {
            return required[i].sentence;
        }
    }
    if (settings->parts.abuse.form_life
        < settings->parts.abuse.wait + apr_time_from_sec(LEAST_TIME_TO_FILL_IN)) {
        return "PwResetFormLife must be a minute longer than PwResetWait, or the wait could not "
               "end in time. "
               "Write PwResetFormLife 12h";
    }
    if (settings->parts.flow.keep < settings->parts.abuse.form_life) {
        return "PwResetKeep must be as long as PwResetFormLife, or a form could be used twice. "
               "Write "
               "PwResetKeep 30d";
    }
    for (int i = 0; i < settings->parts.mail.relays->nelts; i++) {
        const pwr_relay_t *relay
            = APR_ARRAY_IDX(settings->parts.mail.relays, i, const pwr_relay_t *);
        if (relay->user != NULL && relay->password == NULL) {
            return apr_pstrcat(pool, "PwResetRelay ", relay->name,
                               " names a user but has no password. Write PwResetRelayPassword "
                               "file:/etc/apache2/pwreset-relay.secret below it",
                               NULL);
        }
    }
    return NULL;
}

/* NULL, or why the worker cannot run as the user that the settings name. */
static const char *check_worker_user(const pwr_settings_t *settings)
{
    const struct passwd *user
        = settings->worker_user != NULL ? getpwnam(settings->worker_user) : NULL;

    if (user == NULL) {
        return NULL;
    }
    if (strcmp(settings->parts.store.driver, "sqlite3") == 0) {
        return "PwResetWorkerUser needs a database server, as the file of SQLite belongs to the "
               "server's user alone. Write PwResetStore pgsql or mysql, or leave "
               "PwResetWorkerUser out";
    }
    if (geteuid() != 0 && geteuid() != user->pw_uid) {
        return "PwResetWorkerUser needs a server that root starts, as only root can become another "
               "user. Leave PwResetWorkerUser out";
    }
    return NULL;
}

/* What a page with a provider's widget may load: ours, and the provider's origins. A self-hosted
 * one is where it is asked. */
static const char *remote_policy(const pwr_remote_settings_t *remote, apr_pool_t *pool)
{
    const pwr_remote_provider_t *provider = pwr_remote_provider(remote->provider);
    const char *sources = provider->sources;
    pwr_url_t url;

    if (sources[0] == '\0' && remote->verify_url != NULL
        && pwr_url_parse(&url, remote->verify_url, pool)) {
        sources = url.origin;
    }
    return apr_psprintf(pool,
                        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' %s; "
                        "style-src 'self' 'unsafe-inline' %s; img-src 'self' data: %s; "
                        "connect-src 'self' %s; frame-src %s; worker-src 'self' blob:; "
                        "form-action 'self'; base-uri 'none'; object-src 'none'; "
                        "frame-ancestors 'none'",
                        sources, sources, sources, sources, sources);
}

/* Values that follow from others. */
static void derive(pwr_site_t *site, apr_pool_t *pool)
{
    pwr_parts_settings_t *parts = &site->settings->parts;
    pwr_url_t url = {.path = ""};

    (void)pwr_url_parse(&url, parts->flow.base_url, pool); /* its directive has checked it */
    site->base_path = url.path;
    site->form_path = apr_pstrcat(pool, url.path, "/", NULL);
    site->origin = apr_pstrndup(pool, parts->flow.base_url,
                                strlen(parts->flow.base_url) - strlen(site->base_path));
    parts->policy.organisation = parts->flow.organisation; /* a host name is no word of people's */
    if (parts->policy.blocklist == NULL) {
        parts->policy.blocklist = apr_pstrcat(pool, parts->flow.files, "/blocklist.txt", NULL);
    } else if (parts->policy.blocklist[0] == '\0') {
        parts->policy.blocklist = NULL;
    }
    if (parts->flow.organisation == NULL) {
        parts->flow.organisation = url.host;
    }
    if (parts->flow.contact == NULL) {
        parts->flow.contact
            = parts->mail.reply_to != NULL ? parts->mail.reply_to : parts->mail.from;
    }
    if (parts->flow.login_url[0] == '/') {
        parts->flow.login_url = apr_pstrcat(pool, site->origin, parts->flow.login_url, NULL);
    }
    parts->remote.hostname = url.host;
    if (parts->remote.provider != NULL) {
        site->remote_policy = remote_policy(&parts->remote, pool);
    }
    parts->mail.connect_timeout
        = parts->mail.timeout < LONGEST_CONNECT ? parts->mail.timeout : LONGEST_CONNECT;
}

static const char *path_of(const char *value)
{
    return value != NULL && strncmp(value, "file:", 5) == 0 ? value + 5 : NULL;
}

/* NULL, or which files root would read at the start where the server's user may write. A FIFO there
 * would hold up the start, and a link could show a file of root to everybody. */
static const char *find_untrusted(const pwr_settings_t *settings, apr_pool_t *pool)
{
    const pwr_parts_settings_t *parts = &settings->parts;
    const char *files = parts->flow.files;
    const struct {
        const char *directive, *path;
    } places[] = {
        {"PwResetFiles", apr_pstrcat(pool, files, "/messages", NULL)},
        {"PwResetFiles", apr_pstrcat(pool, files, "/pages", NULL)},
        {"PwResetFiles", apr_pstrcat(pool, files, "/mail", NULL)},
        {"PwResetFiles", apr_pstrcat(pool, files, "/assets", NULL)},
        {"PwResetPages", settings->pages},
        {"PwResetMails", parts->flow.mails},
        {"PwResetStyle", path_of(settings->style)},
        {"PwResetLogo", path_of(settings->logo)},
        {"PwResetBlocklist", parts->policy.blocklist},
        {"PwResetPwned", parts->policy.pwned_file},
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *path = places[i].path;
        const char *folder = path != NULL ? pwr_trusted_path_find_open(path, pool) : NULL;
        if (folder != NULL) {
            return apr_psprintf(pool,
                                "PWR0974: %s: root reads %s at the start, but it lies in %s. Move "
                                "it to a folder that root alone may write.",
                                places[i].directive, path, folder);
        }
    }
    return NULL;
}

/* Opening judges the settings and opens no connection. */
static pwr_fault_t *check_directory(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    apr_pool_t *scratch = NULL;
    pwr_directory_t *directory = NULL;

    apr_pool_create(&scratch, pool);
    pwr_fault_t *fault = pwr_directory_open(&directory, settings, scratch);
    if (fault != NULL) {
        fault = pwr_fault_broken(pool, fault->tag, "%s", fault->detail);
    }
    apr_pool_destroy(scratch);
    return fault;
}

/* What a part says of its settings. It does not know what they are called here. */
static pwr_fault_t *name_directives(const char *directives, const pwr_fault_t *fault,
                                    apr_pool_t *pool)
{
    return fault == NULL ? NULL
                         : pwr_fault_broken(pool, fault->tag, "%s: %s", directives, fault->detail);
}

static const char *check_site(pwr_site_t *site, apr_pool_t *pool)
{
    pwr_settings_t *settings = site->settings;
    const char *wrong = pwr_settings_finish(settings, pool);

    if (wrong == NULL) {
        wrong = find_missing(settings, pool);
    }
    if (wrong == NULL) {
        wrong = check_worker_user(settings);
    }
    if (wrong != NULL) {
        return wrong;
    }
    derive(site, pool);
    wrong = find_untrusted(settings, pool);
    if (wrong != NULL) {
        return wrong;
    }
    pwr_fault_t *fault = name_directives("PwResetLDAPURL and its like",
                                         check_directory(&settings->parts.directory, pool), pool);
    if (fault == NULL) {
        fault = name_directives(
            "PwResetFiles, PwResetMails, PwResetMailAlso, PwResetLanguage, PwResetLanguages or "
            "PwResetTimeZone",
            pwr_parts_load_texts(&site->texts, &settings->parts.flow, pool), pool);
    }
    if (fault == NULL) {
        fault
            = name_directives("PwResetBlocklist, PwResetPwned or PwResetPattern",
                              pwr_policy_open(&site->policy, &settings->parts.policy, pool), pool);
    }
    if (fault == NULL) {
        fault = pwr_pages_load(&site->pages, settings, site->texts, pool);
    }
    if (fault == NULL) {
        fault = pwr_assets_load(&site->assets, site, pool);
    }
    return fault != NULL ? apr_pstrcat(pool, fault->tag, ": ", fault->detail, NULL) : NULL;
}

/* httpd's own core writes request lines at these levels, before a module can take the token out of
 * them. */
static void warn_of_trace(const server_rec *server)
{
    static const struct {
        const char *module;
        int level;
    } talkative[] = {{"core.c", APLOG_TRACE5}, {"mod_http2.c", APLOG_TRACE1}};

    for (size_t i = 0; i < sizeof talkative / sizeof talkative[0]; i++) {
        module *found = ap_find_linked_module(talkative[i].module);
        if (found != NULL
            && ap_get_server_module_loglevel(server, found->module_index) >= talkative[i].level) {
            ap_log_error(
                APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, server,
                "PWR0904: the LogLevel of %s writes whole request lines, and with them the secret "
                "of every password link, to the error log. Lower it to debug.",
                talkative[i].module);
        }
    }
}

/* Stops the start of the server. At a reload it would stop what runs, other sites included, so
 * there only this site is closed: configtest has a program of its own, which may be newer than the
 * one in memory, and a file may have changed since. */
static int refuse_site(pwr_settings_t *settings, const server_rec *server, const char *wrong)
{
    bool is_reload = ap_state_query(AP_SQ_CONFIG_GEN) > 1;
    const char *end = wrong[strlen(wrong) - 1] == '.' ? "" : ".";

    ap_log_error(APLOG_MARK, APLOG_CRIT | (is_reload ? 0 : APLOG_STARTUP), 0, server, "%s: %s%s%s",
                 settings->where, wrong, is_reload ? end : "",
                 is_reload ? " Until this is right and the server is reloaded, the password pages "
                             "of this site answer 503. After an upgrade of the module restart the "
                             "server: a reload keeps the program that is in memory."
                           : "");
    settings->site = NULL;
    settings->is_refused = is_reload;
    return is_reload ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

/* One site's turn: OK, or the status that stops the server. */
static int take_site(pwr_settings_t *settings, server_rec *server, apr_pool_t *pconf)
{
    pwr_site_t *site = apr_pcalloc(pconf, sizeof *site);

    site->settings = settings;
    site->server = server;
    site->wake_fd = -1;
    site->captcha = ap_lookup_provider(PWR_CAPTCHA_GROUP, PWR_CAPTCHA_NAME, PWR_CAPTCHA_VERSION);
    const char *wrong = check_site(site, pconf);
    if (wrong != NULL) {
        return refuse_site(settings, server, wrong);
    }
    settings->site = site;
    warn_of_trace(server);
    return OK;
}

static pwr_settings_t *settings_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &pwreset_module);
}

/* Are these the settings of a virtual host that says nothing itself? httpd merges such ones, or
 * hands on those of the main server. */
static bool is_silent(const pwr_settings_t *settings, const server_rec *main_server)
{
    return settings->is_inherited || settings == settings_of(main_server);
}

/* The site that another host has for the same base URL, or NULL. */
static pwr_site_t *find_site(const server_rec *first, const char *base_url)
{
    for (const server_rec *server = first; server != NULL; server = server->next) {
        pwr_site_t *site = settings_of(server)->site;
        if (site != NULL && strcmp(site->settings->parts.flow.base_url, base_url) == 0) {
            return site;
        }
    }
    return NULL;
}

/* One base URL, one site, however many hosts show it: its rows are worked by one set of settings,
 * and a virtual host's own come before those of the main server. */
static int take_server(server_rec *server, const server_rec *main_server, apr_pool_t *pconf)
{
    pwr_settings_t *settings = settings_of(server);

    if (settings->parts.flow.base_url == NULL || settings->site != NULL || settings->is_refused) {
        return OK;
    }
    pwr_site_t *shared = find_site(main_server, settings->parts.flow.base_url);
    if (shared == NULL) {
        return take_site(settings, server, pconf);
    }
    const char *wrong = server != main_server && !is_silent(settings, main_server)
                            ? pwr_settings_differ(settings, shared->settings, pconf)
                            : NULL;
    if (wrong != NULL) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, server, "%s: PWR0940: %s",
                     settings->where, wrong);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    settings->site = shared;
    return OK;
}

/* There is one worker for all sites: they cannot name two users. */
static int check_same_worker_user(server_rec *main_server)
{
    const pwr_settings_t *first = NULL;

    for (server_rec *server = main_server; server != NULL; server = server->next) {
        const pwr_settings_t *settings = settings_of(server);
        const char *user = settings->worker_user != NULL ? settings->worker_user : "";
        if (settings->site == NULL || settings->site->server != server) {
            continue;
        }
        if (first == NULL) {
            first = settings;
        } else if (strcmp(user, first->worker_user != NULL ? first->worker_user : "") != 0) {
            ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, server,
                         "%s: PwResetWorkerUser must be the same for all sites, as one worker "
                         "serves them all. Write it once, outside of every <VirtualHost>",
                         settings->where);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

/* A site whose links lead to no handler of ours, whichever of its hosts they come to. */
static void warn_of_unserved(server_rec *main_server)
{
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        const pwr_site_t *site = settings_of(server)->site;
        if (site != NULL && site->server == server && !pwr_location_serves_site(site)) {
            ap_log_error(APLOG_MARK, APLOG_WARNING | APLOG_STARTUP, 0, server,
                         "%s: PWR0941: no <Location> hands the address of PwResetBaseURL %s to the "
                         "module, so every link leads nowhere. Write into its virtual host: "
                         "<Location \"%s\"> SetHandler pwreset </Location>, on three lines",
                         site->settings->where, site->settings->parts.flow.base_url,
                         site->base_path[0] != '\0' ? site->base_path : "/");
        }
    }
}

/* Directives somewhere, and no PwResetBaseURL anywhere? Then the place of one of them. */
static const char *find_orphan(const server_rec *first)
{
    const char *orphan = NULL;

    for (const server_rec *server = first; server != NULL; server = server->next) {
        const pwr_settings_t *settings = settings_of(server);
        if (settings->parts.flow.base_url != NULL) {
            return NULL;
        }
        orphan = settings->where != NULL ? settings->where : orphan;
    }
    return orphan;
}

int pwr_settings_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *main_server)
{
    const char *orphan = find_orphan(main_server);
    int result = OK;

    (void)plog;
    (void)ptemp;
    pwr_log_bridge_open(main_server);
    for (server_rec *server = main_server->next; server != NULL; server = server->next) {
        if (!is_silent(settings_of(server), main_server)
            && take_server(server, main_server, pconf) != OK) {
            result = HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    /* The main server's own settings are a host's, whose log then has the worker's lines. */
    for (server_rec *server = main_server->next; server != NULL; server = server->next) {
        if (!settings_of(server)->is_inherited && result == OK) {
            result = take_server(server, main_server, pconf);
        }
    }
    for (server_rec *server = main_server; server != NULL && result == OK; server = server->next) {
        result = take_server(server, main_server, pconf);
    }
    if (result == OK) {
        result = check_same_worker_user(main_server);
        warn_of_unserved(main_server);
    }
    if (orphan != NULL) {
        ap_log_error(APLOG_MARK, APLOG_CRIT | APLOG_STARTUP, 0, main_server,
                     "%s: PwResetBaseURL is missing: it is in every link. Write PwResetBaseURL "
                     "https://intranet.example.org/passord",
                     orphan);
        result = HTTP_INTERNAL_SERVER_ERROR;
    }
    return result;
}
