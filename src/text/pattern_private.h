/*
 * What the scanner of patterns (pattern_scan.c) leaves for their formatting (pattern.c): a message
 * is a row of parts, each a plain text, one argument, or a piece that ICU must format.
 */
#ifndef PWR_TEXT_PATTERN_PRIVATE_H
#define PWR_TEXT_PATTERN_PRIVATE_H

#include <apr_tables.h>
#include <apr_hash.h>
#include <unicode/udat.h>
#include <unicode/umsg.h>
#include <unicode/unumberformatter.h>

#include "text/pattern.h"

/* ICU's C interface takes arguments as a C argument list whose types follow from the pattern. To
 * make that list of one fixed shape, numbers come first and texts after them; these are the most of
 * each that one piece may have. */
#define PWR_PATTERN_NUMBERS 4
#define PWR_PATTERN_TEXTS 8

struct pwr_locale_t {
    const char *name;
    bool is_from_right;     /* written from right to left */
    const UChar *time_zone; /* NULL for the system's */
    UNumberFormatter *numbers;
    UDateFormat *times;   /* for times without a style */
    apr_hash_t *by_style; /* style -> UDateFormat: one takes 50 kB, and few are different */
};

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

struct pwr_pattern_t {
    const pwr_locale_t *locale;
    const char *constant;      /* the whole message when it has no argument, else NULL */
    apr_array_header_t *parts; /* pwr_part_t */
};

/* `style` is "date" or "time" with an ICU style behind a comma. NULL when ICU refuses it. */
UDateFormat *pwr_locale_times(const pwr_locale_t *locale, const char *style, apr_pool_t *pool);

/* Splits `source` into parts. NULL when fine, else why not. */
const char *pwr_pattern_scan(apr_array_header_t *parts, const char *source,
                             const pwr_locale_t *locale, apr_pool_t *pool);

#endif
