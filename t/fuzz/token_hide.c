/*
 * An address that a log shows, from arbitrary bytes: no token stays in it, and hiding twice changes
 * nothing.
 */
#include "fuzz.h"

#include "token/hide.h"
#include "token/token.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* A run that is as long as a token. */
static bool has_run(const char *text)
{
    for (; *text != '\0'; text++) {
        size_t run = strspn(text, LETTERS);
        if (run >= PWR_TOKEN_CHARS) {
            return true;
        }
        text += run;
        if (*text == '\0') {
            return false;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);
    const char *hidden = pwr_token_hide(text, input.pool);

    MUST(!has_run(hidden));
    MUST(strlen(hidden) <= strlen(text));
    MUST(!has_run(text) || strcmp(hidden, text) != 0);
    MUST(strcmp(pwr_token_hide(hidden, input.pool), hidden) == 0);
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
