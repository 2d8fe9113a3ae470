/*
 * Comparing what people type with what stands in a list or a directory: the same word in another
 * case, with or without its marks, is the same word. All that passes here may be a password, so
 * buffers are wiped with their pool.
 */
#include "text/characters.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include "base/crypto.h"
#include "text/unicode.h"

#define MOST_FOLDED 3 /* UTF-16 units for one, by case folding or NFC */
#define MOST_PLAIN 18 /* by NFKC with case folding (U+FDFA) */
#define MOST_APART 4  /* by NFD */
#define MAX_BYTES (1 << 18)

typedef struct {
    UChar *units;
    int32_t length, room;
} wide_text_t;

unsigned pwr_characters_next(const char **text)
{
    UChar32 point;
    int32_t at = 0;

    if (**text == '\0') {
        return 0;
    }
    U8_NEXT_UNSAFE(*text, at, point);
    *text += at;
    return (unsigned)point;
}

pwr_character_class_t pwr_characters_class(unsigned point)
{
    UChar32 one = (UChar32)point;

    if (point < 0x80) {
        if (point >= '0' && point <= '9') {
            return PWR_CLASS_DIGIT;
        }
        if (point <= ' ' || point == 0x7f) {
            return PWR_CLASS_OTHER;
        }
    }
    if (u_isULowercase(one)) {
        return PWR_CLASS_LOWER;
    }
    if (u_isUUppercase(one)) {
        return PWR_CLASS_UPPER;
    }
    if (u_isUAlphabetic(one)) {
        return PWR_CLASS_CASELESS;
    }
    return point < 0x80 ? PWR_CLASS_SIGN : PWR_CLASS_OTHER;
}

/* The tables of Samba are those of Unicode 1 and know no titlecase. */
static bool is_known_to_samba(UChar32 point)
{
    UVersionInfo age;

    u_charAge(point, age);
    return age[0] == 1 && u_charType(point) != U_TITLECASE_LETTER;
}

static bool is_samba_pair(UChar32 one, UChar32 other)
{
    return one != other && is_known_to_samba(one) && is_known_to_samba(other);
}

pwr_character_class_t pwr_characters_class_samba(unsigned point)
{
    enum { FINAL_SIGMA = 0x3c2, YR = 0x1a6, SMALL_YR = 0x280, LAST = 0xffff };
    UChar32 one = (UChar32)point;
    UChar32 lower = u_tolower(one);
    UChar32 upper = u_toupper(one);

    if (point < 0x80) {
        return pwr_characters_class(point);
    }
    if (point == YR || point == SMALL_YR || point > LAST) {
        return PWR_CLASS_CASELESS;
    }
    if (is_samba_pair(one, lower) && u_toupper(lower) == one) {
        return PWR_CLASS_UPPER;
    }
    if (point == FINAL_SIGMA || (is_samba_pair(one, upper) && u_tolower(upper) == one)) {
        return PWR_CLASS_LOWER;
    }
    return PWR_CLASS_CASELESS;
}

static wide_text_t make_wide(int32_t room, apr_pool_t *pool)
{
    apr_size_t size = sizeof(UChar) * ((apr_size_t)room + 1);
    wide_text_t wide = {.units = apr_palloc(pool, size), .room = room};

    pwr_crypto_wipe_with(wide.units, size, pool);
    return wide;
}

static bool widen(wide_text_t *wide, const char *text, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    apr_size_t length = strlen(text);

    if (length > MAX_BYTES || !pwr_unicode_is_valid(text, length)) {
        return false;
    }
    *wide = make_wide((int32_t)length, pool);
    u_strFromUTF8(wide->units, wide->room, &wide->length, text, (int32_t)length, &status);
    return U_SUCCESS(status);
}

static bool normalize(wide_text_t *wide, const UNormalizer2 *form, int most, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    wide_text_t normal = make_wide(most * wide->length, pool);

    normal.length
        = unorm2_normalize(form, wide->units, wide->length, normal.units, normal.room, &status);
    *wide = normal;
    return U_SUCCESS(status);
}

