/* Promises of store/outbox.h about tries of an old password. */
#include "store_fixture.h"

#include "store/outbox.h"

static pwr_outbox_row_t *take(fixture_t *fixture)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    assert_fine(
        pwr_outbox_take_due(&row, &next, fixture->store, REALM, "worker", MINUTE, fixture->pool));
    return row;
}

static pwr_outbox_row_t try_named(const char *id, const char *name, const char *account)
{
    return (pwr_outbox_row_t){.id = id,
                              .kind = PWR_ROW_TRY,
                              .realm = REALM,
                              .subject = "",
                              .subject_digest = name,
                              .account_digest = account,
                              .language = "nb",
                              .client = "192.0.2.1",
                              .support_code = "",
                              .seed = "",
                              .created = fixture_now,
                              .due = fixture_now};
}

static void put_try(fixture_t *fixture, const pwr_outbox_row_t *row)
{
    bool is_new = false;
    assert_fine(
        pwr_outbox_put_ended(&is_new, fixture->store, row, PWR_ROW_GIVEN_UP, fixture->pool));
    assert_true(is_new);
}

static int tries_like(fixture_t *fixture, const char *name, const char *account, apr_time_t since)
{
    const pwr_outbox_row_t like = try_named("like", name, account);
    int count = -1;
    assert_fine(pwr_outbox_count_tries(&count, fixture->store, &like, since, fixture->pool));
    return count;
}

static void tries_count_by_name_and_by_account_whichever_is_more(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t rows[] = {
        try_named("1", "kari", "account-1"),
        try_named("2", "kari@example.org", "account-1"),
        try_named("3", "kari@example.org", "account-2"),
    };

    for (int i = 0; i < 3; i++) {
        put_try(fixture, &rows[i]);
    }
    assert_int_equal(2, tries_like(fixture, "kari", "account-1", NOON));
    assert_int_equal(2, tries_like(fixture, "kari@example.org", "account-2", NOON));
    assert_int_equal(0, tries_like(fixture, "ola", "account-3", NOON));
    assert_int_equal(0, tries_like(fixture, "kari", "account-1", NOON + 1));
}

static void a_try_that_is_forgiven_no_longer_counts(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t row = try_named("1", "kari", "account-1");

    put_try(fixture, &row);
    assert_fine(pwr_outbox_forgive_try(fixture->store, "1", fixture->pool));
    assert_int_equal(0, tries_like(fixture, "kari", "account-1", 0));
}

static void a_form_is_one_try_and_no_worker_gets_it(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t row = try_named("1", "kari", "account-1");
    bool is_new = true;

    put_try(fixture, &row);
    assert_fine(
        pwr_outbox_put_ended(&is_new, fixture->store, &row, PWR_ROW_GIVEN_UP, fixture->pool));
    assert_false(is_new);
    assert_int_equal(1, tries_like(fixture, "kari", "account-1", 0));
    assert_null(take(fixture));
}

static void a_try_that_was_right_becomes_the_row_of_its_confirmation(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t tried = try_named("1", "kari", "account-1");
    bool is_confirmed = true;

    put_try(fixture, &tried);
    assert_fine(pwr_outbox_is_confirmed(&is_confirmed, fixture->store, "1", fixture->pool));
    assert_false(is_confirmed);
    assert_fine(pwr_outbox_confirm_try(fixture->store, "1", "the-id", fixture->pool));
    assert_fine(pwr_outbox_is_confirmed(&is_confirmed, fixture->store, "1", fixture->pool));
    assert_true(is_confirmed);
    assert_int_equal(0, tries_like(fixture, "kari", "account-1", 0));
    const pwr_outbox_row_t *row = take(fixture);
    assert_int_equal(PWR_ROW_CHANGED, row->kind);
    assert_string_equal("the-id", row->subject);
    assert_null(take(fixture));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tries[] = {
        TEST(tries_count_by_name_and_by_account_whichever_is_more),
        TEST(a_try_that_is_forgiven_no_longer_counts),
        TEST(a_form_is_one_try_and_no_worker_gets_it),
        TEST(a_try_that_was_right_becomes_the_row_of_its_confirmation),
    };
    return RUN_GROUP(tries);
}
