/* Promises of flow/outbox_worker.h: which mail a row leads to, and how it ends. */
#include "flow_fixture.h"

#include "base/limits.h"

static fake_person_t *add_named(const char *login, const char *typed)
{
    fake_person_t *person = fake_directory_add(login, flow.pool);
    person->typed = typed;
    return person;
}

static void a_name_that_one_account_has_gets_a_mail_with_a_live_link(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);

    put_row("row", PWR_ROW_LINK, "anna");
    assert_int_equal(1, deliver_due());
    assert_int_equal(1, count_mails(false));
    assert_int_equal(0, access(mail_file("row.0.eml"), R_OK));
    assert_int_equal(1, live_links(anna));
    assert_string_equal("mail-sent", trail_of("row"));
}

static void a_name_that_no_account_has_gets_no_mail_and_is_not_tried_again(void **state)
{
    (void)state;
    put_row("row", PWR_ROW_LINK, "nobody");
    assert_int_equal(1, deliver_due());
    fixture_now += DAY;
    assert_int_equal(0, deliver_due());
    assert_int_equal(0, count_mails(false));
    assert_string_equal("account-none", trail_of("row"));
}

static void a_name_that_two_accounts_have_gets_no_mail_unless_the_site_allows_several(void **state)
{
    (void)state;
    fake_person_t *anna = add_named("anna", "family");
    fake_person_t *arne = add_named("arne", "family");

    put_row("one", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(0, count_mails(false));
    assert_string_equal("account-ambiguous", trail_of("one"));
    flow.settings.directory.may_be_several = true;
    put_row("two", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(2, count_mails(false)); /* one for each address */
    assert_int_equal(1, live_links(anna));
    assert_int_equal(1, live_links(arne));
}

/* PWR_MAX_MATCHES accounts mean that many or more: there may be one that is not in the list. */
static void as_many_accounts_as_a_search_returns_are_ambiguous(void **state)
{
    (void)state;
    flow.settings.directory.may_be_several = true;
    for (int i = 0; i < PWR_MAX_MATCHES - 1; i++) {
        add_named(apr_psprintf(flow.pool, "person-%d", i), "family");
    }
    put_row("seven", PWR_ROW_LINK, "family");
    deliver_due();
    assert_string_equal("mail-sent", trail_of("seven"));
    assert_int_equal(PWR_MAX_MATCHES - 1, count_mails(true));
    add_named("one-more", "family");
    put_row("eight", PWR_ROW_LINK, "family");
    deliver_due();
    assert_string_equal("account-ambiguous", trail_of("eight"));
    assert_int_equal(0, count_mails(false));
}

static void an_account_that_cannot_be_reset_gets_no_link(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);

    anna->account.ineligible = "disabled";
    put_row("row", PWR_ROW_LINK, "anna");
    deliver_due();
    assert_int_equal(0, count_mails(false));
    assert_int_equal(0, live_links(anna));
    assert_string_equal("account-ineligible", trail_of("row"));
}

static void where_the_site_says_so_its_owner_is_told_by_mail_and_still_gets_no_link(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);

    anna->account.ineligible = "disabled";
    flow.settings.flow.tells_ineligible = true;
    flow.settings.flow.mails_per_hour = 1;
    put_row("row", PWR_ROW_LINK, "anna");
    deliver_due();
    assert_int_equal(1, count_mails(true));
    assert_int_equal(0, live_links(anna));
    assert_string_equal("account-ineligible mail-sent", trail_of("row"));
    put_row("row-2", PWR_ROW_LINK, "anna"); /* no oftener than of links */
    deliver_due();
    assert_int_equal(0, count_mails(false));
}

