/* Promises of flow/mail_quota.h: how many mails and live links an account gets. */
#include "flow_fixture.h"

#include "flow/mail_quota.h"

static fake_person_t *anna;

static int set_up_anna(void **state)
{
    if (set_up_flow(state) != 0) {
        return -1;
    }
    anna = fake_directory_add("anna", flow.pool);
    return 0;
}

/* Asks `count` times for a link by this name, each time worked at once. How many mails left. */
static int mails_for(const char *typed, int count)
{
    static int number;

    anna->typed = typed;
    for (int i = 0; i < count; i++) {
        put_row(apr_psprintf(flow.pool, "row-%d", ++number), PWR_ROW_LINK, typed);
        deliver_due();
        /* Live links have a cap of their own. */
        const pwr_token_row_t like = {.site = flow.parts.site, .account_id = anna->account.id};
        assert_fine(pwr_tokens_burn(flow.parts.store, &like, PWR_TOKEN_USED, flow.pool));
    }
    return count_mails(true);
}

static void no_more_mails_leave_in_an_hour_than_the_site_says(void **state)
{
    (void)state;
    assert_int_equal(5, mails_for("anna", 7));
    fixture_now += HOUR + 1;
    assert_int_equal(5, mails_for("anna", 7));
}

static void no_more_mails_leave_in_a_day_than_the_site_says(void **state)
{
    (void)state;
    int mails = 0;

    for (int hour = 0; hour < 4; hour++) {
        mails += mails_for("anna", 5);
        fixture_now += HOUR + 1;
    }
    assert_int_equal(10, mails);
    fixture_now += DAY;
    assert_int_equal(5, mails_for("anna", 5));
}

static void the_account_is_counted_whatever_name_finds_it(void **state)
{
    (void)state;
    assert_int_equal(3, mails_for("anna", 3));
    assert_int_equal(2, mails_for("anna@example.org", 5));
}

static void another_key_that_seals_begins_no_count_anew(void **state)
{
    (void)state;
    assert_int_equal(3, mails_for("anna", 3));
    rotate_key(fixture_now + DAY);
    assert_int_equal(2, mails_for("anna", 5));
    fixture_now += HOUR - 1;
    assert_int_equal(0, mails_for("anna@example.org", 1));
}

/* An account that is made anew has another id: mails by the same name still count. */
static void the_name_is_counted_whatever_account_it_finds(void **state)
{
    (void)state;
    assert_int_equal(3, mails_for("anna", 3));
    anna->account.id = "another-id";
    assert_int_equal(2, mails_for("anna", 5));
}

static void an_account_has_three_live_links_and_the_next_request_is_capped(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        put_row(apr_psprintf(flow.pool, "row-%d", i), PWR_ROW_LINK, "anna");
        deliver_due();
    }
    assert_int_equal(3, live_links(anna));
    assert_int_equal(3, count_mails(false));
    assert_string_equal("mail-capped", trail_of("row-3"));
    fixture_now += LINK_LIFE; /* they expire, and there is room again */
    put_row("later", PWR_ROW_LINK, "anna");
    deliver_due();
    assert_int_equal(4, count_mails(false));
}

/* The quota of one account, asked of a row that a worker has in hand. */
static pwr_mail_quota_t ask_for(const char *id, bool is_proved)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    pwr_mail_quota_t quota;
    bool is_held = false;

    put_row(id, PWR_ROW_LINK, "anna");
    assert_fine(
        pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, OWNER, DAY, flow.pool));
    row->is_proved = is_proved;
    pwr_delivery_t delivery
        = {.by = &flow.worker, .parts = &flow.parts, .row = row, .pool = flow.pool};
    assert_fine(pwr_mail_quota_ask(&quota, &delivery, &anna->account));
    assert_fine(
        pwr_outbox_give_up(&is_held, flow.parts.store, id, OWNER, PWR_LIFE_KEPT, flow.pool));
    return quota;
}

static void who_proved_more_has_two_live_links_beyond_those_of_strangers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        put_link(apr_psprintf(flow.pool, "link-%d", i), anna);
    }
    assert_string_equal("live links", ask_for("stranger", false).why);
    assert_null(ask_for("proved", true).why);
    put_link("link-4", anna);
    put_link("link-5", anna);
    assert_string_equal("live links", ask_for("proved-too", true).why);
}

static void a_mail_to_several_accounts_counts_for_each_and_once(void **state)
{
    (void)state;
    fake_person_t *berit = fake_directory_add("berit", flow.pool);

    flow.settings.directory.may_be_several = true;
    flow.settings.flow.mails_per_hour = 1;
    anna->typed = berit->typed = "family";
    put_row("both", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(2, count_mails(true));
    anna->typed = "anna";
    put_row("anna-alone", PWR_ROW_LINK, "anna");
    berit->typed = "berit";
    put_row("berit-alone", PWR_ROW_LINK, "berit");
    deliver_due();
    assert_int_equal(0, count_mails(false));
    assert_string_equal("mail-capped", trail_of("anna-alone"));
    assert_string_equal("mail-capped", trail_of("berit-alone"));
}

#define QUOTA_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_anna, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUOTA_TEST(no_more_mails_leave_in_an_hour_than_the_site_says),
        QUOTA_TEST(no_more_mails_leave_in_a_day_than_the_site_says),
        QUOTA_TEST(the_account_is_counted_whatever_name_finds_it),
        QUOTA_TEST(another_key_that_seals_begins_no_count_anew),
        QUOTA_TEST(the_name_is_counted_whatever_account_it_finds),
        QUOTA_TEST(an_account_has_three_live_links_and_the_next_request_is_capped),
        QUOTA_TEST(who_proved_more_has_two_live_links_beyond_those_of_strangers),
        QUOTA_TEST(a_mail_to_several_accounts_counts_for_each_and_once),
    };
    return RUN_GROUP(tests);
}
