/* The body and the status of each kind of answer; answer_headers.c has the headers of all. */
#include "httpd/respond.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "httpd/answer_headers.h"
#include "httpd/page_filter.h"
#include "text/json.h"

static void set_headers(const pwr_request_context_t *context, const char *cache_control)
{
    const pwr_answer_headers_t headers
        = {.cache_control = cache_control, .has_secret = context->secret != NULL};

    pwr_answer_headers_set(context->request, &headers);
}

/* Pages with a form that asks for a link, where a provider's widget may stand. */
static bool has_widget(pwr_page_t page)
{
    return page == PWR_PAGE_REQUEST || page == PWR_PAGE_CHANGE || page == PWR_PAGE_SENT
           || page == PWR_PAGE_DEAD;
}

int pwr_respond_page(const pwr_request_context_t *context, pwr_page_t page, pwr_view_t *view,
                     int status)
{
    request_rec *request = context->request;
    pwr_page_content_t content = {
        .template = pwr_pages_template(context->site->pages, page),
        .view = view,
        .language = context->language,
    };
    const pwr_answer_headers_t headers = {
        .cache_control = PWR_KEEP_NOT,
        .remote_policy = has_widget(page) ? context->site->remote_policy : NULL,
        .has_secret = context->secret != NULL,
    };

    pwr_pages_finish(view, context, page);
    pwr_answer_headers_set(request, &headers);
    apr_table_setn(request->headers_out, "Content-Language", pwr_language_tag(context->language));
    if (!context->is_language_chosen) {
        apr_table_mergen(request->headers_out, "Vary", "Accept-Language");
    }
    ap_set_content_type(request, "text/html; charset=utf-8");
    request->status = status;
    return pwr_page_filter_send(request, &content);
}

/* RFC 9457, for clients that ask for JSON and not for a page. */
static int respond_problem(const pwr_request_context_t *context, int status, const char *text)
{
    request_rec *request = context->request;
    pwr_json_t *json = pwr_json_make(request->pool);

    pwr_json_text(json, "type", "about:blank");
    pwr_json_text(json, "title", ap_get_status_line(status) + 4);
    pwr_json_number(json, "status", status);
    pwr_json_text(json, "detail", text);
    const char *line = pwr_json_line(json, request->pool);
    apr_table_setn(request->headers_out, "Content-Language", pwr_language_tag(context->language));
    request->status = status;
    return pwr_respond_once(context, "application/problem+json", line, strlen(line));
}

static bool wants_json(const request_rec *request)
{
    const char *accept = apr_table_get(request->headers_in, "Accept");
    return accept != NULL && strstr(accept, "json") != NULL && strstr(accept, "text/html") == NULL;
}

int pwr_respond_error(const pwr_request_context_t *context, int status, const char *key)
{
    request_rec *request = context->request;
    pwr_view_t *view = pwr_pages_view(context, PWR_PAGE_ERROR);
    const char *text = pwr_translations_format(context->language, key, view, request->pool);

    if (status == HTTP_SERVICE_UNAVAILABLE) {
        apr_table_setn(request->err_headers_out, "Retry-After", "300");
    }
    if (wants_json(request)) {
        return respond_problem(context, status, text);
    }
    pwr_view_number(view, "status", status);
    pwr_view_text(view, "text", text);
    if (status == HTTP_NOT_FOUND) {
        pwr_view_flag(view, "is_not_found", true);
        pwr_view_text(view, "title",
                      pwr_translations_format(context->language, "error.not_found_title", view,
                                              request->pool));
    }
    return pwr_respond_page(context, PWR_PAGE_ERROR, view, status);
}

int pwr_respond_too_many(const pwr_request_context_t *context, apr_interval_time_t retry_after)
{
    apr_table_setn(context->request->err_headers_out, "Retry-After",
                   apr_ltoa(context->request->pool, (long)apr_time_sec(retry_after) + 1));
    return pwr_respond_error(context, HTTP_TOO_MANY_REQUESTS, "error.too_many");
}

/* Our path for a Location header: RFC 3986, and never "//host", which leads elsewhere. */
static const char *location_of(const pwr_request_context_t *context, const char *path)
{
    const char *whole = apr_pstrcat(context->request->pool, context->prefix, path, NULL);

    while (whole[0] == '/' && whole[1] == '/') {
        whole++;
    }
    return ap_escape_uri(context->request->pool, whole);
}

int pwr_respond_to_https(const pwr_request_context_t *context)
{
    request_rec *request = context->request;
    const char *path = context->secret == NULL ? context->path : "/";

    set_headers(context, PWR_KEEP_NOT);
    apr_table_setn(
        request->headers_out, "Location",
        apr_pstrcat(request->pool, context->site->origin, location_of(context, path), NULL));
    request->status = HTTP_MOVED_PERMANENTLY;
    ap_set_content_length(request, 0);
    return OK;
}

int pwr_respond_bad_body(const pwr_request_context_t *context, int status)
{
    context->request->connection->keepalive
        = AP_CONN_CLOSE; /* what is left of the body is not read */
    switch (status) {
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return pwr_respond_error(context, status, "error.too_large");
    case HTTP_UNSUPPORTED_MEDIA_TYPE:
        return pwr_respond_error(context, status, "error.unsupported");
    default:
        return pwr_respond_error(context, HTTP_BAD_REQUEST, "error.bad_request");
    }
}

int pwr_respond_see_other(const pwr_request_context_t *context, const char *path)
{
    request_rec *request = context->request;

    set_headers(context, PWR_KEEP_NOT);
    apr_table_setn(request->headers_out, "Location", location_of(context, path));
    request->status = HTTP_SEE_OTHER;
    ap_set_content_length(request, 0);
    return OK;
}

static int send_bytes(const pwr_request_context_t *context, const char *type, apr_bucket *bucket)
{
    request_rec *request = context->request;
    conn_rec *connection = request->connection;
    apr_bucket_brigade *brigade = apr_brigade_create(request->pool, connection->bucket_alloc);

    ap_set_content_type(request, type);
    ap_set_content_length(request, (apr_off_t)bucket->length);
    APR_BRIGADE_INSERT_TAIL(brigade, bucket);
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(connection->bucket_alloc));
    apr_status_t status = ap_pass_brigade(request->output_filters, brigade);
    return status == APR_SUCCESS || connection->aborted ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

int pwr_respond_bytes(const pwr_request_context_t *context, const char *type, const char *bytes,
                      apr_size_t length)
{
    apr_bucket_alloc_t *list = context->request->connection->bucket_alloc;

    set_headers(context, PWR_KEEP_FOR_EVER);
    return send_bytes(context, type, apr_bucket_immortal_create(bytes, length, list));
}

int pwr_respond_once(const pwr_request_context_t *context, const char *type, const char *bytes,
                     apr_size_t length)
{
    apr_bucket_alloc_t *list = context->request->connection->bucket_alloc;

    set_headers(context, PWR_KEEP_NOT);
    return send_bytes(context, type,
                      apr_bucket_pool_create(bytes, length, context->request->pool, list));
}
