/*
 * Decoded in place, so that nothing is copied that may be a password. Not ap_parse_form_data: its
 * buckets cannot be wiped, and it takes the first of two values of one name.
 */
#include "text/form_fields.h"

#include <string.h>

#include "text/unicode.h"

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if ((digit | 32) >= 'a' && (digit | 32) <= 'f') {
        return (digit | 32) - 'a' + 10;
    }
    return -1;
}

/* Decodes in place. False for a broken escape, a NUL, or bad UTF-8. */
static bool decode(char *text)
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '+') {
            *out++ = ' ';
        } else if (*at == '%') {
            int high = hex_value(at[1]);
            int low = high < 0 ? -1 : hex_value(at[2]);
            if (low < 0 || high * 16 + low == 0) {
                return false;
            }
            *out++ = (char)(high * 16 + low);
            at += 2;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    return pwr_unicode_is_valid(text, (apr_size_t)(out - text));
}

static bool add_field(pwr_form_fields_t *fields, char *pair)
{
    char *value = strchr(pair, '=');

    if (value != NULL) {
        *value++ = '\0';
    }
    if (fields->count == PWR_MAX_FIELDS || !decode(pair) || (value != NULL && !decode(value))
        || pwr_form_fields_value(fields, pair) != NULL) {
        return false;
    }
    fields->names[fields->count] = pair;
    fields->values[fields->count] = value != NULL ? value : "";
    fields->count++;
    return true;
}

bool pwr_form_fields_parse(pwr_form_fields_t *fields, char *text)
{
    *fields = (pwr_form_fields_t){0};
    for (char *next = text; next != NULL && *next != '\0';) {
        char *pair = next;
        next = strchr(pair, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (*pair != '\0' && !add_field(fields, pair)) {
            return false;
        }
    }
    return true;
}

const char *pwr_form_fields_value(const pwr_form_fields_t *fields, const char *name)
{
    for (int i = 0; i < fields->count; i++) {
        if (strcmp(fields->names[i], name) == 0) {
            return fields->values[i];
        }
    }
    return NULL;
}
