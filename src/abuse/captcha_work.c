/*
 * The formats are those of npm's altcha-lib 2.8 and altcha 3.2, which solve what is made here. Both
 * versions hide one number drawn at random: version 1 as the SHA-256 of a salt and the number,
 * version 2 as the first half of a key derived from it. So the work has an end that is known
 * beforehand, and the check is one hash or one short derivation. A derivation of few rounds keeps
 * the check cheap; the number of guesses makes the work.
 *
 * What a challenge means stands where its signature covers it: version 1 has room only in the salt,
 * whose hash is signed; version 2 signs its parameters, in the order of their names.
 */
#include "abuse/captcha_work.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "text/json.h"

#define HASH "SHA-256"
#define DERIVATION "PBKDF2/SHA-256"
#define ROUNDS 20       /* of one derivation */
#define SALT_BYTES 16   /* also those of version 2's nonce */
#define PREFIX_BYTES 16 /* of the derived key: as much as altcha-lib shows */
#define COUNTER_BYTES 4 /* version 2: big-endian, behind the nonce */
#define MOST_NUMBER UINT32_MAX
#define LONGEST_LIFE apr_time_from_sec(7 * 86400)

#define HEX_CHARS(bytes) (2 * (bytes))
#define DIGEST_HEX HEX_CHARS(PWR_DIGEST_BYTES)

/* What a challenge is made for, or must have been made for. */
typedef struct {
    const pwr_secret_t *key;
    const char *form_nonce;
    int level;
    apr_pool_t *pool;
} bond_t;

/* Names the form without telling its nonce, which is the request's id. */
static const char *form_mark(const bond_t *bond, int level)
{
    char *mark = apr_palloc(bond->pool, PWR_DIGEST_CHARS + 1);
    const char *text = apr_psprintf(bond->pool, "%d %s", level, bond->form_nonce);

    pwr_crypto_digest(mark, bond->key, "work:form", text, strlen(text));
    return mark;
}

static const char *hex(const void *bytes, size_t length, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, HEX_CHARS(length) + 1);

    pwr_encode_hex(text, bytes, length);
    return text;
}

static const char *random_hex(size_t length, apr_pool_t *pool)
{
    unsigned char *bytes = apr_palloc(pool, length);

    pwr_crypto_random(bytes, length);
    return hex(bytes, length, pool);
}

/* From 1 to `most`. */
static apr_int64_t random_number(apr_int64_t most)
{
    apr_uint64_t number;

    pwr_crypto_random(&number, sizeof number);
    return (apr_int64_t)(number % (apr_uint64_t)most) + 1;
}

static const char *signature(const bond_t *bond, const char *purpose, const char *text)
{
    unsigned char code[PWR_DIGEST_BYTES];

    pwr_crypto_hmac_sha256(code, bond->key, purpose, text, strlen(text));
    return hex(code, sizeof code, bond->pool);
}

static bool is_signed(const bond_t *bond, const char *purpose, const char *text, const char *code)
{
    return strlen(code) == DIGEST_HEX
           && pwr_crypto_is_equal(code, signature(bond, purpose, text), DIGEST_HEX);
}

/* Seconds since 1970, as both versions write it. */
static bool is_in_time(apr_int64_t expires)
{
    apr_time_t now = pwr_clock_now();

    return expires > 0 && expires <= apr_time_sec(now + LONGEST_LIFE)
           && apr_time_from_sec(expires) >= now;
}

/* The `&` at the end keeps digits of the number from being read as part of the last parameter. */
static const char *salt_of_1(const char *random, apr_int64_t expires, const bond_t *bond, int level)
{
    return apr_psprintf(bond->pool, "%s?expires=%" APR_INT64_T_FMT "&form=%s&level=%d&", random,
                        expires, form_mark(bond, level), level);
}

static const char *hash_of_1(const char *salt, apr_int64_t number, apr_pool_t *pool)
{
    unsigned char digest[PWR_DIGEST_BYTES];
    const char *text = apr_psprintf(pool, "%s%" APR_INT64_T_FMT, salt, number);

    pwr_crypto_sha256(digest, text, strlen(text));
    return hex(digest, sizeof digest, pool);
}

