/*
 * The pages: their templates, and the view (plain data) each is rendered from. Building a view asks
 * no server: the handlers hand in what the flows answered. Templates are read-only after start; any
 * thread.
 */
#ifndef PWR_HTTPD_PAGES_H
#define PWR_HTTPD_PAGES_H

#include "flow/reset_link.h"
#include "httpd/page.h"
#include "httpd/private.h"

/* Compiles pages/<name>.html, or what the site has in its place. BROKEN with file, line and remedy.
 */
pwr_fault_t *pwr_pages_load(pwr_pages_t **pages, const pwr_settings_t *settings,
                            const pwr_texts_t *texts, apr_pool_t *pool) PWR_MUST_USE;

const pwr_template_t *pwr_pages_template(const pwr_pages_t *pages, pwr_page_t page);

/* A view with what every page has. */
pwr_view_t *pwr_pages_view(const pwr_request_context_t *context, pwr_page_t page);

/* Adds the title, which tells of errors first (WCAG 2.4.2), and the links to the other languages.
 * Called once, when the view is complete. */
void pwr_pages_finish(pwr_view_t *view, const pwr_request_context_t *context, pwr_page_t page);

/* Adds an error: in the summary, and as `name` at its field (`field`, `name` may be NULL). */
typedef struct {
    const char *key;   /* message; its arguments are in the view already */
    const char *field; /* id of the input it is about */
    const char *name;  /* "error_name", "error_first", ... */
} pwr_page_error_t;
void pwr_pages_error(pwr_view_t *view, const pwr_request_context_t *context,
                     const pwr_page_error_t *error);

/* What every form that asks for a link has: its seal, and how hard the browser must work. */
void pwr_pages_show_form(pwr_view_t *view, const pwr_request_context_t *context,
                         const char *sealed);

/* What the pages of a link show. */
void pwr_pages_show_link(pwr_view_t *view, const pwr_request_context_t *context,
                         const pwr_reset_link_t *link);
/* The box of rules: what `policy_context` asks, in the view's list "rules"; and the hint beside it.
 */
void pwr_pages_show_rules(pwr_view_t *view, const pwr_request_context_t *context,
                          const pwr_policy_context_t *policy_context);
/* What was broken: the arguments of its message; and advice. */
void pwr_pages_show_verdict(pwr_view_t *view, const pwr_request_context_t *context,
                            const pwr_verdict_t *verdict);
void pwr_pages_show_dead(pwr_view_t *view, const pwr_request_context_t *context,
                         const pwr_reset_link_t *link);

#endif
