/* A seal opens for its own purpose and key alone, tells when it was made, and bears no alteration.
 */
#include "pool_fixture.h"

#include <apr_strings.h>

#include "abuse/seal.h"
#include "base/clock.h"

static pwr_secret_t *key;
static pwr_secret_t *other_key;
static apr_time_t now = 1800000000123456;

static apr_time_t fake_now(void)
{
    return now;
}

static bool opens(const pwr_secret_t *with, const char *purpose, const char *sealed)
{
    pwr_seal_t seal;
    return pwr_seal_open(&seal, with, purpose, sealed, pool);
}

static const char *text_of(const char *sealed, const char *purpose)
{
    pwr_seal_t seal = {.text = NULL};
    assert_true(pwr_seal_open(&seal, key, purpose, sealed, pool));
    return seal.text;
}

static void a_seal_tells_its_text_and_when_it_was_made(void **state)
{
    (void)state;
    static const char *const texts[]
        = {"", "a", "7K3Q-M2XD\nkari@example.no", "bl\xc3\xa5 \xf0\x9f\x94\x91"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        pwr_seal_t seal;
        apr_time_t made = now;
        const char *sealed = pwr_seal_make(key, PWR_SEAL_SENT, texts[i], pool);
        now += 3600 * APR_USEC_PER_SEC;
        assert_true(pwr_seal_open(&seal, key, PWR_SEAL_SENT, sealed, pool));
        assert_string_equal(seal.text, texts[i]);
        assert_true(seal.made == made);
    }
}

static void the_longest_text_that_is_sealed_opens(void **state)
{
    (void)state;
    char text[2048];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_string_equal(text_of(pwr_seal_make(key, PWR_SEAL_HELD, text, pool), PWR_SEAL_HELD),
                        text);
}

static void a_seal_works_for_no_other_purpose_and_no_other_key(void **state)
{
    (void)state;
    static const char *const purposes[]
        = {PWR_SEAL_FORM, PWR_SEAL_SENT, PWR_SEAL_HELD, PWR_SEAL_CAPTCHA};

    for (int made = 0; made < 4; made++) {
        const char *sealed = pwr_seal_make(key, purposes[made], "text", pool);
        for (int tried = 0; tried < 4; tried++) {
            assert_int_equal(opens(key, purposes[tried], sealed), tried == made);
            assert_false(opens(other_key, purposes[tried], sealed));
        }
    }
}

static void a_key_opens_what_it_sealed_before_another_one_sealed_until_its_end(void **state)
{
    (void)state;
    pwr_secret_t *newer = first_key();
    const char *old = pwr_seal_make(other_key, PWR_SEAL_FORM, "text", pool);

    pwr_secret_set_next(newer, other_key, now + 1);
    assert_true(opens(newer, PWR_SEAL_FORM, old));
    assert_false(opens(newer, PWR_SEAL_SENT, old));
    assert_false(opens(other_key, PWR_SEAL_FORM, pwr_seal_make(newer, PWR_SEAL_FORM, "", pool)));
    now++;
    assert_false(opens(newer, PWR_SEAL_FORM, old));
    pwr_secret_set_next(newer, other_key, 0);
    assert_true(opens(newer, PWR_SEAL_FORM, old));
}

static void a_seal_altered_cut_or_lengthened_is_refused(void **state)
{
    (void)state;
    const char *sealed = pwr_seal_make(key, PWR_SEAL_FORM, "text", pool);

    for (size_t at = 0; at < strlen(sealed); at++) {
        char *altered = apr_pstrdup(pool, sealed);
        altered[at] = sealed[at] == 'A' ? 'B' : 'A';
        assert_false(opens(key, PWR_SEAL_FORM, altered));
        assert_false(opens(key, PWR_SEAL_FORM, apr_pstrndup(pool, sealed, at)));
    }
    assert_false(opens(key, PWR_SEAL_FORM, apr_pstrcat(pool, sealed, "A", NULL)));
    assert_false(opens(key, PWR_SEAL_FORM, apr_pstrcat(pool, sealed, sealed, NULL)));
    assert_false(opens(key, PWR_SEAL_FORM, "what robots type \xff <>"));
    assert_true(opens(key, PWR_SEAL_FORM, sealed));
}

static void what_is_too_short_to_hold_a_time_is_no_seal(void **state)
{
    (void)state;
    assert_false(
        opens(key, PWR_SEAL_FORM, pwr_crypto_seal(key, PWR_SEAL_FORM, "1234567", 7, pool)));
    assert_true(
        opens(key, PWR_SEAL_FORM, pwr_crypto_seal(key, PWR_SEAL_FORM, "12345678", 8, pool)));
}

static void two_seals_of_one_text_at_one_time_look_unrelated(void **state)
{
    (void)state;
    const char *one = pwr_seal_make(key, PWR_SEAL_SENT, "kari@example.no", pool);
    const char *other = pwr_seal_make(key, PWR_SEAL_SENT, "kari@example.no", pool);

    assert_string_not_equal(one, other);
    assert_null(strstr(one, "kari"));
}

static void each_form_has_a_nonce_of_its_own(void **state)
{
    (void)state;
    const char *one = text_of(pwr_seal_form(key, pool), PWR_SEAL_FORM);
    const char *other = text_of(pwr_seal_form(key, pool), PWR_SEAL_FORM);

    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), 32); /* 192 bits of base64url */
    assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_"),
                     32);
}

static int set_up(void **state)
{
    if (open_pool(state) != 0) {
        return -1;
    }
    key = first_key();
    other_key = second_key();
    pwr_clock_set(fake_now);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seal_tells_its_text_and_when_it_was_made),
        cmocka_unit_test(the_longest_text_that_is_sealed_opens),
        cmocka_unit_test(a_seal_works_for_no_other_purpose_and_no_other_key),
        cmocka_unit_test(a_key_opens_what_it_sealed_before_another_one_sealed_until_its_end),
        cmocka_unit_test(a_seal_altered_cut_or_lengthened_is_refused),
        cmocka_unit_test(what_is_too_short_to_hold_a_time_is_no_seal),
        cmocka_unit_test(two_seals_of_one_text_at_one_time_look_unrelated),
        cmocka_unit_test(each_form_has_a_nonce_of_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, close_pool);
}
