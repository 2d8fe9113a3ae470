/* The names of attributes are ASCII; letter case does not count in them. */
#include "directory/entry.h"

#include <limits.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

const pwr_entry_t *pwr_entry_copy(const pwr_entry_t *entry, apr_pool_t *pool)
{
    pwr_entry_t *copy = apr_pcalloc(pool, sizeof *copy);

    copy->dn = apr_pstrdup(pool, entry->dn);
    copy->attributes = apr_array_copy(pool, entry->attributes);
    for (int i = 0; i < copy->attributes->nelts; i++) {
        pwr_attribute_t *attribute = &APR_ARRAY_IDX(copy->attributes, i, pwr_attribute_t);
        attribute->name = apr_pstrdup(pool, attribute->name);
        attribute->values = apr_array_copy(pool, attribute->values);
        for (int j = 0; j < attribute->values->nelts; j++) {
            const char **value = &APR_ARRAY_IDX(attribute->values, j, const char *);
            *value = apr_pstrdup(pool, *value);
        }
    }
    return copy;
}

const apr_array_header_t *pwr_entry_values(const pwr_entry_t *entry, const char *name)
{
    for (int i = 0; i < entry->attributes->nelts; i++) {
        const pwr_attribute_t *attribute = &APR_ARRAY_IDX(entry->attributes, i, pwr_attribute_t);
        if (apr_cstr_casecmp(attribute->name, name) == 0) {
            return attribute->values;
        }
    }
    return NULL;
}

const apr_array_header_t *pwr_entry_all_values(const pwr_entry_t *entry, const char *name,
                                               apr_pool_t *pool)
{
    const apr_array_header_t *plain = pwr_entry_values(entry, name);
    apr_array_header_t *all = NULL;
    size_t length = strlen(name);

    for (int i = 0; i < entry->attributes->nelts; i++) {
        const pwr_attribute_t *attribute = &APR_ARRAY_IDX(entry->attributes, i, pwr_attribute_t);
        if (apr_cstr_casecmpn(attribute->name, name, length) != 0
            || attribute->name[length] != ';') {
            continue;
        }
        if (all == NULL) {
            all = plain != NULL ? apr_array_copy(pool, plain)
                                : apr_array_make(pool, 2, sizeof(const char *));
        }
        apr_array_cat(all, attribute->values);
    }
    return all != NULL ? all : plain;
}

const char *pwr_entry_first(const pwr_entry_t *entry, const char *name)
{
    const apr_array_header_t *values = pwr_entry_values(entry, name);
    return values != NULL ? APR_ARRAY_IDX(values, 0, const char *) : NULL;
}

int pwr_entry_number(const pwr_entry_t *entry, const char *name)
{
    const char *text = pwr_entry_first(entry, name);
    apr_int64_t number = text != NULL ? apr_strtoi64(text, NULL, 10) : 0;

    return number < 0 ? 0 : (number > INT_MAX ? INT_MAX : (int)number);
}

bool pwr_entry_is_true(const pwr_entry_t *entry, const char *name)
{
    const char *value = pwr_entry_first(entry, name);
    return value != NULL && apr_cstr_casecmp(value, "TRUE") == 0;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

apr_time_t pwr_entry_time(const char *text)
{
    apr_time_exp_t parts = {0};
    apr_time_t time = 0;
    size_t digits = text != NULL ? strspn(text, "0123456789") : 0;
    size_t fraction = digits == 14 && (text[14] == '.' || text[14] == ',')
                          ? 1 + strspn(text + 15, "0123456789")
                          : 0;

    if (digits != 14 || strcmp(text + digits + fraction, "Z") != 0) {
        return 0;
    }
    parts.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900;
    parts.tm_mon = two_digits(text + 4) - 1;
    parts.tm_mday = two_digits(text + 6);
    parts.tm_hour = two_digits(text + 8);
    parts.tm_min = two_digits(text + 10);
    parts.tm_sec = two_digits(text + 12);
    return apr_time_exp_gmt_get(&time, &parts) == APR_SUCCESS ? time : 0;
}
