/*
 * application/x-www-form-urlencoded, read into one buffer and decoded in place (URL Standard,
 * "urlencoded parsing"). Not ap_parse_form_data: its buckets cannot be wiped, and it takes the
 * first of two values of one name.
 */
#include "httpd/form.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "text/unicode.h"

struct pwr_form_t {
    int count;
    const char *names[PWR_MAX_FIELDS];
    const char *values[PWR_MAX_FIELDS];
};

static bool is_form_type(const char *type)
{
    static const char expected[] = "application/x-www-form-urlencoded";
    size_t length = sizeof expected - 1;

    return type != NULL && strncasecmp(type, expected, length) == 0
           && (type[length] == '\0' || type[length] == ';' || type[length] == ' ');
}

/* The whole body, NUL at the end. */
static int read_body(char **body, apr_size_t *length, request_rec *request)
{
    char *bytes = apr_palloc(request->pool, PWR_MAX_BODY + 1);
    int status = ap_setup_client_block(request, REQUEST_CHUNKED_DECHUNK);

    *length = 0;
    if (status != OK) {
        return status;
    }
    if (request->remaining > PWR_MAX_BODY) {
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    pwr_crypto_wipe_with(bytes, PWR_MAX_BODY + 1, request->pool);
    if (ap_should_client_block(request)) {
        long part;
        while ((part = ap_get_client_block(request, bytes + *length, PWR_MAX_BODY + 1 - *length))
               > 0) {
            *length += (apr_size_t)part;
            if (*length > PWR_MAX_BODY) {
                return HTTP_REQUEST_ENTITY_TOO_LARGE;
            }
        }
        if (part < 0) {
            return HTTP_BAD_REQUEST;
        }
    }
    bytes[*length] = '\0';
    *body = bytes;
    return OK;
}

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

static bool add_field(pwr_form_t *form, char *pair)
{
    char *value = strchr(pair, '=');

    if (value != NULL) {
        *value++ = '\0';
    }
    if (form->count == PWR_MAX_FIELDS || !decode(pair) || (value != NULL && !decode(value))
        || pwr_form_value(form, pair) != NULL) {
        return false;
    }
    form->names[form->count] = pair;
    form->values[form->count] = value != NULL ? value : "";
    form->count++;
    return true;
}

int pwr_form_read(pwr_form_t **form, request_rec *request)
{
    char *body = NULL;
    apr_size_t length = 0;

    if (!is_form_type(apr_table_get(request->headers_in, "Content-Type"))
        || apr_table_get(request->headers_in, "Content-Encoding") != NULL) {
        return HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    int status = read_body(&body, &length, request);
    if (status != OK) {
        return status;
    }
    if (strlen(body) != length) {
        return HTTP_BAD_REQUEST;
    }
    *form = apr_pcalloc(request->pool, sizeof **form);
    char *next = body;
    while (next != NULL && *next != '\0') {
        char *pair = next;
        next = strchr(pair, '&');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (*pair != '\0' && !add_field(*form, pair)) {
            return HTTP_BAD_REQUEST;
        }
    }
    return OK;
}

const char *pwr_form_value(const pwr_form_t *form, const char *name)
{
    for (int i = 0; i < form->count; i++) {
        if (strcmp(form->names[i], name) == 0) {
            return form->values[i];
        }
    }
    return NULL;
}
