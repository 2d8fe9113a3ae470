/*
 * A clone shares the compiled pattern and has a state of its own, which is what ICU asks for
 * between threads. The time limit is counted in the engine's steps, so it ends what backtracks for
 * ever.
 */
#include "text/expression.h"

#include <string.h>

#include <unicode/uregex.h>
#include <unicode/ustring.h>

#include "base/crypto.h"
#include "base/limits.h"

#define MAX_STACK 262144 /* bytes of the backtracking of one match */
#define MAX_PATTERN 1024 /* bytes */

struct pwr_expression_t {
    URegularExpression *compiled;
    const char *pattern;
};

static apr_status_t close_expression(void *data)
{
    uregex_close(data);
    return APR_SUCCESS;
}

static UChar *widened(int32_t *length, const char *text, apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t bytes = (int32_t)strlen(text);
    apr_size_t size = sizeof(UChar) * ((apr_size_t)bytes + 1);
    UChar *wide = apr_palloc(pool, size);

    pwr_crypto_wipe_with(wide, size, pool);
    u_strFromUTF8(wide, bytes + 1, length, text, bytes, &status);
    return U_SUCCESS(status) ? wide : NULL;
}

pwr_fault_t *pwr_expression_compile(pwr_expression_t **expression, const char *pattern,
                                    apr_pool_t *pool)
{
    UErrorCode status = U_ZERO_ERROR;
    UParseError where = {.offset = -1};
    int32_t length = 0;
    UChar *wide = strlen(pattern) <= MAX_PATTERN ? widened(&length, pattern, pool) : NULL;

    if (wide == NULL) {
        return pwr_fault_broken(pool, "PWR0390",
                                "The expression is no UTF-8, or longer than %d bytes. Write a "
                                "shorter one.",
                                MAX_PATTERN);
    }
    URegularExpression *compiled = uregex_open(wide, length, 0, &where, &status);
    if (U_FAILURE(status)) {
        return pwr_fault_broken(pool, "PWR0391",
                                "'%s' is no regular expression of ICU: %s at character %d. Fix it "
                                "there.",
                                pattern, u_errorName(status), where.offset);
    }
    apr_pool_cleanup_register(pool, compiled, close_expression, apr_pool_cleanup_null);
    *expression = apr_palloc(pool, sizeof **expression);
    **expression = (pwr_expression_t){.compiled = compiled, .pattern = pattern};
    return NULL;
}

pwr_fault_t *pwr_expression_find(bool *is_found, const pwr_expression_t *expression,
                                 const char *text, apr_pool_t *scratch)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t length = 0;
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, scratch);
    URegularExpression *own = uregex_clone(expression->compiled, &status);
    apr_pool_cleanup_register(pool, own, close_expression, apr_pool_cleanup_null);
    UChar *wide = widened(&length, text, pool);
    uregex_setTimeLimit(own, PWR_MAX_PATTERN_MS, &status);
    uregex_setStackLimit(own, MAX_STACK, &status);
    uregex_setText(own, wide, wide != NULL ? length : 0, &status);
    *is_found = uregex_find(own, -1, &status);
    apr_pool_destroy(pool);
    if (wide == NULL || U_FAILURE(status)) {
        return pwr_fault_later(scratch, "PWR0392",
                               "The expression '%s' was stopped (%s): it takes too long on a text "
                               "that people may type. Write it without nested repetitions.",
                               expression->pattern, u_errorName(status));
    }
    return NULL;
}
