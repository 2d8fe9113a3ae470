/*
 * A form passes when it was made here, is of the right age, leaves the unseen field empty, and
 * proves as much as the pressure of its client and of the site asks.
 */
#include "abuse_flood.h"

#include <apr_base64.h>

#include "abuse/captcha_work.h"
#include "abuse/challenge.h"
#include "text/json.h"

#define FORM_AGE SECONDS(3)
#define FORM_LIFE SECONDS(3600)

static pwr_secret_t *key;
static pwr_challenge_parts_t parts;

/* A form made now, as a browser without script posts it. */
static pwr_challenge_form_t new_form(void)
{
    return (pwr_challenge_form_t){
        .seal = pwr_seal_form(key, pool),
        .unseen = "",
        .client = OFFICE,
    };
}

static const char *nonce_of(const char *sealed)
{
    pwr_seal_t seal = {.text = NULL};
    assert_true(pwr_seal_open(&seal, key, PWR_SEAL_FORM, sealed, pool));
    return seal.text;
}

static pwr_challenge_verdict_t judge_form(pwr_challenge_form_t form)
{
    return pwr_challenge_judge(&parts, &form, pool);
}

static void assert_outcome(pwr_challenge_form_t form, pwr_challenge_outcome_t expected)
{
    assert_int_equal(judge_form(form).outcome, expected);
}

/* --- solving, as the script in the page does -------------------------------------------------- */

static const char *derived_key(const pwr_json_t *parameters, unsigned char counter)
{
    unsigned char password[20] = {0};
    unsigned char salt[16];
    unsigned char derived[PWR_DIGEST_BYTES];
    char *text = apr_palloc(pool, 2 * sizeof derived + 1);
    apr_int64_t rounds = 0;

    assert_true(pwr_decode_hex(password, 16, pwr_json_get_text(parameters, "nonce")));
    assert_true(pwr_decode_hex(salt, 16, pwr_json_get_text(parameters, "salt")));
    assert_true(pwr_json_get_number(&rounds, parameters, "cost"));
    password[19] = counter;
    assert_true(pwr_crypto_pbkdf2(derived, &(pwr_pbkdf2_t){.password = password,
                                                           .password_length = sizeof password,
                                                           .salt = salt,
                                                           .salt_length = sizeof salt,
                                                           .rounds = (int)rounds}));
    pwr_encode_hex(text, derived, sizeof derived);
    return text;
}

static const char *solve(const char *challenge)
{
    assert_non_null(challenge);
    const pwr_json_t *json = pwr_json_read(challenge, strlen(challenge), pool);
    const pwr_json_t *parameters = pwr_json_get_object(json, "parameters");
    const char *prefix = pwr_json_get_text(parameters, "keyPrefix");

    for (int counter = 0; counter < 256; counter++) {
        const char *found = derived_key(parameters, (unsigned char)counter);
        if (strncmp(found, prefix, strlen(prefix)) == 0) {
            const char *answer = apr_psprintf(
                pool, "{\"challenge\":%s,\"solution\":{\"counter\":%d,\"derivedKey\":\"%s\"}}",
                challenge, counter, found);
            char *text = apr_palloc(pool, (apr_size_t)apr_base64_encode_len((int)strlen(answer)));
            apr_base64_encode(text, answer, (int)strlen(answer));
            return text;
        }
    }
    fail_msg("no number solves the challenge");
    return NULL;
}

static const char *work_at(pwr_level_t level, const char *seal)
{
    pwr_work_order_t order = {.level = level, .work = 8, .life = FORM_LIFE};
    return solve(pwr_work_challenge(key, nonce_of(seal), &order, pool));
}

static pwr_challenge_form_t worked_form(pwr_level_t level)
{
    pwr_challenge_form_t form = new_form();
    form.solution = work_at(level, form.seal);
    return form;
}

/* --- the form --------------------------------------------------------------------------------- */

static void a_form_open_as_long_as_a_person_needs_passes_with_its_nonce(void **state)
{
    (void)state;
    pwr_challenge_form_t form = new_form();

    now += FORM_AGE;
    pwr_challenge_verdict_t verdict = judge_form(form);
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_PASSED);
    assert_int_equal(verdict.level, PWR_LEVEL_SILENT);
    assert_string_equal(verdict.nonce, nonce_of(form.seal));
    form.unseen = NULL; /* a browser leaves the field out */
    assert_outcome(form, PWR_CHALLENGE_PASSED);
}

static void a_form_posted_sooner_is_too_quick(void **state)
{
    (void)state;
    pwr_challenge_form_t form = new_form();

    assert_outcome(form, PWR_CHALLENGE_TOO_QUICK);
    form.solution = "";
    now += FORM_AGE - 1;
    pwr_challenge_verdict_t verdict = judge_form(form);
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_TOO_QUICK);
    assert_string_equal(verdict.nonce, nonce_of(form.seal));
}

static void a_form_is_stale_after_its_life_whatever_it_proves(void **state)
{
    (void)state;
    pwr_challenge_form_t form = worked_form(PWR_LEVEL_WORK);

    now += FORM_LIFE;
    assert_outcome(form, PWR_CHALLENGE_PASSED);
    now += 1;
    form.has_solved_captcha = true;
    assert_outcome(form, PWR_CHALLENGE_STALE);
}

