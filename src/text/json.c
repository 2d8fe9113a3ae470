/*
 * Calls of jansson. It refuses bad UTF-8, and a line for the log must not be lost over a stray byte
 * from a directory: so texts are repaired first. Out of memory ends the process, as in APR.
 */
#include "text/json.h"

#include <stdlib.h>
#include <string.h>

#include <apr_tables.h>
#include <jansson.h>
#include <unicode/utf8.h>

#include "base/limits.h"

struct pwr_json_t {
    json_t *object;
    apr_pool_t *pool; /* for repaired texts */
};

static apr_status_t free_object(void *data)
{
    json_decref(data);
    return APR_SUCCESS;
}

static pwr_json_t *keep(json_t *object, apr_pool_t *pool)
{
    pwr_json_t *json = apr_palloc(pool, sizeof *json);

    *json = (pwr_json_t){.object = object, .pool = pool};
    return json;
}

pwr_json_t *pwr_json_make(apr_pool_t *pool)
{
    json_t *object = json_object();

    apr_pool_cleanup_register(pool, object, free_object, apr_pool_cleanup_null);
    if (object == NULL) {
        abort();
    }
    return keep(object, pool);
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

void pwr_json_object(pwr_json_t *json, const char *name, const pwr_json_t *value)
{
    set(json, name, json_incref(value->object));
}

static const char *line_of(const pwr_json_t *json, size_t form, apr_pool_t *pool)
{
    size_t length = json_dumpb(json->object, NULL, 0, form);
    char *line = apr_palloc(pool, length + 1);

    json_dumpb(json->object, line, length, form);
    line[length] = '\0';
    return line;
}

const char *pwr_json_line(const pwr_json_t *json, apr_pool_t *pool)
{
    return line_of(json, JSON_COMPACT | JSON_PRESERVE_ORDER, pool);
}

const char *pwr_json_sorted_line(const pwr_json_t *json, apr_pool_t *pool)
{
    return line_of(json, JSON_COMPACT | JSON_SORT_KEYS, pool);
}

/* jansson's own limit of 2048 levels is far beyond what anybody sends in earnest. */
static bool is_deep(const char *bytes, apr_size_t length)
{
    int depth = 0;
    bool is_in_text = false;

    for (apr_size_t i = 0; i < length && depth <= PWR_MAX_JSON_DEPTH; i++) {
        if (is_in_text && bytes[i] == '\\') {
            i++;
        } else if (bytes[i] == '"') {
            is_in_text = !is_in_text;
        } else if (!is_in_text && (bytes[i] == '{' || bytes[i] == '[')) {
            depth++;
        } else if (!is_in_text && (bytes[i] == '}' || bytes[i] == ']')) {
            depth--;
        }
    }
    return depth > PWR_MAX_JSON_DEPTH;
}

const pwr_json_t *pwr_json_read(const char *bytes, apr_size_t length, apr_pool_t *pool)
{
    /* jansson takes a NUL behind a number for white space. */
    bool has_nul = length > 0 && memchr(bytes, '\0', length) != NULL;
    if (length > PWR_MAX_JSON || has_nul || is_deep(bytes, length)) {
        return NULL;
    }
    json_t *object = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (object == NULL) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, object, free_object, apr_pool_cleanup_null);
    return json_is_object(object) ? keep(object, pool) : NULL;
}

const char *pwr_json_get_text(const pwr_json_t *json, const char *name)
{
    return json_string_value(json_object_get(json->object, name));
}

bool pwr_json_get_number(apr_int64_t *value, const pwr_json_t *json, const char *name)
{
    const json_t *member = json_object_get(json->object, name);

    if (!json_is_integer(member)) {
        return false;
    }
    *value = json_integer_value(member);
    return true;
}

const pwr_json_t *pwr_json_get_object(const pwr_json_t *json, const char *name)
{
    json_t *member = json_object_get(json->object, name);

    return json_is_object(member) ? keep(member, json->pool) : NULL;
}

bool pwr_json_get_flag(bool *value, const pwr_json_t *json, const char *name)
{
    const json_t *member = json_object_get(json->object, name);

    if (!json_is_boolean(member)) {
        return false;
    }
    *value = json_is_true(member);
    return true;
}

bool pwr_json_get_real(double *value, const pwr_json_t *json, const char *name)
{
    const json_t *member = json_object_get(json->object, name);

    if (!json_is_number(member)) {
        return false;
    }
    *value = json_number_value(member);
    return true;
}

const char *pwr_json_get_texts(const pwr_json_t *json, const char *name)
{
    const json_t *list = json_object_get(json->object, name);
    apr_array_header_t *texts = apr_array_make(json->pool, 4, sizeof(const char *));

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text != NULL) {
            APR_ARRAY_PUSH(texts, const char *) = text;
        }
    }
    return apr_array_pstrcat(json->pool, texts, ' ');
}
