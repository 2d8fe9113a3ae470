/*
 * Formats a compiled pattern: the parts one after the other into a bounded text. ICU's formats are
 * not safe to share between threads, so each use takes a clone; number formatters are immutable.
 */
#include "text/pattern.h"

#include <string.h>

#include <apr_strings.h>
#include <unicode/ustring.h>

#include "base/limits.h"
#include "text/pattern_scan.h"

#define ROOM (2 * PWR_MAX_MESSAGE) /* UTF-16 units of one piece; a longer one gives its name */
#define STYLE_ROOM 128

struct pwr_pattern_t {
    const pwr_locale_t *locale;
    const char *constant;      /* the whole message when it has no argument, else NULL */
    apr_array_header_t *parts; /* pwr_part_t */
};

typedef struct {
    char bytes[PWR_MAX_MESSAGE];
    apr_size_t length;
    bool is_full;
} text_t;

typedef struct {
    const pwr_view_t *view;
    const pwr_locale_t *locale;
    apr_pool_t *pool;
} context_t;

static const char *narrowed(const UChar *wide, int32_t length, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = 3 * length + 1;
    char *text = apr_pcalloc(pool, (apr_size_t)room);

    u_strToUTF8WithSub(text, room, NULL, wide, length, 0xfffd, NULL, &status);
    return text;
}

const char *pwr_pattern_compile(pwr_pattern_t **made, const char *source,
                                const pwr_locale_t *locale, apr_pool_t *pool)
{
    pwr_pattern_t *pattern = apr_pcalloc(pool, sizeof *pattern);
    const char *why;

    pattern->locale = locale;
    pattern->parts = apr_array_make(pool, 1, sizeof(pwr_part_t));
    why = pwr_pattern_scan(pattern->parts, source, locale, pool);
    if (pattern->parts->nelts == 0) {
        pattern->constant = "";
    } else if (pattern->parts->nelts == 1) {
        pattern->constant = APR_ARRAY_IDX(pattern->parts, 0, pwr_part_t).text;
    }
    *made = pattern;
    return why;
}

