/*
 * Where "Go to sign-in" leads when an application sent a person here with ?return=URL: only to what
 * the site has listed, and never by way of a mail. No state; any thread.
 */
#ifndef PWR_HTTPD_RETURN_URL_H
#define PWR_HTTPD_RETURN_URL_H

#include <stdbool.h>

#include <apr_tables.h>

#include "text/view.h"
#include "httpd/private.h"

/* One that is allowed: an origin ("https://app.example.org"; NULL: this server) and how its paths
 * begin. */
typedef struct {
    const char *origin;
    const char *path;
} pwr_return_t;

/* Reads an entry of the list. NULL, or what is wrong. */
const char *pwr_return_parse(pwr_return_t *allowed, const char *word, apr_pool_t *pool);

/* `typed` as a whole https URL when the site allows it, else NULL. */
const char *pwr_return_check(const pwr_site_t *site, const char *typed, apr_pool_t *pool);

/* What the request asks for by ?return=, judged; NULL when nothing or nothing that is allowed. */
const char *pwr_return_of_query(const pwr_request_context_t *context);

/* The same out of a form's sealed field. */
const char *pwr_return_of_seal(const pwr_request_context_t *context, const char *sealed);

/* Adds the sealed field to a form's view, and keeps the choice in its language links. NULL adds
 * nothing. */
void pwr_return_show(pwr_view_t *view, const pwr_request_context_t *context, const char *url);

/* The same as a part of an address, for the page behind the new password: "/<seal>", or "". */
const char *pwr_return_sealed(const pwr_request_context_t *context, const char *url);

#endif
