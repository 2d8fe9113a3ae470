/*
 * Faults are plain values in a pool. A detail is cut at PWR_MAX_DETAIL, so a hostile server's long
 * answer cannot fill a log, and control characters in it are replaced, so that it cannot forge one.
 */
#include "base/fault.h"

#include <apr_errno.h>
#include <apr_strings.h>

#include "base/limits.h"

static pwr_fault_t *make(pwr_fault_kind_t kind, const char *tag, const char *key,
                         const char *detail, apr_pool_t *pool)
{
    pwr_fault_t *fault = apr_palloc(pool, sizeof *fault);
    char *clean = apr_pstrndup(pool, detail, PWR_MAX_DETAIL);

    for (char *at = clean; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            *at = ' ';
        }
    }
    *fault = (pwr_fault_t){.kind = kind, .tag = tag, .key = key, .detail = clean};
    return fault;
}

pwr_fault_t *pwr_fault_refused(apr_pool_t *pool, const char *tag, const char *key,
                               const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    const char *text = apr_pvsprintf(pool, detail, arguments);
    va_end(arguments);
    return make(PWR_REFUSED, tag, key, text, pool);
}

pwr_fault_t *pwr_fault_later(apr_pool_t *pool, const char *tag, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    const char *text = apr_pvsprintf(pool, detail, arguments);
    va_end(arguments);
    return make(PWR_LATER, tag, NULL, text, pool);
}

pwr_fault_t *pwr_fault_broken(apr_pool_t *pool, const char *tag, const char *detail, ...)
{
    va_list arguments;
    va_start(arguments, detail);
    const char *text = apr_pvsprintf(pool, detail, arguments);
    va_end(arguments);
    return make(PWR_BROKEN, tag, NULL, text, pool);
}

const char *pwr_fault_status(apr_status_t status, apr_pool_t *pool)
{
    char words[200];
    return apr_pstrdup(pool, apr_strerror(status, words, sizeof words));
}

void pwr_fault_keep_first(pwr_fault_t **first, pwr_fault_t *fault)
{
    if (*first == NULL) {
        *first = fault;
    }
}
