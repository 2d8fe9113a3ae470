/*
 * What is refused here leads nowhere, so the address need not survive. The virtual host may not be
 * known yet, so the sites of all hosts are looked at: an address that names the base path of one of
 * them is replaced whole, and in any other, each run of token characters is.
 */
#include "httpd/scrub_early.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>

#include "httpd/private.h"
#include "httpd/scoreboard.h"
#include "httpd/scrub.h"
#include "token/hide.h"

#define LOUDEST_QUIET APLOG_TRACE4 /* beyond this the start has warned: PWR0904 */

/* %xx undone once; what is badly encoded, or a NUL, stays as it is. */
static const char *decoded(const char *text, apr_pool_t *pool)
{
    char *plain = apr_palloc(pool, strlen(text) + 1);
    char *out = plain;

    while (*text != '\0') {
        bool is_encoded = text[0] == '%' && apr_isxdigit(text[1]) && apr_isxdigit(text[2]);
        const char digits[] = {text[0] != '\0' ? text[1] : '\0', is_encoded ? text[2] : '\0', '\0'};
        char byte = is_encoded ? (char)strtol(digits, NULL, 16) : '\0';
        *out++ = byte != '\0' ? byte : *text;
        text += byte != '\0' ? 3 : 1;
    }
    *out = '\0';
    return plain;
}

/* Does the text name an address of this site? One at the root has the whole host, so there only
 * those of its links count. */
static bool names(const char *text, const pwr_site_t *site)
{
    if (site->base_path[0] == '\0') {
        return strstr(text, "/r/") != NULL || strstr(text, "/stop/") != NULL;
    }
    return ap_strcasestr(text, site->base_path + 1) != NULL;
}

/* The site that one of the texts names; NULL when none does. */
static const pwr_site_t *site_in(const char *const texts[], size_t count, apr_pool_t *pool)
{
    for (size_t i = 0; i < count; i++) {
        const char *plain = texts[i] != NULL ? decoded(texts[i], pool) : "";
        for (server_rec *server = ap_server_conf; server != NULL; server = server->next) {
            const pwr_site_t *site = pwr_site_of(server);
            if (site != NULL && names(plain, site)) {
                return site;
            }
        }
    }
    return NULL;
}

static bool has_site(void)
{
    for (server_rec *server = ap_server_conf; server != NULL; server = server->next) {
        if (pwr_site_of(server) != NULL) {
            return true;
        }
    }
    return false;
}

static void hide(char **text, apr_pool_t *pool)
{
    if (*text != NULL) {
        *text = pwr_token_hide(*text, pool);
    }
}

/* Values that name a site, or hold something like a token. */
static void hide_values(apr_table_t *table, apr_pool_t *pool)
{
    const apr_array_header_t *rows = apr_table_elts(table);
    apr_table_entry_t *entries = (apr_table_entry_t *)(void *)rows->elts;

    for (int i = 0; i < rows->nelts; i++) {
        const char *const value[] = {entries[i].val};
        entries[i].val = site_in(value, 1, pool) != NULL ? apr_pstrdup(pool, "-")
                                                         : pwr_token_hide(entries[i].val, pool);
    }
}

/* Runs of token characters, in all that was made of the request line. */
static void hide_runs(request_rec *request)
{
    apr_uri_t *parsed = &request->parsed_uri;
    char **const texts[]
        = {&request->the_request, &request->unparsed_uri, &request->uri,     &request->args,
           &request->filename,    &request->path_info,    &parsed->path,     &parsed->query,
           &parsed->fragment,     &parsed->hostinfo,      &parsed->hostname, &parsed->user,
           &parsed->password,     &request->protocol};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hide(texts[i], request->pool);
    }
    if (request->method != NULL) {
        request->method = pwr_token_hide(request->method, request->pool);
    }
    if (request->hostname != NULL) {
        request->hostname = pwr_token_hide(request->hostname, request->pool);
    }
}

/* The whole address, and what is no method: the line may be broken anywhere. */
static void replace(request_rec *request, const pwr_site_t *site)
{
    apr_uri_t *parsed = &request->parsed_uri;

    if (request->method == NULL || request->method_number == M_INVALID) {
        request->method = "-";
    }
    parsed->fragment = NULL;
    parsed->user = NULL;
    parsed->password = NULL;
    request->filename = NULL;
    request->path_info = NULL;
    pwr_scrub_readdress(request, apr_pstrcat(request->pool, site->base_path, "/-", NULL), NULL);
}

/* Several hooks come here, and each does it anew: httpd sets the method back after the
 * ErrorDocument.
 */
static void scrub(request_rec *request)
{
    const char *const texts[] = {request->the_request, request->unparsed_uri, request->uri,
                                 request->args, request->method};

    if (pwr_scrub_has_seen(request) || !has_site()) {
        return;
    }
    const pwr_site_t *site = site_in(texts, sizeof texts / sizeof texts[0], request->pool);
    hide_runs(request);
    if (site != NULL) {
        replace(request, site);
    }
    hide_values(request->subprocess_env, request->pool);
    hide_values(request->notes, request->pool);
    pwr_scrub_header(request, "Referer");
    pwr_scrub_header(request, "Host");
    pwr_scoreboard_overwrite(request);
}

void pwr_scrub_early_read(request_rec *request, conn_rec *connection)
{
    int index = ap_find_linked_module("core.c")->module_index;
    int level = ap_get_request_module_loglevel(request, index);

    (void)connection;
    if (level <= APLOG_INFO || level > LOUDEST_QUIET || !has_site()) {
        return;
    }
    struct ap_logconf *quiet = ap_new_log_config(request->pool, request->connection->log != NULL
                                                                    ? request->connection->log
                                                                    : &request->server->log);
    ap_set_module_loglevel(request->pool, quiet, index, APLOG_INFO);
    request->log = quiet;
}

int pwr_scrub_early_end(request_rec *request)
{
    if (request->prev == NULL && request->main == NULL) {
        request->log = NULL; /* that of the server, or of the Location, counts from now on */
    }
    return DECLINED;
}

int pwr_scrub_early_create(request_rec *request)
{
    for (request_rec *one = request->prev; one != NULL; one = one->prev) {
        scrub(one);
    }
    for (request_rec *one = request->main; one != NULL; one = one->main) {
        scrub(one);
    }
    return OK;
}

void pwr_scrub_early_answer(request_rec *request)
{
    scrub(request);
}

int pwr_scrub_early_log(request_rec *request)
{
    scrub(request);
    return DECLINED;
}

/* The variables that hold the address, by the place of it in a request. */
static const struct {
    const char *name;
    size_t offset;
} variables[] = {
    {"THE_REQUEST", offsetof(request_rec, the_request)},
    {"REQUEST_URI", offsetof(request_rec, uri)},
    {"DOCUMENT_URI", offsetof(request_rec, uri)},
    {"QUERY_STRING", offsetof(request_rec, args)},
};

static const char *value_of(ap_expr_eval_ctx_t *context, const void *data)
{
    const size_t *offset = data;
    request_rec *request = context->r;

    if (request == NULL) {
        return "";
    }
    scrub(request);
    const char *value = *(char **)(void *)((char *)request + *offset);
    return value != NULL ? value : "";
}

int pwr_scrub_early_lookup(ap_expr_lookup_parms *parms)
{
    if (parms->type != AP_EXPR_FUNC_VAR) {
        return DECLINED;
    }
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (strcasecmp(parms->name, variables[i].name) == 0) {
            *parms->func = (const void *)value_of;
            *parms->data = &variables[i].offset;
            return OK;
        }
    }
    return DECLINED;
}
