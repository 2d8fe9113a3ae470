/* Promises of flow/change.h: who knows the old password sets a new one, and nobody learns more. */
#include "flow_fixture.h"

#include "flow/change.h"

#define OLD_PASSWORD "the old password"

static fake_person_t *anna;

static int set_up_anna(void **state)
{
    if (set_up_flow(state) != 0) {
        return -1;
    }
    anna = fake_directory_add("anna", flow.pool);
    return 0;
}

static pwr_change_form_t form_of(const char *name, const char *old)
{
    return (pwr_change_form_t){
        .name = name,
        .old = old,
        .first = GOOD_PASSWORD,
        .second = GOOD_PASSWORD,
        .language = "en",
        .form = {.seal = pwr_seal_form(flow.parts.seal_key, flow.pool), .client = "192.0.2.1"},
    };
}

static pwr_change_answer_t post(const pwr_change_form_t *form)
{
    pwr_change_answer_t answer;

    assert_fine(pwr_change_password(&answer, &flow.parts, form, flow.pool));
    return answer;
}

static pwr_change_answer_t change(const char *name, const char *old)
{
    const pwr_change_form_t form = form_of(name, old);
    return post(&form);
}

static void assert_wrong(const pwr_change_answer_t *answer)
{
    assert_int_equal(PWR_CHANGE_WRONG, answer->outcome);
    assert_string_equal("change.wrong", answer->key);
    assert_null(answer->account);
    assert_int_equal(0, fake_directory.writes);
}

static void assert_again(const pwr_change_form_t *form, pwr_change_field_t field, const char *key)
{
    pwr_change_answer_t answer = post(form);

    assert_int_equal(PWR_CHANGE_AGAIN, answer.outcome);
    assert_int_equal(field, answer.field);
    assert_string_equal(key, answer.key);
    assert_int_equal(0, fake_directory.finds + fake_directory.binds);
}

static void the_right_old_password_sets_the_new_one_and_ends_every_link(void **state)
{
    (void)state;
    put_link("request", anna);
    assert_int_equal(PWR_CHANGE_DONE, change("anna", OLD_PASSWORD).outcome);
    assert_string_equal(GOOD_PASSWORD, anna->password);
    assert_int_equal(0, live_links(anna));
    assert_int_equal(1, deliver_due()); /* its owner is told */
    assert_int_equal(1, count_mails(false));
}

/* The same outcome, after the same operations, at the same time. */
static void every_wrong_attempt_has_one_answer_after_the_same_operations(void **state)
{
    (void)state;
    static const char *const names[] = {"anna", "nobody", "twice", "disabled"};
    apr_time_t taken[4];

    fake_directory_add("one", flow.pool)->typed = "twice";
    fake_directory_add("two", flow.pool)->typed = "twice";
    fake_directory_add("disabled", flow.pool)->account.ineligible = "disabled";
    for (int i = 0; i < 4; i++) {
        apr_time_t begun = fixture_now;
        /* The old password is right for each but the first. */
        pwr_change_answer_t answer = change(names[i], i == 0 ? "wrong" : OLD_PASSWORD);
        assert_wrong(&answer);
        taken[i] = fixture_now - begun;
        assert_int_equal(i + 1, fake_directory.finds);
        assert_int_equal(i + 1, fake_directory.binds);
        assert_int_equal(taken[0], taken[i]);
    }
    assert_int_equal(3, fake_directory.dummy_binds);
}

static void an_answer_leaves_at_the_end_of_a_time_slot(void **state)
{
    (void)state;
    apr_time_t begun = fixture_now;

    change("anna", "wrong");
    /* The bind begins 250 ms after the form, its answer leaves a second later. */
    assert_int_equal(apr_time_from_msec(1250), fixture_now - begun);
}

static void after_the_cap_the_right_password_is_wrong_too_and_no_account_is_tried(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        change("anna", "wrong");
    }
    assert_int_equal(0, fake_directory.dummy_binds);
    pwr_change_answer_t answer = change("anna", OLD_PASSWORD);
    assert_wrong(&answer);
    assert_int_equal(1, fake_directory.dummy_binds);
    fixture_now += HOUR;
    assert_int_equal(PWR_CHANGE_DONE, change("anna", OLD_PASSWORD).outcome);
}

/* A form without work costs four quarters of a request, a wrong attempt twenty more. */
static void a_wrong_attempt_costs_its_client_as_much_as_five_requests_beside_its_form(void **state)
{
    (void)state;
    int wrong = 0;

    flow.settings.flow.attempts_per_hour = flow.settings.flow.attempts_per_day = 1000;
    while (wrong < 30 && change("anna", "wrong").outcome == PWR_CHANGE_WRONG) {
        wrong++;
    }
    assert_int_equal(flow.settings.abuse.client_calm * 4 / 24, wrong);
}

static void the_cap_is_the_accounts_whatever_name_finds_it(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        anna->typed = apr_psprintf(flow.pool, "name-%d", i);
        change(anna->typed, "wrong");
    }
    anna->typed = "another";
    pwr_change_answer_t answer = change("another", OLD_PASSWORD);
    assert_wrong(&answer);
    assert_int_equal(1, fake_directory.dummy_binds);
}

