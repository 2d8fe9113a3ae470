/*
 * How a language writes numbers and times, by ICU. For patterns alone. Made at start; read-only
 * after that but for clones of its formats, any thread.
 */
#ifndef PWR_TEXT_LOCALE_H
#define PWR_TEXT_LOCALE_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <unicode/udat.h>
#include <unicode/unumberformatter.h>

typedef struct pwr_locale_t pwr_locale_t;

struct pwr_locale_t {
    const char *name;
    bool is_from_right;     /* written from right to left */
    const UChar *time_zone; /* NULL for the system's */
    UNumberFormatter *numbers;
    UDateFormat *times;   /* for times without a style */
    apr_hash_t *by_style; /* style -> UDateFormat: one takes 50 kB, and few are different */
};

/* `name` is ICU's ("nb", "pt_BR"); `time_zone` an Olson name or NULL for the system's. NULL when
 * ICU does not know that zone. */
pwr_locale_t *pwr_locale_make(const char *name, const char *time_zone, apr_pool_t *pool);

/* `style` is "date" or "time" with an ICU style behind a comma. NULL when ICU refuses it. */
UDateFormat *pwr_locale_times(const pwr_locale_t *locale, const char *style, apr_pool_t *pool);

/* UTF-8 as UTF-16, closed by a zero, at most PWR_MAX_MESSAGE bytes of it. */
UChar *pwr_locale_widen(const char *text, apr_pool_t *pool);

#endif
