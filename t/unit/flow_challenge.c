/*
 * The page with captchas: what waits comes back as it was and for so long, a captcha is for one
 * request, is answered once, and each way lets through by its own proof alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "flow/challenge.h"

#define WAIT apr_time_from_sec(60)

static const pwr_captcha_t source = {.thing_count = 14, .sound_count = 8};
static const pwr_abuse_settings_t settings
    = {.wait = WAIT, .form_life = apr_time_from_sec(7200), .work = 16};
static const char key_bytes[PWR_KEY_BYTES] = "the key of one site";
static const char other_key_bytes[PWR_KEY_BYTES] = "the key of another";

static apr_pool_t *pool;
static apr_time_t now;
static pwr_challenge_parts_t check;
static pwr_captcha_parts_t parts, other_site;

static apr_time_t tell_time(void)
{
    return now;
}

static int set_up(void **state)
{
    (void)state;
    now = apr_time_from_sec(1000000);
    pwr_clock_set(tell_time);
    apr_pool_create(&pool, NULL);
    check = (pwr_challenge_parts_t){.settings = &settings,
                                    .key = pwr_secret_make(key_bytes, sizeof key_bytes, pool)};
    parts = (pwr_captcha_parts_t){.key = check.key, .captcha = &source, .check = &check};
    assert_null(pwr_captcha_answers_open(&parts.answers, pool));
    other_site = parts;
    other_site.key = pwr_secret_make(other_key_bytes, sizeof other_key_bytes, pool);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    pwr_clock_set(NULL);
    return 0;
}

/* A request for kari that waits. */
static pwr_held_t hold(void)
{
    pwr_held_t held = {.kind = PWR_HELD_REQUEST,
                       .form_seal = pwr_seal_form(parts.key, pool),
                       .name = "kari",
                       .back = "https://app.example.org/"};
    const char *sealed = pwr_challenge_hold(&parts, &held, pool);

    assert_true(pwr_challenge_open_held(&held, &parts, sealed, pool));
    return held;
}

static void what_waits_comes_back_as_it_was(void **state)
{
    (void)state;
    pwr_held_t change = {.kind = PWR_HELD_CHANGE, .form_seal = "f", .name = "ola"};
    pwr_held_t held = hold();

    assert_int_equal(held.kind, PWR_HELD_REQUEST);
    assert_string_equal(held.name, "kari");
    assert_string_equal(held.back, "https://app.example.org/");
    assert_true(held.made == now);
    const char *sealed = pwr_challenge_hold(&parts, &change, pool);
    assert_true(pwr_challenge_open_held(&held, &parts, sealed, pool));
    assert_int_equal(held.kind, PWR_HELD_CHANGE);
    assert_string_equal(held.name, "ola");
    assert_null(held.back);
}

static void what_waits_longer_than_waiting_and_a_captcha_take_is_refused(void **state)
{
    (void)state;
    pwr_held_t held = hold();

    now = held.made + WAIT + PWR_CAPTCHA_LIFE;
    assert_true(pwr_challenge_open_held(&held, &parts, held.sealed, pool));
    now++;
    assert_false(pwr_challenge_open_held(&held, &parts, held.sealed, pool));
}

static void what_was_not_sealed_here_does_not_wait(void **state)
{
    (void)state;
    pwr_held_t held = hold(), read;
    const char *empty = pwr_seal_make(parts.key, PWR_SEAL_HELD, "", pool);
    const char *short_one = pwr_seal_make(parts.key, PWR_SEAL_HELD, "1\nform", pool);

    assert_false(pwr_challenge_open_held(&read, &other_site, held.sealed, pool));
    assert_false(pwr_challenge_open_held(&read, &parts, NULL, pool));
    assert_false(pwr_challenge_open_held(&read, &parts, "", pool));
    assert_false(pwr_challenge_open_held(&read, &parts, held.form_seal, pool));
    assert_false(pwr_challenge_open_held(&read, &parts, empty, pool));
    assert_false(pwr_challenge_open_held(&read, &parts, short_one, pool));
}

static void a_captcha_is_for_its_own_request(void **state)
{
    (void)state;
    pwr_held_t mine = hold(), yours = hold();
    pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &mine, pool), read;

    assert_true(pwr_challenge_open_captcha(&read, &parts, &mine, captcha.sealed, pool));
    assert_int_equal(read.captcha.thing, captcha.captcha.thing);
    assert_int_equal(read.captcha.sound, captcha.captcha.sound);
    assert_false(pwr_challenge_open_captcha(&read, &parts, &yours, captcha.sealed, pool));
    assert_true(pwr_challenge_open_captcha(&read, &parts, NULL, captcha.sealed, pool));
    assert_false(pwr_challenge_open_captcha(&read, &other_site, NULL, captcha.sealed, pool));
    assert_false(pwr_challenge_open_captcha(&read, &parts, NULL, mine.sealed, pool));
}

static void a_captcha_is_open_for_its_life_and_no_longer(void **state)
{
    (void)state;
    pwr_held_t held = hold();
    pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &held, pool), read;

    now += PWR_CAPTCHA_LIFE;
    assert_true(pwr_challenge_open_captcha(&read, &parts, &held, captcha.sealed, pool));
    now++;
    assert_false(pwr_challenge_open_captcha(&read, &parts, &held, captcha.sealed, pool));
    assert_false(pwr_challenge_open_captcha(&read, &parts, NULL, captcha.sealed, pool));
}

