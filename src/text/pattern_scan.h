/*
 * Splits the pattern of a message into parts, each a plain text, one argument, or a piece that ICU
 * must format. For pattern.c alone. At start, one thread.
 */
#ifndef PWR_TEXT_PATTERN_SCAN_H
#define PWR_TEXT_PATTERN_SCAN_H

#include <apr_tables.h>
#include <unicode/udat.h>
#include <unicode/umsg.h>

#include "text/locale.h"

/* ICU's C interface takes arguments as a C argument list whose types follow from the pattern. To
 * make that list of one fixed shape, numbers come first and texts after them; these are the most of
 * each that one piece may have. */
#define PWR_PATTERN_NUMBERS 4
#define PWR_PATTERN_TEXTS 8

/* An argument as the pattern wants it. */
typedef struct {
    const char *name;
    const char *style;  /* "date,short"; NULL for a plain argument */
    UDateFormat *times; /* of that style */
} pwr_slot_t;

typedef struct {
    const char *text;       /* a plain text; NULL for the other two kinds */
    UMessageFormat *format; /* a piece for ICU; NULL for the argument texts[0] alone */
    const char *numbers[PWR_PATTERN_NUMBERS];
    int number_count;
    pwr_slot_t texts[PWR_PATTERN_TEXTS]; /* counted by ICU after the numbers */
    int text_count;
} pwr_part_t;

/* Splits `source` into parts. NULL when fine, else why not. */
const char *pwr_pattern_scan(apr_array_header_t *parts, const char *source,
                             const pwr_locale_t *locale, apr_pool_t *pool);

#endif
