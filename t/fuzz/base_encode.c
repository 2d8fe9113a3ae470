/*
 * Decoders of base64url, base64 and hexadecimal: they write no byte more than there is room for,
 * and what they accept encodes to the same text again.
 */
#include "fuzz.h"

#include "base/encode.h"

static void check_base64url(const char *text, size_t chars, size_t room)
{
    char *out = malloc(room + 1);
    char *again = malloc(PWR_BASE64URL_CHARS(room) + 1);
    size_t length = 0;

    MUST(out != NULL && again != NULL);
    if (pwr_decode_base64url(out, &length, room, text, chars)) {
        MUST(length <= room);
        pwr_encode_base64url(again, out, length);
        MUST(strlen(again) == chars && memcmp(again, text, chars) == 0);
    }
    free(again);
    free(out);
}

/* The standard alphabet; padding is there whole or not at all. */
static void check_base64(const char *text, size_t chars, size_t room)
{
    char *out = malloc(room + 1);
    char *again = malloc(PWR_BASE64URL_CHARS(room) + 1);
    size_t length = 0;

    MUST(out != NULL && again != NULL);
    if (pwr_decode_base64(out, &length, room, text, chars)) {
        MUST(length <= room);
        pwr_encode_base64url(again, out, length);
        size_t letters = strlen(again);
        MUST(letters == chars || (chars % 4 == 0 && chars - letters <= 2));
        for (size_t i = 0; i < letters; i++) {
            MUST(again[i] == (text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]));
        }
        MUST(strspn(text + letters, "=") == chars - letters);
    }
    free(again);
    free(out);
}

static void check_hex(const char *text, size_t room)
{
    unsigned char *out = malloc(room + 1);
    char *again = malloc(2 * room + 1);

    MUST(out != NULL && again != NULL);
    if (pwr_decode_hex(out, room, text)) {
        pwr_encode_hex(again, out, room);
        MUST(strcmp(again, text) == 0);
    }
    free(again);
    free(out);
}

static void check_any_bytes(const char *bytes, size_t length)
{
    char *text = malloc(PWR_BASE64URL_CHARS(length) + 1);
    char *again = malloc(length + 1);
    size_t decoded = 0;

    MUST(text != NULL && again != NULL);
    pwr_encode_base64url(text, bytes, length);
    MUST(strlen(text) == PWR_BASE64URL_CHARS(length));
    if (length <= 3072) { /* what the decoder has room for */
        MUST(pwr_decode_base64url(again, &decoded, length, text, strlen(text)));
        MUST(decoded == length && memcmp(again, bytes, length) == 0);
    }
    free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    size_t room = 16 * next_byte(&input);
    char *text = rest_on_heap(&input);

    check_any_bytes(text, input.length);
    check_base64url(text, input.length, room);
    check_base64(text, input.length, room);
    check_hex(text, room);
    check_hex(text, strlen(text) / 2);
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
