/* Sealed bytes are the time, eight bytes, and the text. The crypto and its purposes are
 * base/crypto's. */
#include "abuse/seal.h"

#include <string.h>

#include "base/clock.h"

#define NONCE_BYTES 24

const char *pwr_seal_make(const pwr_secret_t *key, const char *purpose, const char *text,
                          apr_pool_t *pool)
{
    apr_time_t now = pwr_clock_now();
    size_t length = strlen(text);
    char *bytes = apr_palloc(pool, sizeof now + length);

    memcpy(bytes, &now, sizeof now);
    memcpy(bytes + sizeof now, text, length);
    return pwr_crypto_seal(key, purpose, bytes, sizeof now + length, pool);
}

bool pwr_seal_open(pwr_seal_t *seal, const pwr_secret_t *key, const char *purpose,
                   const char *sealed, apr_pool_t *pool)
{
    const char *bytes = NULL;
    size_t length = 0;
    apr_time_t now = pwr_clock_now();

    while (key != NULL && !pwr_crypto_open(&bytes, &length, key, purpose, sealed, pool)) {
        key = pwr_secret_next(key, now);
    }
    if (key == NULL || length < sizeof seal->made) {
        return false;
    }
    memcpy(&seal->made, bytes, sizeof seal->made);
    seal->text = bytes + sizeof seal->made;
    return true;
}

const char *pwr_seal_form(const pwr_secret_t *key, apr_pool_t *pool)
{
    unsigned char bytes[NONCE_BYTES];
    char nonce[PWR_BASE64URL_CHARS(NONCE_BYTES) + 1];

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(nonce, bytes, sizeof bytes);
    return pwr_seal_make(key, PWR_SEAL_FORM, nonce, pool);
}
