/*
 * Digests and seals work for one key and one purpose, an altered seal opens nothing, and secrets do
 * not outlive their pool.
 */
#include "pool_fixture.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/crypto.h"
#include "base/limits.h"

static pwr_secret_t *key;
static pwr_secret_t *other_key;

static const char *digest(const pwr_secret_t *with, const char *purpose, const char *text)
{
    char *out = apr_palloc(pool, PWR_DIGEST_CHARS + 1);
    pwr_crypto_digest(out, with, purpose, text, strlen(text));
    return out;
}

static bool opens(const pwr_secret_t *with, const char *purpose, const char *sealed)
{
    const char *bytes = NULL;
    size_t length = 0;
    return pwr_crypto_open(&bytes, &length, with, purpose, sealed, pool);
}

static void a_digest_is_43_characters_and_always_the_same(void **state)
{
    (void)state;
    const char *one = digest(key, "token", "abc");

    assert_int_equal(strlen(one), 43);
    assert_string_equal(one, digest(key, "token", "abc"));
}

static void a_digest_tells_keys_purposes_and_bytes_apart(void **state)
{
    (void)state;
    const char *one = digest(key, "token", "abc");

    assert_string_not_equal(one, digest(other_key, "token", "abc"));
    assert_string_not_equal(one, digest(key, "mail", "abc"));
    assert_string_not_equal(one, digest(key, "token", "abd"));
    assert_string_not_equal(one, digest(key, "token", ""));
    assert_string_not_equal(one, digest(key, "tokena", "bc"));
}

static void a_seal_opens_to_what_was_sealed(void **state)
{
    (void)state;
    static const char plain[] = "kari\0@example.no";
    const char *bytes = NULL;
    size_t length = 0;
    const char *sealed = pwr_crypto_seal(key, "form", plain, sizeof plain - 1, pool);

    assert_true(pwr_crypto_open(&bytes, &length, key, "form", sealed, pool));
    assert_int_equal(length, sizeof plain - 1);
    assert_memory_equal(bytes, plain, sizeof plain); /* the closing NUL too */
}

static void nothing_can_be_sealed_too(void **state)
{
    (void)state;
    const char *bytes = NULL;
    size_t length = 999;
    const char *sealed = pwr_crypto_seal(key, "form", "", 0, pool);

    assert_int_equal(strlen(sealed), PWR_BASE64URL_CHARS(PWR_SEAL_OVERHEAD));
    assert_true(pwr_crypto_open(&bytes, &length, key, "form", sealed, pool));
    assert_int_equal(length, 0);
    assert_string_equal(bytes, "");
}

static void two_seals_of_one_text_look_unrelated(void **state)
{
    (void)state;
    assert_string_not_equal(pwr_crypto_seal(key, "form", "kari", 4, pool),
                            pwr_crypto_seal(key, "form", "kari", 4, pool));
}

static void a_seal_works_for_no_other_purpose_and_no_other_key(void **state)
{
    (void)state;
    const char *sealed = pwr_crypto_seal(key, "form", "kari", 4, pool);

    assert_true(opens(key, "form", sealed));
    assert_false(opens(key, "sent", sealed));
    assert_false(opens(key, "", sealed));
    assert_false(opens(other_key, "form", sealed));
}

static void a_seal_altered_in_any_character_is_refused(void **state)
{
    (void)state;
    const char *sealed = pwr_crypto_seal(key, "form", "kari@example.no", 15, pool);

    for (size_t at = 0; at < strlen(sealed); at++) {
        char *altered = apr_pstrdup(pool, sealed);
        altered[at] = sealed[at] == 'A' ? 'B' : 'A';
        assert_false(opens(key, "form", altered));
    }
}

