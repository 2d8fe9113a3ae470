/*
 * The table of one language: key to compiled pattern. A compiled language takes some 0.8 MB, most
 * of it ICU's. So the site's own language and English alone are compiled at start and shared by all
 * processes; another is compiled in a process when it is first used there. Any thread.
 */
#ifndef PWR_TEXT_LANGUAGE_TABLE_H
#define PWR_TEXT_LANGUAGE_TABLE_H

#include <apr_hash.h>

#include "base/fault.h"

typedef struct pwr_language_table_t pwr_language_table_t;
struct pwr_language_table_t {
    const char *path, *text;              /* the file, and what stood in it */
    const char *locale;                   /* ICU's name: "nb", "pt_BR" */
    const char *time_zone;                /* an Olson name; NULL for the system's */
    const pwr_language_table_t *fallback; /* has what this one lacks; compiled at start */
    _Atomic(apr_hash_t *) patterns;       /* NULL until it is first used; language_table.c's */
};

/* Compiles the text into a fresh table of pwr_pattern_t by key. BROKEN, with file and line. */
pwr_fault_t *pwr_language_table_compile(apr_hash_t **patterns, const pwr_language_table_t *table,
                                        apr_pool_t *pool) PWR_MUST_USE;

/* Compiles the site's own language and English (NULL: there is none), each with what it lacks from
 * the other. At start. */
pwr_fault_t *pwr_language_tables_make(pwr_language_table_t *own, pwr_language_table_t *english,
                                      apr_pool_t *pool) PWR_MUST_USE;

/* The table, compiled now if it was not yet: its text was found to be sound at start. Never NULL.
 */
apr_hash_t *pwr_language_table_patterns(pwr_language_table_t *table);

#endif