static void without_a_captcha_there_is_no_captcha(void **state)
{
    (void)state;
    pwr_held_t held = hold();
    pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &held, pool), read;

    assert_true(pwr_challenge_has_captcha(&parts));
    parts.captcha = NULL;
    assert_false(pwr_challenge_has_captcha(&parts));
    assert_false(pwr_challenge_open_captcha(&read, &parts, &held, captcha.sealed, pool));
}

static pwr_captcha_answer_t answer_rightly(const pwr_sealed_captcha_t *captcha, const char *way)
{
    pwr_captcha_answer_t answer = {.way = way,
                                   .sealed = captcha->sealed,
                                   .sound = apr_psprintf(pool, "%d", captcha->captcha.sound)};

    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        answer.marked[i] = captcha->captcha.shown[i] == captcha->captcha.thing;
    }
    return answer;
}

static void the_right_answer_to_a_captcha_lets_through(void **state)
{
    (void)state;
    static const char *const ways[] = {"picture", "sound"};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        pwr_held_t held = hold();
        pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &held, pool);
        pwr_captcha_answer_t answer = answer_rightly(&captcha, ways[i]);
        assert_null(pwr_challenge_check_answer(&parts, &held, &answer, pool));
        assert_null(pwr_challenge_check_answer(&parts, &held, &answer, pool)); /* double click */
        pwr_held_t other = hold();
        assert_string_equal(pwr_challenge_check_answer(&parts, &other, &answer, pool),
                            "challenge.wrong");
    }
}

static void after_a_wrong_answer_the_right_one_to_the_same_captcha_is_refused(void **state)
{
    (void)state;
    static const char *const ways[] = {"picture", "sound"};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        pwr_held_t held = hold();
        pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &held, pool);
        pwr_captcha_answer_t right = answer_rightly(&captcha, ways[i]), wrong = right;
        wrong.marked[0] = !wrong.marked[0];
        wrong.sound = apr_psprintf(pool, "%d", (captcha.captcha.sound + 1) % source.sound_count);
        assert_string_equal(pwr_challenge_check_answer(&parts, &held, &wrong, pool),
                            "challenge.wrong");
        assert_string_equal(pwr_challenge_check_answer(&parts, &held, &right, pool),
                            "challenge.wrong");
    }
}

static void an_answer_of_no_way_or_with_nothing_in_it_is_wrong(void **state)
{
    (void)state;
    static const char *const ways[] = {NULL, "", "sounds", "picture ", "sound"};

    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        pwr_held_t held = hold();
        pwr_sealed_captcha_t captcha = pwr_challenge_make_captcha(&parts, &held, pool);
        pwr_captcha_answer_t answer = {.way = ways[i], .sealed = captcha.sealed};
        assert_string_equal(pwr_challenge_check_answer(&parts, &held, &answer, pool),
                            "challenge.wrong");
        answer.sealed = NULL;
        assert_string_equal(pwr_challenge_check_answer(&parts, &held, &answer, pool),
                            "challenge.wrong");
    }
}

static void waiting_counts_from_when_the_request_was_held(void **state)
{
    (void)state;
    pwr_held_t held = hold();
    const pwr_captcha_answer_t answer = {.way = "wait"};

    now = held.made + WAIT - 1;
    assert_string_equal(pwr_challenge_check_answer(&parts, &held, &answer, pool),
                        "challenge.early");
    now++;
    assert_null(pwr_challenge_check_answer(&parts, &held, &answer, pool));
}

static void long_work_needs_its_solution(void **state)
{
    (void)state;
    pwr_held_t held = hold();
    pwr_captcha_answer_t answer = {.way = "work"};

    assert_string_equal(pwr_challenge_check_answer(&parts, &held, &answer, pool), "work.failed");
    answer.solution = "e30";
    assert_string_equal(pwr_challenge_check_answer(&parts, &held, &answer, pool), "work.failed");
}

static void a_solved_captcha_is_proved_for_its_form_alone(void **state)
{
    (void)state;
    const char *solved = pwr_challenge_seal_solved(&parts, "form", pool);

    assert_true(pwr_challenge_is_solved(&parts, solved, "form", pool));
    assert_false(pwr_challenge_is_solved(&parts, solved, "another", pool));
    assert_false(pwr_challenge_is_solved(&parts, solved, NULL, pool));
    assert_false(pwr_challenge_is_solved(&parts, NULL, "form", pool));
    assert_false(pwr_challenge_is_solved(&other_site, solved, "form", pool));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_waits_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_waits_longer_than_waiting_and_a_captcha_take_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_sealed_here_does_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_captcha_is_for_its_own_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_captcha_is_open_for_its_life_and_no_longer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_a_captcha_there_is_no_captcha, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_right_answer_to_a_captcha_lets_through, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            after_a_wrong_answer_the_right_one_to_the_same_captcha_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_answer_of_no_way_or_with_nothing_in_it_is_wrong, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(waiting_counts_from_when_the_request_was_held, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(long_work_needs_its_solution, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_solved_captcha_is_proved_for_its_form_alone, set_up,
                                        tear_down),
    };
    apr_pool_t *root = NULL;

    apr_initialize();
    apr_pool_create(&root, NULL);
    if (pwr_crypto_start(root) != NULL) {
        return 1;
    }
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failures;
}