static const char *make_1(const bond_t *bond, apr_int64_t most, apr_int64_t expires)
{
    pwr_json_t *json = pwr_json_make(bond->pool);
    const char *salt = salt_of_1(random_hex(SALT_BYTES, bond->pool), expires, bond, bond->level);
    const char *hash = hash_of_1(salt, random_number(most), bond->pool);

    pwr_json_text(json, "algorithm", HASH);
    pwr_json_text(json, "challenge", hash);
    pwr_json_number(json, "maxnumber", most);
    pwr_json_text(json, "salt", salt);
    pwr_json_text(json, "signature", signature(bond, "work:1", hash));
    return pwr_json_line(json, bond->pool);
}

/* A salt is told by writing again those it may be. */
static bool is_salt_of_1(const bond_t *bond, const char *salt)
{
    static const char expires_name[] = "?expires=";
    const char *mark = strchr(salt, '?');

    if (mark == NULL || mark - salt != HEX_CHARS(SALT_BYTES)
        || strncmp(mark, expires_name, strlen(expires_name)) != 0) {
        return false;
    }
    const char *random = apr_pstrmemdup(bond->pool, salt, HEX_CHARS(SALT_BYTES));
    apr_int64_t expires = apr_strtoi64(mark + strlen(expires_name), NULL, 10);
    for (int level = bond->level; level <= PWR_LEVEL_CAPTCHA; level++) {
        if (strcmp(salt, salt_of_1(random, expires, bond, level)) == 0) {
            return is_in_time(expires);
        }
    }
    return false;
}

static bool check_1(const bond_t *bond, const pwr_json_t *json)
{
    const char *algorithm = pwr_json_get_text(json, "algorithm");
    const char *hash = pwr_json_get_text(json, "challenge");
    const char *salt = pwr_json_get_text(json, "salt");
    const char *code = pwr_json_get_text(json, "signature");
    apr_int64_t number = 0;

    if (algorithm == NULL || hash == NULL || salt == NULL || code == NULL
        || !pwr_json_get_number(&number, json, "number")) {
        return false;
    }
    return strcmp(algorithm, HASH) == 0 && number >= 0 && number <= MOST_NUMBER
           && is_signed(bond, "work:1", hash, code) && is_salt_of_1(bond, salt)
           && strcmp(hash, hash_of_1(salt, number, bond->pool)) == 0;
}

/* The derived key in hexadecimal; NULL when nonce or salt are not as we write them. */
static const char *key_of_2(const char *nonce, const char *salt, apr_int64_t counter,
                            apr_pool_t *pool)
{
    unsigned char password[SALT_BYTES + COUNTER_BYTES], salt_bytes[SALT_BYTES];
    unsigned char derived[PWR_DIGEST_BYTES];
    pwr_pbkdf2_t what = {.password = password,
                         .password_length = sizeof password,
                         .salt = salt_bytes,
                         .salt_length = sizeof salt_bytes,
                         .rounds = ROUNDS};

    if (!pwr_decode_hex(password, SALT_BYTES, nonce)
        || !pwr_decode_hex(salt_bytes, SALT_BYTES, salt)) {
        return NULL;
    }
    for (int i = 0; i < COUNTER_BYTES; i++) {
        password[SALT_BYTES + i] = (unsigned char)(counter >> (8 * (COUNTER_BYTES - 1 - i)));
    }
    return pwr_crypto_pbkdf2(derived, &what) ? hex(derived, sizeof derived, pool) : NULL;
}

static const char *make_2(const bond_t *bond, apr_int64_t most, apr_int64_t expires)
{
    apr_pool_t *pool = bond->pool;
    pwr_json_t *json = pwr_json_make(pool);
    pwr_json_t *parameters = pwr_json_make(pool);
    pwr_json_t *data = pwr_json_make(pool);
    const char *nonce = random_hex(SALT_BYTES, pool);
    const char *salt = random_hex(SALT_BYTES, pool);
    const char *key = key_of_2(nonce, salt, random_number(most), pool);

    pwr_json_text(data, "form", form_mark(bond, bond->level));
    pwr_json_number(data, "level", bond->level);
    pwr_json_number(data, "most", most);
    pwr_json_text(parameters, "algorithm", DERIVATION);
    pwr_json_number(parameters, "cost", ROUNDS);
    pwr_json_object(parameters, "data", data);
    pwr_json_number(parameters, "expiresAt", expires);
    pwr_json_number(parameters, "keyLength", PWR_DIGEST_BYTES);
    pwr_json_text(parameters, "keyPrefix", apr_pstrmemdup(pool, key, HEX_CHARS(PREFIX_BYTES)));
    pwr_json_text(parameters, "nonce", nonce);
    pwr_json_text(parameters, "salt", salt);
    pwr_json_object(json, "parameters", parameters);
    pwr_json_text(json, "signature",
                  signature(bond, "work:2", pwr_json_sorted_line(parameters, pool)));
    return pwr_json_sorted_line(json, pool);
}

