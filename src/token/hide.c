/* Any run that is long enough is hidden, canonical or not: a mistyped link may be corrected. */
#include "token/hide.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>

#include "token/token.h"

/* The length of one token character that `text` begins with, as it is or as %xx; 0 for none. */
static size_t token_character(const char *text)
{
    char c = *text;
    size_t length = 1;

    if (c == '%' && apr_isxdigit(text[1]) && apr_isxdigit(text[2])) {
        const char digits[] = {text[1], text[2], '\0'};
        c = (char)strtol(digits, NULL, 16);
        length = 3;
    }
    return apr_isalnum(c) || c == '-' || c == '_' ? length : 0;
}

char *pwr_token_hide(const char *text, apr_pool_t *pool)
{
    char *hidden = apr_palloc(pool, strlen(text) + 1);
    char *out = hidden;

    while (*text != '\0') {
        size_t bytes = 0;
        size_t run = 0;
        for (size_t one = 0; (one = token_character(text + bytes)) > 0; bytes += one) {
            run++;
        }
        if (run >= PWR_TOKEN_CHARS) {
            *out++ = '-';
        } else {
            memcpy(out, text, bytes);
            out += bytes;
        }
        text += bytes;
        if (*text != '\0') {
            *out++ = *text++;
        }
    }
    *out = '\0';
    return hidden;
}
