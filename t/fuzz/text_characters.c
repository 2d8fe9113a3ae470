/*
 * Folding, plain forms, UTF-16 and the class of each character of any text: nothing valid is
 * refused, what comes out is valid, and the two ways of counting agree.
 */
#include "fuzz.h"

#include "text/characters.h"
#include "text/unicode.h"

static void check_valid(const char *text, apr_pool_t *pool)
{
    const char *folded = pwr_characters_folded(text, pool);
    const char *plain = pwr_characters_plain(text, pool);
    apr_size_t size = 0;
    int points = 0;

    MUST(folded != NULL && pwr_unicode_is_valid(folded, strlen(folded)));
    MUST(plain != NULL && pwr_unicode_is_valid(plain, strlen(plain)));
    MUST(strcmp(pwr_characters_folded(folded, pool), folded) == 0);
    const char *normal = pwr_unicode_nfc(text, strlen(text), pool); /* the same characters */
    MUST(normal != NULL && strcmp(pwr_characters_folded(normal, pool), folded) == 0);
    MUST(strcmp(pwr_characters_plain(normal, pool), plain) == 0);
    MUST(pwr_characters_utf16le(&size, text, pool) != NULL);
    MUST(size == 2 * (apr_size_t)pwr_characters_units(text));
    for (const char *at = text; *at != '\0'; points++) {
        unsigned point = pwr_characters_next(&at);
        MUST(point > 0 && point <= 0x10ffff);
        MUST(pwr_characters_class(point) <= PWR_CLASS_OTHER);
        MUST(pwr_characters_class_samba(point) <= PWR_CLASS_OTHER);
    }
    MUST(points == pwr_unicode_count(text, strlen(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);

    if (pwr_unicode_is_valid(text, strlen(text))) {
        check_valid(text, input.pool);
    } else {
        apr_size_t size = 0;
        MUST(pwr_characters_folded(text, input.pool) == NULL);
        MUST(pwr_characters_plain(text, input.pool) == NULL);
        MUST(pwr_characters_utf16le(&size, text, input.pool) == NULL);
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
