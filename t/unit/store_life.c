/* Promises of store/outbox.h about how long rows stay, on SQLite or on the database that the
 * environment names. */
#include "store_fixture.h"

#include "store/outbox.h"

#define HOUR (60 * MINUTE)

static void put_named(fixture_t *fixture, const char *id)
{
    const pwr_outbox_row_t row = {.id = id,
                                  .kind = PWR_ROW_LINK,
                                  .site = SITE,
                                  .created = NOON,
                                  .due = NOON,
                                  .needed = NOON + HOUR};
    bool is_new = false;
    assert_fine(pwr_outbox_put(&is_new, fixture->store, &row, fixture->pool));
    assert_true(is_new);
}

static const pwr_outbox_row_t *take(fixture_t *fixture)
{
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    assert_fine(
        pwr_outbox_take_due(&row, &next, fixture->store, SITE, "worker", MINUTE, fixture->pool));
    return row;
}

static int expire(fixture_t *fixture, const pwr_old_t *old)
{
    int gone = -1;
    assert_fine(pwr_outbox_expire(&gone, fixture->store, old, fixture->pool));
    return gone;
}

static void change(fixture_t *fixture, const char *sql)
{
    pwr_db_connection_t *connection = NULL;
    assert_fine(pwr_db_connection_open(&connection, fixture->store, fixture->pool));
    assert_fine(pwr_db_connection_run(NULL, connection, sql, fixture->pool));
}

static void deletes_no_row_that_waits_whatever_is_asked_for(void **state)
{
    fixture_t *fixture = *state;

    put_named(fixture, "waiting");
    for (pwr_life_t life = PWR_LIFE_WAITING; life <= PWR_LIFE_SHORT; life++) {
        const pwr_old_t all = {.life = life, .before = NOON + 1000 * HOUR, .most = 10};
        assert_int_equal(0, expire(fixture, &all));
    }
    assert_non_null(take(fixture));
}

static void a_row_that_led_to_nobody_has_the_short_life(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = false;

    put_named(fixture, "nobody");
    assert_non_null(take(fixture));
    assert_fine(pwr_outbox_give_up(&is_held, fixture->store, "nobody", "worker", PWR_LIFE_SHORT,
                                   fixture->pool));
    assert_true(is_held);
    assert_int_equal(0, expire(fixture, OLD(KEPT, NOON + HOUR + 1, 10)));
    assert_int_equal(0, expire(fixture, OLD(SHORT, NOON + HOUR, 10)));
    assert_int_equal(1, expire(fixture, OLD(SHORT, NOON + HOUR + 1, 10)));
}

/* As a program of version 2 of the tables writes them, while this one runs beside it. */
static void rows_of_an_older_program_are_kept_and_known_as_used(void **state)
{
    fixture_t *fixture = *state;
    bool is_held = false;
    int count = -1;

    put_named(fixture, "ended");
    assert_non_null(take(fixture));
    assert_fine(pwr_outbox_done(&is_held, fixture->store, "ended", "worker", "", fixture->pool));
    put_named(fixture, "waiting");
    change(fixture, "UPDATE pwreset_outbox SET life = 0, needed = 0");
    assert_fine(pwr_outbox_adopt(&count, fixture->store, 10, fixture->pool));
    assert_int_equal(1, count);
    assert_fine(pwr_outbox_adopt(&count, fixture->store, 10, fixture->pool));
    assert_int_equal(0, count);
    assert_int_equal(0, expire(fixture, OLD(KEPT, NOON + 8 * 24 * HOUR, 10)));
    assert_int_equal(1, expire(fixture, OLD(KEPT, NOON + 8 * 24 * HOUR + 1, 10)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest life[] = {
        TEST(deletes_no_row_that_waits_whatever_is_asked_for),
        TEST(a_row_that_led_to_nobody_has_the_short_life),
        TEST(rows_of_an_older_program_are_kept_and_known_as_used),
    };
    return RUN_GROUP(life);
}
