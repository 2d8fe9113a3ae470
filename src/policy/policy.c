/* Strings the checks together; each check is one row. */
#include "policy/policy.h"

#include <string.h>

#include "base/limits.h"
#include "policy/check_rules.h"
#include "text/unicode.h"

typedef const char *(*check_t)(const pwr_policy_context_t *context, const pwr_secret_t *password,
                               apr_pool_t *scratch);

static const check_t checks[] = {
    pwr_check_rules,
};

pwr_rules_t pwr_policy_merge(const pwr_policy_settings_t *settings,
                             const pwr_rules_t *directory_rules)
{
    pwr_rules_t merged = *directory_rules;

    if (merged.min_length < settings->min_length) {
        merged.min_length = settings->min_length;
    }
    if (merged.min_length < 1) {
        merged.min_length = 1;
    }
    if (merged.max_length == 0 || merged.max_length > PWR_MAX_PASSWORD_CHARS) {
        merged.max_length = PWR_MAX_PASSWORD_CHARS;
    }
    if (merged.min_length > merged.max_length) { /* the directory's maximum cannot be argued with */
        merged.min_length = merged.max_length;
    }
    return merged;
}

static bool has_control_character(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        bool is_c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f; /* U+0080 to U+009F */
        if (*at < 0x20 || *at == 0x7f || is_c1) {
            return true;
        }
    }
    return false;
}

pwr_secret_t *pwr_policy_prepare(const char **key, const char *typed, apr_pool_t *pool)
{
    size_t length = strnlen(typed, PWR_MAX_PASSWORD + 1);

    *key = NULL;
    if (length == 0) {
        *key = "password.empty";
        return NULL;
    }
    if (length > PWR_MAX_PASSWORD) {
        *key = "password.long_bytes";
        return NULL;
    }
    char *normal = has_control_character(typed) ? NULL : pwr_unicode_nfc(typed, length, pool);
    if (normal == NULL) {
        *key = "password.invalid";
        return NULL;
    }
    length = strlen(normal);
    pwr_secret_t *password = pwr_secret_make(normal, length, pool);
    pwr_crypto_wipe(normal, length);
    return password;
}

pwr_verdict_t pwr_policy_judge(const pwr_policy_context_t *context, const pwr_secret_t *password,
                               apr_pool_t *scratch)
{
    pwr_verdict_t verdict = {
        .key = NULL,
        .entered_length
        = pwr_unicode_count(pwr_secret_bytes(password), pwr_secret_length(password)),
    };

    for (size_t i = 0; i < sizeof checks / sizeof checks[0] && verdict.key == NULL; i++) {
        verdict.key = checks[i](context, password, scratch);
    }
    return verdict;
}