static void of_several_accounts_those_that_can_be_reset_get_their_links(void **state)
{
    (void)state;
    fake_person_t *anna = add_named("anna", "family");
    fake_person_t *arne = add_named("arne", "family");

    flow.settings.directory.may_be_several = true;
    anna->account.ineligible = "protected";
    put_row("row", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(1, count_mails(false));
    assert_int_equal(0, live_links(anna));
    assert_int_equal(1, live_links(arne));
}

static void a_directory_that_is_down_delays_the_mail_and_loses_none(void **state)
{
    (void)state;
    fake_directory_add("anna", flow.pool);
    fake_directory.fault = pwr_fault_later(flow.pool, "PWR0000", "no server answers");
    put_row("row", PWR_ROW_LINK, "anna");
    assert_int_equal(1, deliver_due());
    assert_string_equal("mail-retry", trail_of("row"));
    assert_true(was_logged("PWR0000"));
    fake_directory.fault = NULL;
    assert_int_equal(0, deliver_due()); /* not yet */
    fixture_now += apr_time_from_sec(2);
    assert_int_equal(1, deliver_due());
    assert_int_equal(1, count_mails(false));
    assert_string_equal("mail-retry mail-sent", trail_of("row"));
}

static void a_request_that_is_older_than_a_link_may_be_is_given_up(void **state)
{
    (void)state;
    fake_directory_add("anna", flow.pool);
    put_row("young", PWR_ROW_LINK, "anna");
    fixture_now += LINK_LIFE;
    deliver_due();
    assert_string_equal("mail-sent", trail_of("young"));
    put_row("old", PWR_ROW_LINK, "anna");
    fixture_now += LINK_LIFE + 1;
    deliver_due();
    assert_string_equal("mail-given-up", trail_of("old"));
    assert_int_equal(1, fake_directory.finds); /* nothing is asked for the old one */
}

static void a_changed_password_is_told_to_every_address_of_the_account(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);

    APR_ARRAY_PUSH(anna->account.mails, const char *) = "anna@home.example";
    put_row("row", PWR_ROW_CHANGED, anna->account.id);
    fixture_now += DAY; /* it is told however late it is */
    deliver_due();
    assert_int_equal(2, count_mails(false));
    assert_int_equal(0, live_links(anna));
    assert_string_equal("mail-sent", trail_of("row"));
}

static void a_dead_link_leads_to_a_new_one_for_its_account_whatever_that_is_called_now(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);
    const char *token = put_link("first", anna);

    fixture_now += LINK_LIFE + 1;
    anna->typed = "another name";
    put_row("again", PWR_ROW_AGAIN, digest_of(PWR_TOKEN_LINK, token));
    put_row("never", PWR_ROW_AGAIN, digest_of(PWR_TOKEN_LINK, "no token of ours"));
    deliver_due();
    assert_int_equal(1, count_mails(false));
    assert_int_equal(1, live_links(anna));
    assert_string_equal("mail-sent", trail_of("again"));
    assert_string_equal("account-none", trail_of("never"));
}

static void a_row_whose_worker_died_is_mailed_again_under_the_same_name(void **state)
{
    (void)state;
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;

    fake_directory_add("anna", flow.pool);
    put_row("row", PWR_ROW_LINK, "anna");
    assert_fine(pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, "dead",
                                    PWR_LEASE, flow.pool));
    assert_int_equal(0, deliver_due());
    fixture_now += PWR_LEASE;
    assert_int_equal(1, deliver_due());
    assert_int_equal(0, access(mail_file("row.0.eml"), R_OK));
}

static void it_says_when_the_next_row_is_due(void **state)
{
    (void)state;
    bool is_worked = true;
    apr_time_t next = 1;

    assert_fine(pwr_outbox_worker_next(&is_worked, &next, &flow.worker, flow.pool));
    assert_false(is_worked);
    assert_int_equal(0, next);
    put_row("row", PWR_ROW_LINK, "anna");
    fixture_now -= MINUTE;
    assert_fine(pwr_outbox_worker_next(&is_worked, &next, &flow.worker, flow.pool));
    assert_false(is_worked);
    assert_int_equal(fixture_now + MINUTE, next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(a_name_that_one_account_has_gets_a_mail_with_a_live_link),
        FLOW_TEST(a_name_that_no_account_has_gets_no_mail_and_is_not_tried_again),
        FLOW_TEST(a_name_that_two_accounts_have_gets_no_mail_unless_the_site_allows_several),
        FLOW_TEST(as_many_accounts_as_a_search_returns_are_ambiguous),
        FLOW_TEST(an_account_that_cannot_be_reset_gets_no_link),
        FLOW_TEST(where_the_site_says_so_its_owner_is_told_by_mail_and_still_gets_no_link),
        FLOW_TEST(of_several_accounts_those_that_can_be_reset_get_their_links),
        FLOW_TEST(a_directory_that_is_down_delays_the_mail_and_loses_none),
        FLOW_TEST(a_request_that_is_older_than_a_link_may_be_is_given_up),
        FLOW_TEST(a_changed_password_is_told_to_every_address_of_the_account),
        FLOW_TEST(a_dead_link_leads_to_a_new_one_for_its_account_whatever_that_is_called_now),
        FLOW_TEST(a_row_whose_worker_died_is_mailed_again_under_the_same_name),
        FLOW_TEST(it_says_when_the_next_row_is_due),
    };
    return RUN_GROUP(tests);
}
