/*
 * Regular expressions of ICU (Unicode, UTS 18) with bounded time and memory: a pattern that a
 * site's administrator wrote, on a text that a stranger typed. Compiled once at start; matching
 * from any thread, for each match works on a copy.
 */
#ifndef PWR_TEXT_EXPRESSION_H
#define PWR_TEXT_EXPRESSION_H

#include <stdbool.h>

#include "base/fault.h"

typedef struct pwr_expression_t pwr_expression_t;

/* Lives in `pool`. BROKEN with what is wrong and where. */
pwr_fault_t *pwr_expression_compile(pwr_expression_t **expression, const char *pattern,
                                    apr_pool_t *pool) PWR_MUST_USE;

/* Is it found anywhere in `text`? LATER when the answer took more than the ceiling: then it is not
 * known. */
pwr_fault_t *pwr_expression_find(bool *is_found, const pwr_expression_t *expression,
                                 const char *text, apr_pool_t *scratch) PWR_MUST_USE;

#endif
