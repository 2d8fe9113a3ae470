/*
 * Promises of flow/maintain.h about room: what is deleted when, what never is, and what is told, on
 * SQLite or on the database that the environment names.
 */
#include "store_fixture.h"

#include "base/log.h"
#include "flow/maintain.h"
#include "store/outbox.h"
#include "store/size.h"
#include "store/tokens.h"
#include "store/trail.h"

#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WINDOW (12 * HOUR + 2 * MINUTE + HOUR)
#define MOST 300

static pwr_parts_settings_t settings;
static pwr_parts_t parts;
static pwr_room_t room;
static int errors, warnings, notices;

static void keep_log(pwr_log_level_t level, const char *tag, const char *line,
                     const pwr_log_context_t *context)
{
    (void)context;
    (void)line;
    if (strcmp(tag, "PWR0806") == 0) {
        errors += level == PWR_LOG_ERROR;
        warnings += level == PWR_LOG_WARNING;
        notices += level == PWR_LOG_NOTICE;
    }
}

static int begin(void **state)
{
    if (set_up(state) != 0) {
        return -1;
    }
    fixture_t *fixture = *state;
    settings = (pwr_parts_settings_t){
        .flow = {.keep = 30 * DAY, .backlog = 100000, .store_rows = MOST, .store_size = 1024},
        .abuse = {.form_life = 12 * HOUR,
                  .wait = 2 * MINUTE,
                  .client_calm = 10,
                  .client_busy = 20,
                  .client_most = 30,
                  .site_calm = 10,
                  .site_busy = 20,
                  .cells = 64},
    };
    parts = (pwr_parts_t){.settings = &settings, .site = SITE, .store = fixture->store};
    assert_fine(pwr_client_limit_open(&parts.limit, &settings.abuse, fixture->pool));
    room = (pwr_room_t){0};
    errors = warnings = notices = 0;
    pwr_log_set(keep_log);
    return 0;
}

static const char *new_id(fixture_t *fixture)
{
    static int count;
    return apr_psprintf(fixture->pool, "row-%d", ++count);
}

static bool put_row(fixture_t *fixture, const char *id, pwr_row_state_t state, pwr_life_t life)
{
    const pwr_outbox_row_t row = {.id = id,
                                  .kind = PWR_ROW_LINK,
                                  .site = SITE,
                                  .created = fixture_now,
                                  .due = fixture_now,
                                  .needed = fixture_now + WINDOW,
                                  .life = life};
    bool is_new = false;
    assert_fine(state == PWR_ROW_WAITING
                    ? pwr_outbox_put(&is_new, fixture->store, &row, fixture->pool)
                    : pwr_outbox_put_ended(&is_new, fixture->store, &row, state, fixture->pool));
    return is_new;
}

static void put_many(fixture_t *fixture, int count, pwr_row_state_t state, pwr_life_t life)
{
    for (int i = 0; i < count; i++) {
        assert_true(put_row(fixture, new_id(fixture), state, life));
    }
}

static void append_many(fixture_t *fixture, int count, bool is_short)
{
    const pwr_trail_row_t row = {.request_id = "request",
                                 .support_code = is_short ? "FLOOD" : "7GX4",
                                 .event = "account-none",
                                 .detail = is_short ? apr_psprintf(fixture->pool, "%0500d", 1) : "",
                                 .at = fixture_now,
                                 .is_short = is_short};
    for (int i = 0; i < count; i++) {
        assert_fine(pwr_trail_append(fixture->store, &row, fixture->pool));
    }
}

static void put_link(fixture_t *fixture, const char *digest, apr_time_t expires)
{
    const pwr_token_row_t row
        = {.digest = digest, .site = SITE, .created = fixture_now, .expires = expires};
    assert_fine(pwr_tokens_put(fixture->store, &row, fixture->pool));
}

