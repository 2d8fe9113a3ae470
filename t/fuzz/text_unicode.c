/*
 * Typed names: what comes out is valid UTF-8 without controls, is its own normal form, and stays as
 * it is when it is typed again.
 */
#include "fuzz.h"

#include "text/unicode.h"

static void check_normal_form(const char *text, size_t length, apr_pool_t *pool)
{
    bool is_valid = pwr_unicode_is_valid(text, length);
    const char *normal = pwr_unicode_nfc(text, length, pool);

    MUST((normal != NULL) == is_valid);
    if (normal == NULL) {
        return;
    }
    const char *again = pwr_unicode_nfc(normal, strlen(normal), pool);
    MUST(again != NULL && strcmp(again, normal) == 0);
    MUST(pwr_unicode_count(text, length) <= (int)length);
    MUST(*text == '\0' || pwr_unicode_contains(text, text, pool));
    MUST(*text == '\0' || pwr_unicode_contains(text, normal, pool));
}

static void check_typed_name(const char *text, apr_pool_t *pool)
{
    const char *name = pwr_unicode_typed_name(text, pool);

    if (name == NULL) {
        return;
    }
    MUST(pwr_unicode_is_valid(name, strlen(name)));
    for (const char *at = name; *at != '\0'; at++) {
        MUST((unsigned char)*at >= ' ' && *at != 0x7f);
    }
    const char *again = pwr_unicode_typed_name(name, pool);
    MUST(again != NULL && strcmp(again, name) == 0);
    const char *sign = strrchr(name, '@');
    MUST(sign == NULL
         || strspn(sign + 1, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(sign + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);

    check_normal_form(text, input.length, input.pool);
    check_typed_name(text, input.pool);
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
