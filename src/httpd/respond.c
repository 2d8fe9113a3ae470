/* The headers are the table; why each is there: Content Security Policy 3, Fetch Metadata, RFC
 * 6797, and their kin. */
#include "httpd/respond.h"

#include <apr_strings.h>
#include <http_protocol.h>

#include "httpd/page_filter.h"

static const struct {
    const char *name;
    const char *value;
} every_answer[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
     "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; object-src "
     "'none'; "
     "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types pwreset"},
    {"Referrer-Policy", "no-referrer"}, /* the token is in the address */
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"X-Robots-Tag", "noindex"},
};

/* On errors too, hence err_headers_out. */
static void set_headers(const pwr_visit_t *visit, const char *cache_control)
{
    apr_table_t *headers = visit->request->err_headers_out;

    for (size_t i = 0; i < sizeof every_answer / sizeof every_answer[0]; i++) {
        apr_table_setn(headers, every_answer[i].name, every_answer[i].value);
    }
    apr_table_setn(headers, "Cache-Control", cache_control);
    if (apr_table_get(visit->request->headers_out, "Strict-Transport-Security") == NULL) {
        apr_table_setn(headers, "Strict-Transport-Security", "max-age=31536000");
    }
}

int pwr_respond_page(const pwr_visit_t *visit, pwr_page_t page, pwr_view_t *view, int status)
{
    request_rec *request = visit->request;
    pwr_page_content_t content = {
        .template = pwr_pages_template(visit->site->pages, page),
        .view = view,
        .language = visit->language,
    };

    pwr_pages_finish(view, visit, page);
    set_headers(visit, "no-store");
    apr_table_setn(request->headers_out, "Content-Language", pwr_language_tag(visit->language));
    apr_table_mergen(request->headers_out, "Vary", "Accept-Language");
    ap_set_content_type(request, "text/html; charset=utf-8");
    request->status = status;
    return pwr_page_filter_send(request, &content);
}

int pwr_respond_error(const pwr_visit_t *visit, int status, const char *key)
{
    pwr_view_t *view = pwr_pages_view(visit, PWR_PAGE_ERROR);

    pwr_view_number(view, "status", status);
    pwr_view_text(view, "text",
                  pwr_messages_format(visit->language, key, view, visit->request->pool));
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(visit->request->err_headers_out, "Retry-After", "300");
    }
    return pwr_respond_page(visit, PWR_PAGE_ERROR, view, status);
}

int pwr_respond_bad_body(const pwr_visit_t *visit, int status)
{
    visit->request->connection->keepalive
        = AP_CONN_CLOSE; /* what is left of the body is not read */
    switch (status) {
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return pwr_respond_error(visit, status, "error.too_large");
    case HTTP_UNSUPPORTED_MEDIA_TYPE:
        return pwr_respond_error(visit, status, "error.unsupported");
    default:
        return pwr_respond_error(visit, HTTP_BAD_REQUEST, "error.bad_request");
    }
}

int pwr_respond_see_other(const pwr_visit_t *visit, const char *path)
{
    request_rec *request = visit->request;
    const char *location = apr_pstrcat(request->pool, visit->site->base_path, path, NULL);

    set_headers(visit, "no-store");
    apr_table_setn(request->headers_out, "Location", location);
    request->status = HTTP_SEE_OTHER;
    ap_set_content_length(request, 0);
    return OK;
}

int pwr_respond_bytes(const pwr_visit_t *visit, const char *type, const char *bytes,
                      apr_size_t length)
{
    request_rec *request = visit->request;
    conn_rec *connection = request->connection;
    apr_bucket_brigade *brigade = apr_brigade_create(request->pool, connection->bucket_alloc);

    set_headers(visit, "public, max-age=31536000, immutable");
    ap_set_content_type(request, type);
    ap_set_content_length(request, (apr_off_t)length);
    APR_BRIGADE_INSERT_TAIL(brigade,
                            apr_bucket_immortal_create(bytes, length, connection->bucket_alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(connection->bucket_alloc));
    apr_status_t status = ap_pass_brigade(request->output_filters, brigade);
    return status == APR_SUCCESS || connection->aborted ? OK : HTTP_INTERNAL_SERVER_ERROR;
}
