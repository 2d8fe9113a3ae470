/*
 * A seal proves that this site made a text, for one purpose, at a known time: form nonces, and the
 * typed name that the "sent" page carries in its address. Authenticated and encrypted; nothing is
 * kept on the server. Any thread.
 */
#ifndef PWR_ABUSE_SEAL_H
#define PWR_ABUSE_SEAL_H

#include <stdbool.h>

#include <apr_time.h>

#include "base/crypto.h"

#define PWR_SEAL_FORM "seal:form" /* text: a fresh nonce */
#define PWR_SEAL_SENT "seal:sent" /* text: support code, line end, what was typed */
#define PWR_SEAL_HELD                                                                              \
    "seal:held" /* a request that waits for a captcha: kind, nonce, typed name, in lines */
#define PWR_SEAL_SOLVED "seal:solved"   /* a captcha was solved for the form of this seal */
#define PWR_SEAL_CAPTCHA "seal:captcha" /* a captcha for one nonce: what the right answer is */

typedef struct {
    apr_time_t made;
    const char *text;
} pwr_seal_t;

/* Seals `text` with the present time. */
const char *pwr_seal_make(const pwr_secret_t *key, const char *purpose, const char *text,
                          apr_pool_t *pool);

/* False when it was not made here for this purpose, under `key` or one behind it, or was altered.
 */
bool pwr_seal_open(pwr_seal_t *seal, const pwr_secret_t *key, const char *purpose,
                   const char *sealed, apr_pool_t *pool);

/* A form's seal: a fresh nonce, sealed. The nonce becomes the request's id. */
const char *pwr_seal_form(const pwr_secret_t *key, apr_pool_t *pool);

#endif
