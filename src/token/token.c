/*
 * Deriving, recognising and digesting tokens. The site enters as a digest of fixed length, so no
 * two pairs of site and text give the same bytes.
 */
#include "token/token.h"

#include <string.h>

#define TOKEN_BYTES 32

pwr_secret_t *pwr_token_derive(const pwr_secret_t *key, const char *purpose, const char *seed,
                               apr_pool_t *pool)
{
    const char *mint = strcmp(purpose, PWR_TOKEN_LINK) == 0 ? "token:mint-link" : "token:mint-stop";
    char text[PWR_DIGEST_CHARS + 1];

    pwr_crypto_digest(text, key, mint, seed, strlen(seed));
    pwr_secret_t *token = pwr_secret_make(text, PWR_TOKEN_CHARS, pool);
    pwr_crypto_wipe(text, sizeof text);
    return token;
}

bool pwr_token_is_canonical(const char *token)
{
    unsigned char bytes[TOKEN_BYTES];
    size_t length = 0;

    if (strnlen(token, PWR_TOKEN_CHARS + 1) != PWR_TOKEN_CHARS) {
        return false;
    }
    bool is_canonical = pwr_decode_base64url(bytes, &length, sizeof bytes, token, PWR_TOKEN_CHARS)
                        && length == TOKEN_BYTES;
    pwr_crypto_wipe(bytes, sizeof bytes);
    return is_canonical;
}

void pwr_token_digest(char out[PWR_DIGEST_CHARS + 1], const pwr_secret_t *key, const char *purpose,
                      const char *site, const char *text)
{
    char site_digest[PWR_DIGEST_CHARS + 1];
    char both[PWR_DIGEST_CHARS + 1 + 1024];
    size_t text_length = strnlen(text, sizeof both - sizeof site_digest);

    /* The purpose keeps its old word: with another one no link that was mailed would work. */
    pwr_crypto_digest(site_digest, key, "token:realm", site, strlen(site));
    memcpy(both, site_digest, PWR_DIGEST_CHARS);
    memcpy(both + PWR_DIGEST_CHARS, text, text_length);
    pwr_crypto_digest(out, key, purpose, both, PWR_DIGEST_CHARS + text_length);
    pwr_crypto_wipe(both, sizeof both);
}
