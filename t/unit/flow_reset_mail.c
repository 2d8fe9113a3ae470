/* Promises of flow/reset_mail.h: which links a mail holds, and in which order their accounts are
 * asked.
 */
#include "flow_fixture.h"

#include "base/limits.h"

static fake_person_t *add_of_family(const char *login, const char *mail)
{
    fake_person_t *person = fake_directory_add(login, flow.pool);

    person->typed = "family";
    if (mail != NULL) {
        person->account.mail = mail;
        person->account.mails->nelts = 0;
        APR_ARRAY_PUSH(person->account.mails, const char *) = mail;
    }
    return person;
}

static const char *text_of_mail(const char *name)
{
    enum { MOST = 100000 };
    char *text = apr_pcalloc(flow.pool, MOST + 1);
    FILE *file = fopen(mail_file(name), "r");

    assert_non_null(file);
    assert_true(fread(text, 1, MOST, file) > 0);
    fclose(file);
    return text;
}

/* Another worker has a row about this account in hand. */
static void hold_turn_of(const fake_person_t *person)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    bool has_turn = false;

    put_row("other", PWR_ROW_LINK, "other");
    assert_fine(pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, "another", DAY,
                                    flow.pool));
    row->account_digest = digest_of("account", person->account.id);
    assert_fine(pwr_outbox_take_turn(&has_turn, flow.parts.store, row, "another", flow.pool));
    assert_true(has_turn);
}

/* Else each of two rows could be granted the account that the other one waits for. */
static void accounts_are_asked_in_the_order_of_their_ids_however_the_directory_lists_them(
    void **state)
{
    (void)state;
    fake_person_t *anna = add_of_family("anna", NULL);
    fake_person_t *berit = add_of_family("berit", NULL);

    flow.settings.directory.may_be_several = true;
    hold_turn_of(anna);
    for (int i = 0; i < 2; i++) {
        fake_directory.is_reversed = i == 1;
        put_row(i == 0 ? "as-listed" : "reversed", PWR_ROW_LINK, "family");
        assert_int_equal(1, deliver_due());
        assert_int_equal(0, live_links(anna));
        assert_int_equal(0, live_links(berit));
    }
    assert_int_equal(0, count_mails(false));
}

static void the_row_comes_again_when_the_other_one_has_ended(void **state)
{
    (void)state;
    bool is_held = false;
    fake_person_t *anna = add_of_family("anna", NULL);

    hold_turn_of(anna);
    put_row("row", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(0, count_mails(false));
    assert_string_equal("", trail_of("row")); /* it is no failure */
    assert_fine(pwr_outbox_done(&is_held, flow.parts.store, "other", "another", "", flow.pool));
    fixture_now += apr_time_from_sec(1);
    deliver_due();
    assert_int_equal(1, count_mails(false));
}

static void accounts_with_one_address_share_a_mail_and_no_other_gets_their_links(void **state)
{
    (void)state;
    flow.settings.directory.may_be_several = true;
    add_of_family("anna", "home@example.org");
    add_of_family("berit", "berit@example.org");
    add_of_family("carl", "home@example.org");
    put_row("row", PWR_ROW_LINK, "family");
    deliver_due();
    assert_int_equal(2, count_mails(false));
    const char *home = text_of_mail("row.0.eml");
    assert_non_null(strstr(home, "anna"));
    assert_non_null(strstr(home, "carl"));
    assert_null(strstr(home, "berit"));
    assert_null(strstr(text_of_mail("row.1.eml"), "carl"));
}

/* Else each delivery that fails would use up one of the account's live links. */
static void a_delivery_that_failed_and_comes_again_mails_the_link_of_the_first_time(void **state)
{
    (void)state;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);
    const char *away = apr_pstrcat(flow.pool, flow.mails, "-away", NULL);

    put_link("another", anna);
    put_link("a third", anna);
    put_row("row", PWR_ROW_LINK, "anna");
    assert_int_equal(0, rename(flow.mails, away));
    deliver_due();
    assert_string_equal("mail-retry", trail_of("row"));
    assert_int_equal(PWR_MAX_LIVE_LINKS, live_links(anna));
    assert_int_equal(0, rename(away, flow.mails));
    fixture_now += apr_time_from_sec(61); /* the relay rests for a minute */
    deliver_due();
    assert_string_equal("mail-retry mail-sent", trail_of("row"));
    assert_int_equal(PWR_MAX_LIVE_LINKS, live_links(anna));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(accounts_are_asked_in_the_order_of_their_ids_however_the_directory_lists_them),
        FLOW_TEST(the_row_comes_again_when_the_other_one_has_ended),
        FLOW_TEST(accounts_with_one_address_share_a_mail_and_no_other_gets_their_links),
        FLOW_TEST(a_delivery_that_failed_and_comes_again_mails_the_link_of_the_first_time),
    };
    return RUN_GROUP(tests);
}
