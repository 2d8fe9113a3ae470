/*
 * Calls of libsodium. The key of each purpose is derived by a keyed hash of the purpose, so two
 * purposes never have one key, and no caller can mix them up.
 */
#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <sodium.h>

#include "base/limits.h"

_Static_assert(crypto_shorthash_KEYBYTES == PWR_SHORT_KEY_BYTES, "libsodium has another size");
_Static_assert(crypto_shorthash_BYTES == sizeof(apr_uint64_t), "libsodium has another size");

#define ARGON2_PASSES 2
#define ARGON2_MEMORY ((size_t)19 * 1024 * 1024)

struct pwr_secret_t {
    size_t length;
    char *bytes; /* from sodium_malloc: guarded, locked where possible */
    const pwr_secret_t *next;
    apr_int64_t next_until;
};

pwr_fault_t *pwr_crypto_start(apr_pool_t *pool)
{
    if (sodium_init() < 0) {
        return pwr_fault_broken(
            pool, "PWR0101",
            "libsodium found no source of randomness. Make /dev/urandom readable.");
    }
    return NULL;
}

void pwr_crypto_random(void *out, size_t length)
{
    randombytes_buf(out, length);
}

static apr_status_t free_secret(void *data)
{
    pwr_secret_t *secret = data;
    sodium_free(secret->bytes); /* wipes first */
    secret->bytes = NULL;
    return APR_SUCCESS;
}

pwr_secret_t *pwr_secret_make(const void *bytes, size_t length, apr_pool_t *pool)
{
    pwr_secret_t *secret = apr_pcalloc(pool, sizeof *secret);

    secret->length = length;
    secret->bytes = sodium_malloc(length + 1);
    if (secret->bytes == NULL) {
        abort(); /* out of memory, as APR treats it */
    }
    memcpy(secret->bytes, bytes, length);
    secret->bytes[length] = '\0';
    apr_pool_cleanup_register(pool, secret, free_secret, apr_pool_cleanup_null);
    return secret;
}

const char *pwr_secret_bytes(const pwr_secret_t *secret)
{
    return secret->bytes;
}

size_t pwr_secret_length(const pwr_secret_t *secret)
{
    return secret->length;
}

void pwr_secret_set_next(pwr_secret_t *secret, const pwr_secret_t *next, apr_int64_t until)
{
    secret->next = next;
    secret->next_until = until;
}

const pwr_secret_t *pwr_secret_next(const pwr_secret_t *secret, apr_int64_t now)
{
    while (secret->next != NULL && secret->next_until != 0 && secret->next_until <= now) {
        secret = secret->next;
    }
    return secret->next;
}

void pwr_secret_wipe(pwr_secret_t *secret)
{
    if (secret != NULL && secret->bytes != NULL) {
        sodium_memzero(secret->bytes, secret->length);
        secret->length = 0;
    }
}

void pwr_crypto_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}

void pwr_crypto_lock(void *bytes, size_t length)
{
    (void)sodium_mlock(bytes, length);
}

typedef struct {
    void *bytes;
    size_t length;
} wipe_t;

static apr_status_t wipe_now(void *data)
{
    wipe_t *wipe = data;
    sodium_memzero(wipe->bytes, wipe->length);
    return APR_SUCCESS;
}

void pwr_crypto_wipe_with(void *bytes, size_t length, apr_pool_t *pool)
{
    wipe_t *wipe = apr_palloc(pool, sizeof *wipe);
    *wipe = (wipe_t){.bytes = bytes, .length = length};
    apr_pool_cleanup_register(pool, wipe, wipe_now, apr_pool_cleanup_null);
}

bool pwr_crypto_is_equal(const void *one, const void *other, size_t length)
{
    return sodium_memcmp(one, other, length) == 0;
}

static void derive(unsigned char out[PWR_KEY_BYTES], const pwr_secret_t *key, const char *purpose)
{
    if (key->length != PWR_KEY_BYTES) {
        abort(); /* with a wiped key every digest could be computed by a stranger */
    }
    crypto_generichash(out, PWR_KEY_BYTES, (const unsigned char *)purpose, strlen(purpose),
                       (const unsigned char *)key->bytes, key->length);
}

void pwr_crypto_digest(char out[PWR_DIGEST_CHARS + 1], const pwr_secret_t *key, const char *purpose,
                       const void *bytes, size_t length)
{
    unsigned char subkey[PWR_KEY_BYTES];
    unsigned char digest[PWR_DIGEST_BYTES];

    derive(subkey, key, purpose);
    crypto_generichash(digest, sizeof digest, bytes, length, subkey, sizeof subkey);
    pwr_encode_base64url(out, digest, sizeof digest);
    sodium_memzero(subkey, sizeof subkey);
}

