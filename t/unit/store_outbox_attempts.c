/* Promises of store/attempts.h about attempts with an old password. */
#include "store_fixture.h"

#include "base/limits.h"
#include "store/attempts.h"

static pwr_outbox_row_t *take(fixture_t *fixture)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    assert_fine(
        pwr_outbox_take_due(&row, &next, fixture->store, SITE, "worker", MINUTE, fixture->pool));
    return row;
}

static pwr_outbox_row_t attempt_named(const char *id, const char *name, const char *account)
{
    return (pwr_outbox_row_t){.id = id,
                              .kind = PWR_ROW_ATTEMPT,
                              .site = SITE,
                              .typed_name = "",
                              .typed_name_digest = name,
                              .account_digest = account,
                              .language = "nb",
                              .client = "192.0.2.1",
                              .support_code = "",
                              .seed = "",
                              .created = fixture_now,
                              .due = fixture_now,
                              .needed = fixture_now + MINUTE,
                              .life = PWR_LIFE_SHORT};
}

static void put_attempt(fixture_t *fixture, const pwr_outbox_row_t *row)
{
    bool is_new = false;
    assert_fine(
        pwr_outbox_put_ended(&is_new, fixture->store, row, PWR_ROW_GIVEN_UP, fixture->pool));
    assert_true(is_new);
}

static int attempts_like(fixture_t *fixture, const char *name, const char *account,
                         apr_time_t since)
{
    const pwr_outbox_row_t like = attempt_named("like", name, account);
    int count = -1;
    assert_fine(pwr_attempts_count(&count, fixture->store, &like, since, fixture->pool));
    return count;
}

static void attempts_count_by_name_and_by_account_whichever_is_more(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t rows[] = {
        attempt_named("1", "kari", "account-1"),
        attempt_named("2", "kari@example.org", "account-1"),
        attempt_named("3", "kari@example.org", "account-2"),
    };

    for (int i = 0; i < 3; i++) {
        put_attempt(fixture, &rows[i]);
    }
    assert_int_equal(2, attempts_like(fixture, "kari", "account-1", NOON));
    assert_int_equal(2, attempts_like(fixture, "kari@example.org", "account-2", NOON));
    assert_int_equal(0, attempts_like(fixture, "ola", "account-3", NOON));
    assert_int_equal(0, attempts_like(fixture, "kari", "account-1", NOON + 1));
}

static void a_try_that_is_forgiven_no_longer_counts(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t row = attempt_named("1", "kari", "account-1");

    put_attempt(fixture, &row);
    assert_fine(pwr_attempts_drop(fixture->store, "1", fixture->pool));
    assert_int_equal(0, attempts_like(fixture, "kari", "account-1", 0));
}

static void a_form_is_one_try_and_no_worker_gets_it(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t row = attempt_named("1", "kari", "account-1");
    bool is_new = true;

    put_attempt(fixture, &row);
    assert_fine(
        pwr_outbox_put_ended(&is_new, fixture->store, &row, PWR_ROW_GIVEN_UP, fixture->pool));
    assert_false(is_new);
    assert_int_equal(1, attempts_like(fixture, "kari", "account-1", 0));
    assert_null(take(fixture));
}

static void a_try_that_was_right_becomes_the_row_of_its_confirmation(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t tried = attempt_named("1", "kari", "account-1");
    bool is_confirmed = true;

    put_attempt(fixture, &tried);
    assert_fine(pwr_attempts_is_confirmed(&is_confirmed, fixture->store, "1", fixture->pool));
    assert_false(is_confirmed);
    assert_fine(pwr_attempts_confirm(fixture->store, "1", "the-id", fixture->pool));
    assert_fine(pwr_attempts_is_confirmed(&is_confirmed, fixture->store, "1", fixture->pool));
    assert_true(is_confirmed);
    assert_int_equal(0, attempts_like(fixture, "kari", "account-1", 0));
    const pwr_outbox_row_t *row = take(fixture);
    assert_int_equal(PWR_ROW_CHANGED, row->kind);
    assert_string_equal("the-id", row->typed_name);
    assert_null(take(fixture));
}

/* --- attempts that may reach the account --- */

static bool move(fixture_t *fixture, const char *id, int from, int to, apr_time_t keep)
{
    const pwr_attempt_move_t move = {.id = id,
                                     .from = from,
                                     .to = to,
                                     .keep = keep,
                                     .at = fixture_now,
                                     .account_digest = "account-1"};
    bool is_moved = false;
    assert_fine(pwr_attempts_move(&is_moved, fixture->store, &move, fixture->pool));
    return is_moved;
}

static const apr_array_header_t *attempts_beside(fixture_t *fixture, const char *id)
{
    const pwr_outbox_row_t like = attempt_named(id, "kari", "account-1");
    apr_array_header_t *attempts = NULL;
    assert_fine(pwr_attempts_read(&attempts, fixture->store, &like, fixture->pool));
    return attempts;
}

static void open_one(fixture_t *fixture, const char *id, apr_time_t keep)
{
    const pwr_outbox_row_t row = attempt_named(id, "kari", "account-1");
    put_attempt(fixture, &row);
    assert_true(move(fixture, id, PWR_ROW_GIVEN_UP, PWR_ATTEMPT_OPEN, keep));
}

