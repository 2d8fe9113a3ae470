/* Promises of flow/request.h: what a posted form becomes. */
#include "flow_fixture.h"

#include "base/limits.h"
#include "flow/request.h"
#include "store/return_urls.h"

static pwr_request_form_t form_of(const char *typed)
{
    return (pwr_request_form_t){
        .kind = PWR_ROW_LINK,
        .typed_name = typed,
        .language = "en",
        .form = {.seal = pwr_seal_form(flow.parts.seal_key, flow.pool), .client = "192.0.2.1"},
    };
}

static pwr_request_answer_t post(const pwr_request_form_t *form)
{
    pwr_request_answer_t answer;

    assert_fine(pwr_request_accept(&answer, &flow.parts.request, form, flow.pool));
    return answer;
}

static int waiting_rows(void)
{
    apr_time_t oldest = 0;
    int count = 0;

    assert_fine(pwr_outbox_backlog(&count, &oldest, flow.parts.store, flow.parts.site, flow.pool));
    return count;
}

static pwr_outbox_row_t *take_row(void)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;

    assert_fine(
        pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, OWNER, DAY, flow.pool));
    assert_non_null(row);
    return row;
}

static void assert_again(const pwr_request_form_t *form, const char *key)
{
    pwr_request_answer_t answer = post(form);

    assert_int_equal(PWR_REQUEST_AGAIN, answer.outcome);
    assert_string_equal(key, answer.key);
    assert_int_equal(0, waiting_rows());
}

static void an_accepted_form_is_one_row_that_waits_and_asks_the_directory_nothing(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("  Anna ");
    pwr_request_answer_t answer = post(&form);

    assert_int_equal(PWR_REQUEST_ACCEPTED, answer.outcome);
    assert_string_equal("Anna", answer.typed);
    const pwr_outbox_row_t *row = take_row();
    assert_string_equal("Anna", row->typed_name);
    assert_string_equal(answer.support_code, row->support_code);
    assert_int_equal(fixture_now, row->created);
    assert_int_equal(43, strlen(row->seed));
    assert_false(row->is_proved);
    assert_int_equal(0, fake_directory.finds + fake_directory.reads + fake_directory.reaches);
}

static void a_form_that_is_posted_twice_has_one_row_and_one_answer(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("anna");
    pwr_request_answer_t first = post(&form), second = post(&form);

    assert_int_equal(PWR_REQUEST_ACCEPTED, second.outcome);
    assert_string_equal(first.support_code, second.support_code);
    assert_int_equal(1, waiting_rows());
    pwr_request_form_t other = form_of("anna");
    assert_string_not_equal(first.support_code, post(&other).support_code);
    assert_int_equal(2, waiting_rows());
}

/* Back, correct, send: the browser brings the same form again. */
static void a_form_with_another_name_is_another_request_and_each_name_counts_once(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("anna@exmaple.org");
    pwr_request_answer_t typo = post(&form);

    form.typed_name = "astrid@example.org";
    pwr_request_answer_t right = post(&form), again = post(&form);
    assert_int_equal(PWR_REQUEST_ACCEPTED, right.outcome);
    assert_string_equal("astrid@example.org", right.typed);
    assert_string_not_equal(typo.support_code, right.support_code);
    assert_string_equal(right.support_code, again.support_code);
    assert_int_equal(2, waiting_rows());
    form.typed_name = "ANNA@exmaple.org";
    assert_string_equal(typo.support_code, post(&form).support_code);
    assert_int_equal(2, waiting_rows());
    assert_string_equal("anna@exmaple.org", take_row()->typed_name);
    const pwr_outbox_row_t *second = take_row();
    assert_string_equal("astrid@example.org", second->typed_name);
    assert_string_equal(right.support_code, second->support_code);
}

static void a_form_is_good_for_a_few_names_and_is_then_renewed_with_nothing_lost(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of(NULL);

    for (int i = 0; i < PWR_MAX_FORM_NAMES; i++) {
        form.typed_name = apr_psprintf(flow.pool, "name-%d", i);
        assert_int_equal(PWR_REQUEST_ACCEPTED, post(&form).outcome);
    }
    form.typed_name = "one-more";
    pwr_request_answer_t answer = post(&form);
    assert_int_equal(PWR_REQUEST_AGAIN, answer.outcome);
    assert_string_equal("request.used", answer.key);
    assert_string_equal("one-more", answer.typed);
    assert_int_equal(PWR_MAX_FORM_NAMES, waiting_rows());
    form.typed_name = "name-2";
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&form).outcome);
    assert_int_equal(PWR_MAX_FORM_NAMES, waiting_rows());
}

