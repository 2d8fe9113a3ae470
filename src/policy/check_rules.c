/* Length in code points after NFC, as people count. */
#include "policy/check_rules.h"

#include "text/unicode.h"

const char *pwr_check_rules(const pwr_policy_context_t *context, const pwr_secret_t *password,
                            apr_pool_t *scratch)
{
    int length = pwr_unicode_count(pwr_secret_bytes(password), pwr_secret_length(password));

    (void)scratch;
    if (length < context->rules->min_length) {
        return "password.short";
    }
    if (length > context->rules->max_length) {
        return "password.long";
    }
    return NULL;
}
