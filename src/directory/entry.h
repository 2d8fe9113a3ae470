/*
 * An entry of the directory as plain data, and its values as text, numbers, truths and times. Lives
 * in the pool of the search that found it; read-only, any thread.
 */
#ifndef PWR_DIRECTORY_ENTRY_H
#define PWR_DIRECTORY_ENTRY_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

typedef struct {
    const char *name;           /* as it was asked for, with the options of the answer behind it */
    apr_array_header_t *values; /* const char *; at least one */
} pwr_attribute_t;

typedef struct {
    const char *dn;
    apr_array_header_t *attributes; /* pwr_attribute_t; those that have values */
} pwr_entry_t;

/* A copy that lives in `pool`. */
const pwr_entry_t *pwr_entry_copy(const pwr_entry_t *entry, apr_pool_t *pool);

/* The values (const char *) of an attribute, NULL when there are none; and the first of them. Names
 * are compared without regard to case; "mail" does not find "mail;lang-nb". */
const apr_array_header_t *pwr_entry_values(const pwr_entry_t *entry, const char *name);
const char *pwr_entry_first(const pwr_entry_t *entry, const char *name);

/* The values of an attribute whatever its options, those without an option first; NULL when there
 * are none. */
const apr_array_header_t *pwr_entry_all_values(const pwr_entry_t *entry, const char *name,
                                               apr_pool_t *pool);

/* The first value as a number, 0..INT_MAX, 0 when it is missing; and whether it is "TRUE". */
int pwr_entry_number(const pwr_entry_t *entry, const char *name);
bool pwr_entry_is_true(const pwr_entry_t *entry, const char *name);

/* A GeneralizedTime in UTC (RFC 4517, 3.3.13: "20261122093000Z", fraction allowed), else 0. */
apr_time_t pwr_entry_time(const char *text);

#endif