static void attempts_are_read_newest_first_without_ones_own(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t other = attempt_named("0", "kari", "account-1");

    put_attempt(fixture, &other); /* of a name alone: it never reached the account */
    open_one(fixture, "1", NOON);
    fixture_now += MINUTE;
    assert_true(move(fixture, "1", PWR_ATTEMPT_OPEN, PWR_ATTEMPT_FAILED, NOON));
    fixture_now += MINUTE;
    open_one(fixture, "2", NOON);
    open_one(fixture, "3", NOON);
    const apr_array_header_t *attempts = attempts_beside(fixture, "3");
    assert_int_equal(2, attempts->nelts);
    const pwr_attempt_row_t *newest = &APR_ARRAY_IDX(attempts, 0, pwr_attempt_row_t);
    assert_true(newest[0].is_open && newest[0].at == NOON + 2 * MINUTE);
    assert_true(!newest[1].is_open && newest[1].at == NOON + MINUTE);
    assert_int_equal(4,
                     attempts_like(fixture, "kari", "account-9", NOON)); /* caps count them all */
}

static void an_attempt_moves_once_and_only_from_the_state_it_is_in(void **state)
{
    fixture_t *fixture = *state;

    open_one(fixture, "1", NOON);
    assert_false(move(fixture, "1", PWR_ROW_GIVEN_UP, PWR_ATTEMPT_OPEN, NOON));
    assert_true(move(fixture, "1", PWR_ATTEMPT_OPEN, PWR_ROW_DONE, NOON));
    assert_false(move(fixture, "1", PWR_ATTEMPT_OPEN, PWR_ATTEMPT_FAILED, NOON));
    assert_false(move(fixture, "not there", PWR_ROW_GIVEN_UP, PWR_ATTEMPT_OPEN, NOON));
    assert_int_equal(0, attempts_beside(fixture, "x")->nelts);
}

static void no_more_attempts_are_read_than_the_ceiling(void **state)
{
    fixture_t *fixture = *state;

    for (int i = 0; i < PWR_MAX_ATTEMPTS + 3; i++) {
        open_one(fixture, apr_psprintf(fixture->pool, "row-%d", i), NOON);
    }
    assert_int_equal(PWR_MAX_ATTEMPTS, attempts_beside(fixture, "x")->nelts);
}

static void what_is_forgiven_is_read_no_more(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t like = attempt_named("x", "kari", "account-1");

    open_one(fixture, "failed", NOON);
    assert_true(move(fixture, "failed", PWR_ATTEMPT_OPEN, PWR_ATTEMPT_FAILED, NOON));
    open_one(fixture, "lost", NOON);
    fixture_now += MINUTE;
    open_one(fixture, "open", NOON);
    assert_fine(pwr_attempts_forgive(fixture->store, &like, NOON, NOON - 1, fixture->pool));
    assert_int_equal(2, attempts_beside(fixture, "x")->nelts);
    assert_fine(pwr_attempts_forgive(fixture->store, &like, NOON, NOON, fixture->pool));
    assert_int_equal(1, attempts_beside(fixture, "x")->nelts);
    assert_int_equal(1, attempts_like(fixture, "kari", "account-1", 0));
}

static void an_attempt_outlives_other_rows_as_long_as_it_is_kept(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t other = attempt_named("other", "kari", "account-1");
    int gone = -1;

    put_attempt(fixture, &other);
    open_one(fixture, "kept", NOON + 10 * MINUTE);
    fixture_now = NOON + 10 * MINUTE;
    assert_fine(
        pwr_outbox_expire(&gone, fixture->store, OLD(SHORT, fixture_now, 10), fixture->pool));
    assert_int_equal(1, gone);
    assert_int_equal(1, attempts_beside(fixture, "x")->nelts);
    fixture_now++;
    assert_fine(
        pwr_outbox_expire(&gone, fixture->store, OLD(SHORT, fixture_now, 10), fixture->pool));
    assert_int_equal(1, gone);
}

static void what_is_forgiven_is_needed_no_longer_than_another(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t like = attempt_named("x", "kari", "account-1");
    int gone = -1;

    open_one(fixture, "1", APR_INT64_MAX / 2);
    assert_true(move(fixture, "1", PWR_ATTEMPT_OPEN, PWR_ATTEMPT_FAILED, APR_INT64_MAX / 2));
    fixture_now += MINUTE + 1;
    assert_fine(
        pwr_outbox_expire(&gone, fixture->store, OLD(SHORT, fixture_now, 10), fixture->pool));
    assert_int_equal(0, gone);
    assert_fine(pwr_attempts_forgive(fixture->store, &like, NOON, 0, fixture->pool));
    assert_fine(
        pwr_outbox_expire(&gone, fixture->store, OLD(SHORT, fixture_now, 10), fixture->pool));
    assert_int_equal(1, gone);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest deliveries[] = {
        TEST(attempts_count_by_name_and_by_account_whichever_is_more),
        TEST(a_try_that_is_forgiven_no_longer_counts),
        TEST(a_form_is_one_try_and_no_worker_gets_it),
        TEST(a_try_that_was_right_becomes_the_row_of_its_confirmation),
        TEST(attempts_are_read_newest_first_without_ones_own),
        TEST(an_attempt_moves_once_and_only_from_the_state_it_is_in),
        TEST(no_more_attempts_are_read_than_the_ceiling),
        TEST(what_is_forgiven_is_read_no_more),
        TEST(an_attempt_outlives_other_rows_as_long_as_it_is_kept),
        TEST(what_is_forgiven_is_needed_no_longer_than_another),
    };
    return RUN_GROUP(deliveries);
}
