/* The backends in the order in which they are asked, and what they share. */
#include "directory/backend.h"

#include <limits.h>
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

static const pwr_backend_t *const backends[]
    = {&pwr_backend_openldap, &pwr_backend_389ds, &pwr_backend_ad};

#define BACKENDS (sizeof backends / sizeof backends[0])

const pwr_backend_t *pwr_backend_named(const char *name)
{
    for (size_t i = 0; i < BACKENDS; i++) {
        if (apr_cstr_casecmp(backends[i]->name, name) == 0) {
            return backends[i];
        }
    }
    return NULL;
}

const char *pwr_backend_names(apr_pool_t *pool)
{
    const char *names = backends[0]->name;

    for (size_t i = 1; i < BACKENDS; i++) {
        names = apr_pstrcat(pool, names, ", ", backends[i]->name, NULL);
    }
    return names;
}

const pwr_backend_t *pwr_backend_of_root(const pwr_entry_t *root)
{
    for (size_t i = 0; i < BACKENDS; i++) {
        if (backends[i]->is_root(root)) {
            return backends[i];
        }
    }
    return &pwr_backend_openldap;
}

int pwr_backend_number(const pwr_entry_t *entry, const char *name)
{
    const char *text = pwr_entry_first(entry, name);
    apr_int64_t number = text != NULL ? apr_strtoi64(text, NULL, 10) : 0;

    return number < 0 ? 0 : (number > INT_MAX ? INT_MAX : (int)number);
}

bool pwr_backend_is_true(const pwr_entry_t *entry, const char *name)
{
    const char *value = pwr_entry_first(entry, name);
    return value != NULL && apr_cstr_casecmp(value, "TRUE") == 0;
}

pwr_fault_t *pwr_backend_matches(bool *is_match, const pwr_backend_context_t *context,
                                 const char *dn, const char *filter, apr_pool_t *scratch)
{
    static const char *const nothing[] = {LDAP_NO_ATTRS, NULL};
    const pwr_search_t search = {
        .base = dn, .scope = LDAP_SCOPE_BASE, .filter = filter, .attributes = nothing, .limit = 1};
    pwr_found_t found;

    *is_match = false;
    PWR_TRY(pwr_search(&found, context->connections, &search, scratch));
    *is_match = found.entries->nelts == 1;
    return NULL;
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

apr_time_t pwr_backend_time(const char *text)
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

apr_array_header_t *pwr_backend_changes(apr_pool_t *pool)
{
    return apr_array_make(pool, 4, sizeof(LDAPMod *));
}

void pwr_backend_change(apr_array_header_t *changes, int op, const char *attribute,
                        const char *value)
{
    apr_pool_t *pool = changes->pool;
    LDAPMod *change = apr_pcalloc(pool, sizeof *change);

    change->mod_op = op;
    change->mod_type = apr_pstrdup(pool, attribute);
    if (value != NULL) {
        change->mod_values = apr_pcalloc(pool, 2 * sizeof *change->mod_values);
        change->mod_values[0] = apr_pstrdup(pool, value);
        pwr_crypto_wipe_with(change->mod_values[0], strlen(value), pool); /* it may be a hash */
    }
    APR_ARRAY_PUSH(changes, LDAPMod *) = change;
}

LDAPMod **pwr_backend_finish(apr_array_header_t *changes)
{
    if (changes->nelts == 0) {
        return NULL;
    }
    APR_ARRAY_PUSH(changes, LDAPMod *) = NULL;
    return (LDAPMod **)changes->elts;
}
