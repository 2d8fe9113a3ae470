/*
 * What the program knows about characters: validity, counting, normal form, classes, domain names.
 * ICU's answers. Strings are UTF-8. No state; any thread.
 */
#ifndef PWR_TEXT_UNICODE_H
#define PWR_TEXT_UNICODE_H

#include <stdbool.h>

#include <apr_pools.h>

/* True for well-formed UTF-8 (no overlong form, no surrogate) without NUL. */
bool pwr_unicode_is_valid(const char *text, apr_size_t length);
/* Code points of valid UTF-8. */
int pwr_unicode_count(const char *text, apr_size_t length);
/* Normal form C (UAX 15) in `pool`, closed by NUL. NULL when the text is not valid UTF-8. The
 * caller wipes the result if it is a secret. */
char *pwr_unicode_nfc(const char *text, apr_size_t length, apr_pool_t *pool);
/* A typed name: white space and invisible format characters at both ends off, NFC, and for an
 * address the domain in lower case and as its ASCII form (UTS 46). NULL when it is not valid UTF-8,
 * holds a control character, or its domain is none. */
const char *pwr_unicode_typed_name(const char *text, apr_pool_t *pool);
/* True when `text` contains `part` (at least 1 character) after case folding and NFC of both. */
bool pwr_unicode_contains(const char *text, const char *part, apr_pool_t *scratch);

#endif
