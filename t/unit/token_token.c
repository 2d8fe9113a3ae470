/*
 * A token comes again from its seed and from nothing else, has one spelling only, and its digest
 * holds for one purpose in one site.
 */
#include "pool_fixture.h"

#include <apr_strings.h>

#include "token/token.h"

#define SEED "c2VlZCBvZiBhIHJvdw"
#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static pwr_secret_t *key;
static pwr_secret_t *other_key;

static const char *token(const pwr_secret_t *with, const char *purpose, const char *seed)
{
    return pwr_secret_bytes(pwr_token_derive(with, purpose, seed, pool));
}

static const char *digest(const pwr_secret_t *with, const char *purpose, const char *site,
                          const char *text)
{
    char *out = apr_palloc(pool, PWR_DIGEST_CHARS + 1);
    pwr_token_digest(out, with, purpose, site, text);
    return out;
}

static void one_seed_gives_one_token_however_often_it_is_mailed(void **state)
{
    (void)state;
    const char *one = token(key, PWR_TOKEN_LINK, SEED);

    assert_string_equal(one, token(key, PWR_TOKEN_LINK, SEED));
    assert_int_equal(strlen(one), PWR_TOKEN_CHARS);
    assert_true(pwr_token_is_canonical(one));
}

static void seeds_keys_and_purposes_give_unrelated_tokens(void **state)
{
    (void)state;
    const char *one = token(key, PWR_TOKEN_LINK, SEED);

    assert_string_not_equal(one, token(key, PWR_TOKEN_STOP, SEED));
    assert_string_not_equal(one, token(key, PWR_TOKEN_LINK, SEED "A"));
    assert_string_not_equal(one, token(key, PWR_TOKEN_LINK, ""));
    assert_string_not_equal(one, token(other_key, PWR_TOKEN_LINK, SEED));
    assert_string_not_equal(token(key, PWR_TOKEN_STOP, SEED),
                            token(other_key, PWR_TOKEN_STOP, SEED));
}

static void a_token_is_no_digest_that_the_database_holds(void **state)
{
    (void)state;
    static const char *const purposes[]
        = {PWR_TOKEN_LINK, PWR_TOKEN_STOP, PWR_TOKEN_MAIL, PWR_TOKEN_STAMP};
    const char *one = token(key, PWR_TOKEN_LINK, SEED);

    for (int i = 0; i < 4; i++) {
        char plain[PWR_DIGEST_CHARS + 1];
        pwr_crypto_digest(plain, key, purposes[i], SEED, strlen(SEED));
        assert_string_not_equal(one, plain);
        assert_string_not_equal(one, digest(key, purposes[i], "", SEED));
        assert_string_not_equal(one, digest(key, purposes[i], "site", one));
    }
}

static void only_one_spelling_of_a_token_is_canonical(void **state)
{
    (void)state;
    char spelled[PWR_TOKEN_CHARS + 1];
    int canonical = 0;

    apr_cpystrn(spelled, token(key, PWR_TOKEN_LINK, SEED), sizeof spelled);
    for (const char *last = ALPHABET; *last != '\0'; last++) {
        spelled[PWR_TOKEN_CHARS - 1] = *last;
        canonical += pwr_token_is_canonical(spelled);
    }
    assert_int_equal(canonical, 16); /* the last character has 4 bits of 6 */
}

static void what_is_not_43_characters_of_base64url_is_no_token(void **state)
{
    (void)state;
    const char *good = token(key, PWR_TOKEN_LINK, SEED);
    static const char bad[] = "+/=%. \t\n\"<&\x7f\x80\xff";

    for (size_t length = 0; length < PWR_TOKEN_CHARS; length++) {
        assert_false(pwr_token_is_canonical(apr_pstrndup(pool, good, length)));
    }
    assert_false(pwr_token_is_canonical(apr_pstrcat(pool, good, "A", NULL)));
    assert_false(pwr_token_is_canonical(apr_pstrcat(pool, good, "=", NULL)));
    assert_false(pwr_token_is_canonical(apr_pstrcat(pool, good, "\n", NULL)));
    assert_false(pwr_token_is_canonical(apr_pstrcat(pool, " ", good, NULL)));
    for (const char *character = bad; *character != '\0'; character++) {
        for (int at = 0; at < PWR_TOKEN_CHARS; at++) {
            char *altered = apr_pstrdup(pool, good);
            altered[at] = *character;
            assert_false(pwr_token_is_canonical(altered));
        }
    }
}

static void a_digest_tells_purpose_site_text_and_key_apart(void **state)
{
    (void)state;
    const char *one = digest(key, PWR_TOKEN_LINK, "intranet", "abc");

    assert_string_equal(one, digest(key, PWR_TOKEN_LINK, "intranet", "abc"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_STOP, "intranet", "abc"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_MAIL, "intranet", "abc"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_STAMP, "intranet", "abc"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "partner", "abc"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "intranet", "abd"));
    assert_string_not_equal(one, digest(other_key, PWR_TOKEN_LINK, "intranet", "abc"));
}

static void site_and_text_do_not_run_into_each_other(void **state)
{
    (void)state;
    const char *one = digest(key, PWR_TOKEN_LINK, "ab", "cd");

    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "abc", "d"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "a", "bcd"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "", "abcd"));
    assert_string_not_equal(one, digest(key, PWR_TOKEN_LINK, "abcd", ""));
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
        cmocka_unit_test(one_seed_gives_one_token_however_often_it_is_mailed),
        cmocka_unit_test(seeds_keys_and_purposes_give_unrelated_tokens),
        cmocka_unit_test(a_token_is_no_digest_that_the_database_holds),
        cmocka_unit_test(only_one_spelling_of_a_token_is_canonical),
        cmocka_unit_test(what_is_not_43_characters_of_base64url_is_no_token),
        cmocka_unit_test(a_digest_tells_purpose_site_text_and_key_apart),
        cmocka_unit_test(site_and_text_do_not_run_into_each_other),
    };
    return cmocka_run_group_tests(tests, set_up, close_pool);
}
