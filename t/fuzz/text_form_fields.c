/*
 * A posted form from arbitrary bytes. Each field comes once and is valid UTF-8, and the fields,
 * encoded again, are the same form.
 */
#include "fuzz.h"

#include "base/encode.h"
#include "text/form_fields.h"
#include "text/unicode.h"

/* As browsers do, but every byte as %xx. */
static const char *encoded(const char *text, apr_pool_t *pool)
{
    char *out = apr_palloc(pool, 3 * strlen(text) + 1);
    char *at = out;

    for (; *text != '\0'; text++, at += 3) {
        *at = '%';
        pwr_encode_hex(at + 1, text, 1);
    }
    *at = '\0';
    return out;
}

static void check_fields(const pwr_form_fields_t *fields, apr_pool_t *pool)
{
    pwr_form_fields_t again;
    char *form = apr_pstrdup(pool, "");

    MUST(fields->count <= PWR_MAX_FIELDS);
    for (int i = 0; i < fields->count; i++) {
        const char *name = fields->names[i], *value = fields->values[i];
        MUST(pwr_unicode_is_valid(name, strlen(name)));
        MUST(pwr_unicode_is_valid(value, strlen(value)));
        MUST(pwr_form_fields_value(fields, name) == value);
        form = apr_pstrcat(pool, form, i > 0 ? "&" : "", encoded(name, pool), "=",
                           encoded(value, pool), NULL);
    }
    MUST(pwr_form_fields_parse(&again, form));
    MUST(again.count == fields->count);
    for (int i = 0; i < again.count; i++) {
        MUST(strcmp(again.names[i], fields->names[i]) == 0);
        MUST(strcmp(again.values[i], fields->values[i]) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *text = rest_on_heap(&input);
    pwr_form_fields_t fields;

    if (pwr_form_fields_parse(&fields, text)) {
        check_fields(&fields, input.pool);
    }
    free(text);
    apr_pool_destroy(input.pool);
    return 0;
}
