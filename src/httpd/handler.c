/*
 * One row per address: path, what GET does, what POST does. GET and HEAD change nothing. The same
 * table answers 405 with the right Allow, so no address is forgotten.
 */
#include "httpd/handler.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>

#include "base/log.h"
#include "base/url.h"
#include "httpd/assets.h"
#include "httpd/claim.h"
#include "httpd/origin.h"
#include "httpd/private.h"
#include "httpd/respond.h"
#include "httpd/return_url.h"
#include "httpd/robot_check.h"
#include "httpd/scrub.h"
#include "httpd/site_opening.h"
#include "httpd/handle_challenge.h"
#include "httpd/handle_change.h"
#include "httpd/handle_language.h"
#include "httpd/handle_link.h"
#include "httpd/handle_request.h"

APLOG_USE_MODULE(pwreset);

static int show_help(const pwr_request_context_t *context)
{
    return pwr_respond_page(context, PWR_PAGE_HELP, pwr_pages_view(context, PWR_PAGE_HELP),
                            HTTP_OK);
}

static int show_link(const pwr_request_context_t *context)
{
    return pwr_respond_page(context, PWR_PAGE_LINK, pwr_pages_view(context, PWR_PAGE_LINK),
                            HTTP_OK);
}

/* The way back to where the person came from, sealed, may stand behind the path. */
static int show_end(const pwr_request_context_t *context, pwr_page_t page, const char *path)
{
    const char *sealed = context->path + strlen(path);
    pwr_view_t *view = pwr_pages_view(context, page);

    if (sealed[0] == '/') {
        const char *back = pwr_return_of_seal(context, sealed + 1);
        if (back == NULL) {
            return pwr_respond_see_other(context, path);
        }
        pwr_view_set_text(view, "login_url", back);
    }
    return pwr_respond_page(context, page, view, HTTP_OK);
}

static int show_done(const pwr_request_context_t *context)
{
    return show_end(context, PWR_PAGE_DONE, "/done");
}

static int show_unlocked(const pwr_request_context_t *context)
{
    return show_end(context, PWR_PAGE_UNLOCKED, "/unlocked");
}

static int show_asset(const pwr_request_context_t *context)
{
    const pwr_asset_t *asset = pwr_assets_find(context->site->assets, context->path);

    return asset != NULL ? pwr_respond_bytes(context, asset->type, asset->bytes, asset->length)
                         : pwr_respond_error(context, HTTP_NOT_FOUND, "error.not_found");
}

typedef int (*answer_t)(const pwr_request_context_t *context);

static const struct {
    const char *path;
    bool has_rest; /* the path goes on behind this */
    answer_t get;
    answer_t post;
} routes[] = {
    {"/", false, pwr_handle_request_show, pwr_handle_request_post},
    {"/sent/", true, pwr_handle_request_sent, NULL},
    {"/challenge", false, pwr_robot_check_work, NULL},
    {"/challenge/long", false, pwr_robot_check_long_work, NULL},
    {"/c/picture/", true, pwr_handle_challenge_picture, NULL},
    {"/c/sound/", true, pwr_handle_challenge_sound, NULL},
    {"/c/", true, pwr_handle_challenge_show, NULL},
    {"/c", false, NULL, pwr_handle_challenge_post},
    {"/r/", true, pwr_handle_link_show, NULL},
    {"/r", false, NULL, pwr_handle_link_post},
    {"/change", false, pwr_handle_change_show, pwr_handle_change_post},
    {"/done", false, show_done, NULL},
    {"/done/", true, show_done, NULL},
    {"/unlocked", false, show_unlocked, NULL},
    {"/unlocked/", true, show_unlocked, NULL},
    {"/stop/", true, pwr_handle_stop_show, NULL},
    {"/stop", false, NULL, pwr_handle_stop_post},
    {"/help", false, show_help, NULL},
    {"/a/", true, show_asset, NULL},
};

/* A body that no form is read from is not read at all, as it might never end: the connection
 * ends with the answer. */
static void leave_body(request_rec *request)
{
    if (apr_table_get(request->headers_in, "Content-Length") != NULL
        || apr_table_get(request->headers_in, "Transfer-Encoding") != NULL) {
        request->connection->keepalive = AP_CONN_CLOSE;
    }
}

static int show_refusal(const pwr_request_context_t *context, int status, const char *key)
{
    leave_body(context->request);
    return pwr_respond_error(context, status, key);
}

static int refuse_method(const pwr_request_context_t *context, bool may_get, bool may_post)
{
    const char *one = may_get ? "GET, HEAD" : "POST";

    context->request->allowed = 0; /* the header below says it */
    apr_table_setn(context->request->err_headers_out, "Allow",
                   may_get && may_post ? "GET, HEAD, POST" : one);
    return show_refusal(context, HTTP_METHOD_NOT_ALLOWED, "error.method");
}

/* Where the site does not want it, the page is not there. */
static bool is_off(const pwr_request_context_t *context, const char *path)
{
    return strcmp(path, "/change") == 0 && !context->site->settings->parts.flow.may_change;
}

