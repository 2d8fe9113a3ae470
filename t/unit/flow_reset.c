/* Promises of flow/reset.h: a link sets a password once, or ends a lock. */
#include "flow_fixture.h"

#include "flow/reset.h"
#include "store/return_urls.h"

static fake_person_t *anna;
static const char *token;

static int set_up_link(void **state)
{
    if (set_up_flow(state) != 0) {
        return -1;
    }
    anna = fake_directory_add("anna", flow.pool);
    token = put_link("request", anna);
    return 0;
}

static pwr_reset_form_t form_of(const char *first, const char *second)
{
    return (pwr_reset_form_t){
        .token = token, .first = first, .second = second, .client = "192.0.2.1", .language = "en"};
}

static pwr_reset_answer_t set_twice(const char *first, const char *second)
{
    const pwr_reset_form_t form = form_of(first, second);
    pwr_reset_answer_t answer;

    assert_fine(pwr_reset_set(&answer, &flow.parts, &form, flow.pool));
    return answer;
}

static pwr_reset_answer_t set_good(void)
{
    return set_twice(GOOD_PASSWORD, GOOD_PASSWORD);
}

static pwr_reset_answer_t unlock(void)
{
    const pwr_reset_form_t form = form_of(NULL, NULL);
    pwr_reset_answer_t answer;

    assert_fine(pwr_reset_unlock(&answer, &flow.parts, &form, flow.pool));
    return answer;
}

static pwr_reset_link_state_t state_now(const char *of)
{
    pwr_reset_link_t link;

    assert_fine(pwr_reset_link_find(&link, &flow.parts, of, flow.pool));
    return link.state;
}

static void assert_refused(const pwr_reset_answer_t *answer, const char *key)
{
    assert_int_equal(PWR_RESET_REFUSED, answer->outcome);
    assert_string_equal(key, answer->key);
    assert_int_equal(PWR_RESET_LINK_LIVE, state_now(token)); /* the link still works */
}

static void a_good_password_is_written_and_the_link_is_spent(void **state)
{
    (void)state;
    assert_int_equal(PWR_RESET_DONE, set_good().outcome);
    assert_string_equal(GOOD_PASSWORD, anna->password);
    assert_int_equal(PWR_RESET_LINK_SPENT, state_now(token));
    pwr_reset_answer_t again = set_good();
    assert_int_equal(PWR_RESET_DEAD, again.outcome);
    assert_int_equal(PWR_RESET_LINK_SPENT, again.link.state);
    assert_int_equal(1, fake_directory.writes);
}

static void it_burns_every_other_link_of_the_account_and_no_other_accounts(void **state)
{
    (void)state;
    fake_person_t *berit = fake_directory_add("berit", flow.pool);
    const char *sibling = put_link("sibling", anna);

    put_link("of-berit", berit);
    assert_int_equal(PWR_RESET_DONE, set_good().outcome);
    assert_int_equal(PWR_RESET_LINK_SPENT, state_now(sibling));
    assert_int_equal(1, live_links(berit));
}

static void its_owner_is_told_by_mail(void **state)
{
    (void)state;
    set_good();
    assert_int_equal(1, deliver_due());
    assert_int_equal(1, count_mails(false));
}

static void a_password_that_breaks_a_rule_or_was_typed_differently_is_not_written(void **state)
{
    (void)state;
    pwr_reset_answer_t none = set_twice(NULL, NULL), differs = set_twice(GOOD_PASSWORD, "another");
    pwr_reset_answer_t quick = set_twice("short", "short");

    assert_int_equal(PWR_RESET_REFUSED, none.outcome);
    assert_refused(&differs, "password.different");
    assert_true(differs.is_about_second);
    assert_int_equal(PWR_RESET_REFUSED, quick.outcome);
    assert_string_equal("min_length", quick.verdict.line.kind);
    assert_int_equal(0, fake_directory.writes);
}

static void the_rules_are_those_that_the_directory_has_now(void **state)
{
    (void)state;
    fake_directory.rules.min_length = 40;
    pwr_reset_answer_t answer = set_good();

    assert_int_equal(PWR_RESET_REFUSED, answer.outcome);
    assert_int_equal(40, answer.verdict.line.asked);
}

static void a_link_does_nothing_after_its_life(void **state)
{
    (void)state;
    fixture_now += LINK_LIFE - 1;
    assert_int_equal(PWR_RESET_LINK_LIVE, state_now(token));
    fixture_now += 1;
    pwr_reset_answer_t answer = set_good();
    assert_int_equal(PWR_RESET_DEAD, answer.outcome);
    assert_int_equal(PWR_RESET_LINK_EXPIRED, answer.link.state);
    assert_int_equal(0, fake_directory.writes);
}

static void a_password_that_the_directory_refuses_leaves_the_link_alive(void **state)
{
    (void)state;
    fake_directory.write = PWR_WRITE_REFUSED;
    fake_directory.write_fault
        = pwr_fault_refused(flow.pool, "PWR0000", "directory.history", "in its history");
    pwr_reset_answer_t answer = set_good();
    assert_refused(&answer, "directory.history");
    fake_directory.write = PWR_WRITE_DONE;
    assert_int_equal(PWR_RESET_DONE, set_good().outcome);
}

