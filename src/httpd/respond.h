/* Ways to answer a request, each with the security headers of every answer. */
#ifndef PWR_HTTPD_RESPOND_H
#define PWR_HTTPD_RESPOND_H

#include "httpd/pages.h"

/* A page with a status. The status is what the person's browser sees; the body is ours whatever it
 * is. */
int pwr_respond_page(const pwr_request_context_t *context, pwr_page_t page, pwr_view_t *view,
                     int status);

/* The error page for a status, with the words of `key`. */
int pwr_respond_error(const pwr_request_context_t *context, int status, const char *key);

/* The error page for what pwr_form_read answered. */
int pwr_respond_bad_body(const pwr_request_context_t *context, int status);

/* 429 with Retry-After. */
int pwr_respond_too_many(const pwr_request_context_t *context, apr_interval_time_t retry_after);

/* 303 to a path behind the base path, with no body, so that its length tells nothing. */
int pwr_respond_see_other(const pwr_request_context_t *context, const char *path);

/* 301 to the same address at the base URL, for a GET without TLS. A link's secret is not repeated:
 * it has been seen. */
int pwr_respond_to_https(const pwr_request_context_t *context);

/* Bytes that never change under their address. */
int pwr_respond_bytes(const pwr_request_context_t *context, const char *type, const char *bytes,
                      apr_size_t length);

/* Bytes made for this request alone. */
int pwr_respond_once(const pwr_request_context_t *context, const char *type, const char *bytes,
                     apr_size_t length);

#endif
