/*
 * The format is version 2 of npm's altcha-lib 2.8 and altcha 3.2, which solve what is made here: a
 * number is drawn at random, and the challenge shows the first half of a key that is derived from
 * it. So the work has an end that is known beforehand, and the check is one short derivation. A
 * derivation of few rounds keeps the check cheap; the number of guesses makes the work.
 *
 * The signature covers the parameters, in the order of their names. What a challenge means is among
 * them.
 */
#include "abuse/captcha_work.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "text/json.h"

#define DERIVATION "PBKDF2/SHA-256"
#define ROUNDS 20       /* of one derivation */
#define SALT_BYTES 16   /* also those of the nonce */
#define PREFIX_BYTES 16 /* of the derived key: as much as altcha-lib shows */
#define COUNTER_BYTES 4 /* big-endian, behind the nonce */
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

static const char *signature(const bond_t *bond, const char *text)
{
    unsigned char code[PWR_DIGEST_BYTES];

    pwr_crypto_hmac_sha256(code, bond->key, "work:2", text, strlen(text));
    return hex(code, sizeof code, bond->pool);
}

static bool is_signed(const bond_t *bond, const char *text, const char *code)
{
    return strlen(code) == DIGEST_HEX
           && pwr_crypto_is_equal(code, signature(bond, text), DIGEST_HEX);
}

/* `expires` is in seconds since 1970. */
static bool is_in_time(apr_int64_t expires)
{
    apr_time_t now = pwr_clock_now();

    return expires > 0 && expires <= apr_time_sec(now + LONGEST_LIFE)
           && apr_time_from_sec(expires) >= now;
}

/* The derived key in hexadecimal; NULL when nonce or salt are not as we write them. */
static const char *derive_key(const char *nonce, const char *salt, apr_int64_t counter,
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

static const char *make_challenge(const bond_t *bond, apr_int64_t most, apr_int64_t expires)
{
    apr_pool_t *pool = bond->pool;
    pwr_json_t *json = pwr_json_make(pool);
    pwr_json_t *parameters = pwr_json_make(pool);
    pwr_json_t *data = pwr_json_make(pool);
    const char *nonce = random_hex(SALT_BYTES, pool);
    const char *salt = random_hex(SALT_BYTES, pool);
    const char *key = derive_key(nonce, salt, random_number(most), pool);

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
    pwr_json_text(json, "signature", signature(bond, pwr_json_sorted_line(parameters, pool)));
    return pwr_json_sorted_line(json, pool);
}

/* Are these signed parameters for this form, of this level, and in time? */
static bool is_bound(const bond_t *bond, const pwr_json_t *parameters)
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

static bool is_solved(const pwr_json_t *parameters, const pwr_json_t *solution, apr_pool_t *pool)
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
    const char *key = derive_key(nonce, salt, counter, pool);
    return key != NULL && strcmp(key, given) == 0 && strlen(prefix) == HEX_CHARS(PREFIX_BYTES)
           && strncmp(key, prefix, HEX_CHARS(PREFIX_BYTES)) == 0;
}

static bool check_solution(const bond_t *bond, const pwr_json_t *json)
{
    const pwr_json_t *challenge = pwr_json_get_object(json, "challenge");
    const pwr_json_t *solution = pwr_json_get_object(json, "solution");

    if (challenge == NULL || solution == NULL) {
        return false;
    }
    const pwr_json_t *parameters = pwr_json_get_object(challenge, "parameters");
    const char *code = pwr_json_get_text(challenge, "signature");
    return parameters != NULL && code != NULL
           && is_signed(bond, pwr_json_sorted_line(parameters, bond->pool), code)
           && is_bound(bond, parameters) && is_solved(parameters, solution, bond->pool);
}

const char *pwr_work_challenge(const pwr_secret_t *key, const char *form_nonce,
                               const pwr_work_order_t *order, apr_pool_t *pool)
{
    bond_t bond = {.key = key, .form_nonce = form_nonce, .level = (int)order->level, .pool = pool};
    apr_int64_t most = 2 * (apr_int64_t)(order->work > 0 ? order->work : 1);
    apr_interval_time_t life = order->life < LONGEST_LIFE ? order->life : LONGEST_LIFE;
    apr_int64_t expires = apr_time_sec(pwr_clock_now() + life);

    return make_challenge(&bond, most, expires);
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
    apr_time_t now = pwr_clock_now();
    while (bond.key != NULL && !check_solution(&bond, json)) {
        bond.key = pwr_secret_next(bond.key, now);
    }
    return bond.key != NULL;
}
