/*
 * The token: the secret in the mailed link. 32 random bytes as 43 characters of base64url, kept
 * nowhere but in the mail; the database knows its keyed digest. The digest covers the purpose and
 * the site, so a link of one site, or the "not me" secret, opens nothing else. No state; any
 * thread.
 */
#ifndef PWR_TOKEN_TOKEN_H
#define PWR_TOKEN_TOKEN_H

#include <stdbool.h>

#include "base/crypto.h"

#define PWR_TOKEN_CHARS 43

/* What a digest is of: texts of different purposes never give the same digest. */
#define PWR_TOKEN_LINK "token:link"   /* may set a password */
#define PWR_TOKEN_STOP "token:stop"   /* may kill the link, nothing else */
#define PWR_TOKEN_MAIL "token:mail"   /* the address a link was mailed to */
#define PWR_TOKEN_STAMP "token:stamp" /* the account's password stamp when the link was made */

/* The token of a row's seed (32 random bytes as text) for a purpose (LINK or STOP), in locked
 * memory of `pool`: the same on every delivery. It cannot be computed without both the seed and the
 * key, and is lost when the row's seed is emptied. */
pwr_secret_t *pwr_token_derive(const pwr_secret_t *key, const char *purpose, const char *seed,
                               apr_pool_t *pool);

/* True for 43 characters that are the canonical base64url of 32 bytes. */
bool pwr_token_is_canonical(const char *token);

/* Keyed digest of `text` for a purpose (above) within a site. */
void pwr_token_digest(char out[PWR_DIGEST_CHARS + 1], const pwr_secret_t *key, const char *purpose,
                      const char *site, const char *text);

#endif
