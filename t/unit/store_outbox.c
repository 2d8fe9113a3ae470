/* Promises of store/outbox.h, on SQLite or on the database that the environment names. */
#include "store_fixture.h"

#include "store/outbox.h"

#define HOUR (60 * MINUTE)

static pwr_outbox_row_t row_named(const char *id)
{
    return (pwr_outbox_row_t){.id = id,
                              .kind = PWR_ROW_LINK,
                              .site = SITE,
                              .typed_name = "kari.ødegård@example.org",
                              .typed_name_digest = "typed-name-digest",
                              .account_digest = "",
                              .language = "nb",
                              .client = "192.0.2.1/32",
                              .support_code = "7GX4",
                              .seed = "a-seed",
                              .created = NOON,
                              .due = NOON,
                              .needed = NOON + HOUR,
                              .deliveries = 99};
}

static void insert_row(fixture_t *fixture, const pwr_outbox_row_t *row)
{
    bool is_new = false;
    assert_fine(pwr_outbox_put(&is_new, fixture->store, row, fixture->pool));
    assert_true(is_new);
}

static void put_named(fixture_t *fixture, const char *id, apr_time_t due)
{
    pwr_outbox_row_t row = row_named(id);
    row.due = due;
    insert_row(fixture, &row);
}

static pwr_outbox_row_t *take(fixture_t *fixture, const char *owner, apr_time_t *next)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t ignored = 0;
    assert_fine(pwr_outbox_take_due(&row, next != NULL ? next : &ignored, fixture->store, SITE,
                                    owner, MINUTE, fixture->pool));
    return row;
}

/* A cell of a row, read past the interface. */
static const char *cell(fixture_t *fixture, const char *sql)
{
    apr_array_header_t *rows = NULL;
    pwr_db_connection_t *connection = NULL;
    assert_fine(pwr_db_connection_open(&connection, fixture->store, fixture->pool));
    assert_fine(pwr_db_connection_run(&rows, connection, sql, fixture->pool));
    assert_int_equal(1, rows->nelts);
    return APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0];
}

static void gives_back_what_was_put(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t put_row = row_named("id-1");
    insert_row(fixture, &put_row);

    const pwr_outbox_row_t *row = take(fixture, "worker", NULL);
    assert_non_null(row);
    assert_string_equal("id-1", row->id);
    assert_int_equal(PWR_ROW_LINK, row->kind);
    assert_string_equal(SITE, row->site);
    assert_string_equal(put_row.typed_name, row->typed_name);
    assert_string_equal("typed-name-digest", row->typed_name_digest);
    assert_string_equal("", row->account_digest);
    assert_string_equal("nb", row->language);
    assert_string_equal("192.0.2.1/32", row->client);
    assert_string_equal("7GX4", row->support_code);
    assert_string_equal("a-seed", row->seed);
    assert_true(row->created == NOON);
    assert_true(row->due == NOON + MINUTE);
    assert_int_equal(1, row->deliveries);
}

static void keeps_a_typed_name_of_the_longest_kind(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t row = row_named("id-1");
    row.typed_name
        = apr_pstrcat(fixture->pool, apr_psprintf(fixture->pool, "%0252d", 7), "ø", NULL);
    insert_row(fixture, &row);
    assert_int_equal(254, strlen(row.typed_name));
    assert_string_equal(row.typed_name, take(fixture, "worker", NULL)->typed_name);
}

static void counts_a_form_once(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t row = row_named("id-1");
    bool is_new = true;
    int count = 0;

    insert_row(fixture, &row);
    row.typed_name = "somebody else";
    assert_fine(pwr_outbox_put(&is_new, fixture->store, &row, fixture->pool));
    assert_false(is_new);
    assert_fine(pwr_outbox_backlog(&count, &(apr_time_t){0}, fixture->store, SITE, fixture->pool));
    assert_int_equal(1, count);
    assert_string_equal("kari.ødegård@example.org", take(fixture, "worker", NULL)->typed_name);
}

static void tells_ids_apart_by_case(void **state)
{
    fixture_t *fixture = *state;
    put_named(fixture, "abc", NOON);
    put_named(fixture, "ABC", NOON);
}

static void put_once(race_t *race)
{
    pwr_outbox_row_t row = row_named("same");
    bool is_new = false;
    race->fault = pwr_outbox_put(&is_new, race->store, &row, race->pool);
    race->result = is_new;
}

static void lets_one_of_fifty_equal_forms_in(void **state)
{
    fixture_t *fixture = *state;
    race_t races[THREADS];
    int winners = 0;

    race_all(races, fixture, put_once, NULL);
    for (int i = 0; i < THREADS; i++) {
        winners += races[i].result;
    }
    assert_int_equal(1, winners);
}