static void a_seal_cut_or_lengthened_is_refused(void **state)
{
    (void)state;
    const char *sealed = pwr_crypto_seal(key, "form", "kari", 4, pool);

    for (size_t length = 0; length < strlen(sealed); length++) {
        assert_false(opens(key, "form", apr_pstrndup(pool, sealed, length)));
    }
    assert_false(opens(key, "form", apr_pstrcat(pool, sealed, "A", NULL)));
    assert_false(opens(key, "form", apr_pstrcat(pool, sealed, "AAAA", NULL)));
    assert_false(opens(key, "form", apr_pstrcat(pool, sealed, "=", NULL)));
    assert_false(opens(key, "form", "no seal at all"));
}

static void a_secret_is_a_copy_closed_by_a_nul(void **state)
{
    (void)state;
    char mine[] = "pass\0word";
    pwr_secret_t *secret = pwr_secret_make(mine, sizeof mine - 1, pool);

    memset(mine, 'x', sizeof mine);
    assert_int_equal(pwr_secret_length(secret), 9);
    assert_memory_equal(pwr_secret_bytes(secret), "pass\0word", 10);
}

static void a_wiped_secret_is_empty(void **state)
{
    (void)state;
    static const char zeros[8] = "";
    pwr_secret_t *secret = pwr_secret_make("password", 8, pool);
    const char *bytes = pwr_secret_bytes(secret);

    pwr_secret_wipe(secret);
    assert_int_equal(pwr_secret_length(secret), 0);
    assert_memory_equal(bytes, zeros, 8);
    pwr_secret_wipe(secret);
    pwr_secret_wipe(NULL);
}

static bool is_mapped(const void *at)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char resident = 0;
    return mincore((void *)((uintptr_t)at / page * page), 1, &resident) == 0 || errno != ENOMEM;
}

static void the_memory_of_a_secret_is_gone_with_its_pool(void **state)
{
    (void)state;
    apr_pool_t *short_lived;
    assert_int_equal(apr_pool_create(&short_lived, pool), APR_SUCCESS);
    const char *bytes = pwr_secret_bytes(pwr_secret_make("password", 8, short_lived));

    assert_true(is_mapped(bytes));
    apr_pool_destroy(short_lived);
    assert_false(is_mapped(bytes));
}

static void memory_given_to_a_pool_is_wiped_with_it(void **state)
{
    (void)state;
    char memory[] = "password and more";
    apr_pool_t *short_lived;
    assert_int_equal(apr_pool_create(&short_lived, pool), APR_SUCCESS);

    pwr_crypto_wipe_with(memory, 8, short_lived);
    assert_string_equal(memory, "password and more");
    apr_pool_clear(short_lived);
    assert_memory_equal(memory, "\0\0\0\0\0\0\0\0 and more", sizeof memory);
    apr_pool_destroy(short_lived);
}

static void wiping_stops_where_it_is_told_to(void **state)
{
    (void)state;
    char memory[] = "abcdef";
    pwr_crypto_wipe(memory + 1, 3);
    assert_memory_equal(memory, "a\0\0\0ef", sizeof memory);
}

static void equal_means_every_byte(void **state)
{
    (void)state;
    assert_true(pwr_crypto_is_equal("abcd", "abcd", 4));
    assert_true(pwr_crypto_is_equal("abcd", "abcx", 3));
    assert_false(pwr_crypto_is_equal("abcd", "abcx", 4));
    assert_false(pwr_crypto_is_equal("a\0cd", "a\0ce", 4));
    assert_true(pwr_crypto_is_equal("a", "b", 0));
}

static void random_bytes_fill_what_they_are_given(void **state)
{
    (void)state;
    unsigned char one[34] = {0};
    unsigned char other[32] = {0};

    pwr_crypto_random(one + 1, 32);
    pwr_crypto_random(other, 32);
    assert_memory_not_equal(one + 1, other, 32);
    assert_int_equal(one[0], 0);
    assert_int_equal(one[33], 0);
}

static const char *hex(const unsigned char digest[PWR_DIGEST_BYTES])
{
    char *text = apr_palloc(pool, 2 * PWR_DIGEST_BYTES + 1);

    pwr_encode_hex(text, digest, PWR_DIGEST_BYTES);
    return text;
}