typedef struct {
    pwr_request_form_t form;
    const char *names[THREADS];
} sent_form_t;

static void post_one(race_t *race)
{
    const sent_form_t *sent = race->input;
    pwr_request_form_t form = sent->form;
    pwr_request_answer_t answer;

    form.typed_name = sent->names[race->number];
    race->fault = pwr_request_accept(&answer, &flow.parts.request, &form, race->pool);
    race->result = answer.outcome == PWR_REQUEST_ACCEPTED;
    race->text = answer.support_code;
}

static void one_form_posted_by_many_at_once_counts_each_name_once_and_few_names(void **state)
{
    (void)state;
    sent_form_t sent = {.form = form_of(NULL)};
    race_t races[THREADS];
    int accepted = 0;

    flow.parts.request.challenge.limit = NULL; /* all are one client here */
    for (int i = 0; i < THREADS; i++) {
        sent.names[i] = apr_psprintf(flow.pool, "name-%d", i % (PWR_MAX_FORM_NAMES + 2));
    }
    race_all(races, flow.store, post_one, &sent);
    for (int i = 0; i < THREADS; i++) {
        int twin = i % (PWR_MAX_FORM_NAMES + 2);
        accepted += races[i].result;
        assert_int_equal(races[twin].result, races[i].result);
        if (races[i].result != 0) {
            assert_string_equal(races[twin].text, races[i].text);
        }
    }
    assert_int_equal(THREADS / (PWR_MAX_FORM_NAMES + 2) * PWR_MAX_FORM_NAMES, accepted);
    assert_int_equal(PWR_MAX_FORM_NAMES, waiting_rows());
}

static void all_spellings_of_a_name_are_counted_as_one(void **state)
{
    (void)state;
    pwr_request_form_t upper = form_of("ANNA@Example.ORG"), lower = form_of("anna@example.org");

    post(&upper);
    post(&lower);
    const pwr_outbox_row_t *first = take_row();
    assert_string_equal(first->typed_name_digest, take_row()->typed_name_digest);
}

static void a_name_that_cannot_be_used_is_told_at_once(void **state)
{
    (void)state;
    char *most = apr_psprintf(flow.pool, "%0*d", PWR_MAX_TYPED, 0);
    pwr_request_form_t none = form_of(NULL), empty = form_of(" \t"), control = form_of("an\x01na"),
                       longer = form_of(apr_pstrcat(flow.pool, most, "0", NULL)),
                       longest = form_of(most);

    assert_again(&none, "request.empty");
    assert_again(&empty, "request.empty");
    assert_again(&control, "request.invalid");
    assert_again(&longer, "request.invalid");
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&longest).outcome);
}

static void a_form_is_good_for_its_life_and_no_longer(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("anna"), other = form_of("anna");

    fixture_now += flow.settings.abuse.form_life;
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&form).outcome);
    fixture_now += 1;
    pwr_request_answer_t answer = post(&other);
    assert_int_equal(PWR_REQUEST_AGAIN, answer.outcome);
    assert_string_equal("request.renewed", answer.key);
    assert_string_equal("anna", answer.typed); /* what was typed is kept */
    assert_int_equal(1, waiting_rows());
}

static void a_form_that_was_not_made_here_or_was_filled_in_by_a_robot_is_refused(void **state)
{
    (void)state;
    pwr_request_form_t unsealed = form_of("anna"), robot = form_of("anna"), quick;

    unsealed.form.seal = "not ours";
    robot.form.unseen = "filled in";
    assert_again(&unsealed, "request.renewed");
    assert_again(&robot, "request.refused");
    flow.settings.abuse.form_age = apr_time_from_sec(3);
    quick = form_of("anna");
    assert_again(&quick, "request.too_quick");
    fixture_now += apr_time_from_sec(3);
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&quick).outcome);
}