static int route(const pwr_request_context_t *context)
{
    int method = context->request->method_number;

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        size_t length = strlen(routes[i].path);
        bool is_here = routes[i].has_rest ? strncmp(context->path, routes[i].path, length) == 0
                                          : strcmp(context->path, routes[i].path) == 0;
        if (!is_here || is_off(context, routes[i].path)) {
            continue;
        }
        if (method == M_GET && routes[i].get != NULL) {
            leave_body(context->request);
            return routes[i].get(context);
        }
        if (method != M_POST || routes[i].post == NULL) {
            return refuse_method(context, routes[i].get != NULL, routes[i].post != NULL);
        }
        if (!pwr_origin_is_ours(context)) {
            return show_refusal(context, HTTP_FORBIDDEN, "error.cross_site");
        }
        return routes[i].post(context);
    }
    return show_refusal(context, HTTP_NOT_FOUND, "error.not_found");
}

/* httpd's own idea of who asks (mod_remoteip), cut to a prefix. */
static const char *client_of(request_rec *request, const pwr_site_t *site)
{
    const apr_sockaddr_t *address = request->useragent_addr;
    char *text = apr_palloc(request->pool, 64);

    if (address == NULL) {
        return request->useragent_ip;
    }
    pwr_client_name(text, address->ipaddr_ptr, address->ipaddr_len, &site->settings->parts.abuse);
    return text;
}

/* The handler is set where no flow is. */
static int explain(request_rec *request, const pwr_site_t *site)
{
    const pwr_settings_t *settings
        = ap_get_module_config(request->server->module_config, &pwreset_module);

    if (settings->is_refused) {
        return HTTP_SERVICE_UNAVAILABLE;
    }
    if (site == NULL) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, request,
                      "PWR0906: SetHandler pwreset serves %s, but this virtual host has no "
                      "PwResetBaseURL. Write one into it.",
                      request->uri);
    } else {
        ap_log_rerror(
            APLOG_MARK, APLOG_ERR, 0, request,
            "PWR0915: SetHandler pwreset serves %s, which is not below PwResetBaseURL %s. "
            "Give the Location the path of the URL.",
            request->uri, site->settings->parts.flow.base_url);
    }
    return HTTP_NOT_FOUND;
}

static bool is_kept_by_nobody(const request_rec *request)
{
    const char *said = apr_table_get(request->headers_out, "Cache-Control");
    const char *always = apr_table_get(request->err_headers_out, "Cache-Control");

    return (said != NULL && strstr(said, "no-store") != NULL)
           || (always != NULL && strstr(always, "no-store") != NULL);
}

/* A kept page has the same form twice, and the second time it is taken for a double click. The page
 * around has left in part by now, so only its own configuration can forbid to keep it. */
static void check_page_around(const pwr_request_context_t *context)
{
    const request_rec *outer = context->request->main;

    while (outer->main != NULL) {
        outer = outer->main;
    }
    if (!is_kept_by_nobody(outer) && apr_atomic_cas32(&context->site->has_warned, 1, 0) == 0) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, outer,
                      "PWR0919: %s includes the form of %s, and may be kept by a browser or proxy: "
                      "a person who sends a kept form again gets no mail. Write into its Location: "
                      "Header always set Cache-Control no-store",
                      outer->uri, context->site->settings->parts.flow.base_url);
    }
}

/* What a page of the site's own pulls in by mod_include: the form or the help without head and
 * frame, or the link for its login page. The form's answers are whole pages of ours, whatever
 * page it stood on. */
static int include(const pwr_request_context_t *context)
{
    static const struct {
        const char *path;
        answer_t answer;
    } parts[] = {{"/", pwr_handle_request_show}, {"/help", show_help}, {"/link", show_link}};

    if (strcmp(context->path, "/") == 0) {
        check_page_around(context);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(context->path, parts[i].path) == 0) {
            return parts[i].answer(context);
        }
    }
    return HTTP_NOT_FOUND;
}

static int answer(request_rec *request)
{
    pwr_site_t *site = pwr_site_of(request->server);
    const char *path = site != NULL ? pwr_url_path_behind(site->base_path, request->uri) : NULL;
    if (path == NULL) {
        return explain(request, site);
    }
    site = pwr_site_opening_find(site);
    if (site == NULL) {
        return HTTP_SERVICE_UNAVAILABLE; /* the log says why */
    }
    pwr_request_context_t context = {
        .request = request,
        .site = site,
        .client = client_of(request, site),
        .secret = pwr_scrub_secret(request),
    };
    pwr_handle_language_begin(&context, path);
    if (request->main != NULL) {
        bool is_safe = site->settings->is_plain_allowed || ap_ssl_conn_is_ssl(request->connection);
        return is_safe ? include(&context) : HTTP_FORBIDDEN;
    }
    if (!site->settings->is_plain_allowed && !ap_ssl_conn_is_ssl(request->connection)) {
        return request->method_number == M_GET
                   ? pwr_respond_to_https(&context)
                   : show_refusal(&context, HTTP_FORBIDDEN, "error.plain");
    }
    if (context.path[0] == '\0') {
        leave_body(request);
        return pwr_respond_see_other(&context, "/");
    }
    return route(&context);
}

int pwr_handler(request_rec *request)
{
    if (!pwr_claim_has_handler(request)) {
        return DECLINED;
    }
    pwr_log_set_place(request->server);
    int status = answer(request);
    pwr_log(PWR_LOG_DEBUG, "PWR0930", "%s %s was answered with %d", request->method, request->uri,
            status != OK ? status : request->status);
    pwr_log_set_place(NULL);
    return status;
}
