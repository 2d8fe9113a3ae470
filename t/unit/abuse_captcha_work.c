/*
 * The promises of src/abuse/captcha_work.h. The solutions below are those of npm's altcha-lib 2.8.0
 * (v2 solveChallenge with algorithms/pbkdf2) for challenges that
 * pwr_work_challenge made with this key, form and clock, for 500 guesses and an hour.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <apr_encode.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "abuse/captcha_work.h"
#include "base/clock.h"
#include "base/limits.h"
#include "text/json.h"

#define FORM "form-nonce-1"
#define MADE 1795342304
#define LIFE 3600

static const char silent[]
    = "{\"challenge\":{\"parameters\":{\"algorithm\":\"PBKDF2/SHA-256\",\"cost\":20,\"data"
      "\":{\"form\":\"MV-CQqvqqrqQveQZDJQDx0wDSXttTgpZFvWR_WHGZMA\",\"level\":0,\"most\":10"
      "00},\"expiresAt\":1795345904,\"keyLength\":32,\"keyPrefix\":\"2482754d50fb8c6ad2e7d1"
      "afa982f9a2\",\"nonce\":\"ff9d322b5470f83885173a17050026e9\",\"salt\":\"98ec3ce1e1f45"
      "0eeb30ae31b2fd415b2\"},\"signature\":\"d4bf7c73763278530c545eeb84708af61c470b34e7813"
      "3246471d61503cb26d4\"},\"solution\":{\"counter\":368,\"derivedKey\":\"2482754d50fb8c"
      "6ad2e7d1afa982f9a21acdb39dcf533f45a9d8066c83b4a72f\"}}";

static const char hard[]
    = "{\"challenge\":{\"parameters\":{\"algorithm\":\"PBKDF2/SHA-256\",\"cost\":20,\"data"
      "\":{\"form\":\"knXZG-y9k3yPkgjVPxgVJ5CVURBvEIk51G3CCyZfmtg\",\"level\":1,\"most\":10"
      "00},\"expiresAt\":1795345904,\"keyLength\":32,\"keyPrefix\":\"b644250992b167d8887c19"
      "dc00b6a05a\",\"nonce\":\"9f45740679c885fccd50bd419a6ede92\",\"salt\":\"344cdea78ffc3"
      "eb33faca458a168c491\"},\"signature\":\"a6a5eeea6e2523d2636837f4ef50bd940ee0716baff85"
      "a93860c95dbda4f1575\"},\"solution\":{\"counter\":279,\"derivedKey\":\"b644250992b167"
      "d8887c19dc00b6a05a5a63293175d6d800ee616aea2dc6032a\",\"time\":12.5}}";

static apr_pool_t *root, *pool;
static pwr_secret_t *key;
static apr_time_t now;

static apr_time_t set_clock(void)
{
    return now;
}

static const char *posted(const char *json)
{
    return apr_pencode_base64(pool, json, APR_ENCODE_STRING, APR_ENCODE_NONE, NULL);
}

static bool passes(const char *json)
{
    return pwr_work_check(key, FORM, PWR_LEVEL_SILENT, posted(json), pool);
}

/* `json` with the only occurrence of `old` replaced. */
static const char *with(const char *json, const char *old, const char *new)
{
    const char *at = strstr(json, old);

    assert_non_null(at);
    assert_null(strstr(at + 1, old));
    return apr_pstrcat(pool, apr_pstrmemdup(pool, json, (apr_size_t)(at - json)), new,
                       at + strlen(old), NULL);
}

static void what_the_official_library_solves_passes(void **state)
{
    (void)state;
    assert_true(passes(silent));
    assert_true(passes(hard));
}

static void harder_work_passes_for_less_and_lighter_work_not_for_more(void **state)
{
    (void)state;
    assert_true(pwr_work_check(key, FORM, PWR_LEVEL_WORK, posted(hard), pool));
    assert_false(pwr_work_check(key, FORM, PWR_LEVEL_WORK, posted(silent), pool));
    assert_false(pwr_work_check(key, FORM, PWR_LEVEL_CAPTCHA, posted(hard), pool));
}

static void another_form_is_refused(void **state)
{
    (void)state;
    assert_false(pwr_work_check(key, "form-nonce-2", PWR_LEVEL_SILENT, posted(silent), pool));
    assert_false(pwr_work_check(key, "", PWR_LEVEL_SILENT, posted(silent), pool));
}

static void another_key_is_refused(void **state)
{
    (void)state;
    pwr_secret_t *other = pwr_secret_make("0123456789abcdef0123456789abcdeF", PWR_KEY_BYTES, pool);

    assert_false(pwr_work_check(other, FORM, PWR_LEVEL_SILENT, posted(silent), pool));
}

