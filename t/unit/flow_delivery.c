/* Promises of flow/delivery.h: every row under work ends, or comes again, and says so once. */
#include "flow_fixture.h"

static pwr_outbox_row_t *row;

/* A row in the hand of this worker, or of one that holds it no longer. */
static pwr_delivery_t take(const char *id, const pwr_outbox_worker_t *by)
{
    apr_time_t next = 0;

    put_row(id, PWR_ROW_LINK, "anna");
    assert_fine(
        pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, OWNER, DAY, flow.pool));
    assert_non_null(row);
    return (pwr_delivery_t){
        .by = by,
        .parts = &flow.parts,
        .row = row,
        .account_digest = "",
        .relay = "",
        .facts
        = {.site = flow.parts.site, .request_id = row->id, .support_code = row->support_code},
        .pool = flow.pool};
}

/* When the next waiting row is due; 0: none waits. */
static apr_time_t next_due(void)
{
    pwr_outbox_row_t *taken = NULL;
    apr_time_t next = 0;

    fixture_now -= DAY;
    assert_fine(pwr_outbox_take_due(&taken, &next, flow.parts.store, flow.parts.site, OWNER, DAY,
                                    flow.pool));
    fixture_now += DAY;
    return next;
}

static const pwr_fault_t *later(void)
{
    return pwr_fault_later(flow.pool, "PWR0000", "try again");
}

/* From one second to twenty, a quarter up or down by chance. */
static void the_pause_before_the_next_delivery_doubles_up_to_twenty_seconds(void **state)
{
    (void)state;
    const int seconds[] = {1, 2, 4, 8, 20, 20, 20};
    pwr_delivery_t delivery = take("row", &flow.worker);

    flow.settings.flow.link_life = DAY;
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        apr_interval_time_t middle = apr_time_from_sec(seconds[i]);
        assert_int_equal(i + 1, row->deliveries);
        assert_fine(pwr_delivery_retry(&delivery, later()));
        assert_in_range(next_due() - fixture_now, middle * 3 / 4, middle * 5 / 4);
        fixture_now += middle * 5 / 4;
        apr_time_t next = 0;
        assert_fine(pwr_outbox_take_due(&row, &next, flow.parts.store, flow.parts.site, OWNER, DAY,
                                        flow.pool));
        delivery.row = row;
    }
}

static void a_row_is_tried_again_as_long_as_a_link_lives_and_then_given_up(void **state)
{
    (void)state;
    pwr_delivery_t delivery = take("row", &flow.worker);

    fixture_now += LINK_LIFE;
    assert_false(pwr_delivery_is_too_old(&delivery));
    fixture_now += 1;
    assert_true(pwr_delivery_is_too_old(&delivery));
    assert_fine(pwr_delivery_retry(&delivery, later()));
    assert_int_equal(0, next_due());
    assert_string_equal("mail-given-up", trail_of("row"));
}

static void only_a_final_refusal_of_the_relay_gives_the_row_up(void **state)
{
    (void)state;
    const struct {
        const char *id, *trail;
        const pwr_fault_t *fault;
    } ends[] = {
        {"sent", "mail-sent", NULL},
        {"refused", "mail-given-up", pwr_fault_refused(flow.pool, "PWR0000", NULL, "5xx")},
        {"later", "mail-retry", later()},
        {"broken", "mail-retry", pwr_fault_broken(flow.pool, "PWR0000", "no password")},
    };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        pwr_delivery_t delivery = take(ends[i].id, &flow.worker);
        assert_fine(pwr_delivery_end(&delivery, ends[i].fault));
        assert_string_equal(ends[i].trail, trail_of(ends[i].id));
    }
}

