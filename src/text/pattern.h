/*
 * One message: an ICU MessageFormat pattern with named arguments, compiled. The messages' private
 * part. Compiled at start; formatting from any thread.
 */
#ifndef PWR_TEXT_PATTERN_H
#define PWR_TEXT_PATTERN_H

#include "text/locale.h"
#include "text/view.h"

typedef struct pwr_pattern_t pwr_pattern_t;

/* NULL when fine, else why not, in words that follow "the pattern ...". `pool` lives as long as the
 * locale, which keeps what the patterns share. */
const char *pwr_pattern_compile(pwr_pattern_t **made, const char *source,
                                const pwr_locale_t *locale, apr_pool_t *pool);

/* UTF-8, at most PWR_MAX_MESSAGE bytes, cut between characters. A pattern without arguments is
 * returned as it was compiled. `view` may be NULL. */
const char *pwr_pattern_format(const pwr_pattern_t *pattern, const pwr_view_t *view,
                               apr_pool_t *pool);

#endif
