/*
 * ICU's C interface knows numbered arguments only, and its dates only in the process's time zone.
 * So a pattern is scanned here by ICU's own rules of braces and apostrophes: what is plain text or
 * one plain argument needs no ICU later; in the rest, names become numbers, and dates become texts
 * that are formatted in the configured zone. What the rest means stays ICU's business.
 */
#include "text/pattern_scan.h"

#include <string.h>

#include <apr_strings.h>
#include <unicode/ustring.h>

#include "base/limits.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define SPECIAL "{}"
#define SPECIAL_IN_PLURAL "{}#"

typedef struct {
    const char *at; /* in the source */
    char *out;      /* the piece with numbers for names */
    apr_size_t length;
    pwr_part_t *part;
    int texts_from;  /* the number of the first text */
    int depth;       /* of arguments within arguments */
    const char *why; /* it failed */
    const pwr_locale_t *locale;
    apr_pool_t *pool;
} scan_t;

typedef enum { SHAPE_TIME, SHAPE_NUMBER, SHAPE_SELECT, SHAPE_PLURAL, SHAPE_UNKNOWN } shape_t;

static bool scan_argument(scan_t *scan);

static bool fail(scan_t *scan, const char *why)
{
    scan->why = why;
    return false;
}

static bool put_bytes(scan_t *scan, const char *bytes, apr_size_t length)
{
    if (length > PWR_MAX_MESSAGE - scan->length) {
        return fail(scan, "is too long");
    }
    memcpy(scan->out + scan->length, bytes, length);
    scan->length += length;
    scan->out[scan->length] = '\0';
    return true;
}

static bool copy(scan_t *scan, apr_size_t length)
{
    const char *from = scan->at;

    scan->at += length;
    return put_bytes(scan, from, length);
}

static void skip_space(scan_t *scan)
{
    scan->at += strspn(scan->at, " \t");
}

/* How many bytes belong to the apostrophe at `at`: a pair, a quoted text with its end, or it alone
 * (ICU's UMSGPAT_APOS_DOUBLE_OPTIONAL). */
static apr_size_t quoted_length(const char *at, const char *special)
{
    if (at[1] == '\'') {
        return 2;
    }
    if (at[1] == '\0' || strchr(special, at[1]) == NULL) {
        return 1;
    }
    for (const char *end = strchr(at + 1, '\''); end != NULL; end = strchr(end + 2, '\'')) {
        if (end[1] != '\'') {
            return (apr_size_t)(end + 1 - at);
        }
    }
    return strlen(at);
}

/* A word of letters, digits and `_` with the space around it; NULL when there is none. */
static const char *scan_word(scan_t *scan)
{
    skip_space(scan);
    const char *from = scan->at;
    scan->at += strspn(from, WORD);
    const char *word = apr_pstrmemdup(scan->pool, from, (apr_size_t)(scan->at - from));
    skip_space(scan);
    return *word != '\0' ? word : NULL;
}

/* Moves behind the brace that ends a simple argument; the style is what stands before it. */
static const char *scan_style(scan_t *scan)
{
    const char *from = scan->at;
    int depth = 0;

    for (; *scan->at != '\0'; scan->at++) {
        if (*scan->at == '\'') {
            const char *end = strchr(scan->at + 1, '\'');
            scan->at = end != NULL ? end : scan->at;
        } else if (*scan->at == '{') {
            depth++;
        } else if (*scan->at == '}' && depth-- == 0) {
            return apr_pstrmemdup(scan->pool, from, (apr_size_t)(scan->at++ - from));
        }
    }
    fail(scan, "has a brace that is not closed");
    return NULL;
}

/* Writes "{N", N being the argument's number; the caller writes the rest. */
static bool open_argument(scan_t *scan, int number)
{
    const char *text = apr_psprintf(scan->pool, "{%d", number);

    return put_bytes(scan, text, strlen(text));
}

