/*
 * What a template may name. A page or mail declares its slots, so that a site's own template with a
 * misspelt one, or without the one that carries the form's seal, stops configtest and not a person.
 * No state; any thread.
 */
#ifndef PWR_TEXT_SLOTS_H
#define PWR_TEXT_SLOTS_H

#include <stdbool.h>

#include <apr_tables.h>

typedef struct {
    const char *common; /* names that every page has, parted by spaces */
    const char *own;    /* those of this one */
    const char *needed; /* each must be used; "a|b": one of them */
} pwr_slots_t;

bool pwr_slots_know(const pwr_slots_t *slots, const char *name);

/* The first needed one that is not among `used` (const char *), as it stands in `needed`; NULL when
 * none is missing. */
const char *pwr_slots_lacking(const pwr_slots_t *slots, const apr_array_header_t *used,
                              apr_pool_t *pool);

#endif