static void sha256_is_that_of_the_standard(void **state)
{
    (void)state;
    unsigned char digest[PWR_DIGEST_BYTES];

    pwr_crypto_sha256(digest, "abc", 3); /* FIPS 180-2, B.1 */
    assert_string_equal(hex(digest),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Compared with hashlib.blake2b for the key of a purpose and hmac of Python. */
static void hmac_sha256_has_a_key_of_its_own_for_each_purpose(void **state)
{
    (void)state;
    unsigned char code[PWR_DIGEST_BYTES], other[PWR_DIGEST_BYTES];

    pwr_crypto_hmac_sha256(code, key, "test", "abc", 3);
    assert_string_equal(hex(code),
                        "d18ce515384e5f2bb46233ac910b0c602ecc79704999d94425bbb97c716851ea");
    pwr_crypto_hmac_sha256(other, key, "tesu", "abc", 3);
    assert_memory_not_equal(code, other, sizeof code);
    pwr_crypto_hmac_sha256(other, other_key, "test", "abc", 3);
    assert_memory_not_equal(code, other, sizeof code);
}

static void pbkdf2_is_that_of_the_standard_and_its_rounds_are_bounded(void **state)
{
    (void)state;
    unsigned char out[PWR_DIGEST_BYTES];
    pwr_pbkdf2_t what = {"passwd", "salt", 6, 4, 1};

    assert_true(pwr_crypto_pbkdf2(out, &what)); /* RFC 7914, 11 */
    assert_string_equal(hex(out),
                        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    what = (pwr_pbkdf2_t){"password", "salt", 8, 4, 20}; /* hashlib.pbkdf2_hmac of Python */
    assert_true(pwr_crypto_pbkdf2(out, &what));
    assert_string_equal(hex(out),
                        "83eb100b6a3a975f0fe3ffcdc241985232154e6868bdaf1b261ccb18fee4c908");
    what.rounds = 0;
    assert_false(pwr_crypto_pbkdf2(out, &what));
    what.rounds = -1;
    assert_false(pwr_crypto_pbkdf2(out, &what));
    what.rounds = PWR_MAX_ROUNDS + 1;
    assert_false(pwr_crypto_pbkdf2(out, &what));
}

static void starting_twice_is_fine(void **state)
{
    (void)state;
    assert_null(pwr_crypto_start(pool));
}

static int set_up(void **state)
{
    if (open_pool(state) != 0) {
        return -1;
    }
    key = first_key();
    other_key = second_key();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_43_characters_and_always_the_same),
        cmocka_unit_test(a_digest_tells_keys_purposes_and_bytes_apart),
        cmocka_unit_test(a_seal_opens_to_what_was_sealed),
        cmocka_unit_test(nothing_can_be_sealed_too),
        cmocka_unit_test(two_seals_of_one_text_look_unrelated),
        cmocka_unit_test(a_seal_works_for_no_other_purpose_and_no_other_key),
        cmocka_unit_test(a_seal_altered_in_any_character_is_refused),
        cmocka_unit_test(a_seal_cut_or_lengthened_is_refused),
        cmocka_unit_test(a_secret_is_a_copy_closed_by_a_nul),
        cmocka_unit_test(a_wiped_secret_is_empty),
        cmocka_unit_test(the_memory_of_a_secret_is_gone_with_its_pool),
        cmocka_unit_test(memory_given_to_a_pool_is_wiped_with_it),
        cmocka_unit_test(wiping_stops_where_it_is_told_to),
        cmocka_unit_test(equal_means_every_byte),
        cmocka_unit_test(random_bytes_fill_what_they_are_given),
        cmocka_unit_test(sha256_is_that_of_the_standard),
        cmocka_unit_test(hmac_sha256_has_a_key_of_its_own_for_each_purpose),
        cmocka_unit_test(pbkdf2_is_that_of_the_standard_and_its_rounds_are_bounded),
        cmocka_unit_test(starting_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, set_up, close_pool);
}