static bool open_number(scan_t *scan, const char *name, const char *type)
{
    pwr_part_t *part = scan->part;
    int i = 0;

    while (i < part->number_count && strcmp(part->numbers[i], name) != 0) {
        i++;
    }
    if (i == PWR_PATTERN_NUMBERS) {
        return fail(scan, "has too many different numbers within one argument");
    }
    if (i == part->number_count) {
        part->numbers[part->number_count++] = name;
    }
    return open_argument(scan, i) && put_bytes(scan, ",", 1) && put_bytes(scan, type, strlen(type));
}

static bool open_text(scan_t *scan, const char *name, const char *style)
{
    pwr_part_t *part = scan->part;
    pwr_slot_t slot = {.name = name, .style = style};

    for (int i = 0; i < part->text_count; i++) {
        const char *other = part->texts[i].style;
        bool is_same_style
            = style == NULL || other == NULL ? style == other : strcmp(style, other) == 0;
        if (is_same_style && strcmp(part->texts[i].name, name) == 0) {
            return open_argument(scan, scan->texts_from + i);
        }
    }
    if (part->text_count == PWR_PATTERN_TEXTS) {
        return fail(scan, "has too many different arguments within one argument");
    }
    if (style != NULL) {
        slot.times = pwr_locale_times(scan->locale, style, scan->pool);
        if (slot.times == NULL) {
            return fail(scan, "has a date or time style that ICU does not know");
        }
    }
    part->texts[part->text_count] = slot;
    return open_argument(scan, scan->texts_from + part->text_count++);
}

/* The text of a branch, up to the brace that closes it. */
static bool scan_branch(scan_t *scan, bool is_plural)
{
    while (*scan->at != '}') {
        bool is_fine = true;
        if (*scan->at == '\0') {
            return fail(scan, "has a brace that is not closed");
        }
        if (*scan->at == '\'') {
            is_fine = copy(scan, quoted_length(scan->at, is_plural ? SPECIAL_IN_PLURAL : SPECIAL));
        } else if (*scan->at == '{') {
            is_fine = scan_argument(scan);
        } else {
            is_fine = copy(scan, 1);
        }
        if (!is_fine) {
            return false;
        }
    }
    return copy(scan, 1);
}

/* The branches of a plural or select: selectors, which ICU will judge, and texts in braces. */
static bool scan_branches(scan_t *scan, bool is_plural)
{
    while (*scan->at != '}') {
        if (*scan->at == '\0') {
            return fail(scan, "has a brace that is not closed");
        }
        bool is_text = *scan->at == '{';
        if (!copy(scan, 1) || (is_text && !scan_branch(scan, is_plural))) {
            return false;
        }
    }
    return copy(scan, 1);
}

static shape_t shape_of(const char *type)
{
    static const struct {
        const char *name;
        shape_t shape;
    } shapes[] = {
        {"date", SHAPE_TIME},       {"time", SHAPE_TIME},      {"number", SHAPE_NUMBER},
        {"spellout", SHAPE_NUMBER}, {"ordinal", SHAPE_NUMBER}, {"duration", SHAPE_NUMBER},
        {"select", SHAPE_SELECT},   {"plural", SHAPE_PLURAL},  {"selectordinal", SHAPE_PLURAL},
    };

    for (apr_size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].name, type) == 0) {
            return shapes[i].shape;
        }
    }
    return SHAPE_UNKNOWN;
}

static bool scan_simple(scan_t *scan, const char *name, const char *type, shape_t shape)
{
    const char *style = scan_style(scan);

    if (style == NULL) {
        return false;
    }
    if (shape == SHAPE_TIME) {
        return open_text(scan, name, apr_pstrcat(scan->pool, type, style, NULL))
               && put_bytes(scan, "}", 1);
    }
    return open_number(scan, name, type) && put_bytes(scan, style, strlen(style))
           && put_bytes(scan, "}", 1);
}

/* An argument whose type has been read; at the comma or brace behind it. */
static bool scan_typed(scan_t *scan, const char *name, const char *type)
{
    switch (shape_of(type)) {
    case SHAPE_TIME:
        return scan_simple(scan, name, type, SHAPE_TIME);
    case SHAPE_NUMBER:
        return scan_simple(scan, name, type, SHAPE_NUMBER);
    case SHAPE_SELECT:
        return open_text(scan, name, NULL) && put_bytes(scan, ",select", 7)
               && scan_branches(scan, false);
    case SHAPE_PLURAL:
        return open_number(scan, name, type) && scan_branches(scan, true);
    default:
        return fail(scan, apr_psprintf(scan->pool, "has an argument of unknown type '%s'", type));
    }
}

