/* Any run that is long enough is hidden, canonical or not: a mistyped link may be mended. */
#include "token/hide.h"

#include <stdbool.h>
#include <string.h>

#include <apr_lib.h>

#include "token/token.h"

static bool is_token_character(char c)
{
    return apr_isalnum(c) || c == '-' || c == '_';
}

char *pwr_token_hide(const char *text, apr_pool_t *pool)
{
    char *hidden = apr_palloc(pool, strlen(text) + 1);
    char *out = hidden;

    while (*text != '\0') {
        size_t run = 0;
        while (is_token_character(text[run])) {
            run++;
        }
        if (run >= PWR_TOKEN_CHARS) {
            *out++ = '-';
        } else {
            memcpy(out, text, run);
            out += run;
        }
        text += run;
        if (*text != '\0') {
            *out++ = *text++;
        }
    }
    *out = '\0';
    return hidden;
}