static void take_until_empty(race_t *race)
{
    const char *owner = apr_psprintf(race->pool, "worker-%d", race->number);
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;

    race->text = "";
    do {
        race->fault
            = pwr_outbox_take_due(&row, &next, race->store, SITE, owner, MINUTE, race->pool);
        if (race->fault == NULL && row != NULL) {
            race->text = apr_pstrcat(race->pool, race->text, "[", row->id, "]", NULL);
            race->result++;
        }
    } while (race->fault == NULL && (row != NULL || next <= NOON));
}

static void gives_each_row_to_one_of_fifty_workers(void **state)
{
    enum { ROWS = 60 };
    fixture_t *fixture = *state;
    race_t races[THREADS];
    const char *all = "";
    int taken = 0;

    for (int i = 0; i < ROWS; i++) {
        put_named(fixture, apr_psprintf(fixture->pool, "row-%d", i), NOON - i);
    }
    race_all(races, fixture, take_until_empty, NULL);
    for (int i = 0; i < THREADS; i++) {
        taken += races[i].result;
        all = apr_pstrcat(fixture->pool, all, races[i].text, NULL);
    }
    assert_int_equal(ROWS, taken);
    for (int i = 0; i < ROWS; i++) {
        assert_non_null(strstr(all, apr_psprintf(fixture->pool, "[row-%d]", i)));
    }
}

static void takes_the_longest_due_first(void **state)
{
    fixture_t *fixture = *state;
    apr_time_t next = -1;

    put_named(fixture, "second", NOON - 1);
    put_named(fixture, "first", NOON - 2);
    put_named(fixture, "tomorrow", NOON + 1000 * MINUTE);
    assert_string_equal("first", take(fixture, "worker", NULL)->id);
    assert_string_equal("second", take(fixture, "worker", NULL)->id);
    assert_null(take(fixture, "worker", &next));
    assert_true(next == NOON + MINUTE);
}

static void says_when_nothing_waits(void **state)
{
    apr_time_t next = -1;
    assert_null(take(*state, "worker", &next));
    assert_true(next == 0);
}

static void leaves_the_rows_of_other_sites(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t row = row_named("other");
    row.site = "https://other.example.org/";
    insert_row(fixture, &row);
    assert_null(take(fixture, "worker", NULL));
}

static void gives_a_dead_workers_row_to_the_next(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = true;

    put_named(fixture, "id-1", NOON);
    assert_non_null(take(fixture, "dead", NULL));
    assert_null(take(fixture, "next", NULL));
    fixture_now += MINUTE;
    assert_int_equal(2, take(fixture, "next", NULL)->deliveries);
    assert_fine(
        pwr_outbox_done(&is_held, fixture->store, "id-1", "dead", "account", fixture->pool));
    assert_false(is_held);
    assert_fine(
        pwr_outbox_give_up(&is_held, fixture->store, "id-1", "dead", PWR_LIFE_KEPT, fixture->pool));
    assert_false(is_held);
    assert_fine(pwr_outbox_later(&is_held, fixture->store, "id-1", "dead", NOON, fixture->pool));
    assert_false(is_held);
    assert_fine(
        pwr_outbox_done(&is_held, fixture->store, "id-1", "next", "account", fixture->pool));
    assert_true(is_held);
}

static void holds_on_to_renewed_rows(void **state)
{
    fixture_t *fixture = *state;

    put_named(fixture, "id-1", NOON);
    assert_non_null(take(fixture, "worker", NULL));
    fixture_now += MINUTE - 1;
    assert_fine(pwr_outbox_renew(fixture->store, "worker", MINUTE, fixture->pool));
    fixture_now += MINUTE - 1;
    assert_null(take(fixture, "other", NULL));
    fixture_now += 1;
    assert_non_null(take(fixture, "other", NULL));
}

static void lets_go_of_a_stopping_workers_rows(void **state)
{
    fixture_t *fixture = *state;

    put_named(fixture, "id-1", NOON);
    put_named(fixture, "id-2", NOON);
    assert_non_null(take(fixture, "stopping", NULL));
    assert_non_null(take(fixture, "other", NULL));
    assert_fine(pwr_outbox_let_go(fixture->store, "stopping", fixture->pool));
    assert_non_null(take(fixture, "next", NULL));
    assert_null(take(fixture, "next", NULL));
}