static void a_form_from_the_future_is_stale(void **state)
{
    (void)state;
    pwr_challenge_form_t form = new_form();

    now -= 1;
    assert_outcome(form, PWR_CHALLENGE_STALE);
    now -= SECONDS(86400);
    assert_outcome(form, PWR_CHALLENGE_STALE);
}

static void a_form_not_made_here_is_stale(void **state)
{
    (void)state;
    static const char other_bytes[] = "0123456789abcdef0123456789abcdeF";
    pwr_secret_t *other_key = pwr_secret_make(other_bytes, PWR_KEY_BYTES, pool);
    const char *const seals[] = {
        NULL,
        "",
        "no seal at all",
        pwr_seal_form(other_key, pool),
        pwr_seal_make(key, PWR_SEAL_SENT, "nonce", pool),
        pwr_seal_make(key, PWR_SEAL_HELD, "nonce", pool),
        pwr_seal_make(key, PWR_SEAL_CAPTCHA, "nonce", pool),
    };
    pwr_challenge_form_t form = new_form();

    now += FORM_AGE;
    form.has_solved_captcha = true;
    for (size_t i = 0; i < sizeof seals / sizeof seals[0]; i++) {
        form.seal = seals[i];
        assert_outcome(form, PWR_CHALLENGE_STALE);
    }
}

static void a_form_altered_in_any_character_is_stale(void **state)
{
    (void)state;
    const char *seal = new_form().seal;
    pwr_challenge_form_t form = new_form();

    parts.limit = NULL;
    now += FORM_AGE;
    for (size_t at = 0; at < strlen(seal); at++) {
        char *altered = apr_pstrdup(pool, seal);
        altered[at] = seal[at] == 'A' ? 'B' : 'A';
        form.seal = altered;
        assert_outcome(form, PWR_CHALLENGE_STALE);
    }
    form.seal = seal;
    assert_outcome(form, PWR_CHALLENGE_PASSED);
}

static void who_fills_in_the_unseen_field_is_a_robot_whatever_else_is_right(void **state)
{
    (void)state;
    pwr_challenge_form_t form = worked_form(PWR_LEVEL_WORK);

    now += FORM_AGE;
    form.has_solved_captcha = true;
    form.unseen = " ";
    assert_outcome(form, PWR_CHALLENGE_ROBOT);
    form.seal = NULL;
    assert_outcome(form, PWR_CHALLENGE_ROBOT);
}

/* --- work ------------------------------------------------------------------------------------- */

static void a_form_with_work_passes_at_once(void **state)
{
    (void)state;
    pwr_challenge_verdict_t verdict = judge_form(worked_form(PWR_LEVEL_SILENT));

    assert_int_equal(verdict.outcome, PWR_CHALLENGE_PASSED);
    assert_int_equal(verdict.level, PWR_LEVEL_SILENT);
    verdict = judge_form(worked_form(PWR_LEVEL_WORK));
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_PASSED);
    assert_int_equal(verdict.level, PWR_LEVEL_WORK);
}

static void work_for_another_form_or_altered_proves_nothing(void **state)
{
    (void)state;
    pwr_challenge_form_t form = worked_form(PWR_LEVEL_SILENT);
    const char *solution = form.solution;

    form.seal = pwr_seal_make(key, PWR_SEAL_FORM, "another nonce", pool);
    assert_outcome(form, PWR_CHALLENGE_TOO_QUICK);
    form = worked_form(PWR_LEVEL_SILENT);
    form.solution = apr_pstrcat(pool, "AAAA", solution, NULL);
    assert_outcome(form, PWR_CHALLENGE_TOO_QUICK);
    form.solution = "true";
    assert_outcome(form, PWR_CHALLENGE_TOO_QUICK);
}

static void a_form_without_work_costs_its_client_four_times_as_much(void **state)
{
    (void)state;
    int passed_with = 0;
    int passed_without = 0;
    pwr_challenge_form_t with = worked_form(PWR_LEVEL_SILENT);
    pwr_challenge_form_t without = new_form();

    without.client = "192.0.2.2";
    now += FORM_AGE;
    while (judge_form(with).outcome == PWR_CHALLENGE_PASSED) {
        passed_with++;
    }
    while (judge_form(without).outcome == PWR_CHALLENGE_PASSED) {
        passed_without++;
    }
    assert_int_equal(passed_with, 4 * settings.client_calm);
    assert_int_equal(passed_without, settings.client_calm);
}

/* --- pressure --------------------------------------------------------------------------------- */

