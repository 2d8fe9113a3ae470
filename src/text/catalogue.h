/* One language's messages, compiled from the text of its file. For language_table alone. */
#ifndef PWR_TEXT_CATALOGUE_H
#define PWR_TEXT_CATALOGUE_H

#include <apr_hash.h>

#include "base/fault.h"
#include "text/pattern.h"

/* Compiles the lines of `text`, the content of the file `path`, into keys to pwr_pattern_t. BROKEN,
 * with file and line, as pwr_translations_load says. */
pwr_fault_t *pwr_catalogue_compile(apr_hash_t **patterns, const char *path, const char *text,
                                   const pwr_locale_t *locale, apr_pool_t *pool) PWR_MUST_USE;

#endif