static void work_for_a_challenge_of_the_key_before_passes(void **state)
{
    (void)state;
    pwr_secret_t *old = key;

    key = pwr_secret_make("another key of thirty-two bytes!", PWR_KEY_BYTES, pool);
    assert_false(passes(silent));
    pwr_secret_set_next(key, old, 0);
    assert_true(passes(silent));
    key = old;
}

static void it_passes_until_it_expires(void **state)
{
    (void)state;
    now = apr_time_from_sec(MADE + LIFE);
    assert_true(passes(silent));
    now += 1;
    assert_false(passes(silent));
}

static void what_would_expire_after_more_than_the_longest_life_is_refused(void **state)
{
    (void)state;
    now = apr_time_from_sec(MADE - 7 * 86400 + LIFE);
    assert_true(passes(silent));
    now -= apr_time_from_sec(1);
    assert_false(passes(silent));
}

/* Each row changes one member of a good solution: text for text, kind for kind. */
static const char *const altered[][2] = {
    {"PBKDF2/SHA-256", "PBKDF2/SHA-512"},
    {"PBKDF2/SHA-256", "SHA-256"},
    {"\"cost\":20", "\"cost\":1"},
    {"\"cost\":20", "\"cost\":2000000000"},
    {"\"cost\":20", "\"cost\":20.0"},
    {"\"cost\":20", "\"cost\":20,\"cost\":20"},
    {"\"cost\":20", "\"cost\":20,\"extra\":1"},
    {"\"cost\":20,", ""},
    {"\"form\":\"MV", "\"form\":\"MW"},
    {"\"level\":0", "\"level\":1"},
    {"\"level\":0", "\"level\":\"0\""},
    {"\"most\":1000", "\"most\":1"},
    {"\"expiresAt\":1795345904", "\"expiresAt\":1795349504"},
    {"\"expiresAt\":1795345904", "\"expiresAt\":0"},
    {"\"expiresAt\":1795345904,", ""},
    {"\"keyLength\":32", "\"keyLength\":1"},
    {"\"keyPrefix\":\"2482754d50fb8c6ad2e7d1afa982f9a2\"", "\"keyPrefix\":\"24\""},
    {"\"keyPrefix\":\"2482754d50fb8c6ad2e7d1afa982f9a2\"", "\"keyPrefix\":\"\""},
    {"\"nonce\":\"ff", "\"nonce\":\"fe"},
    {"\"nonce\":\"ff", "\"nonce\":\"FF"},
    {"\"salt\":\"98", "\"salt\":\"9"},
    {"\"d4bf7c", "\"d4bf7d"},
    {"\"signature\":", "\"signatur\":"},
    {"\"counter\":368", "\"counter\":369"},
    {"\"counter\":368", "\"counter\":4294967664"},
    {"\"counter\":368", "\"counter\":-1"},
    {"\"counter\":368", "\"counter\":-4294966928"},
    {"\"counter\":368", "\"counter\":\"368\""},
    {"\"counter\":368,", ""},
    {"a72f\"}}", "a72e\"}}"},
    {"a72f\"}}", "A72F\"}}"},
    {"a72f\"}}", "a7\"}}"},
    {"a72f\"}}", "a72f\"}"},
    {"a72f\"}}", "a72f\"}} {}"},
    {"{\"challenge\":{", "{\"challenge\":\"x\",\"challenge\":{"},
    {"{\"challenge\":{", "[{\"challenge\":{"},
};

static void every_altered_member_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        assert_false(passes(with(silent, altered[i][0], altered[i][1])));
    }
}

/* Whoever derives one key, and does not search for the one that was hidden, has not worked. */
static void the_right_key_of_a_number_that_was_not_hidden_is_refused(void **state)
{
    (void)state;
    static const char hidden[] = "2482754d50fb8c6ad2e7d1afa982f9a21acdb39dcf533f45a9d8066c83b4a72f";
    static const char next[]
        = "b8c7e2d68312e032783b5935d12de0b7f07abc0b958caadd375c648ca16c185e"; /* hashlib.pbkdf2_hmac
                                                                                 of Python */

    assert_false(passes(with(with(silent, ":368", ":369"), hidden, next)));
}

static void members_that_nobody_signs_may_come_or_not(void **state)
{
    (void)state;
    assert_true(passes(with(silent, "\"counter\"", "\"time\":0.5,\"counter\"")));
}

static void parameters_may_come_in_any_order(void **state)
{
    (void)state;
    const char *moved = with(silent, "\"cost\":20,", "");

    assert_true(passes(with(moved, "\"keyLength\"", "\"cost\":20,\"keyLength\"")));
}

