/*
 * An expression and a text, with 0x1e between: refused with a reason or compiled; its answer comes
 * within the bounds and is the same the next time.
 */
#include "fuzz.h"

#include "text/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    const char *pattern = next_text(&input);
    const char *text = next_text(&input);
    pwr_expression_t *expression = NULL;
    bool is_found = false, is_found_again = false;

    pwr_fault_t *fault = pwr_expression_compile(&expression, pattern, input.pool);
    if (fault != NULL) {
        MUST(fault->kind == PWR_BROKEN && *fault->detail != '\0');
        apr_pool_destroy(input.pool);
        return 0;
    }
    pwr_fault_t *first = pwr_expression_find(&is_found, expression, text, input.pool);
    pwr_fault_t *second = pwr_expression_find(&is_found_again, expression, text, input.pool);
    MUST((first == NULL) == (second == NULL));
    MUST(first != NULL || is_found == is_found_again);
    MUST(first == NULL || first->kind == PWR_LATER);
    apr_pool_destroy(input.pool);
    return 0;
}