static void a_right_password_does_not_count_as_a_wrong_one(void **state)
{
    (void)state;
    pwr_change_form_t form;

    for (int i = 0; i < 6; i++) {
        form = form_of("anna", OLD_PASSWORD);
        form.first = form.second = "short";
        pwr_change_answer_t answer = post(&form);
        assert_int_equal(PWR_CHANGE_REFUSED, answer.outcome);
        assert_string_equal("min_length", answer.verdict.line.kind);
        assert_string_equal("anna", answer.account->login);
    }
}

static void a_form_that_is_wrong_in_itself_tries_nothing(void **state)
{
    (void)state;
    pwr_change_form_t form = form_of("", OLD_PASSWORD);

    assert_again(&form, PWR_CHANGE_NAME, "request.empty");
    form = form_of("anna", "");
    assert_again(&form, PWR_CHANGE_OLD, "change.old_empty");
    form = form_of("anna", OLD_PASSWORD);
    form.second = "another";
    assert_again(&form, PWR_CHANGE_SECOND, "password.different");
    form = form_of("anna", GOOD_PASSWORD);
    assert_again(&form, PWR_CHANGE_FIRST, "change.same");
    form = form_of("anna", OLD_PASSWORD);
    form.form.seal = "not ours";
    assert_again(&form, PWR_CHANGE_NAME, "request.renewed");
}

static void a_form_that_is_posted_twice_is_one_attempt(void **state)
{
    (void)state;
    pwr_change_form_t form = form_of("anna", "wrong");

    post(&form);
    pwr_change_answer_t answer = post(&form);
    assert_int_equal(PWR_CHANGE_AGAIN, answer.outcome);
    assert_string_equal("change.used", answer.key);
    assert_int_equal(1, fake_directory.binds);
    form = form_of("anna", OLD_PASSWORD);
    assert_int_equal(PWR_CHANGE_DONE, post(&form).outcome);
    assert_int_equal(PWR_CHANGE_DONE, post(&form).outcome); /* as it was the first time */
    assert_int_equal(1, fake_directory.writes);
}

static void a_directory_that_answers_nobody_is_the_same_fault_for_every_name(void **state)
{
    (void)state;
    pwr_change_answer_t answer;
    pwr_fault_t *down = pwr_fault_later(flow.pool, "PWR0000", "no server answers");

    fake_directory.fault = down;
    for (int i = 0; i < 6; i++) {
        const pwr_change_form_t form = form_of(i % 2 == 0 ? "anna" : "nobody", OLD_PASSWORD);
        assert_ptr_equal(down, pwr_change_password(&answer, &flow.parts, &form, flow.pool));
    }
    assert_int_equal(0, fake_directory.finds + fake_directory.binds);
    fake_directory.fault = NULL; /* none of them counts */
    assert_int_equal(PWR_CHANGE_DONE, change("anna", OLD_PASSWORD).outcome);
}

static void what_the_directory_says_of_the_new_password_is_told_to_who_knew_the_old(void **state)
{
    (void)state;
    fake_directory.write = PWR_WRITE_REFUSED;
    fake_directory.write_fault
        = pwr_fault_refused(flow.pool, "PWR0000", "directory.history", "in its history");
    pwr_change_answer_t answer = change("anna", OLD_PASSWORD);
    assert_int_equal(PWR_CHANGE_REFUSED, answer.outcome);
    assert_string_equal("directory.history", answer.key);
    fake_directory.write = PWR_WRITE_UNKNOWN;
    assert_int_equal(PWR_CHANGE_UNSURE, change("anna", OLD_PASSWORD).outcome);
    assert_int_equal(0, deliver_due());
}

static void an_expired_password_is_right_and_a_locked_account_is_wrong(void **state)
{
    (void)state;
    fake_directory.right = PWR_BIND_LOCKED;
    pwr_change_answer_t answer = change("anna", OLD_PASSWORD);
    assert_wrong(&answer);
    fake_directory.right = PWR_BIND_EXPIRED;
    assert_int_equal(PWR_CHANGE_DONE, change("anna", OLD_PASSWORD).outcome);
}

#define CHANGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_anna, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANGE_TEST(the_right_old_password_sets_the_new_one_and_ends_every_link),
        CHANGE_TEST(every_wrong_attempt_has_one_answer_after_the_same_operations),
        CHANGE_TEST(an_answer_leaves_at_the_end_of_a_time_slot),
        CHANGE_TEST(after_the_cap_the_right_password_is_wrong_too_and_no_account_is_tried),
        CHANGE_TEST(a_wrong_attempt_costs_its_client_as_much_as_five_requests_beside_its_form),
        CHANGE_TEST(the_cap_is_the_accounts_whatever_name_finds_it),
        CHANGE_TEST(a_right_password_does_not_count_as_a_wrong_one),
        CHANGE_TEST(a_form_that_is_wrong_in_itself_tries_nothing),
        CHANGE_TEST(a_form_that_is_posted_twice_is_one_attempt),
        CHANGE_TEST(a_directory_that_answers_nobody_is_the_same_fault_for_every_name),
        CHANGE_TEST(what_the_directory_says_of_the_new_password_is_told_to_who_knew_the_old),
        CHANGE_TEST(an_expired_password_is_right_and_a_locked_account_is_wrong),
    };
    return RUN_GROUP(tests);
}
