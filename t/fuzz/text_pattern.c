/*
 * A message pattern and a text that it may name as {a}, with 0x1e between: refused with a reason,
 * or formatted into valid UTF-8 within the ceiling, twice the same.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "text/pattern.h"
#include "text/unicode.h"

static const pwr_locale_t *make_locale(unsigned choice, apr_pool_t *pool)
{
    static const char *const names[] = {"nb", "en", "ar", "pl"};
    const pwr_locale_t *locale = pwr_locale_make(names[choice % 4], "Europe/Oslo", pool);

    MUST(locale != NULL);
    return locale;
}

static const pwr_view_t *make_view(const char *text, apr_pool_t *pool)
{
    pwr_view_t *view = pwr_view_make(pool);

    pwr_view_text(view, "a", text);
    pwr_view_number(view, "n", 7);
    pwr_view_number(view, "big", APR_INT64_MAX);
    pwr_view_time(view, "t", APR_INT64_C(1795342304000000));
    pwr_view_flag(view, "f", true);
    return view;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    const pwr_locale_t *locale = make_locale(next_byte(&input), input.pool);
    const char *source = next_text(&input);
    const char *text = next_text(&input);
    pwr_pattern_t *pattern = NULL;

    if (strlen(source) <= PWR_MAX_MESSAGE && pwr_unicode_is_valid(source, strlen(source))
        && pwr_pattern_compile(&pattern, source, locale, input.pool) == NULL) {
        const pwr_view_t *view = make_view(text, input.pool);
        const char *one = pwr_pattern_format(pattern, view, input.pool);
        const char *other = pwr_pattern_format(pattern, view, input.pool);
        MUST(strcmp(one, other) == 0 && strlen(one) <= PWR_MAX_MESSAGE);
        MUST(!pwr_unicode_is_valid(text, strlen(text)) || pwr_unicode_is_valid(one, strlen(one)));
        MUST(pwr_pattern_format(pattern, NULL, input.pool) != NULL);
    }
    apr_pool_destroy(input.pool);
    return 0;
}
