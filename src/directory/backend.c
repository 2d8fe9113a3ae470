/* The backends in the order in which they are asked, and what they share. */
#include "directory/backend.h"

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

const char *pwr_backend_person_filter(const pwr_backend_context_t *context)
{
    const char *own = context->settings->filter;
    const char *usual = context->backend->person_filter;

    return strcmp(own, PWR_EVERYTHING) == 0 && usual != NULL ? usual : own;
}
