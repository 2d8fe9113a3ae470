/*
 * Bytes to text and back: base64url (RFC 4648, 5, no padding), base64, hexadecimal, and the support
 * code's alphabet. Decoders accept the canonical form only: what they accept encodes to the same
 * text again. No state; any thread.
 */
#ifndef PWR_BASE_ENCODE_H
#define PWR_BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_pools.h>

/* Characters of base64url for `bytes` bytes, without the closing NUL. */
#define PWR_BASE64URL_CHARS(bytes) (((bytes)*4 + 2) / 3)

/* `out` holds PWR_BASE64URL_CHARS(length) + 1 characters; closed by NUL. */
void pwr_encode_base64url(char *out, const void *bytes, size_t length);

/* Decodes `chars` characters of `text` into `out`, which holds `size` bytes, and sets `length`.
 * False, with nothing promised of `out`, when the text is not canonical base64url or too long. */
bool pwr_decode_base64url(void *out, size_t *length, size_t size, const char *text, size_t chars);

/* The same for base64 (RFC 4648, 4), with its padding or without any. */
bool pwr_decode_base64(void *out, size_t *length, size_t size, const char *text, size_t chars);

/* Decodes 2 * `length` digits of lower-case hexadecimal. False, with nothing promised of `out`,
 * when `text` is anything else, or longer or shorter. */
bool pwr_decode_hex(void *out, size_t length, const char *text);

/* Lower-case hexadecimal; `out` holds 2 * length + 1 characters. */
void pwr_encode_hex(char *out, const void *bytes, size_t length);

/* A code that people read aloud: one character per byte of `bytes`, in Crockford's base 32 (no I,
 * L, O, U). */
void pwr_encode_spoken(char *out, size_t chars, const void *bytes);

#endif