/* What a stranger can make without end goes first. */
static void rows_that_led_to_no_mail_are_kept_shortly_and_all_others_long(void **state)
{
    (void)state;
    const pwr_event_t events[] = {PWR_EVENT_ACCOUNT_NONE, PWR_EVENT_MAIL_CAPPED,
                                  PWR_EVENT_ACCOUNT_INELIGIBLE, PWR_EVENT_MAIL_GIVEN_UP};
    int gone = 0;

    for (int i = 0; i < 4; i++) {
        pwr_delivery_t delivery = take(apr_psprintf(flow.pool, "row-%d", i), &flow.worker);
        assert_fine(pwr_delivery_give_up(&delivery, events[i], "why"));
    }
    assert_fine(pwr_outbox_expire(&gone, flow.parts.store, OLD(SHORT, fixture_now, 9), flow.pool));
    assert_int_equal(2, gone);
    assert_fine(pwr_outbox_expire(&gone, flow.parts.store, OLD(KEPT, fixture_now, 9), flow.pool));
    assert_int_equal(2, gone);
}

static void a_worker_that_no_longer_holds_the_row_ends_nothing_and_tells_nothing(void **state)
{
    (void)state;
    const pwr_outbox_worker_t other = {.parts = &flow.parts, .owner = "another"};
    pwr_delivery_t delivery = take("row", &other);

    assert_fine(pwr_delivery_end(&delivery, NULL));
    assert_fine(pwr_delivery_end(&delivery, later()));
    assert_fine(pwr_delivery_give_up(&delivery, PWR_EVENT_ACCOUNT_NONE, NULL));
    assert_fine(pwr_delivery_wait(&delivery));
    assert_string_equal("", trail_of("row"));
    assert_int_equal(fixture_now + DAY, next_due());
}

static void to_wait_for_ones_turn_takes_a_second_at_most_and_is_no_event(void **state)
{
    (void)state;
    pwr_delivery_t delivery = take("row", &flow.worker);

    assert_fine(pwr_delivery_wait(&delivery));
    assert_in_range(next_due() - fixture_now, apr_time_from_msec(500), apr_time_from_sec(1));
    assert_string_equal("", trail_of("row"));
}

static void a_mail_that_is_sent_again_has_the_same_name_and_a_copy_has_another(void **state)
{
    (void)state;
    const pwr_fault_t *fault = NULL;
    fake_person_t *anna = fake_directory_add("anna", flow.pool);
    apr_array_header_t *addressees = apr_array_make(flow.pool, 1, sizeof(pwr_addressee_t));
    pwr_mail_values_t values = {.kind = PWR_MAIL_TEMPLATE_CHANGED,
                                .to = anna->account.mail,
                                .addressees = addressees,
                                .language = "en",
                                .changed = NOON};
    pwr_delivery_t delivery = take("row", &flow.worker);

    APR_ARRAY_PUSH(addressees, pwr_addressee_t) = (pwr_addressee_t){.account = &anna->account};
    for (int i = 0; i < 2; i++) {
        assert_fine(pwr_delivery_post(&fault, &delivery, &values, 0));
        assert_fine(fault);
    }
    assert_int_equal(1, count_mails(false));
    assert_fine(pwr_delivery_post(&fault, &delivery, &values, 1));
    assert_int_equal(2, count_mails(false));
    assert_non_null(strstr(delivery.relay, flow.mails));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOW_TEST(the_pause_before_the_next_delivery_doubles_up_to_twenty_seconds),
        FLOW_TEST(a_row_is_tried_again_as_long_as_a_link_lives_and_then_given_up),
        FLOW_TEST(only_a_final_refusal_of_the_relay_gives_the_row_up),
        FLOW_TEST(rows_that_led_to_no_mail_are_kept_shortly_and_all_others_long),
        FLOW_TEST(a_worker_that_no_longer_holds_the_row_ends_nothing_and_tells_nothing),
        FLOW_TEST(to_wait_for_ones_turn_takes_a_second_at_most_and_is_no_event),
        FLOW_TEST(a_mail_that_is_sent_again_has_the_same_name_and_a_copy_has_another),
    };
    return RUN_GROUP(tests);
}