static void padding_may_be_left_out(void **state)
{
    (void)state;
    for (const char *spaces = "  "; *spaces != '\0'; spaces++) {
        const char *solution = posted(apr_pstrcat(pool, silent, spaces, NULL));
        const char *bare = apr_pstrmemdup(pool, solution, strcspn(solution, "="));
        assert_true(pwr_work_check(key, FORM, PWR_LEVEL_SILENT, solution, pool));
        assert_true(pwr_work_check(key, FORM, PWR_LEVEL_SILENT, bare, pool));
    }
}

static void what_is_no_solution_at_all_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "=", "====", "e30", "e30=", "bnVsbA==", "W10=", "MQ==", "IiI=", "%", "\xff\xfe", "e3t7",
    };
    char *deep = apr_palloc(pool, 1001);

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(pwr_work_check(key, FORM, PWR_LEVEL_SILENT, texts[i], pool));
    }
    memset(deep, '[', 1000);
    deep[1000] = '\0';
    assert_false(passes(deep));
    assert_false(passes(apr_pstrcat(pool, "{\"challenge\":", deep, NULL)));
    assert_false(passes("{\"challenge\":{\"parameters\":[],\"signature\":\"\"},\"solution\":{}}"));
    assert_false(passes("{\"challenge\":{\"parameters\":{},\"signature\":\"\"},\"solution\":{}}"));
}

static void more_than_the_ceiling_is_refused(void **state)
{
    (void)state;
    const char *padded = silent;

    while (strlen(posted(padded)) <= PWR_MAX_SOLUTION) {
        assert_true(passes(padded));
        padded = apr_pstrcat(pool, padded, "   ", NULL);
    }
    assert_false(passes(padded));
}

/* What is mutated has no member that is not signed, so whatever changes must matter. */
static void ten_thousand_mutations_are_refused(void **state)
{
    (void)state;

    srandom(1);
    for (int i = 0; i < 10000; i++) {
        char *json = apr_pstrdup(pool, silent);
        size_t length = strlen(json);
        char old = json[random() % (long)length];
        size_t at = (size_t)random() % length;
        switch (random() % 4) {
        case 0: /* another byte */
            old = json[at];
            json[at] = (char)(old ^ (1 << random() % 8));
            break;
        case 1: /* one byte less */
            memmove(json + at, json + at + 1, length - at);
            break;
        case 2: /* cut */
            json[at] = '\0';
            break;
        default: /* a byte that stands elsewhere in it; the same one is no mutation */
            json[at] = json[at] != old ? old : '~';
        }
        assert_false(passes(json));
        if (i % 100 == 0) {
            apr_pool_clear(pool);
        }
    }
}

static void a_challenge_says_how_far_to_search_and_never_the_same_twice(void **state)
{
    (void)state;
    pwr_work_order_t order = {.work = 700, .life = apr_time_from_sec(60)};
    apr_int64_t most = 0, expires = 0;
    const char *text = pwr_work_challenge(key, FORM, &order, pool);
    const pwr_json_t *json = pwr_json_read(text, strlen(text), pool);

    assert_string_not_equal(text, pwr_work_challenge(key, FORM, &order, pool));
    assert_null(strstr(text, FORM));
    json = pwr_json_get_object(json, "parameters");
    assert_true(pwr_json_get_number(&expires, json, "expiresAt"));
    assert_int_equal(expires, MADE + 60);
    assert_true(pwr_json_get_number(&most, pwr_json_get_object(json, "data"), "most"));
    assert_int_equal(most, 1400);
}

static int set_up(void **state)
{
    (void)state;
    apr_initialize();
    apr_pool_create(&root, NULL);
    pwr_clock_set(set_clock);
    if (pwr_crypto_start(root) != NULL) {
        return -1;
    }
    key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, root);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pwr_clock_set(NULL);
    apr_pool_destroy(root);
    apr_terminate();
    return 0;
}

static int begin(void **state)
{
    (void)state;
    now = apr_time_from_sec(MADE);
    return apr_pool_create(&pool, root) == APR_SUCCESS ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_the_official_library_solves_passes),
        TEST(harder_work_passes_for_less_and_lighter_work_not_for_more),
        TEST(another_form_is_refused),
        TEST(another_key_is_refused),
        TEST(work_for_a_challenge_of_the_key_before_passes),
        TEST(it_passes_until_it_expires),
        TEST(what_would_expire_after_more_than_the_longest_life_is_refused),
        TEST(every_altered_member_is_refused),
        TEST(the_right_key_of_a_number_that_was_not_hidden_is_refused),
        TEST(members_that_nobody_signs_may_come_or_not),
        TEST(parameters_may_come_in_any_order),
        TEST(padding_may_be_left_out),
        TEST(what_is_no_solution_at_all_is_refused),
        TEST(more_than_the_ceiling_is_refused),
        TEST(ten_thousand_mutations_are_refused),
        TEST(a_challenge_says_how_far_to_search_and_never_the_same_twice),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
