/*
 * One bounded HTTPS request: for the services of remote robot checks and of leaked passwords. TLS
 * verified, no redirect followed, no proxy or .netrc of the environment, answer bounded. Each call
 * makes its own handle; any thread. SIGPIPE must be ignored, as httpd does.
 */
#ifndef PWR_BASE_HTTPS_H
#define PWR_BASE_HTTPS_H

#include "base/fault.h"

typedef struct {
    const char *url;             /* https:// */
    const char *content_type;    /* of the body */
    const char *body;            /* POSTed; for a GET it does not count */
    const char *header;          /* one more line, or NULL */
    const char *trusted_ca;      /* PEM file; NULL for the system's */
    apr_interval_time_t timeout; /* of the whole call */
    apr_size_t most;             /* longest answer that is read, and longest header */
} pwr_https_post_t;

typedef struct {
    int status;       /* of HTTP */
    const char *body; /* closed by a NUL that does not count */
    apr_size_t length;
} pwr_https_answer_t;

/* LATER when there was no complete answer within the bounds, BROKEN when the URL or the certificate
 * is wrong. Details name the host, never the body or the rest of the URL. Any HTTP status is an
 * answer. The caller wipes what is secret in `post`. */
pwr_fault_t *pwr_https_post(pwr_https_answer_t *answer, const pwr_https_post_t *post,
                            apr_pool_t *pool) PWR_MUST_USE;
/* The same as a GET. */
pwr_fault_t *pwr_https_get(pwr_https_answer_t *answer, const pwr_https_post_t *what,
                           apr_pool_t *pool) PWR_MUST_USE;

#endif
