/*
 * A fault says that a call did not do its work, and who can fix it. It is made once, where it
 * happens, returned upward by PWR_TRY, and logged once, by the httpd layer. NULL means that all is
 * well. Lives in the pool given to its maker. Any thread.
 */
#ifndef PWR_BASE_FAULT_H
#define PWR_BASE_FAULT_H

#include <apr_pools.h>

typedef enum {
    PWR_REFUSED, /* the person can fix it: `key` names the message that says how */
    PWR_LATER,   /* nothing is wrong for good: try again */
    PWR_BROKEN   /* the operator must fix it: `detail` says how */
} pwr_fault_kind_t;

typedef struct {
    pwr_fault_kind_t kind;
    const char *tag;    /* "PWR" and four digits; stands once in the source, for ever */
    const char *key;    /* message key for the person; NULL unless REFUSED */
    const char *detail; /* for the operator: what happened, what to do; never a secret */
} pwr_fault_t;

#define PWR_MUST_USE __attribute__((warn_unused_result))
#define PWR_FORMAT(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/* Each returns a new fault, never NULL. The format is apr_psprintf's: no %lld, use APR_INT64_T_FMT.
 */
pwr_fault_t *pwr_fault_refused(apr_pool_t *pool, const char *tag, const char *key,
                               const char *detail, ...) PWR_FORMAT(4, 5);
pwr_fault_t *pwr_fault_later(apr_pool_t *pool, const char *tag, const char *detail, ...)
    PWR_FORMAT(3, 4);
pwr_fault_t *pwr_fault_broken(apr_pool_t *pool, const char *tag, const char *detail, ...)
    PWR_FORMAT(3, 4);

/* The words for an apr_status_t, for use in a detail. */
const char *pwr_fault_status(apr_status_t status, apr_pool_t *pool);

/* For a series of calls that no fault ends early: keeps the first fault of it in `first`. */
void pwr_fault_keep_first(pwr_fault_t **first, pwr_fault_t *fault);

/* Returns from the calling function with the fault of `call`, if it has one. */
#define PWR_TRY(call)                                                                              \
    do {                                                                                           \
        pwr_fault_t *pwr_try_fault = (call);                                                       \
        if (pwr_try_fault != NULL) {                                                               \
            return pwr_try_fault;                                                                  \
        }                                                                                          \
    } while (0)

#endif
