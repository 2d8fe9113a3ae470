/*
 * Mustache templates (the published spec: variables, sections, inverted sections, comments,
 * partials, set delimiter; no lambdas), compiled once at start, rendered against a view and a
 * language. One name is special: {{t.KEY}} stands for the message KEY with its arguments from the
 * view, escaped like any variable. Compiled templates are read-only; any thread.
 */
#ifndef PWR_TEXT_TEMPLATE_H
#define PWR_TEXT_TEMPLATE_H

#include "text/template_source.h"

/* Compiles the file `name`; partials {{> part}} are files of the same folders (with the extension
 * of `name` when they have none). BROKEN with file and line for an unclosed tag or section, a
 * missing or circular partial, a file over PWR_MAX_TEMPLATE, bad UTF-8, a message key that the
 * language does not have, a slot that there is not, or a needed one that is missing. */
pwr_fault_t *pwr_template_load(pwr_template_t **made, const pwr_template_source_t *source,
                               const char *name, pwr_template_kind_t kind,
                               apr_pool_t *pool) PWR_MUST_USE;

/* Renders into one block of `pool`, closed by a NUL that does not count in `length` (NULL when not
 * wanted). BROKEN above PWR_MAX_PAGE. */
pwr_fault_t *pwr_template_render(const char **text, apr_size_t *length,
                                 const pwr_template_t *template, const pwr_view_t *view,
                                 const pwr_language_t *language, apr_pool_t *pool) PWR_MUST_USE;

#endif
