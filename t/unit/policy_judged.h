/* A pool, files in a folder that goes, and a judgement by given settings and rules. */
#ifndef PWR_T_UNIT_POLICY_JUDGED_H
#define PWR_T_UNIT_POLICY_JUDGED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "policy/policy.h"

static apr_pool_t *pool;

/* By merged rules; the account may be NULL. */
static inline pwr_verdict_t judged(const pwr_policy_settings_t *settings, pwr_rules_t directory,
                                   const pwr_account_t *account, const char *typed)
{
    const char *key = NULL;
    pwr_policy_t *policy = NULL;
    pwr_rules_t rules = pwr_policy_merge(settings, &directory);

    assert_null(pwr_policy_open(&policy, settings, pool));
    pwr_policy_context_t context = {.policy = policy, .rules = &rules, .account = account};
    pwr_secret_t *password = pwr_policy_prepare(&key, typed, pool);
    assert_non_null(password);
    return pwr_policy_judge(&context, password, pool);
}

/* `key` NULL: it is accepted. */
static inline void assert_judged(const pwr_policy_settings_t *settings, pwr_rules_t directory,
                                 const char *typed, const char *key)
{
    pwr_verdict_t verdict = judged(settings, directory, NULL, typed);

    if (key == NULL ? verdict.key != NULL : verdict.key == NULL || strcmp(verdict.key, key) != 0) {
        fail_msg("'%s' gives %s, not %s", typed, verdict.key != NULL ? verdict.key : "yes",
                 key != NULL ? key : "yes");
    }
}

static inline const char *written_file(const char *text, size_t length)
{
    const char *folder = getenv("TMPDIR");
    char *path = apr_pstrcat(pool, folder != NULL ? folder : "/tmp", "/pwr-policy-XXXXXX", NULL);
    FILE *file = fdopen(mkstemp(path), "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    return path;
}

static inline int set_up(void **state)
{
    (void)state;
    return apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS
                   || pwr_crypto_start(pool) != NULL
               ? -1
               : 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

#endif
