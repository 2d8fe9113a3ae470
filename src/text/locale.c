/*
 * How a language writes numbers and times: ICU's formats of one locale, opened once. Opening a date
 * format costs 50 kB, so formats are kept by style.
 */
#include "text/locale.h"

#include <string.h>

#include <apr_strings.h>
#include <unicode/ucal.h>
#include <unicode/udatpg.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/limits.h"

#define STYLE_ROOM 128

static apr_status_t close_times(void *data)
{
    udat_close(data);
    return APR_SUCCESS;
}

static apr_status_t close_numbers(void *data)
{
    unumf_close(data);
    return APR_SUCCESS;
}

UChar *pwr_locale_widen(const char *text, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = (int32_t)strnlen(text, PWR_MAX_MESSAGE);
    UChar *wide = apr_palloc(pool, sizeof(UChar) * ((apr_size_t)room + 1));
    int32_t length = 0;

    u_strFromUTF8WithSub(wide, room + 1, &length, text, room, 0xfffd, NULL, &status);
    wide[U_SUCCESS(status) ? length : 0] = 0;
    return wide;
}

/* Opens a format of the language in its zone; one of `pattern` and the two styles counts. */
static UDateFormat *open_times(const pwr_locale_t *locale, UDateFormatStyle date,
                               UDateFormatStyle time, const UChar *pattern, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar probe[STYLE_ROOM * 4];
    UDateFormat *times = udat_open(time, date, locale->name, locale->time_zone, -1, pattern,
                                   pattern != NULL ? -1 : 0, &status);

    apr_pool_cleanup_register(pool, times, close_times, apr_pool_cleanup_null);
    if (U_SUCCESS(status)) { /* udat_format would not tell of a bad letter */
        udat_formatForFields(times, 0, probe, STYLE_ROOM * 4, NULL, &status);
    }
    return U_SUCCESS(status) ? times : NULL;
}

/* What stands behind "::" is a skeleton: which fields are wanted, whatever their order. */
static bool pattern_of_skeleton(UChar *pattern, const pwr_locale_t *locale, const UChar *skeleton)
{
    UErrorCode status = U_ZERO_ERROR;
    UDateTimePatternGenerator *patterns = udatpg_open(locale->name, &status);
    int32_t length
        = udatpg_getBestPattern(patterns, skeleton, -1, pattern, STYLE_ROOM - 1, &status);

    udatpg_close(patterns);
    pattern[U_SUCCESS(status) ? length : 0] = 0;
    return U_SUCCESS(status);
}

static UDateFormat *make_times(const pwr_locale_t *locale, const char *style, apr_pool_t *pool)
{
    static const struct {
        const char *name;
        UDateFormatStyle style;
    } known[] = {{"", UDAT_DEFAULT},
                 {"short", UDAT_SHORT},
                 {"medium", UDAT_MEDIUM},
                 {"long", UDAT_LONG},
                 {"full", UDAT_FULL}};
    UChar pattern[STYLE_ROOM];
    const char *comma = strchr(style, ',');
    char *name = apr_pstrdup(pool, comma != NULL ? comma + 1 : "");

    apr_collapse_spaces(name, name);
    for (apr_size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) == 0) {
            bool is_date = strncmp(style, "date", 4) == 0;
            return open_times(locale, is_date ? known[i].style : UDAT_NONE,
                              is_date ? UDAT_NONE : known[i].style, NULL, pool);
        }
    }
    if (strlen(name) >= STYLE_ROOM) {
        return NULL;
    }
    if (strncmp(name, "::", 2) == 0) {
        if (!pattern_of_skeleton(pattern, locale, pwr_locale_widen(name + 2, pool))) {
            return NULL;
        }
        return open_times(locale, UDAT_PATTERN, UDAT_PATTERN, pattern, pool);
    }
    comma += 1 + strspn(comma + 1, " ");
    return open_times(locale, UDAT_PATTERN, UDAT_PATTERN, pwr_locale_widen(comma, pool), pool);
}

UDateFormat *pwr_locale_times(const pwr_locale_t *locale, const char *style, apr_pool_t *pool)
{
    UDateFormat *times = apr_hash_get(locale->by_style, style, APR_HASH_KEY_STRING);

    if (times == NULL) {
        times = make_times(locale, style, pool);
        apr_hash_set(locale->by_style, apr_pstrdup(pool, style), APR_HASH_KEY_STRING, times);
    }
    return times;
}

pwr_locale_t *pwr_locale_make(const char *name, const char *time_zone, apr_pool_t *pool)
{
    static const UChar nothing[] = {0};
    UErrorCode status = U_ZERO_ERROR;
    UChar canonical[STYLE_ROOM];
    pwr_locale_t *locale = apr_pcalloc(pool, sizeof *locale);

    locale->name = name;
    locale->is_from_right = uloc_isRightToLeft(name);
    locale->by_style = apr_hash_make(pool);
    if (time_zone != NULL) {
        locale->time_zone = pwr_locale_widen(time_zone, pool);
        ucal_getCanonicalTimeZoneID(locale->time_zone, -1, canonical, STYLE_ROOM, NULL, &status);
    }
    locale->numbers = unumf_openForSkeletonAndLocale(nothing, 0, name, &status);
    apr_pool_cleanup_register(pool, locale->numbers, close_numbers, apr_pool_cleanup_null);
    locale->times = open_times(locale, UDAT_MEDIUM, UDAT_SHORT, NULL, pool);
    return U_SUCCESS(status) && locale->times != NULL ? locale : NULL;
}
