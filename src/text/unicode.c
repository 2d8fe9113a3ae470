/*
 * ICU works on UTF-16 and the rest of the program on UTF-8; this file converts. What is converted
 * may be a password, so each UTF-16 buffer is wiped when its pool goes, and is made large enough
 * that ICU never moves it to memory of its own.
 */
#include "text/unicode.h"

#include <string.h>

#include <apr_strings.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "base/crypto.h"

/* NFC needs at most three times the UTF-16 units (UAX 15, 9: U+1D160 and others); full case folding
 * too (U+0390). */
#define MOST_GROWTH 3
#define MAX_BYTES (1 << 20) /* keeps the sizes above within int32_t */
#define MAX_DOMAIN 255      /* RFC 1035, 2.3.4 */

typedef struct {
    UChar *units;
    int32_t length;
} wide_t;

static wide_t make_wide(int32_t room, apr_pool_t *pool)
{
    apr_size_t size = sizeof(UChar) * ((apr_size_t)room + 1);
    wide_t wide = {.units = apr_palloc(pool, size)};

    pwr_crypto_wipe_with(wide.units, size, pool);
    return wide;
}

bool pwr_unicode_is_valid(const char *text, apr_size_t length)
{
    apr_size_t at = 0;

    while (at < length) {
        UChar32 point;
        U8_NEXT(text, at, length, point);
        if (point <= 0) {
            return false;
        }
    }
    return true;
}

int pwr_unicode_count(const char *text, apr_size_t length)
{
    int count = 0;

    for (apr_size_t i = 0; i < length; i++) {
        count += U8_IS_TRAIL(text[i]) ? 0 : 1;
    }
    return count;
}

static bool is_ascii(const char *text, apr_size_t length)
{
    for (apr_size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool normalize(wide_t *wide, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = MOST_GROWTH * wide->length;
    wide_t normal = make_wide(room, scratch);

    normal.length = unorm2_normalize(unorm2_getNFCInstance(&status), wide->units, wide->length,
                                     normal.units, room, &status);
    *wide = normal;
    return U_SUCCESS(status);
}

static bool fold(wide_t *wide, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = MOST_GROWTH * wide->length;
    wide_t folded = make_wide(room, scratch);

    folded.length = u_strFoldCase(folded.units, room, wide->units, wide->length,
                                  U_FOLD_CASE_DEFAULT, &status);
    *wide = folded;
    return U_SUCCESS(status);
}

/*
 * Valid UTF-8 as UTF-16 in normal form C; with `is_folded`, case-folded. Folding makes a letter of
 * the mark U+0345, whose place among other marks then counts, so the text is in normal form before
 * it is folded, and put into it again (the Unicode Standard, 3.13, D145).
 */
static bool widen(wide_t *out, const char *text, bool is_folded, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    apr_size_t length = strlen(text);

    if (length > MAX_BYTES) {
        return false;
    }
    int32_t room = (int32_t)length;
    *out = make_wide(room, scratch);
    u_strFromUTF8(out->units, room, &out->length, text, room, &status);
    return U_SUCCESS(status) && normalize(out, scratch)
           && (!is_folded || (fold(out, scratch) && normalize(out, scratch)));
}

static char *narrowed(const wide_t *wide, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = 3 * wide->length + 1;
    char *text = apr_palloc(pool, (apr_size_t)room);

    u_strToUTF8(text, room, NULL, wide->units, wide->length, &status);
    return U_SUCCESS(status) ? text : NULL;
}

char *pwr_unicode_nfc(const char *text, apr_size_t length, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    wide_t wide;
    char *copy;
    char *normal = NULL;

    if (!pwr_unicode_is_valid(text, length)) {
        return NULL;
    }
    copy = apr_pstrmemdup(pool, text, length);
    if (is_ascii(text, length)) {
        return copy; /* is its own normal form */
    }
    apr_pool_create(&scratch, pool);
    if (widen(&wide, copy, false, scratch)) {
        normal = narrowed(&wide, pool);
    }
    pwr_crypto_wipe(copy, length);
    apr_pool_destroy(scratch);
    return normal;
}

static bool is_invisible(UChar32 point)
{
    return u_isUWhiteSpace(point) || u_charType(point) == U_FORMAT_CHAR
           || u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static void trim(const char **text, apr_size_t *length)
{
    apr_size_t from = 0;
    apr_size_t to = *length;
    UChar32 point;

    for (apr_size_t at = 0; at < to; from = at) {
        U8_NEXT_UNSAFE(*text, at, point);
        if (!is_invisible(point)) {
            break;
        }
    }
    for (apr_size_t at = to; at > from; to = at) {
        U8_PREV_UNSAFE(*text, at, point);
        if (!is_invisible(point)) {
            break;
        }
    }
    *text += from;
    *length = to - from;
}

static bool has_control(const char *text, apr_size_t length)
{
    for (apr_size_t at = 0; at < length;) {
        UChar32 point;
        U8_NEXT_UNSAFE(text, at, point);
        int8_t type = u_charType(point);
        if (type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR) {
            return true;
        }
    }
    return false;
}

/*
 * The ASCII form of a domain in lower case (UTS 46, not transitional), or NULL. STD3's rule is
 * checked here, with "_" let through, because Active Directory domains may have it; and hyphens at
 * the third and fourth place are no error, because such hosts exist.
 */
static const char *ascii_domain(const char *domain, apr_pool_t *pool)
{
    enum { RULES = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ };
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    char ascii[MAX_DOMAIN + 1];
    UIDNA *rules = uidna_openUTS46(RULES, &status);
    int32_t length = uidna_nameToASCII_UTF8(rules, domain, -1, ascii, MAX_DOMAIN, &info, &status);

    uidna_close(rules);
    if (U_FAILURE(status) || length == 0 || length > MAX_DOMAIN
        || (info.errors & ~(uint32_t)UIDNA_ERROR_HYPHEN_3_4) != 0) {
        return NULL;
    }
    ascii[length] = '\0';
    if (strspn(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != (size_t)length) {
        return NULL;
    }
    return apr_pstrdup(pool, ascii);
}

const char *pwr_unicode_typed_name(const char *text, apr_pool_t *pool)
{
    apr_size_t length = strlen(text);

    if (!pwr_unicode_is_valid(text, length)) {
        return NULL;
    }
    trim(&text, &length);
    if (has_control(text, length)) {
        return NULL;
    }
    const char *name = pwr_unicode_nfc(text, length, pool);
    const char *at = name != NULL ? strrchr(name, '@') : NULL;
    if (at == NULL) {
        return name;
    }
    const char *domain = ascii_domain(at + 1, pool);
    if (domain == NULL) {
        return NULL;
    }
    return apr_pstrcat(pool, apr_pstrmemdup(pool, name, (apr_size_t)(at + 1 - name)), domain, NULL);
}

bool pwr_unicode_contains(const char *text, const char *part, apr_pool_t *scratch)
{
    wide_t whole;
    wide_t piece;
    bool is_found = false;
    apr_pool_t *pool;

    if (!pwr_unicode_is_valid(text, strlen(text)) || !pwr_unicode_is_valid(part, strlen(part))) {
        return false;
    }
    apr_pool_create(&pool, scratch);
    if (widen(&whole, text, true, pool) && widen(&piece, part, true, pool) && piece.length > 0) {
        is_found = u_strFindFirst(whole.units, whole.length, piece.units, piece.length) != NULL;
    }
    apr_pool_destroy(pool);
    return is_found;
}