static char *narrow(const wide_text_t *wide, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t room = 3 * wide->length + 1;
    char *text = apr_palloc(pool, (apr_size_t)room);

    pwr_crypto_wipe_with(text, (size_t)room, pool);
    u_strToUTF8(text, room, NULL, wide->units, wide->length, &status);
    return U_SUCCESS(status) ? text : NULL;
}

/* ASCII, the most of all lists, needs no ICU. NULL when there is more. */
static char *folded_ascii(const char *text, apr_pool_t *pool)
{
    apr_size_t length = strlen(text);
    char *folded = apr_palloc(pool, length + 1);

    pwr_crypto_wipe_with(folded, length + 1, pool);
    for (apr_size_t i = 0; i <= length; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return NULL;
        }
        folded[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    }
    return folded;
}

char *pwr_characters_folded(const char *text, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    char *ascii = folded_ascii(text, pool);
    wide_text_t wide;

    if (ascii != NULL) {
        return ascii;
    }
    /* Before it is folded as well: text/unicode.c says why. */
    if (!widen(&wide, text, pool)
        || !normalize(&wide, unorm2_getNFCInstance(&status), MOST_FOLDED, pool)) {
        return NULL;
    }
    wide_text_t folded = make_wide(MOST_FOLDED * wide.length, pool);
    folded.length = u_strFoldCase(folded.units, folded.room, wide.units, wide.length,
                                  U_FOLD_CASE_DEFAULT, &status);
    if (U_FAILURE(status)
        || !normalize(&folded, unorm2_getNFCInstance(&status), MOST_FOLDED, pool)) {
        return NULL;
    }
    return narrow(&folded, pool);
}

/* Letters that Unicode does not take apart, and that people type without: folded already. */
static UChar look_alike(UChar unit, UChar *second)
{
    static const UChar pairs[][3] = {
        {0xf8, 'o', 0},  {0xe6, 'a', 'e'}, {0x153, 'o', 'e'}, {0xf0, 'd', 0},
        {0x111, 'd', 0}, {0xfe, 't', 'h'}, {0x142, 'l', 0},   {0x131, 'i', 0},
        {0x127, 'h', 0}, {0x167, 't', 0},  {0x14b, 'n', 0},
    };

    *second = 0;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i][0] == unit) {
            *second = pairs[i][2];
            return pairs[i][1];
        }
    }
    return unit;
}

char *pwr_characters_plain(const char *text, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    wide_text_t wide;

    if (!widen(&wide, text, pool)
        || !normalize(&wide, unorm2_getNFCInstance(&status), MOST_FOLDED, pool)
        || !normalize(&wide, unorm2_getNFKCCasefoldInstance(&status), MOST_PLAIN, pool)
        || !normalize(&wide, unorm2_getNFDInstance(&status), MOST_APART, pool)) {
        return NULL;
    }
    wide_text_t plain = make_wide(2 * wide.length, pool);
    for (int32_t i = 0; i < wide.length; i++) {
        UChar second;
        UChar unit = look_alike(wide.units[i], &second);
        if (u_charType(unit) == U_NON_SPACING_MARK) {
            continue;
        }
        plain.units[plain.length++] = unit;
        if (second != 0) {
            plain.units[plain.length++] = second;
        }
    }
    return narrow(&plain, pool);
}

unsigned char *pwr_characters_utf16le(apr_size_t *length, const char *text, apr_pool_t *pool)
{
    wide_text_t wide;

    if (!widen(&wide, text, pool)) {
        return NULL;
    }
    unsigned char *bytes = apr_palloc(pool, 2 * (apr_size_t)wide.length + 1);
    *length = 2 * (apr_size_t)wide.length;
    pwr_crypto_wipe_with(bytes, *length, pool);
    for (int32_t i = 0; i < wide.length; i++) {
        bytes[2 * i] = (unsigned char)(wide.units[i] & 0xff);
        bytes[2 * i + 1] = (unsigned char)(wide.units[i] >> 8);
    }
    return bytes;
}

int pwr_characters_units(const char *text)
{
    int units = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        units += U8_IS_TRAIL(*at) ? 0 : *at >= 0xf0 ? 2 : 1;
    }
    return units;
}
