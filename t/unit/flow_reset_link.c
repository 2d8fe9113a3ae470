/* Promises of flow/reset_link.h: what a link is worth now, by its row and by the directory. */
#include "flow_fixture.h"

#include "flow/reset_link.h"

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

static pwr_reset_link_t look_at(const char *of)
{
    pwr_reset_link_t link;

    assert_fine(pwr_reset_link_look(&link, &flow.parts, of, flow.pool));
    return link;
}

static void assert_state(pwr_reset_link_state_t state)
{
    assert_int_equal(state, look_at(token).state);
}

static void a_live_link_knows_its_account_and_the_rules_of_its_password(void **state)
{
    (void)state;
    fake_directory.rules.min_length = 12;
    pwr_reset_link_t link = look_at(token);

    assert_int_equal(PWR_RESET_LINK_LIVE, link.state);
    assert_string_equal("anna", link.account->login);
    assert_int_equal(12, link.rules.min_length);
}

static void a_text_that_is_no_link_of_this_site_is_unknown_and_asks_the_directory_nothing(
    void **state)
{
    (void)state;
    const char *texts[] = {NULL,
                           "",
                           "short",
                           token_of("other", PWR_TOKEN_LINK),
                           token_of("request", PWR_TOKEN_STOP),
                           apr_pstrcat(flow.pool, token, "A", NULL)};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(PWR_RESET_LINK_UNKNOWN, look_at(texts[i]).state);
    }
    assert_int_equal(0, fake_directory.reads);
    flow.parts.site = "https://other.example.org/reset";
    assert_state(PWR_RESET_LINK_UNKNOWN);
}

static void it_expires_when_its_life_is_over(void **state)
{
    (void)state;
    fixture_now += LINK_LIFE - 1;
    assert_state(PWR_RESET_LINK_LIVE);
    fixture_now += 1;
    assert_state(PWR_RESET_LINK_EXPIRED);
}

static void a_link_of_the_key_before_works_until_the_end_of_that_key(void **state)
{
    (void)state;
    rotate_key(fixture_now + HOUR / 2);
    assert_state(PWR_RESET_LINK_LIVE);
    assert_string_equal(
        look_at(token).row->digest,
        pwr_reset_link_digest_of(&flow.parts, token, flow.pool)); /* by which one asks again */
    anna->account.stamp = "another stamp";
    assert_state(PWR_RESET_LINK_CHANGED);
    fixture_now += HOUR / 2;
    assert_state(PWR_RESET_LINK_UNKNOWN);
    assert_int_equal(PWR_RESET_LINK_LIVE, look_at(put_link("newer", anna)).state);
}

static void an_account_that_is_gone_or_can_no_longer_be_reset_ends_it(void **state)
{
    (void)state;
    anna->account.ineligible = "disabled";
    assert_state(PWR_RESET_LINK_CHANGED);
    anna->account.ineligible = NULL;
    assert_state(PWR_RESET_LINK_LIVE);
    anna->account.id = "another-id";
    assert_state(PWR_RESET_LINK_CHANGED);
}

static void an_address_that_the_account_no_longer_has_ends_it(void **state)
{
    (void)state;
    const char *mailed = anna->account.mail;

    APR_ARRAY_IDX(anna->account.mails, 0, const char *) = "new@example.org";
    anna->account.mail = "new@example.org";
    assert_state(PWR_RESET_LINK_CHANGED);
    APR_ARRAY_PUSH(anna->account.mails, const char *) = mailed; /* it is one of several still */
    assert_state(PWR_RESET_LINK_LIVE);
}

static void a_password_set_elsewhere_ends_it_and_says_when_that_was(void **state)
{
    (void)state;
    anna->account.stamp = "another";
    assert_state(PWR_RESET_LINK_CHANGED);
    anna->account.password_changed = NOON + MINUTE;
    pwr_reset_link_t link = look_at(token);
    assert_int_equal(PWR_RESET_LINK_SPENT, link.state);
    assert_int_equal(NOON + MINUTE, link.ended);
}

static void while_the_directory_does_not_answer_it_is_shown_with_the_sites_own_rules(void **state)
{
    (void)state;
    fake_directory.rules.min_length = 12;
    fake_directory.fault = pwr_fault_later(flow.pool, "PWR0000", "no server answers");
    pwr_reset_link_t link = look_at(token);

    assert_int_equal(PWR_RESET_LINK_LIVE, link.state);
    assert_null(link.account);
    assert_int_equal(8, link.rules.min_length);
    assert_true(was_logged("PWR0000"));
    assert_false(pwr_reset_link_may_unlock(&link, &flow.parts));
}

static void one_of_two_claims_wins_and_a_release_lets_the_next_one_win(void **state)
{
    (void)state;
    char first[PWR_CLAIM_CHARS + 1], second[PWR_CLAIM_CHARS + 1];
    pwr_reset_link_t link = look_at(token);
    bool is_won = false;

    put_link("sibling", anna);
    assert_fine(pwr_reset_link_claim(&is_won, first, &link, &flow.parts, flow.pool));
    assert_true(is_won);
    assert_state(PWR_RESET_LINK_BUSY);
    assert_int_equal(0, live_links(anna));
    assert_fine(pwr_reset_link_claim(&is_won, second, &link, &flow.parts, flow.pool));
    assert_false(is_won);
    assert_string_not_equal(first, second);
    pwr_reset_link_release(&flow.parts, first, flow.pool);
    assert_int_equal(2, live_links(anna));
    assert_fine(pwr_reset_link_claim(&is_won, second, &link, &flow.parts, flow.pool));
    assert_true(is_won);
}

static void it_says_what_ended_it_and_when(void **state)
{
    (void)state;
    const pwr_token_state_t ends[] = {PWR_TOKEN_USED, PWR_TOKEN_UNLOCKED};
    const pwr_reset_link_state_t states[] = {PWR_RESET_LINK_SPENT, PWR_RESET_LINK_UNLOCKED};

    for (int i = 0; i < 2; i++) {
        const char *one = put_link(i == 0 ? "used" : "unlocked", anna);
        pwr_reset_link_burn(&flow.parts, anna->account.id, ends[i], flow.pool);
        pwr_reset_link_t link = look_at(one);
        assert_int_equal(states[i], link.state);
        assert_int_equal(fixture_now, link.ended);
    }
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_link, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(a_live_link_knows_its_account_and_the_rules_of_its_password),
        LINK_TEST(a_text_that_is_no_link_of_this_site_is_unknown_and_asks_the_directory_nothing),
        LINK_TEST(it_expires_when_its_life_is_over),
        LINK_TEST(a_link_of_the_key_before_works_until_the_end_of_that_key),
        LINK_TEST(an_account_that_is_gone_or_can_no_longer_be_reset_ends_it),
        LINK_TEST(an_address_that_the_account_no_longer_has_ends_it),
        LINK_TEST(a_password_set_elsewhere_ends_it_and_says_when_that_was),
        LINK_TEST(while_the_directory_does_not_answer_it_is_shown_with_the_sites_own_rules),
        LINK_TEST(one_of_two_claims_wins_and_a_release_lets_the_next_one_win),
        LINK_TEST(it_says_what_ended_it_and_when),
    };
    return RUN_GROUP(tests);
}