static void puts_a_row_off(void **state)
{
    fixture_t *fixture = *state;
    apr_time_t next = 0;
    bool is_held = false;

    put_named(fixture, "id-1", NOON);
    assert_non_null(take(fixture, "worker", NULL));
    assert_fine(pwr_outbox_later(&is_held, fixture->store, "id-1", "worker", NOON + 5 * MINUTE,
                                 fixture->pool));
    assert_true(is_held);
    assert_null(take(fixture, "worker", &next));
    assert_true(next == NOON + 5 * MINUTE);
    fixture_now = next;
    assert_int_equal(2, take(fixture, "worker", NULL)->deliveries);
}

static void forgets_the_typed_name_of_an_ended_row(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = false;

    put_named(fixture, "done", NOON - 1);
    put_named(fixture, "given-up", NOON);
    assert_string_equal("done", take(fixture, "worker", NULL)->id);
    assert_string_equal("given-up", take(fixture, "worker", NULL)->id);
    assert_fine(pwr_outbox_done(&is_held, fixture->store, "done", "worker", "", fixture->pool));
    assert_true(is_held);
    assert_fine(pwr_outbox_give_up(&is_held, fixture->store, "given-up", "worker", PWR_LIFE_KEPT,
                                   fixture->pool));
    assert_true(is_held);
    assert_string_equal("2", cell(fixture, "SELECT COUNT(*) FROM pwreset_outbox "
                                           "WHERE subject = '' AND seed = '' AND owner = ''"));
    fixture_now += 100 * MINUTE;
    assert_null(take(fixture, "worker", NULL));
}

static void end_row(fixture_t *fixture, const char *id, const char *account)
{
    bool is_held = false;
    put_named(fixture, id, fixture_now);
    assert_string_equal(id, take(fixture, "worker", NULL)->id);
    if (account != NULL) {
        assert_fine(
            pwr_outbox_done(&is_held, fixture->store, id, "worker", account, fixture->pool));
    } else {
        assert_fine(pwr_outbox_give_up(&is_held, fixture->store, id, "worker", PWR_LIFE_KEPT,
                                       fixture->pool));
    }
    assert_true(is_held);
}

static int mails_of(fixture_t *fixture, const char *site, apr_time_t since)
{
    int count = -1;
    const pwr_outbox_row_t like = {.site = site, .account_digest = "account"};
    assert_fine(pwr_outbox_count_of_account(&count, fixture->store, &like, since, fixture->pool));
    return count;
}

static void counts_the_mails_of_an_account(void **state)
{
    fixture_t *fixture = *state;

    end_row(fixture, "one", "account");
    end_row(fixture, "other", "other-account");
    end_row(fixture, "none", "");
    end_row(fixture, "lost", NULL);
    fixture_now += MINUTE;
    end_row(fixture, "two", "account");
    assert_int_equal(2, mails_of(fixture, SITE, NOON));
    assert_int_equal(1, mails_of(fixture, SITE, NOON + 1));
    assert_int_equal(0, mails_of(fixture, SITE, NOON + MINUTE + 1));
    assert_int_equal(0, mails_of(fixture, "https://other.example.org/", NOON));
}

static bool has_turn(fixture_t *fixture, const char *id, const char *account, const char *owner)
{
    bool has_turn = false;
    const pwr_outbox_row_t mine = {.id = id, .site = SITE, .account_digest = account};
    assert_fine(pwr_outbox_take_turn(&has_turn, fixture->store, &mine, owner, fixture->pool));
    return has_turn;
}

static void works_one_row_of_an_account_at_a_time(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = false;

    put_named(fixture, "one", fixture_now);
    put_named(fixture, "two", fixture_now);
    take(fixture, "worker", NULL);
    take(fixture, "other-worker", NULL);
    assert_true(has_turn(fixture, "one", "account", "worker"));
    assert_false(has_turn(fixture, "two", "account", "other-worker"));
    assert_true(has_turn(fixture, "two", "other-account", "other-worker"));
    assert_false(has_turn(fixture, "two", "third-account", "worker")); /* does not hold it */
    assert_fine(
        pwr_outbox_done(&is_held, fixture->store, "one", "worker", "account", fixture->pool));
    assert_true(has_turn(fixture, "two", "account", "other-worker"));
}

static void a_row_whose_worker_died_keeps_no_other_waiting(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = false;

    put_named(fixture, "one", fixture_now);
    take(fixture, "dead", NULL);
    assert_true(has_turn(fixture, "one", "account", "dead"));
    fixture_now += 100 * MINUTE;
    put_named(fixture, "two", fixture_now - 200 * MINUTE);
    assert_string_equal("two", take(fixture, "worker", NULL)->id);
    assert_true(has_turn(fixture, "two", "account", "worker"));
    assert_string_equal("one", take(fixture, "other-worker", NULL)->id);
    assert_false(has_turn(fixture, "one", "account", "other-worker"));
    assert_fine(pwr_outbox_later(&is_held, fixture->store, "two", "worker", fixture_now + MINUTE,
                                 fixture->pool));
    assert_fine(pwr_outbox_later(&is_held, fixture->store, "one", "other-worker", fixture_now,
                                 fixture->pool));
    assert_string_equal("one", take(fixture, "worker", NULL)->id);
    assert_true(has_turn(fixture, "one", "account", "worker")); /* marked before, taken anew */
}

