/* One language's file of messages, read and compiled: the messages' private part. At start only. */
#ifndef PWR_TEXT_CATALOGUE_H
#define PWR_TEXT_CATALOGUE_H

#include <apr_hash.h>

#include "base/fault.h"
#include "text/pattern.h"

/* Keys to pwr_pattern_t. BROKEN, with file and line, as pwr_messages_load says. */
pwr_fault_t *pwr_catalogue_read(apr_hash_t **patterns, const char *path, const pwr_locale_t *locale,
                                apr_pool_t *pool) PWR_MUST_USE;

#endif