pwr_secret_t *pwr_crypto_derive(const pwr_secret_t *key, const char *purpose, const char *text,
                                apr_pool_t *pool)
{
    unsigned char subkey[PWR_KEY_BYTES];
    unsigned char derived[PWR_KEY_BYTES];

    derive(subkey, key, purpose);
    crypto_generichash(derived, sizeof derived, (const unsigned char *)text, strlen(text), subkey,
                       sizeof subkey);
    pwr_secret_t *secret = pwr_secret_make((const char *)derived, sizeof derived, pool);
    sodium_memzero(subkey, sizeof subkey);
    sodium_memzero(derived, sizeof derived);
    return secret;
}

void pwr_crypto_sha256(unsigned char out[PWR_DIGEST_BYTES], const void *bytes, size_t length)
{
    crypto_hash_sha256(out, bytes, length);
}

void pwr_crypto_hmac_sha256(unsigned char out[PWR_DIGEST_BYTES], const pwr_secret_t *key,
                            const char *purpose, const void *bytes, size_t length)
{
    unsigned char subkey[PWR_KEY_BYTES];

    derive(subkey, key, purpose);
    crypto_auth_hmacsha256(out, bytes, length, subkey);
    sodium_memzero(subkey, sizeof subkey);
}

const char *pwr_crypto_argon2id(const pwr_secret_t *secret, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, crypto_pwhash_STRBYTES);

    pwr_crypto_wipe_with(text, crypto_pwhash_STRBYTES, pool);
    return crypto_pwhash_str_alg(text, pwr_secret_bytes(secret), pwr_secret_length(secret),
                                 ARGON2_PASSES, ARGON2_MEMORY, crypto_pwhash_ALG_ARGON2ID13)
                   == 0
               ? text
               : NULL;
}

bool pwr_crypto_pbkdf2(unsigned char out[PWR_DIGEST_BYTES], const pwr_pbkdf2_t *what)
{
    static const unsigned char first_block[4] = {0, 0, 0, 1};
    crypto_auth_hmacsha256_state keyed, state;
    unsigned char round[PWR_DIGEST_BYTES];

    if (what->rounds < 1 || what->rounds > PWR_MAX_ROUNDS) {
        return false;
    }
    crypto_auth_hmacsha256_init(&keyed, what->password, what->password_length);
    state = keyed;
    crypto_auth_hmacsha256_update(&state, what->salt, what->salt_length);
    crypto_auth_hmacsha256_update(&state, first_block, sizeof first_block);
    crypto_auth_hmacsha256_final(&state, round);
    memcpy(out, round, sizeof round);
    for (int i = 1; i < what->rounds; i++) {
        state = keyed;
        crypto_auth_hmacsha256_update(&state, round, sizeof round);
        crypto_auth_hmacsha256_final(&state, round);
        for (size_t byte = 0; byte < sizeof round; byte++) {
            out[byte] ^= round[byte];
        }
    }
    return true;
}

apr_uint64_t pwr_crypto_short_hash(const unsigned char key[PWR_SHORT_KEY_BYTES], const void *bytes,
                                   size_t length)
{
    apr_uint64_t hash = 0;

    crypto_shorthash((unsigned char *)&hash, bytes, length, key);
    return hash;
}

const char *pwr_crypto_seal(const pwr_secret_t *key, const char *purpose, const void *bytes,
                            size_t length, apr_pool_t *pool)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    unsigned char subkey[PWR_KEY_BYTES];
    size_t size = length + PWR_SEAL_OVERHEAD;
    unsigned char *blob = apr_palloc(pool, size);
    char *text = apr_palloc(pool, PWR_BASE64URL_CHARS(size) + 1);

    derive(subkey, key, purpose);
    randombytes_buf(blob, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(blob + NONCE, NULL, bytes, length, NULL, 0, NULL,
                                               blob, subkey);
    sodium_memzero(subkey, sizeof subkey);
    pwr_encode_base64url(text, blob, size);
    return text;
}

bool pwr_crypto_open(const char **bytes, size_t *length, const pwr_secret_t *key,
                     const char *purpose, const char *sealed, apr_pool_t *pool)
{
    enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
    unsigned char subkey[PWR_KEY_BYTES];
    size_t chars = strlen(sealed);
    unsigned char *blob = apr_palloc(pool, chars + 1);
    unsigned char *plain = apr_palloc(pool, chars + 1);
    unsigned long long plain_length = 0;
    size_t size = 0;

    if (!pwr_decode_base64url(blob, &size, chars, sealed, chars) || size < PWR_SEAL_OVERHEAD) {
        return false;
    }
    derive(subkey, key, purpose);
    int result = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, &plain_length, NULL, blob + NONCE, size - NONCE, NULL, 0, blob, subkey);
    sodium_memzero(subkey, sizeof subkey);
    if (result != 0) {
        return false;
    }
    plain[plain_length] = '\0';
    *bytes = (const char *)plain;
    *length = (size_t)plain_length;
    return true;
}
