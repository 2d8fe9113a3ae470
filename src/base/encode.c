/*
 * base64url is APR's; the canonical check (decode, encode again, compare) is ours, because APR's
 * decoder forgives padding, the other alphabet and stray bits in the last character, and two
 * spellings of one token must not both be accepted.
 */
#include "base/encode.h"

#include <string.h>

#include <apr_encode.h>

void pwr_encode_base64url(char *out, const void *bytes, size_t length)
{
    apr_size_t written = 0;
    apr_encode_base64_binary(out, bytes, (apr_ssize_t)length, APR_ENCODE_BASE64URL, &written);
}

bool pwr_decode_base64url(void *out, size_t *length, size_t size, const char *text, size_t chars)
{
    unsigned char bytes[3 * 1024 + 3];
    char again[4 * 1024 + 5];
    apr_size_t written = 0;

    if (chars > 4 * 1024) {
        return false;
    }
    if (apr_decode_base64_binary(bytes, text, (apr_ssize_t)chars, APR_ENCODE_NONE, &written)
            != APR_SUCCESS
        || written > size) {
        return false;
    }
    pwr_encode_base64url(again, bytes, written);
    bool is_canonical = strlen(again) == chars && memcmp(again, text, chars) == 0;
    if (is_canonical) {
        memcpy(out, bytes, written);
        *length = written;
    }
    explicit_bzero(bytes, written); /* it may have been a token */
    explicit_bzero(again, chars);
    return is_canonical;
}

bool pwr_decode_base64(void *out, size_t *length, size_t size, const char *text, size_t chars)
{
    char url[4 * 1024];
    size_t padding = 0;

    if (chars > sizeof url) {
        return false;
    }
    while (chars % 4 == 0 && padding < 2 && padding < chars && text[chars - 1 - padding] == '=') {
        padding++;
    }
    for (size_t i = 0; i < chars - padding; i++) {
        if (text[i] == '-' || text[i] == '_') {
            return false;
        }
        url[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    }
    return pwr_decode_base64url(out, length, size, url, chars - padding);
}

bool pwr_decode_hex(void *out, size_t length, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *to = out;

    if (strlen(text) != 2 * length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        const char *high = strchr(digits, text[2 * i]);
        const char *low = strchr(digits, text[2 * i + 1]);
        if (high == NULL || low == NULL) {
            return false;
        }
        to[i] = (unsigned char)((high - digits) << 4 | (low - digits));
    }
    return true;
}

void pwr_encode_hex(char *out, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[from[i] >> 4];
        out[2 * i + 1] = digits[from[i] & 15];
    }
    out[2 * length] = '\0';
}

void pwr_encode_spoken(char *out, size_t chars, const void *bytes)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < chars; i++) {
        out[i] = letters[from[i] & 31];
    }
    out[chars] = '\0';
}
