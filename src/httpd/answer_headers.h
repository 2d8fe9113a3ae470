/*
 * The headers of every answer that say what a browser may do with it. They are set where the site
 * has not set them itself, in a filter behind those of mod_headers and mod_expires, so that each
 * stands in the answer once. In web children, any thread.
 */
#ifndef PWR_HTTPD_ANSWER_HEADERS_H
#define PWR_HTTPD_ANSWER_HEADERS_H

#include "httpd/private.h"

#define PWR_KEEP_NOT "no-store"
#define PWR_KEEP_FOR_EVER "public, max-age=31536000, immutable"

typedef struct {
    const char *cache_control; /* one of the two above */
    const char *remote_policy; /* Content-Security-Policy of a page with a provider's widget; NULL
                                  elsewhere */
    bool has_secret;           /* the address held a token */
} pwr_answer_headers_t;

/* Registers the filter. */
void pwr_answer_headers_register(void);

/* The headers of this answer; again for one request, the last call counts. */
void pwr_answer_headers_set(request_rec *request, const pwr_answer_headers_t *headers);

/* The insert_error_filter hook: an answer that httpd makes for one of our requests has them too. */
void pwr_answer_headers_insert_error(request_rec *request);

#endif