/* Are these signed parameters for this form, of this level, and in time? */
static bool is_bound_2(const bond_t *bond, const pwr_json_t *parameters)
{
    const pwr_json_t *data = pwr_json_get_object(parameters, "data");
    apr_int64_t level = 0, expires = 0, rounds = 0;

    if (data == NULL || !pwr_json_get_number(&level, data, "level")
        || !pwr_json_get_number(&expires, parameters, "expiresAt")
        || !pwr_json_get_number(&rounds, parameters, "cost")) {
        return false;
    }
    const char *form = pwr_json_get_text(data, "form");
    return rounds == ROUNDS && level >= bond->level && level <= PWR_LEVEL_CAPTCHA
           && is_in_time(expires) && form != NULL && strcmp(form, form_mark(bond, (int)level)) == 0;
}

static bool is_solved_2(const pwr_json_t *parameters, const pwr_json_t *solution, apr_pool_t *pool)
{
    const char *nonce = pwr_json_get_text(parameters, "nonce");
    const char *salt = pwr_json_get_text(parameters, "salt");
    const char *prefix = pwr_json_get_text(parameters, "keyPrefix");
    const char *given = pwr_json_get_text(solution, "derivedKey");
    apr_int64_t counter = 0;

    if (nonce == NULL || salt == NULL || prefix == NULL || given == NULL
        || !pwr_json_get_number(&counter, solution, "counter") || counter < 0
        || counter > MOST_NUMBER) {
        return false;
    }
    const char *key = key_of_2(nonce, salt, counter, pool);
    return key != NULL && strcmp(key, given) == 0 && strlen(prefix) == HEX_CHARS(PREFIX_BYTES)
           && strncmp(key, prefix, HEX_CHARS(PREFIX_BYTES)) == 0;
}

static bool check_2(const bond_t *bond, const pwr_json_t *json)
{
    const pwr_json_t *challenge = pwr_json_get_object(json, "challenge");
    const pwr_json_t *solution = pwr_json_get_object(json, "solution");

    if (challenge == NULL || solution == NULL) {
        return false;
    }
    const pwr_json_t *parameters = pwr_json_get_object(challenge, "parameters");
    const char *code = pwr_json_get_text(challenge, "signature");
    return parameters != NULL && code != NULL
           && is_signed(bond, "work:2", pwr_json_sorted_line(parameters, bond->pool), code)
           && is_bound_2(bond, parameters) && is_solved_2(parameters, solution, bond->pool);
}

const char *pwr_work_challenge(const pwr_secret_t *key, const char *form_nonce,
                               const pwr_work_order_t *order, apr_pool_t *pool)
{
    bond_t bond = {.key = key, .form_nonce = form_nonce, .level = (int)order->level, .pool = pool};
    apr_int64_t most = 2 * (apr_int64_t)(order->work > 0 ? order->work : 1);
    apr_interval_time_t life = order->life < LONGEST_LIFE ? order->life : LONGEST_LIFE;
    apr_int64_t expires = apr_time_sec(pwr_clock_now() + life);

    return order->version == 1 ? make_1(&bond, most, expires) : make_2(&bond, most, expires);
}

bool pwr_work_check(const pwr_secret_t *key, const char *form_nonce, pwr_level_t level,
                    const char *solution, apr_pool_t *scratch)
{
    bond_t bond = {.key = key, .form_nonce = form_nonce, .level = (int)level, .pool = scratch};
    char *text = apr_palloc(scratch, PWR_MAX_SOLUTION);
    size_t chars = strnlen(solution, PWR_MAX_SOLUTION + 1);
    size_t length = 0;

    if (chars > PWR_MAX_SOLUTION
        || !pwr_decode_base64(text, &length, PWR_MAX_SOLUTION, solution, chars)) {
        return false;
    }
    const pwr_json_t *json = pwr_json_read(text, length, scratch);
    if (json == NULL) {
        return false;
    }
    return pwr_json_get_text(json, "challenge") != NULL ? check_1(&bond, json)
                                                        : check_2(&bond, json);
}