static void a_client_that_asks_too_much_must_prove_more_and_then_come_again(void **state)
{
    (void)state;
    int met[PWR_REQUEST_FULL + 1] = {0};
    apr_interval_time_t retry_after = 0;

    for (int i = 0; i < 1000; i++) {
        pwr_request_form_t form = form_of("anna");
        pwr_request_answer_t answer = post(&form);
        met[answer.outcome]++;
        retry_after = answer.retry_after;
    }
    assert_true(met[PWR_REQUEST_ACCEPTED] > 0);
    assert_true(met[PWR_REQUEST_MORE] > 0);
    assert_true(met[PWR_REQUEST_TOO_MANY] > 0);
    assert_true(retry_after > 0);
    assert_int_equal(met[PWR_REQUEST_ACCEPTED], waiting_rows());
}

static void no_request_is_taken_while_the_queue_is_full(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("anna");

    pwr_client_limit_set_full(flow.parts.limit, true);
    assert_int_equal(PWR_REQUEST_FULL, post(&form).outcome);
    assert_int_equal(0, waiting_rows());
    pwr_client_limit_set_full(flow.parts.limit, false);
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&form).outcome);
}

/* A row must be known as long as its form can be posted again. */
static void its_row_stays_until_the_form_cannot_be_posted_again(void **state)
{
    (void)state;
    const apr_interval_time_t window = 12 * HOUR + 2 * MINUTE + PWR_CAPTCHA_LIFE;
    pwr_request_form_t form = form_of("nobody");
    int gone = 0;

    post(&form);
    apr_time_t posted = fixture_now;
    deliver_due();
    assert_fine(
        pwr_outbox_expire(&gone, flow.parts.store, OLD(SHORT, posted + window, 9), flow.pool));
    assert_int_equal(0, gone);
    assert_fine(
        pwr_outbox_expire(&gone, flow.parts.store, OLD(SHORT, posted + window + 1, 9), flow.pool));
    assert_int_equal(1, gone);
}

static void who_comes_from_a_dead_link_types_no_name_and_counts_as_proved(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("the digest of a dead link");

    form.kind = PWR_ROW_AGAIN;
    form.form.has_link = true;
    assert_int_equal(PWR_REQUEST_ACCEPTED, post(&form).outcome);
    const pwr_outbox_row_t *row = take_row();
    assert_int_equal(PWR_ROW_AGAIN, row->kind);
    assert_true(row->is_proved);
}

static void where_a_person_came_from_is_kept_with_the_request(void **state)
{
    (void)state;
    pwr_request_form_t form = form_of("anna"), without = form_of("anna");
    const char *url = NULL;

    form.back = "https://app.example.org/";
    post(&form);
    post(&form); /* a second time does no harm */
    const char *id = take_row()->id;
    post(&without);
    assert_fine(pwr_return_urls_find(&url, flow.parts.store, id, flow.pool));
    assert_string_equal("https://app.example.org/", url);
    assert_fine(pwr_return_urls_find(&url, flow.parts.store, take_row()->id, flow.pool));
    assert_null(url);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(an_accepted_form_is_one_row_that_waits_and_asks_the_directory_nothing),
        FLOW_TEST(a_form_that_is_posted_twice_has_one_row_and_one_answer),
        FLOW_TEST(a_form_with_another_name_is_another_request_and_each_name_counts_once),
        FLOW_TEST(a_form_is_good_for_a_few_names_and_is_then_renewed_with_nothing_lost),
        FLOW_TEST(one_form_posted_by_many_at_once_counts_each_name_once_and_few_names),
        FLOW_TEST(all_spellings_of_a_name_are_counted_as_one),
        FLOW_TEST(a_name_that_cannot_be_used_is_told_at_once),
        FLOW_TEST(a_form_is_good_for_its_life_and_no_longer),
        FLOW_TEST(a_form_that_was_not_made_here_or_was_filled_in_by_a_robot_is_refused),
        FLOW_TEST(a_client_that_asks_too_much_must_prove_more_and_then_come_again),
        FLOW_TEST(no_request_is_taken_while_the_queue_is_full),
        FLOW_TEST(its_row_stays_until_the_form_cannot_be_posted_again),
        FLOW_TEST(who_comes_from_a_dead_link_types_no_name_and_counts_as_proved),
        FLOW_TEST(where_a_person_came_from_is_kept_with_the_request),
    };
    return RUN_GROUP(tests);
}
