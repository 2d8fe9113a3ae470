/*
 * The body is read into one buffer, which is wiped with the request. text/form_fields decodes it in
 * place.
 */
#include "httpd/form.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "text/form_fields.h"

struct pwr_form_t {
    pwr_form_fields_t fields;
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
    int status = ap_setup_client_block(request, REQUEST_CHUNKED_DECHUNK);

    *length = 0;
    if (status != OK) {
        return status;
    }
    if (request->remaining > PWR_MAX_BODY) {
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    apr_size_t room = request->read_chunked ? PWR_MAX_BODY : (apr_size_t)request->remaining;
    char *bytes = apr_palloc(request->pool, room + 1);
    pwr_crypto_wipe_with(bytes, room + 1, request->pool);
    if (ap_should_client_block(request)) {
        long part;
        while ((part = ap_get_client_block(request, bytes + *length, room + 1 - *length)) > 0) {
            *length += (apr_size_t)part;
            if (*length > room) {
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
    *form = apr_palloc(request->pool, sizeof **form);
    return strlen(body) == length && pwr_form_fields_parse(&(*form)->fields, body)
               ? OK
               : HTTP_BAD_REQUEST;
}

const char *pwr_form_value(const pwr_form_t *form, const char *name)
{
    return pwr_form_fields_value(&form->fields, name);
}
