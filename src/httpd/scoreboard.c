/*
 * The filter gathers mod_status's page, which httpd itself keeps small (a line per worker), and
 * passes it on changed: what stands behind the base path of a site, up to the next space or tag,
 * becomes "/-".
 */
#include "httpd/scoreboard.h"

#include <string.h>

#include <apr_buckets.h>
#include <apr_strings.h>
#include <http_main.h>
#include <scoreboard.h>
#include <util_filter.h>

#include "httpd/private.h"

#define FILTER_NAME "PWRESET_STATUS"
#define MOST_BYTES (16 * 1024 * 1024) /* mod_status writes some 300 bytes per worker */

void pwr_scoreboard_overwrite(request_rec *request)
{
    conn_rec *primary = request->connection->master;

    if (primary != NULL && primary->sbh != NULL) {
        ap_update_child_status_descr(primary->sbh, SERVER_BUSY_WRITE, request->the_request);
    }
}

/* Cuts short what follows `prefix` wherever it stands in `text`; the text only gets shorter. */
static void cut(char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    char *out = text;

    while (*text != '\0') {
        if (strncmp(text, prefix, length) != 0) {
            *out++ = *text++;
            continue;
        }
        memmove(out, text, length);
        out += length;
        text += length;
        size_t rest = strcspn(text, " <\r\n");
        if (rest > 0) {
            *out++ = '-';
            text += rest;
        }
    }
    *out = '\0';
}

static void cut_all(char *text, server_rec *server, apr_pool_t *pool)
{
    for (; server != NULL; server = server->next) {
        const pwr_site_t *site = pwr_site_of(server);
        if (site != NULL && site->server == server) {
            cut(text, apr_pstrcat(pool, " ", site->base_path, "/", NULL));
        }
    }
}

static apr_status_t filter(ap_filter_t *self, apr_bucket_brigade *brigade)
{
    request_rec *request = self->r;
    apr_bucket_brigade *gathered = self->ctx;
    char *text = NULL;
    apr_size_t length = 0;
    apr_off_t total = 0;

    if (gathered == NULL) {
        gathered = apr_brigade_create(request->pool, request->connection->bucket_alloc);
        self->ctx = gathered;
    }
    bool is_last = !APR_BRIGADE_EMPTY(brigade) && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
    apr_status_t status = ap_save_brigade(self, &gathered, &brigade, request->pool);
    if (status == APR_SUCCESS) {
        status = apr_brigade_length(gathered, 1, &total);
    }
    if (status == APR_SUCCESS && total > MOST_BYTES) {
        status = APR_ENOSPC;
    }
    if (status != APR_SUCCESS || !is_last) {
        return status;
    }
    apr_brigade_pflatten(gathered, &text, &length, request->pool);
    apr_brigade_cleanup(gathered);
    text = apr_pstrmemdup(request->pool, text, length);
    cut_all(text, ap_server_conf, request->pool);
    apr_brigade_puts(gathered, NULL, NULL, text);
    APR_BRIGADE_INSERT_TAIL(gathered, apr_bucket_eos_create(gathered->bucket_alloc));
    ap_remove_output_filter(self);
    return ap_pass_brigade(self->next, gathered);
}

void pwr_scoreboard_register(void)
{
    ap_register_output_filter(FILTER_NAME, filter, NULL, AP_FTYPE_RESOURCE);
}

void pwr_scoreboard_insert(request_rec *request)
{
    if (request->handler != NULL && strcmp(request->handler, "server-status") == 0) {
        ap_add_output_filter(FILTER_NAME, NULL, request, request->connection);
    }
}