static bool scan_argument(scan_t *scan)
{
    if (scan->depth == PWR_MAX_NESTING) {
        return fail(scan, "is nested too deep");
    }
    scan->depth++;
    scan->at++; /* the brace */
    const char *name = scan_word(scan);
    bool is_fine = false;
    if (name != NULL && *scan->at == '}') {
        scan->at++;
        is_fine = open_text(scan, name, NULL) && put_bytes(scan, "}", 1);
    } else if (name != NULL && *scan->at == ',') {
        scan->at++;
        const char *type = scan_word(scan);
        is_fine = scan_typed(scan, name, type != NULL ? type : "");
    } else {
        fail(scan, "has a brace without {name} or {name, type, ...}");
    }
    scan->depth--;
    return is_fine;
}

static apr_status_t close_format(void *data)
{
    umsg_close(data);
    return APR_SUCCESS;
}

static bool open_format(scan_t *scan)
{
    UErrorCode status = U_ZERO_ERROR;
    UParseError place;
    UChar *wide = apr_palloc(scan->pool, sizeof(UChar) * (scan->length + 1));
    int32_t length = 0;

    u_strFromUTF8(wide, (int32_t)scan->length + 1, &length, scan->out, (int32_t)scan->length,
                  &status);
    scan->part->format = umsg_open(wide, length, scan->locale->name, &place, &status);
    apr_pool_cleanup_register(scan->pool, scan->part->format, close_format, apr_pool_cleanup_null);
    if (U_FAILURE(status)) {
        return fail(scan, apr_psprintf(scan->pool, "is refused by ICU: %s", u_errorName(status)));
    }
    return true;
}

/* One argument of the outermost level. It is scanned twice, because the numbers of the texts start
 * where those of the numbers end, and that is known after the first time. */
static bool scan_part(scan_t *scan)
{
    const char *from = scan->at;

    for (int pass = 0; pass < 2; pass++) {
        scan->at = from;
        scan->length = 0;
        scan->texts_from = scan->part->number_count;
        if (!scan_argument(scan)) {
            return false;
        }
    }
    return strcmp(scan->out, "{0}") == 0 || open_format(scan);
}

/* Writes the text that a quoted sequence stands for and returns the place after it. */
static char *unquoted(char *out, const char *from, apr_size_t length)
{
    if (length == 1 || from[1] == '\'') {
        *out = '\'';
        return out + 1;
    }
    for (apr_size_t i = 1; i < length; i++) {
        if (from[i] != '\'') {
            *out++ = from[i];
        } else if (++i < length) {
            *out++ = '\'';
        }
    }
    return out;
}

/* Plain text up to the next argument. */
static const char *scan_text(scan_t *scan)
{
    char *text = apr_palloc(scan->pool, strlen(scan->at) + 1);
    char *end = text;

    while (*scan->at != '\0' && *scan->at != '{') {
        if (*scan->at == '\'') {
            apr_size_t length = quoted_length(scan->at, SPECIAL);
            end = unquoted(end, scan->at, length);
            scan->at += length;
        } else {
            *end++ = *scan->at++;
        }
    }
    *end = '\0';
    return text;
}

const char *pwr_pattern_scan(apr_array_header_t *parts, const char *source,
                             const pwr_locale_t *locale, apr_pool_t *pool)
{
    char piece[PWR_MAX_MESSAGE + 1];
    scan_t scan = {.at = source, .locale = locale, .pool = pool};

    if (strlen(source) > PWR_MAX_MESSAGE) {
        return "is too long";
    }
    scan.out = piece;
    while (*scan.at != '\0') {
        scan.part = apr_array_push(parts);
        *scan.part = (pwr_part_t){0};
        if (*scan.at != '{') {
            scan.part->text = scan_text(&scan);
        } else if (!scan_part(&scan)) {
            return scan.why;
        }
    }
    return NULL;
}
