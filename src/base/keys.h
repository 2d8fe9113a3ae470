/*
 * The keys of a site, as its key file holds them. The first one seals; each opens what it sealed
 * until its end; the counting one digests names and accounts for the caps, and stays the same for
 * ever, so that no cap begins anew when another key seals. Plain bytes, so that they fit into a
 * pipe and into shared memory; whoever has a copy wipes it. No state; any thread.
 *
 * A file of PWR_KEY_BYTES bytes is one key; so is a new file, and earlier versions know no other. A
 * file that pwreset-key has written is text:
 *
 *     seal KEY                  43 characters of base64url
 *     open KEY                  it will seal later, when all nodes have it
 *     open KEY until 1767225600 it sealed before; seconds since 1970
 *     count KEY                 where it is not the one that seals
 *     replaces FINGERPRINT      of the counting key that is lost
 */
#ifndef PWR_BASE_KEYS_H
#define PWR_BASE_KEYS_H

#include <apr_time.h>

#include "base/crypto.h"

#define PWR_MAX_KEYS 8
#define PWR_FINGERPRINT_CHARS 12 /* of hexadecimal, the beginning of the key's SHA-256 */

typedef struct {
    unsigned char bytes[PWR_KEY_BYTES];
    apr_time_t until; /* 0: for ever */
} pwr_key_t;

typedef struct {
    pwr_key_t keys[PWR_MAX_KEYS];
    int count;
    unsigned char counting[PWR_KEY_BYTES];
    char replaces[PWR_FINGERPRINT_CHARS + 1]; /* "": none */
} pwr_keys_t;

/* The keys of a file's bytes. NULL, or what is wrong with the file, without its content. */
const char *pwr_keys_parse(pwr_keys_t *keys, const char *bytes, size_t length, apr_pool_t *pool);

/* The key that seals, with the others behind it (pwr_secret_next); with a purpose each is derived
 * for it and for `text`. */
pwr_secret_t *pwr_keys_secrets(const pwr_keys_t *keys, const char *purpose, const char *text,
                               apr_pool_t *pool);

pwr_secret_t *pwr_keys_counting(const pwr_keys_t *keys, apr_pool_t *pool);

#endif
