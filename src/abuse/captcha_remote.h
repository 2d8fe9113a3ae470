/*
 * Robot checks of providers, where a site asks for one by name: one table row each. The browser
 * sends a response, and this component asks the provider about it. A provider that does not answer
 * is neither a yes nor a no: the built-in check is used then.
 */
#ifndef PWR_ABUSE_CAPTCHA_REMOTE_H
#define PWR_ABUSE_CAPTCHA_REMOTE_H

#include <stdbool.h>

#include <apr_time.h>

#include "abuse/captcha_provider.h"
#include "base/crypto.h"
#include "base/fault.h"

typedef struct {
    const char *provider;       /* name of a row; NULL: none is used */
    const char *site_key;       /* public */
    const pwr_secret_t *secret; /* or API key */
    const char *hostname;       /* must be what the provider says the response was made on */
    const char *action;         /* likewise, where the provider knows actions */
    int least_score;            /* percent, where the provider gives scores */
    const char *verify_url;     /* NULL for the row's; needed where the row has none */
    const char *trusted_ca;     /* PEM file; NULL for the system's */
    apr_interval_time_t timeout;
} pwr_remote_settings_t;

typedef enum { PWR_REMOTE_YES, PWR_REMOTE_NO, PWR_REMOTE_DOWN } pwr_remote_verdict_t;

/* The fault of settings that cannot work, for the start; NULL when they can, or name no provider.
 */
pwr_fault_t *pwr_remote_settings_check(const pwr_remote_settings_t *settings,
                                       apr_pool_t *pool) PWR_MUST_USE;

/* Asks the provider about `response`; one that is missing, or holds anything but printable ASCII,
 * is NO without asking. YES needs a true verdict and all of hostname, action and score that the row
 * has. `client_ip` is told to those who take it; NULL tells nobody. `fault` says why, for the log:
 * REFUSED without a key with NO, LATER or BROKEN with DOWN, NULL with YES. */
pwr_remote_verdict_t pwr_remote_check(pwr_fault_t **fault, const pwr_remote_settings_t *settings,
                                      const char *response, const char *client_ip,
                                      apr_pool_t *pool);

#endif