static void a_directory_that_is_down_leaves_the_link_alive(void **state)
{
    (void)state;
    fake_directory.fault = pwr_fault_later(flow.pool, "PWR0000", "no server answers");
    pwr_reset_answer_t answer = set_good();
    assert_refused(&answer, "directory.temporary");
    fake_directory.fault = NULL;
    fake_directory.write = PWR_WRITE_NOT_SENT;
    fake_directory.write_fault = pwr_fault_later(flow.pool, "PWR0000", "no server takes it");
    answer = set_good();
    assert_refused(&answer, "directory.temporary");
}

/* Nobody knows whether the directory has the password, so the link must not write a second time. */
static void a_write_without_an_answer_is_told_as_such_and_is_never_repeated(void **state)
{
    (void)state;
    fake_directory.write = PWR_WRITE_UNKNOWN;
    fake_directory.write_fault = pwr_fault_later(flow.pool, "PWR0000", "no answer came");
    assert_int_equal(PWR_RESET_UNSURE, set_good().outcome);
    assert_int_equal(PWR_RESET_LINK_BUSY, state_now(token));
    assert_int_equal(PWR_RESET_DEAD, set_good().outcome);
    assert_int_equal(1, fake_directory.writes);
    assert_int_equal(0, deliver_due()); /* no mail says that it was changed */
}

static void change_elsewhere(void)
{
    anna->account.stamp = "changed elsewhere";
}

static void a_password_set_elsewhere_between_look_and_write_ends_the_link(void **state)
{
    (void)state;
    fake_directory.before_write = change_elsewhere;
    pwr_reset_answer_t answer = set_good();
    assert_int_equal(PWR_RESET_DEAD, answer.outcome);
    assert_int_equal(PWR_RESET_LINK_CHANGED, answer.link.state);
    assert_int_equal(PWR_RESET_LINK_SPENT, state_now(token));
    assert_string_equal("the old password", anna->password);
}

static void a_lock_is_ended_and_the_password_is_left_alone(void **state)
{
    (void)state;
    anna->account.is_locked = true;
    assert_int_equal(PWR_RESET_DONE, unlock().outcome);
    assert_false(anna->account.is_locked);
    assert_string_equal("the old password", anna->password);
    assert_int_equal(PWR_RESET_LINK_UNLOCKED, state_now(token));
    assert_int_equal(1, deliver_due());
    assert_int_equal(1, count_mails(false));
}

static void an_account_that_is_not_locked_or_a_site_that_does_not_allow_it_unlocks_nothing(
    void **state)
{
    (void)state;
    pwr_reset_answer_t answer = unlock();
    assert_refused(&answer, "unlock.not_locked");
    anna->account.is_locked = true;
    flow.settings.flow.may_unlock = false;
    answer = unlock();
    assert_refused(&answer, "unlock.not_locked");
    assert_int_equal(0, fake_directory.unlocks);
}

/* Unlocking twice does what unlocking once does. */
static void an_unlock_without_an_answer_leaves_the_link_alive(void **state)
{
    (void)state;
    anna->account.is_locked = true;
    fake_directory.write = PWR_WRITE_UNKNOWN;
    fake_directory.write_fault = pwr_fault_later(flow.pool, "PWR0000", "no answer came");
    pwr_reset_answer_t answer = unlock();
    assert_refused(&answer, "unlock.temporary");
}

static void it_knows_where_the_person_came_from(void **state)
{
    (void)state;
    const char *url = NULL;
    pwr_reset_link_t link;

    assert_fine(
        pwr_return_urls_put(flow.parts.store, "request", "https://app.example/", flow.pool));
    assert_fine(pwr_reset_link_find(&link, &flow.parts, token, flow.pool));
    assert_fine(pwr_reset_return_of(&url, &flow.parts, &link, flow.pool));
    assert_string_equal("https://app.example/", url);
}

#define RESET_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_link, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESET_TEST(a_good_password_is_written_and_the_link_is_spent),
        RESET_TEST(it_burns_every_other_link_of_the_account_and_no_other_accounts),
        RESET_TEST(its_owner_is_told_by_mail),
        RESET_TEST(a_password_that_breaks_a_rule_or_was_typed_differently_is_not_written),
        RESET_TEST(the_rules_are_those_that_the_directory_has_now),
        RESET_TEST(a_link_does_nothing_after_its_life),
        RESET_TEST(a_password_that_the_directory_refuses_leaves_the_link_alive),
        RESET_TEST(a_directory_that_is_down_leaves_the_link_alive),
        RESET_TEST(a_write_without_an_answer_is_told_as_such_and_is_never_repeated),
        RESET_TEST(a_password_set_elsewhere_between_look_and_write_ends_the_link),
        RESET_TEST(a_lock_is_ended_and_the_password_is_left_alone),
        RESET_TEST(an_account_that_is_not_locked_or_a_site_that_does_not_allow_it_unlocks_nothing),
        RESET_TEST(an_unlock_without_an_answer_leaves_the_link_alive),
        RESET_TEST(it_knows_where_the_person_came_from),
    };
    return RUN_GROUP(tests);
}
