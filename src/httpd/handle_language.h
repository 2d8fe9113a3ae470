/*
 * The language of a request. Who follows a language link goes on under "/en/...": the choice is in
 * the address of every page and form behind it, so it needs neither cookie nor script. Without one,
 * the browser's Accept-Language counts. A chosen language stands in the links of the mail too.
 */
#ifndef PWR_HTTPD_HANDLE_LANGUAGE_H
#define PWR_HTTPD_HANDLE_LANGUAGE_H

#include "httpd/private.h"
#include "text/view.h"

/* The language that a path behind the base path begins with; `path` then is what follows it (""
 * when nothing does). NULL, and `path` as it was, when it begins with none that is offered. */
const pwr_language_t *pwr_handle_language_take(const char **path, const pwr_site_t *site);

/* Takes the language off the address of a request to this site, and keeps it for the request. httpd
 * then sees the plain address, so what a Location says of it holds in every language. Once for each
 * request: "/nb/en/change" is no page. */
void pwr_handle_language_strip(request_rec *request, const pwr_site_t *site);

/* Sets path, language and prefix of a request, whose request and site are there. `path` is what
 * follows the base path. */
void pwr_handle_language_begin(pwr_request_context_t *context, const char *path);

/* The language as a row keeps it: "nb", or "/nb" when the person chose it, so that the links of the
 * mail carry the choice on. */
const char *pwr_handle_language_mark(const pwr_request_context_t *context);

/* Adds to a complete view what the links to the other languages need. */
void pwr_handle_language_links(pwr_view_t *view, const pwr_request_context_t *context);

#endif
