/* Promises of flow/compose.h: what a mail says, in which language, and where its links lead. */
#include "flow_fixture.h"

static fake_person_t *anna;

static int set_up_anna(void **state)
{
    if (set_up_flow(state) != 0) {
        return -1;
    }
    anna = fake_directory_add("anna", flow.pool);
    return 0;
}

static pwr_mail_values_t values_of(pwr_mail_template_kind_t kind, const char *language)
{
    pwr_mail_values_t values = {
        .kind = kind,
        .to = anna->account.mail,
        .addressees = apr_array_make(flow.pool, 2, sizeof(pwr_addressee_t)),
        .language = language,
        .until = NOON + LINK_LIFE,
        .stop_token = pwr_token_derive(flow.parts.key, PWR_TOKEN_STOP, "request", flow.pool),
        .changed = NOON,
    };
    return values;
}

static void address(pwr_mail_values_t *values, const fake_person_t *person)
{
    APR_ARRAY_PUSH((apr_array_header_t *)(apr_uintptr_t)values->addressees, pwr_addressee_t)
        = (pwr_addressee_t){
            .account = &person->account,
            .token = values->kind == PWR_MAIL_TEMPLATE_LINK ? pwr_token_derive(
                         flow.parts.key, PWR_TOKEN_LINK, person->account.id, flow.pool)
                                                            : NULL,
        };
}

static pwr_mail_t compose(const pwr_mail_values_t *values)
{
    pwr_mail_t mail = {0};

    assert_fine(pwr_compose(&mail, &flow.parts, values, flow.pool));
    return mail;
}

static pwr_mail_t compose_link(const char *language)
{
    pwr_mail_values_t values = values_of(PWR_MAIL_TEMPLATE_LINK, language);

    address(&values, anna);
    return compose(&values);
}

static const char *link_with(const char *before, const char *purpose, const char *seed)
{
    return apr_pstrcat(flow.pool, flow.settings.flow.base_url, before, token_of(seed, purpose),
                       NULL);
}

static void assert_in_both(const pwr_mail_t *mail, const char *words)
{
    if (strstr(mail->text, words) == NULL || strstr(mail->html, words) == NULL) {
        fail_msg("the mail lacks '%s': %s", words, mail->text);
    }
}

static void the_mail_has_the_link_and_not_me_under_the_base_url(void **state)
{
    (void)state;
    pwr_mail_t mail = compose_link("en");

    assert_in_both(&mail, link_with("/r/", PWR_TOKEN_LINK, "anna-id"));
    assert_in_both(&mail, link_with("/stop/", PWR_TOKEN_STOP, "request"));
    assert_string_equal("en", mail.language);
    assert_true(strlen(mail.subject) > 0);
}

static void a_language_that_the_person_chose_stands_in_the_links(void **state)
{
    (void)state;
    pwr_mail_t mail = compose_link("/nb");

    assert_string_equal("nb", mail.language);
    assert_in_both(&mail, link_with("/nb/r/", PWR_TOKEN_LINK, "anna-id"));
    assert_string_not_equal(mail.subject, compose_link("en").subject);
    mail = compose_link("nb"); /* it is the browser's language: the link's page asks the browser */
    assert_in_both(&mail, link_with("/r/", PWR_TOKEN_LINK, "anna-id"));
}

static void a_language_that_is_not_offered_becomes_the_sites_own(void **state)
{
    (void)state;
    assert_string_equal("en", compose_link("fr").language);
    assert_string_equal("en", compose_link("/../../etc").language);
}

static void a_second_language_says_it_again_below(void **state)
{
    (void)state;
    const char *nb = compose_link("nb").subject, *en = compose_link("en").subject;

    flow.settings.flow.mail_also = "nb";
    pwr_mail_t mail = compose_link("en");
    assert_string_equal(apr_pstrcat(flow.pool, en, " / ", nb, NULL), mail.subject);
    assert_string_equal("en, nb", mail.language);
    /* In the second one already: the site's own below. */
    assert_string_equal("nb, en", compose_link("nb").language);
}

static void it_says_reply_only_where_a_person_gets_the_reply(void **state)
{
    (void)state;
    pwr_mail_t mail = compose_link("en");

    assert_null(strstr(mail.text, "Reply"));
    assert_null(strstr(mail.html, "Reply"));
    assert_in_both(&mail, "Questions? Contact");
    flow.settings.mail.reply_to = "helpdesk@example.org";
    mail = compose_link("en");
    assert_in_both(&mail, "Reply to this");
    assert_null(strstr(mail.text, "Questions? Contact"));
}

/* The fixture's noon is 23:13 on 14 November in its zone. */
static void it_names_the_day_on_which_the_link_ends(void **state)
{
    (void)state;
    pwr_mail_values_t values = values_of(PWR_MAIL_TEMPLATE_LINK, "en");

    address(&values, anna);
    values.until = NOON + 24 * LINK_LIFE;
    pwr_mail_t mail = compose(&values);
    assert_in_both(&mail, "until 15 November at 23:13");
}

static void several_accounts_have_a_link_each(void **state)
{
    (void)state;
    pwr_mail_values_t values = values_of(PWR_MAIL_TEMPLATE_LINK, "en");

    address(&values, anna);
    address(&values, fake_directory_add("berit", flow.pool));
    pwr_mail_t mail = compose(&values);
    assert_in_both(&mail, link_with("/r/", PWR_TOKEN_LINK, "anna-id"));
    assert_in_both(&mail, link_with("/r/", PWR_TOKEN_LINK, "berit-id"));
    assert_in_both(&mail, "berit");
}

static void a_mail_about_what_was_done_has_no_link_that_does_anything(void **state)
{
    (void)state;
    const pwr_mail_template_kind_t kinds[]
        = {PWR_MAIL_TEMPLATE_CHANGED, PWR_MAIL_TEMPLATE_UNLOCKED, PWR_MAIL_TEMPLATE_INELIGIBLE};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        pwr_mail_values_t values = values_of(kinds[i], "en");
        address(&values, anna);
        pwr_mail_t mail = compose(&values);
        assert_null(strstr(mail.text, "/r/"));
        assert_null(strstr(mail.html, "/r/"));
        assert_null(strstr(mail.html, "/stop/"));
        assert_in_both(&mail, "anna");
    }
}

static void what_the_directory_says_of_a_person_is_escaped_in_html(void **state)
{
    (void)state;
    anna->account.login = "<b>anna</b>";
    pwr_mail_t mail = compose_link("en");
    assert_null(strstr(mail.html, "<b>anna"));
    assert_non_null(strstr(mail.html, "&lt;b&gt;anna"));
    assert_non_null(strstr(mail.text, "<b>anna</b>"));
}

#define COMPOSE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_anna, tear_down_flow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COMPOSE_TEST(the_mail_has_the_link_and_not_me_under_the_base_url),
        COMPOSE_TEST(a_language_that_the_person_chose_stands_in_the_links),
        COMPOSE_TEST(a_language_that_is_not_offered_becomes_the_sites_own),
        COMPOSE_TEST(a_second_language_says_it_again_below),
        COMPOSE_TEST(it_says_reply_only_where_a_person_gets_the_reply),
        COMPOSE_TEST(it_names_the_day_on_which_the_link_ends),
        COMPOSE_TEST(several_accounts_have_a_link_each),
        COMPOSE_TEST(a_mail_about_what_was_done_has_no_link_that_does_anything),
        COMPOSE_TEST(what_the_directory_says_of_a_person_is_escaped_in_html),
    };
    return RUN_GROUP(tests);
}