static void append(text_t *out, const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;
    apr_size_t length = strlen(text);
    apr_size_t room = sizeof out->bytes - out->length;

    if (out->is_full) {
        return;
    }
    if (length > room) {
        length = room;
        U8_TRUNCATE_IF_INCOMPLETE(bytes, 0, length);
        out->is_full = true;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static const char *number_text(const pwr_locale_t *locale, apr_int64_t number, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[STYLE_ROOM];
    UFormattedNumber *result = unumf_openResult(&status);

    unumf_formatInt(locale->numbers, number, result, &status);
    int32_t length = unumf_resultToString(result, wide, STYLE_ROOM, &status);
    unumf_closeResult(result);
    return narrowed(wide, U_SUCCESS(status) ? length : 0, pool);
}

static const char *time_text(const UDateFormat *times, apr_time_t at, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar wide[STYLE_ROOM * 4];
    UDateFormat *own = udat_clone(times, &status);
    UDate milliseconds = (UDate)(at / 1000); /* since 1970 too, and no leap seconds either */
    int32_t length = udat_format(own, milliseconds, wide, STYLE_ROOM * 4, NULL, &status);

    udat_close(own);
    return narrowed(wide, U_SUCCESS(status) ? length : 0, pool);
}

static const char *braced(const char *name, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "{", name, "}", NULL);
}

/* The argument as text; its name in braces when the view has nothing that fits. */
static const char *slot_text(const pwr_slot_t *slot, const context_t *context)
{
    pwr_view_value_t value = pwr_view_get(context->view, slot->name);

    if (value.kind == PWR_VIEW_TIME) {
        const UDateFormat *times = slot->times != NULL ? slot->times : context->locale->times;
        return time_text(times, value.number, context->pool);
    }
    if (slot->times != NULL) {
        return braced(slot->name, context->pool);
    }
    switch (value.kind) {
    case PWR_VIEW_TEXT:
        return value.text;
    case PWR_VIEW_NUMBER:
        return number_text(context->locale, value.number, context->pool);
    case PWR_VIEW_FLAG:
        return value.number != 0 ? "true" : "false";
    default:
        return braced(slot->name, context->pool);
    }
}

/* ICU reads as many of the arguments as the piece has, in the order of their numbers. */
static int32_t call_icu(UMessageFormat *format, UChar *out, const double *n, UChar *const *t,
                        int number_count)
{
#define TEXTS t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7]
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = 0;

    switch (number_count) {
    case 0:
        length = umsg_format(format, out, ROOM, &status, TEXTS);
        break;
    case 1:
        length = umsg_format(format, out, ROOM, &status, n[0], TEXTS);
        break;
    case 2:
        length = umsg_format(format, out, ROOM, &status, n[0], n[1], TEXTS);
        break;
    case 3:
        length = umsg_format(format, out, ROOM, &status, n[0], n[1], n[2], TEXTS);
        break;
    default:
        length = umsg_format(format, out, ROOM, &status, n[0], n[1], n[2], n[3], TEXTS);
        break;
    }
#undef TEXTS
    return U_SUCCESS(status) ? length : -1;
}

static const char *piece_text(const pwr_part_t *part, const context_t *context)
{
    UErrorCode status = U_ZERO_ERROR;
    double numbers[PWR_PATTERN_NUMBERS] = {0};
    UChar *texts[PWR_PATTERN_TEXTS] = {NULL};

    for (int i = 0; i < part->number_count; i++) {
        pwr_view_value_t value = pwr_view_get(context->view, part->numbers[i]);
        if (value.kind != PWR_VIEW_NUMBER && value.kind != PWR_VIEW_FLAG) {
            return braced(part->numbers[i], context->pool);
        }
        numbers[i] = (double)value.number;
    }
    for (int i = 0; i < part->text_count; i++) {
        texts[i] = pwr_locale_widen(slot_text(&part->texts[i], context), context->pool);
    }
    UChar *wide = apr_palloc(context->pool, sizeof(UChar) * ROOM);
    UMessageFormat *own = umsg_clone(part->format, &status);
    int32_t length
        = U_SUCCESS(status) ? call_icu(own, wide, numbers, texts, part->number_count) : -1;
    umsg_close(own);
    if (length < 0) {
        return braced(part->number_count > 0 ? part->numbers[0] : part->texts[0].name,
                      context->pool);
    }
    return narrowed(wide, length, context->pool);
}

/* In a text that runs from right to left, an address or a number of several groups would come out
 * with its pieces in the wrong order, unless it stands apart (Unicode UAX 9: FSI, PDI). */
static const char *isolated(const char *text, const context_t *context)
{
    return context->locale->is_from_right
               ? apr_pstrcat(context->pool, "\xe2\x81\xa8", text, "\xe2\x81\xa9", NULL)
               : text;
}

const char *pwr_pattern_format(const pwr_pattern_t *pattern, const pwr_view_t *view,
                               apr_pool_t *pool)
{
    const context_t context = {.view = view, .locale = pattern->locale, .pool = pool};
    const pwr_part_t *parts = (const pwr_part_t *)pattern->parts->elts;
    text_t out;

    if (pattern->constant != NULL) {
        return pattern->constant;
    }
    out.length = 0;
    out.is_full = false;
    for (int i = 0; i < pattern->parts->nelts; i++) {
        if (parts[i].text != NULL) {
            append(&out, parts[i].text);
        } else if (parts[i].format != NULL) {
            append(&out, piece_text(&parts[i], &context));
        } else {
            append(&out, isolated(slot_text(&parts[i].texts[0], &context), &context));
        }
    }
    return apr_pstrmemdup(pool, out.bytes, out.length);
}