static void under_pressure_a_form_must_prove_more(void **state)
{
    (void)state;
    pwr_challenge_form_t aged = new_form();
    now += FORM_AGE;
    flood(parts.limit, OFFICE, settings.client_calm, WHOLE);

    pwr_challenge_verdict_t verdict = judge_form(aged);
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_MORE);
    assert_int_equal(verdict.level, PWR_LEVEL_WORK);
    assert_string_equal(verdict.nonce, nonce_of(aged.seal));
    assert_outcome(worked_form(PWR_LEVEL_SILENT), PWR_CHALLENGE_MORE);
    assert_outcome(worked_form(PWR_LEVEL_WORK), PWR_CHALLENGE_PASSED);

    flood(parts.limit, OFFICE, settings.client_busy - settings.client_calm, WHOLE);
    verdict = judge_form(worked_form(PWR_LEVEL_WORK));
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_MORE);
    assert_int_equal(verdict.level, PWR_LEVEL_CAPTCHA);
    aged.has_solved_captcha = true;
    verdict = judge_form(aged);
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_PASSED);
    assert_int_equal(verdict.level, PWR_LEVEL_CAPTCHA);
}

static void beyond_the_last_limit_a_client_is_told_when_to_come_again(void **state)
{
    (void)state;
    pwr_challenge_form_t form = new_form();
    form.has_solved_captcha = true;
    flood(parts.limit, OFFICE, settings.client_most + 1, WHOLE);

    pwr_challenge_verdict_t verdict = judge_form(form);
    assert_int_equal(verdict.outcome, PWR_CHALLENGE_REFUSED);
    assert_true(verdict.retry_after > 0);
    now += verdict.retry_after;
    assert_outcome(form, PWR_CHALLENGE_PASSED);
}

static void forgeries_and_robots_are_counted_against_their_client(void **state)
{
    (void)state;
    pwr_challenge_form_t forged = new_form();
    pwr_challenge_form_t robot = new_form();
    forged.seal = "forged";
    robot.unseen = "x";

    for (int i = 0; i < settings.client_calm / 2; i++) {
        judge_form(forged);
        judge_form(robot);
    }
    assert_int_equal(look(parts.limit, OFFICE), PWR_LEVEL_WORK);
    assert_int_equal(look(parts.limit, "192.0.2.2"), PWR_LEVEL_SILENT);
}

static apr_int64_t level_asked(const char *challenge)
{
    apr_int64_t level = -1;
    const pwr_json_t *json = pwr_json_read(challenge, strlen(challenge), pool);
    const pwr_json_t *data = pwr_json_get_object(pwr_json_get_object(json, "parameters"), "data");

    assert_true(pwr_json_get_number(&level, data, "level"));
    return level;
}

static void the_work_that_a_fresh_form_asks_for_is_the_work_that_passes(void **state)
{
    (void)state;
    pwr_challenge_form_t form = new_form();
    const char *challenge = pwr_challenge_work(&parts, form.seal, OFFICE, pool);

    assert_int_equal(level_asked(challenge), PWR_LEVEL_SILENT);
    form.solution = solve(challenge);
    assert_outcome(form, PWR_CHALLENGE_PASSED);
    flood(parts.limit, OFFICE, settings.client_calm, WHOLE);
    assert_outcome(form, PWR_CHALLENGE_MORE);
    challenge = pwr_challenge_work(&parts, form.seal, OFFICE, pool);
    assert_int_equal(level_asked(challenge), PWR_LEVEL_WORK);
    form.solution = solve(challenge);
    assert_outcome(form, PWR_CHALLENGE_PASSED);
}

static void no_work_is_made_for_a_form_that_is_not_ours(void **state)
{
    (void)state;
    assert_null(pwr_challenge_work(&parts, NULL, OFFICE, pool));
    assert_null(pwr_challenge_work(&parts, "forged", OFFICE, pool));
    assert_null(
        pwr_challenge_work(&parts, pwr_seal_make(key, PWR_SEAL_SENT, "nonce", pool), OFFICE, pool));
}

static int set_up_parts(void **state)
{
    set_up(state);
    settings.form_age = FORM_AGE;
    settings.form_life = FORM_LIFE;
    settings.work = 4;
    key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, pool);
    parts = (pwr_challenge_parts_t){.settings = &settings, .key = key, .limit = open_limit()};
    return 0;
}

#define CHALLENGE(function) cmocka_unit_test_setup(function, set_up_parts)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHALLENGE(a_form_open_as_long_as_a_person_needs_passes_with_its_nonce),
        CHALLENGE(a_form_posted_sooner_is_too_quick),
        CHALLENGE(a_form_is_stale_after_its_life_whatever_it_proves),
        CHALLENGE(a_form_from_the_future_is_stale),
        CHALLENGE(a_form_not_made_here_is_stale),
        CHALLENGE(a_form_altered_in_any_character_is_stale),
        CHALLENGE(who_fills_in_the_unseen_field_is_a_robot_whatever_else_is_right),
        CHALLENGE(a_form_with_work_passes_at_once),
        CHALLENGE(work_for_another_form_or_altered_proves_nothing),
        CHALLENGE(a_form_without_work_costs_its_client_four_times_as_much),
        CHALLENGE(under_pressure_a_form_must_prove_more),
        CHALLENGE(beyond_the_last_limit_a_client_is_told_when_to_come_again),
        CHALLENGE(forgeries_and_robots_are_counted_against_their_client),
        CHALLENGE(the_work_that_a_fresh_form_asks_for_is_the_work_that_passes),
        CHALLENGE(no_work_is_made_for_a_form_that_is_not_ours),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
