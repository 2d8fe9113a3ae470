/*
 * jansson behind three setters. It refuses bad UTF-8, and a line for the log must not be lost over
 * a stray byte from a directory: so texts are repaired first. Out of memory ends the process, as
 * APR has it.
 */
#include "text/json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <unicode/utf8.h>

#define LINE_FORM (JSON_COMPACT | JSON_PRESERVE_ORDER)

struct pwr_json_t {
    json_t *object;
    apr_pool_t *pool; /* for repaired texts */
};

static apr_status_t free_object(void *data)
{
    json_decref(data);
    return APR_SUCCESS;
}

pwr_json_t *pwr_json_make(apr_pool_t *pool)
{
    pwr_json_t *json = apr_palloc(pool, sizeof *json);

    json->object = json_object();
    apr_pool_cleanup_register(pool, json->object, free_object, apr_pool_cleanup_null);
    if (json->object == NULL) {
        abort();
    }
    json->pool = pool;
    return json;
}

static void set(pwr_json_t *json, const char *name, json_t *value)
{
    if (json_object_set_new_nocheck(json->object, name, value) != 0) {
        abort();
    }
}

/* Each ill-formed sequence becomes one U+FFFD (the Unicode Standard, 3.9, "maximal subpart"). */
static const char *repaired(const char *text, apr_size_t length, apr_pool_t *pool)
{
    char *clean = apr_palloc(pool, 3 * length + 1);
    apr_size_t at = 0;
    apr_size_t out = 0;

    while (at < length) {
        UChar32 point;
        U8_NEXT_OR_FFFD(text, at, length, point);
        U8_APPEND_UNSAFE(clean, out, point);
    }
    clean[out] = '\0';
    return clean;
}

void pwr_json_text(pwr_json_t *json, const char *name, const char *value)
{
    if (value != NULL) {
        set(json, name, json_string_nocheck(repaired(value, strlen(value), json->pool)));
    }
}

void pwr_json_number(pwr_json_t *json, const char *name, apr_int64_t value)
{
    set(json, name, json_integer(value));
}

void pwr_json_flag(pwr_json_t *json, const char *name, bool value)
{
    set(json, name, json_boolean(value));
}

const char *pwr_json_line(const pwr_json_t *json, apr_pool_t *pool)
{
    size_t length = json_dumpb(json->object, NULL, 0, LINE_FORM);
    char *line = apr_palloc(pool, length + 1);

    json_dumpb(json->object, line, length, LINE_FORM);
    line[length] = '\0';
    return line;
}