static int mails_for_name(fixture_t *fixture, const char *digest, bool is_proved, apr_time_t since)
{
    int count = -1;
    const pwr_outbox_row_t like
        = {.site = SITE, .typed_name_digest = digest, .is_proved = is_proved};
    assert_fine(
        pwr_outbox_count_of_typed_name(&count, fixture->store, &like, since, fixture->pool));
    return count;
}

static void counts_the_mails_that_a_name_led_to(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t row = row_named("another name");
    bool is_held = false;

    end_row(fixture, "one", "account");
    end_row(fixture, "two", "other-account");
    end_row(fixture, "lost", NULL);
    row.typed_name_digest = "other-digest";
    row.is_proved = true;
    insert_row(fixture, &row);
    take(fixture, "worker", NULL);
    assert_fine(
        pwr_outbox_done(&is_held, fixture->store, row.id, "worker", "account", fixture->pool));
    put_named(fixture, "waits", NOON);
    assert_int_equal(2, mails_for_name(fixture, "typed-name-digest", false, NOON));
    assert_int_equal(0, mails_for_name(fixture, "typed-name-digest", true, NOON));
    assert_int_equal(1, mails_for_name(fixture, "other-digest", true, NOON));
    assert_int_equal(0, mails_for_name(fixture, "typed-name-digest", false, NOON + 1));
}

static void tells_the_backlog(void **state)
{
    fixture_t *fixture = *state;
    apr_time_t oldest = -1;
    int count = -1;

    assert_fine(pwr_outbox_backlog(&count, &oldest, fixture->store, SITE, fixture->pool));
    assert_int_equal(0, count);
    assert_true(oldest == 0);
    end_row(fixture, "ended", "");
    pwr_outbox_row_t row = row_named("waiting");
    row.created = NOON - MINUTE;
    insert_row(fixture, &row);
    put_named(fixture, "waiting-too", NOON);
    assert_fine(pwr_outbox_backlog(&count, &oldest, fixture->store, SITE, fixture->pool));
    assert_int_equal(2, count);
    assert_true(oldest == NOON - MINUTE);
}

static int expire(fixture_t *fixture, const pwr_old_t *old)
{
    int gone = -1;
    assert_fine(pwr_outbox_expire(&gone, fixture->store, old, fixture->pool));
    return gone;
}

static void expires_ended_rows_in_small_steps(void **state)
{
    fixture_t *fixture = *state;

    end_row(fixture, "one", "");
    end_row(fixture, "two", "");
    end_row(fixture, "three", NULL);
    put_named(fixture, "waiting", NOON);
    assert_int_equal(0, expire(fixture, OLD(KEPT, NOON + HOUR, 10)));
    assert_int_equal(0, expire(fixture, OLD(SHORT, NOON + HOUR + 1, 10)));
    assert_int_equal(2, expire(fixture, OLD(KEPT, NOON + HOUR + 1, 2)));
    assert_int_equal(1, expire(fixture, OLD(KEPT, NOON + HOUR + 1, 2)));
    assert_non_null(take(fixture, "worker", NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest outbox[] = {
        TEST(gives_back_what_was_put),
        TEST(keeps_a_typed_name_of_the_longest_kind),
        TEST(counts_a_form_once),
        TEST(tells_ids_apart_by_case),
        TEST(lets_one_of_fifty_equal_forms_in),
        TEST(gives_each_row_to_one_of_fifty_workers),
        TEST(takes_the_longest_due_first),
        TEST(says_when_nothing_waits),
        TEST(leaves_the_rows_of_other_sites),
        TEST(gives_a_dead_workers_row_to_the_next),
        TEST(holds_on_to_renewed_rows),
        TEST(lets_go_of_a_stopping_workers_rows),
        TEST(puts_a_row_off),
        TEST(forgets_the_typed_name_of_an_ended_row),
        TEST(counts_the_mails_of_an_account),
        TEST(works_one_row_of_an_account_at_a_time),
        TEST(a_row_whose_worker_died_keeps_no_other_waiting),
        TEST(counts_the_mails_that_a_name_led_to),
        TEST(tells_the_backlog),
        TEST(expires_ended_rows_in_small_steps),
    };
    return RUN_GROUP(outbox);
}
