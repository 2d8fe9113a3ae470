/*
 * The password's rules: those of the directory and those of the site, as one list that is shown in
 * the box and checked before the write. Adding a rule is a row in policy.c and a function. No
 * state; any thread.
 */
#ifndef PWR_POLICY_POLICY_H
#define PWR_POLICY_POLICY_H

#include "base/crypto.h"
#include "base/model.h"

typedef struct {
    int min_length; /* code points; the directory's own minimum holds where it is longer */
} pwr_policy_settings_t;

typedef struct {
    const pwr_rules_t *rules; /* merged, as the box shows them */
    const pwr_account_t *account;
} pwr_policy_context_t;

/* The first broken rule; key NULL when none is. */
typedef struct {
    const char *key;    /* message key; its arguments: min_length, max_length, entered_length */
    int entered_length; /* code points */
} pwr_verdict_t;

/* The directory's rules and the site's, whichever is stricter. */
pwr_rules_t pwr_policy_merge(const pwr_policy_settings_t *settings,
                             const pwr_rules_t *directory_rules);

/* What is typed becomes what is written: NFC, so that every keyboard gives the same bytes. NULL
 * with `key` set when it is empty, no valid text, holds a control character, or is over
 * PWR_MAX_PASSWORD bytes. */
pwr_secret_t *pwr_policy_prepare(const char **key, const char *typed, apr_pool_t *pool);

/* Judges a prepared password by every rule that can be checked here. */
pwr_verdict_t pwr_policy_judge(const pwr_policy_context_t *context, const pwr_secret_t *password,
                               apr_pool_t *scratch);

#endif