/* As the worker does: everything that is past its time, then what there is no room for. */
static pwr_size_t tidy(fixture_t *fixture)
{
    pwr_size_t size;

    for (bool is_more = true; is_more;) {
        assert_fine(pwr_maintain_step(&is_more, &parts, fixture->pool));
    }
    assert_fine(pwr_maintain_room(&room, &parts, fixture->pool));
    assert_fine(pwr_maintain_queue(&room, &parts, fixture->pool));
    assert_fine(pwr_size_measure(&size, fixture->store, fixture->pool));
    return size;
}

static int rows_after_tidying(fixture_t *fixture)
{
    pwr_size_t size = tidy(fixture);
    return (int)pwr_size_rows(&size);
}

static void rows_that_led_to_nobody_go_when_their_form_is_dead_and_not_before(void **state)
{
    fixture_t *fixture = *state;

    put_row(fixture, "form", PWR_ROW_GIVEN_UP, PWR_LIFE_SHORT);
    put_row(fixture, "person", PWR_ROW_DONE, PWR_LIFE_KEPT);
    fixture_now += WINDOW;
    assert_int_equal(1, tidy(fixture).rows[PWR_ROWS_SHORT]);
    assert_false(put_row(fixture, "form", PWR_ROW_WAITING, PWR_LIFE_WAITING));
    fixture_now += 1;
    pwr_size_t size = tidy(fixture);
    assert_int_equal(0, size.rows[PWR_ROWS_SHORT]);
    assert_int_equal(1, size.rows[PWR_ROWS_KEPT]);
}

static void rows_and_trails_of_people_stay_as_long_as_the_site_says(void **state)
{
    fixture_t *fixture = *state;

    put_row(fixture, "person", PWR_ROW_DONE, PWR_LIFE_KEPT);
    append_many(fixture, 1, false);
    append_many(fixture, 1, true);
    fixture_now += 30 * DAY;
    assert_int_equal(3, rows_after_tidying(fixture));
    fixture_now += 1;
    assert_int_equal(0, rows_after_tidying(fixture));
}

/* A site that keeps things for a day, and another one on the same database with forms of a week. */
static void no_site_forgets_forms_that_another_still_takes(void **state)
{
    fixture_t *fixture = *state;
    const pwr_outbox_row_t row = {.id = "of-a-week",
                                  .site = "https://other.example.org/",
                                  .created = NOON,
                                  .needed = NOON + 7 * DAY,
                                  .life = PWR_LIFE_KEPT};
    bool is_new = false;

    assert_fine(pwr_outbox_put_ended(&is_new, fixture->store, &row, PWR_ROW_DONE, fixture->pool));
    settings.flow.keep = DAY;
    fixture_now += 7 * DAY;
    assert_int_equal(1, tidy(fixture).rows[PWR_ROWS_KEPT]);
}

static void a_row_stays_while_its_form_can_be_posted_however_short_the_site_keeps_it(void **state)
{
    fixture_t *fixture = *state;

    settings.flow.keep = settings.abuse.form_life; /* no less may be kept */
    put_row(fixture, "person", PWR_ROW_DONE, PWR_LIFE_KEPT);
    fixture_now += WINDOW;
    assert_int_equal(1, tidy(fixture).rows[PWR_ROWS_KEPT]);
    fixture_now += 1;
    assert_int_equal(0, tidy(fixture).rows[PWR_ROWS_KEPT]);
}

static void a_flood_pushes_its_own_trail_out_and_nobody_elses(void **state)
{
    fixture_t *fixture = *state;
    pwr_size_t size;

    append_many(fixture, 30, false);
    put_many(fixture, 30, PWR_ROW_DONE, PWR_LIFE_KEPT);
    for (int day = 0; day < 6; day++) {
        put_many(fixture, 100, PWR_ROW_GIVEN_UP, PWR_LIFE_SHORT);
        append_many(fixture, 100, true);
        size = tidy(fixture);
        assert_in_range(pwr_size_rows(&size), 150, MOST);
        fixture_now += DAY;
    }
    assert_int_equal(30, size.rows[PWR_ROWS_TRAIL]);
    assert_int_equal(30, size.rows[PWR_ROWS_KEPT]);
    assert_false(room.is_store_full);
    assert_int_equal(0, errors);
    assert_true(warnings > 0);
}

