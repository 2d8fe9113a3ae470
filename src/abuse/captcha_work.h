/*
 * Proof of work in the ALTCHA wire format, version 2: the browser searches, the server checks one
 * short derivation. A challenge carries its whole meaning in itself, authenticated: purpose,
 * expiry, difficulty, and the nonce of the form it belongs to. Single use follows from the nonce,
 * which the outbox takes once. No state; any thread.
 */
#ifndef PWR_ABUSE_CAPTCHA_WORK_H
#define PWR_ABUSE_CAPTCHA_WORK_H

#include <stdbool.h>

#include "abuse/abuse.h"
#include "base/crypto.h"

typedef struct {
    pwr_level_t level;        /* kept in the challenge; CAPTCHA: long work in a captcha's stead */
    int work;                 /* mean number of guesses, a short PBKDF2 each; twice as many at
                                 most */
    apr_interval_time_t life; /* from now; at most a week */
} pwr_work_order_t;

/* The challenge as one line of JSON, for the form with this nonce. */
const char *pwr_work_challenge(const pwr_secret_t *key, const char *form_nonce,
                               const pwr_work_order_t *order, apr_pool_t *pool);

/* Checks a solution: base64 of JSON as the ALTCHA widget posts it in field `altcha`, at most
 * PWR_MAX_SOLUTION characters. True when it is complete, ours, for this form, not
 * expired, unaltered, solved, and of at least `level`. Takes under 0.1 ms whatever it is given. */
bool pwr_work_check(const pwr_secret_t *key, const char *form_nonce, pwr_level_t level,
                    const char *solution, apr_pool_t *scratch);

#endif
