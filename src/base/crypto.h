/*
 * The only file that knows libsodium: randomness, keyed digests, sealing, and memory for secrets.
 * pwr_crypto_start once per process before threads; the rest from any thread. A pwr_secret_t is
 * locked in memory where the system allows it, wiped when its pool goes, and never a string that a
 * log call would take.
 */
#ifndef PWR_BASE_CRYPTO_H
#define PWR_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#include <apr.h>

#include "base/encode.h"
#include "base/fault.h"

#define PWR_KEY_BYTES 32
#define PWR_SHORT_KEY_BYTES 16
#define PWR_DIGEST_BYTES 32
#define PWR_DIGEST_CHARS PWR_BASE64URL_CHARS(PWR_DIGEST_BYTES) /* 43 */
#define PWR_SEAL_OVERHEAD 40 /* 24 bytes of nonce, 16 of authenticator */

typedef struct pwr_secret_t pwr_secret_t;

pwr_fault_t *pwr_crypto_start(apr_pool_t *pool) PWR_MUST_USE;

void pwr_crypto_random(void *out, size_t length);

/* A copy of `bytes` in locked memory, followed by a NUL that does not count. The caller wipes its
 * own copy. */
pwr_secret_t *pwr_secret_make(const void *bytes, size_t length, apr_pool_t *pool);
const char *pwr_secret_bytes(const pwr_secret_t *secret);
size_t pwr_secret_length(const pwr_secret_t *secret);
/* A key may have others behind it, which open what they sealed before. `until` is the end of `next`
 * (an apr_time_t; 0: none). */
void pwr_secret_set_next(pwr_secret_t *secret, const pwr_secret_t *next, apr_int64_t until);
/* The one behind it that has not ended at `now`, or NULL. */
const pwr_secret_t *pwr_secret_next(const pwr_secret_t *secret, apr_int64_t now);
/* Overwrites the bytes now; the length becomes 0. NULL is allowed. */
void pwr_secret_wipe(pwr_secret_t *secret);
/* Overwrites memory in a way that the compiler keeps. */
void pwr_crypto_wipe(void *bytes, size_t length);
/* Keeps memory out of swap and of core dumps, where the system allows it. */
void pwr_crypto_lock(void *bytes, size_t length);
/* Has `pool` wipe `length` bytes when it is cleared. */
void pwr_crypto_wipe_with(void *bytes, size_t length, apr_pool_t *pool);

/* Compares in a time that depends on `length` alone. */
bool pwr_crypto_is_equal(const void *one, const void *other, size_t length);

/* Keyed BLAKE2b-256 of `bytes` under a purpose, as 43 characters of base64url and a NUL. `key` has
 * PWR_KEY_BYTES. The purpose separates uses: equal bytes under another purpose give an unrelated
 * digest. */
void pwr_crypto_digest(char out[PWR_DIGEST_CHARS + 1], const pwr_secret_t *key, const char *purpose,
                       const void *bytes, size_t length);

/* SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) under a key of this purpose, for formats that
 * ask for them. */
void pwr_crypto_sha256(unsigned char out[PWR_DIGEST_BYTES], const void *bytes, size_t length);
void pwr_crypto_hmac_sha256(unsigned char out[PWR_DIGEST_BYTES], const pwr_secret_t *key,
                            const char *purpose, const void *bytes, size_t length);

/* Argon2id (RFC 9106) with a salt of its own, as "$argon2id$v=19$m=...": 19 MiB and two passes,
 * what OWASP asks for at least. NULL when there is no memory for it. Wiped with `pool`. */
const char *pwr_crypto_argon2id(const pwr_secret_t *secret, apr_pool_t *pool);

/* Another key, of PWR_KEY_BYTES, for this purpose and this text. Which key and text it is from
 * cannot be told. */
pwr_secret_t *pwr_crypto_derive(const pwr_secret_t *key, const char *purpose, const char *text,
                                apr_pool_t *pool);

typedef struct {
    const void *password, *salt;
    size_t password_length, salt_length;
    int rounds; /* about a microsecond each */
} pwr_pbkdf2_t;

/* The first 32 bytes of PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2). False, with `out` untouched, when
 * `rounds` is outside 1 to PWR_MAX_ROUNDS. */
bool pwr_crypto_pbkdf2(unsigned char out[PWR_DIGEST_BYTES], const pwr_pbkdf2_t *what);

/* SipHash-2-4 of `bytes`: spreads texts that strangers choose over a table in memory. Without the
 * key a stranger cannot aim at one place. Too short to prove anything. */
apr_uint64_t pwr_crypto_short_hash(const unsigned char key[PWR_SHORT_KEY_BYTES], const void *bytes,
                                   size_t length);

/* XChaCha20-Poly1305 under a key of this purpose, with a random nonce, as base64url. Never fails;
 * what is sealed is at most 3000 bytes, or it cannot be opened. */
const char *pwr_crypto_seal(const pwr_secret_t *key, const char *purpose, const void *bytes,
                            size_t length, apr_pool_t *pool);
/* Opens what pwr_crypto_seal made. False when it was made under another key or purpose, or altered.
 * The plain text is closed by a NUL that does not count. */
bool pwr_crypto_open(const char **bytes, size_t *length, const pwr_secret_t *key,
                     const char *purpose, const char *sealed, apr_pool_t *pool);

#endif
