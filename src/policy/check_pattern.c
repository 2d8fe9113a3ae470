/* Expressions come from the administrator, passwords from strangers: so each match has its ceilings
 * (text/expression). */
#include "policy/check_pattern.h"

#include "base/log.h"
#include "text/expression.h"

pwr_fault_t *pwr_patterns_open(apr_array_header_t **patterns, const apr_array_header_t *wanted,
                               apr_pool_t *pool)
{
    if (wanted == NULL) {
        return NULL;
    }
    *patterns = apr_array_make(pool, wanted->nelts, sizeof(pwr_expression_t *));
    for (int i = 0; i < wanted->nelts; i++) {
        pwr_expression_t *expression = NULL;
        PWR_TRY(pwr_expression_compile(
            &expression, APR_ARRAY_IDX(wanted, i, pwr_policy_pattern_t).expression, pool));
        APR_ARRAY_PUSH(*patterns, pwr_expression_t *) = expression;
    }
    return NULL;
}

int pwr_patterns_first_broken(const pwr_policy_t *policy, const char *password, apr_pool_t *scratch)
{
    for (int i = 0; policy->patterns != NULL && i < policy->patterns->nelts; i++) {
        const pwr_policy_pattern_t *wanted
            = &APR_ARRAY_IDX(policy->settings->patterns, i, pwr_policy_pattern_t);
        bool is_found = false;
        pwr_fault_t *fault = pwr_expression_find(
            &is_found, APR_ARRAY_IDX(policy->patterns, i, pwr_expression_t *), password, scratch);
        if (fault != NULL) {
            pwr_log_fault(fault);
            return i;
        }
        if (is_found == wanted->is_unwanted) {
            return i;
        }
    }
    return -1;
}
