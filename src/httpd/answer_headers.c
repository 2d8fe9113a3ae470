/*
 * Why each header is there: Content Security Policy 3, Fetch Metadata, RFC 6797, and their kin.
 *
 * httpd has two tables of headers, and joins them behind the filters. mod_headers writes into
 * either (Header set, Header always set), so a header that the handler had set would stand beside
 * the site's own. What the site sets stands, with two exceptions: an answer that nobody may keep
 * is not kept, and the address of a link leaves in no Referer.
 */
#include "httpd/answer_headers.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_ssl.h>
#include <util_filter.h>

#include "httpd/claim.h"
#include "httpd/scrub.h"

#define FILTER_NAME "PWRESET_HEADERS"

static const struct {
    const char *name;
    const char *value;
} every_answer[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
     "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; object-src "
     "'none'; "
     "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types pwreset"},
    /* The token is in the address, so a Referer holds the origin at most. With "no-referrer" alone,
     * a browser's own form posts would carry "Origin: null"; it is for those who do not know the
     * other.
     */
    {"Referrer-Policy", "no-referrer, strict-origin"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"X-Robots-Tag", "noindex"},
};

/* What the site says of this header; NULL when it says nothing. Where both tables have it, the one
 * that httpd would send first stands. */
static const char *take_own(request_rec *request, const char *name)
{
    const char *always = apr_table_get(request->err_headers_out, name);

    if (always != NULL) {
        apr_table_unset(request->headers_out, name);
        return always;
    }
    return apr_table_get(request->headers_out, name);
}

static void set_missing(request_rec *request, const char *name, const char *value)
{
    if (take_own(request, name) == NULL) {
        apr_table_setn(request->headers_out, name, value);
    }
}

static void replace(request_rec *request, const char *name, const char *value)
{
    apr_table_unset(request->err_headers_out, name);
    apr_table_setn(request->headers_out, name, value);
}

/* Does every policy of the list send the origin at most? */
static bool hides_path(request_rec *request, const char *policies)
{
    char *last = NULL;
    char *word = apr_strtok(apr_pstrdup(request->pool, policies), ", \t", &last);

    for (; word != NULL; word = apr_strtok(NULL, ", \t", &last)) {
        if (strcasecmp(word, "no-referrer") != 0 && strcasecmp(word, "strict-origin") != 0
            && strcasecmp(word, "origin") != 0) {
            return false;
        }
    }
    return true;
}

/* An Expires beside it would contradict it. */
static void set_cache_control(request_rec *request, const char *wanted)
{
    const char *own = take_own(request, "Cache-Control");

    if (strcmp(wanted, PWR_KEEP_NOT) != 0) {
        set_missing(request, "Cache-Control", wanted);
        return;
    }
    apr_table_unset(request->headers_out, "Expires");
    apr_table_unset(request->err_headers_out, "Expires");
    if (own == NULL || !ap_find_token(request->pool, own, PWR_KEEP_NOT)) {
        replace(request, "Cache-Control", wanted);
    }
}

static void set_all(request_rec *request, const pwr_answer_headers_t *headers)
{
    const char *referrer = take_own(request, "Referrer-Policy");

    if (referrer != NULL && headers->has_secret && !hides_path(request, referrer)) {
        apr_table_unset(request->headers_out, "Referrer-Policy");
        apr_table_unset(request->err_headers_out, "Referrer-Policy");
    }
    if (headers->remote_policy != NULL) {
        set_missing(request, "Content-Security-Policy", headers->remote_policy);
    }
    for (size_t i = 0; i < sizeof every_answer / sizeof every_answer[0]; i++) {
        const char *name = every_answer[i].name;
        bool is_widgets
            = headers->remote_policy != NULL && strcmp(name, "Cross-Origin-Embedder-Policy") == 0;
        if (!is_widgets) {
            set_missing(request, name, every_answer[i].value);
        }
    }
    set_cache_control(request, headers->cache_control);
    if (ap_ssl_conn_is_ssl(request->connection)) { /* RFC 6797, 7.2 */
        set_missing(request, "Strict-Transport-Security", "max-age=31536000");
    }
}

static apr_status_t filter(ap_filter_t *self, apr_bucket_brigade *brigade)
{
    set_all(self->r, self->ctx);
    ap_remove_output_filter(self);
    return ap_pass_brigade(self->next, brigade);
}

/* Among filters of one type, the one that is added last runs last: behind FIXUP_HEADERS_OUT of
 * mod_headers, and before mod_cache. */
void pwr_answer_headers_register(void)
{
    ap_register_output_filter(FILTER_NAME, filter, NULL, AP_FTYPE_CONTENT_SET);
}

static ap_filter_t *find_filter(const request_rec *request)
{
    ap_filter_t *one = request->output_filters;

    while (one != NULL && (one->r != request || one->frec->filter_func.out_func != filter)) {
        one = one->next;
    }
    return one;
}

void pwr_answer_headers_set(request_rec *request, const pwr_answer_headers_t *headers)
{
    ap_filter_t *there = find_filter(request);
    void *copy = apr_pmemdup(request->pool, headers, sizeof *headers);

    if (strcmp(headers->cache_control, PWR_KEEP_NOT) == 0) { /* mod_expires adds none then */
        apr_table_setn(request->headers_out, "Expires", "0");
    }
    if (there != NULL) {
        there->ctx = copy;
    } else if (request->main == NULL) { /* an included part has no headers */
        ap_add_output_filter(FILTER_NAME, copy, request, request->connection);
    }
}

void pwr_answer_headers_insert_error(request_rec *request)
{
    const pwr_answer_headers_t headers = {
        .cache_control = PWR_KEEP_NOT,
        .has_secret = pwr_scrub_secret(request) != NULL,
    };

    if (pwr_claim_has_handler(request)) {
        pwr_answer_headers_set(request, &headers);
    }
}