static void of_peoples_records_the_oldest_go_first(void **state)
{
    fixture_t *fixture = *state;
    apr_array_header_t *rows = NULL;

    put_link(fixture, "dead", NOON + HOUR);
    for (int day = 0; day < 20; day++) {
        put_row(fixture, apr_psprintf(fixture->pool, "day-%d", day), PWR_ROW_DONE, PWR_LIFE_KEPT);
        append_many(fixture, 18, false);
        fixture_now += DAY;
    }
    put_link(fixture, "live", fixture_now + HOUR);
    pwr_size_t size = tidy(fixture);
    assert_in_range(pwr_size_rows(&size), MOST / 2, MOST * 9 / 10);
    assert_int_equal(1, size.rows[PWR_ROWS_LINKS]);
    assert_true(put_row(fixture, "day-0", PWR_ROW_WAITING, PWR_LIFE_WAITING));
    assert_false(put_row(fixture, "day-19", PWR_ROW_WAITING, PWR_LIFE_WAITING));
    assert_fine(pwr_trail_read(&rows, fixture->store, "7GX4", 2000, fixture->pool));
    assert_true(APR_ARRAY_IDX(rows, 0, pwr_trail_row_t).at > NOON);
    assert_true(APR_ARRAY_IDX(rows, rows->nelts - 1, pwr_trail_row_t).at == NOON + 19 * DAY);
}

static void what_is_needed_stays_and_no_request_is_taken_until_there_is_room(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;

    put_many(fixture, 15, PWR_ROW_WAITING, PWR_LIFE_WAITING);
    put_many(fixture, 280, PWR_ROW_GIVEN_UP, PWR_LIFE_SHORT);
    for (int i = 0; i < 15; i++) {
        put_link(fixture, new_id(fixture), NOON + 3 * DAY);
    }
    for (int second = 0; second < 120; second += 3) {
        pwr_size_t size = tidy(fixture);
        assert_int_equal(310, pwr_size_rows(&size));
        assert_true(pwr_client_limit_is_full(parts.limit));
        fixture_now += apr_time_from_sec(3);
    }
    assert_int_equal(2, errors); /* one a minute */
    assert_fine(
        pwr_outbox_take_due(&row, &next, fixture->store, SITE, "worker", MINUTE, fixture->pool));
    assert_non_null(row);
    fixture_now += WINDOW;
    assert_int_equal(30, rows_after_tidying(fixture));
    assert_false(pwr_client_limit_is_full(parts.limit));
    assert_int_equal(1, notices);
}

static void bytes_are_a_ceiling_too_where_rows_give_them_back(void **state)
{
    fixture_t *fixture = *state;
    pwr_size_t size;

    assert_fine(pwr_size_measure(&size, fixture->store, fixture->pool));
    settings.flow.store_rows = 1000000;
    settings.flow.store_size = 1;
    for (int i = 0; i < 8; i++) {
        append_many(fixture, 400, true);
        size = tidy(fixture);
        room.next = 0;
        assert_true(!size.has_room_back || size.bytes < 1024 * 1024);
    }
    assert_int_equal(!size.has_room_back, size.rows[PWR_ROWS_TRAIL_SHORT] == 3200);
    assert_false(room.is_store_full);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)
    const struct CMUnitTest rooms[] = {
        TEST(rows_that_led_to_nobody_go_when_their_form_is_dead_and_not_before),
        TEST(rows_and_trails_of_people_stay_as_long_as_the_site_says),
        TEST(no_site_forgets_forms_that_another_still_takes),
        TEST(a_row_stays_while_its_form_can_be_posted_however_short_the_site_keeps_it),
        TEST(a_flood_pushes_its_own_trail_out_and_nobody_elses),
        TEST(of_peoples_records_the_oldest_go_first),
        TEST(what_is_needed_stays_and_no_request_is_taken_until_there_is_room),
        TEST(bytes_are_a_ceiling_too_where_rows_give_them_back),
    };
    return RUN_GROUP(rooms);
}
