/* Promises of store/trail.h, on SQLite or on the database that the environment names. */
#include "store_fixture.h"

#include "base/limits.h"
#include "store/outbox.h"
#include "store/trail.h"

static void append(fixture_t *fixture, const char *code, const char *detail, apr_time_t at)
{
    pwr_trail_row_t row = {.request_id = "request",
                           .support_code = code,
                           .event = "mail-sent",
                           .detail = detail,
                           .at = at};
    assert_fine(pwr_trail_append(fixture->store, &row, fixture->pool));
}

static apr_array_header_t *read_trail(fixture_t *fixture, const char *code, int most)
{
    apr_array_header_t *rows = NULL;
    assert_fine(pwr_trail_read(&rows, fixture->store, code, most, fixture->pool));
    return rows;
}

static const pwr_trail_row_t *row_at(const apr_array_header_t *rows, int at)
{
    assert_in_range(at, 0, rows->nelts - 1);
    return &APR_ARRAY_IDX(rows, at, pwr_trail_row_t);
}

static void tells_what_happened_in_order(void **state)
{
    fixture_t *fixture = *state;

    append(fixture, "7GX4", "third", NOON + 1);
    append(fixture, "7GX4", "first", NOON);
    append(fixture, "7GX4", "second", NOON);
    append(fixture, "OTHER", "another", NOON);
    const apr_array_header_t *rows = read_trail(fixture, "7GX4", 10);
    assert_int_equal(3, rows->nelts);
    assert_string_equal("first", row_at(rows, 0)->detail);
    assert_string_equal("second", row_at(rows, 1)->detail);
    assert_string_equal("third", row_at(rows, 2)->detail);
    assert_string_equal("request", row_at(rows, 0)->request_id);
    assert_string_equal("7GX4", row_at(rows, 0)->support_code);
    assert_string_equal("mail-sent", row_at(rows, 0)->event);
    assert_true(row_at(rows, 2)->at == NOON + 1);
    assert_int_equal(2, read_trail(fixture, "7GX4", 2)->nelts);
    assert_int_equal(0, read_trail(fixture, "NONE", 2)->nelts);
    assert_int_equal(0, read_trail(fixture, "øæå", 2)->nelts);
}

static void finds_the_code_of_a_request_that_is_known(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t row = {.id = "request",
                            .kind = PWR_ROW_LINK,
                            .site = SITE,
                            .support_code = "7GX4",
                            .created = NOON,
                            .due = NOON};
    bool is_new = false;

    assert_fine(pwr_outbox_put(&is_new, fixture->store, &row, fixture->pool));
    append(fixture, NULL, NULL, NOON);
    assert_int_equal(1, read_trail(fixture, "7GX4", 10)->nelts);
    assert_string_equal("", row_at(read_trail(fixture, "7GX4", 10), 0)->detail);
}

static void keeps_details_of_any_bytes(void **state)
{
    static const struct {
        const char *given;
        const char *kept;
    } cases[] = {
        {"plain", "plain"},
        {"b\xc3\xb8 \xe2\x82\xac \xf0\x9f\x94\x91", "b\xc3\xb8 \xe2\x82\xac \xf0\x9f\x94\x91"},
        {"latin \xf8 1", "latin ? 1"},
        {"cut \xe2\x82", "cut ??"},
        {"overlong \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "overlong ?? ??? ????"},
        {"surrogate \xed\xa0\x80", "surrogate ???"},
        {"outside \xf4\x90\x80\x80 \xff", "outside ???? ?"},
        {"line\nend\x1b[0m", "line?end?[0m"},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    fixture_t *fixture = *state;

    for (int i = 0; i < CASES; i++) {
        append(fixture, "7GX4", cases[i].given, NOON + i);
    }
    const apr_array_header_t *rows = read_trail(fixture, "7GX4", CASES);
    for (int i = 0; i < CASES; i++) {
        assert_string_equal(cases[i].kept, row_at(rows, i)->detail);
    }
}

static void cuts_details_between_characters(void **state)
{
    fixture_t *fixture = *state;
    const char *detail
        = apr_psprintf(fixture->pool, "%0*d\xc3\xb8 and more", PWR_MAX_DETAIL - 1, 7);

    append(fixture, "7GX4", detail, NOON);
    append(fixture, "7GX4", detail + 1, NOON + 1);
    const apr_array_header_t *rows = read_trail(fixture, "7GX4", 2);
    assert_int_equal(PWR_MAX_DETAIL - 1, strlen(row_at(rows, 0)->detail));
    assert_int_equal(PWR_MAX_DETAIL, strlen(row_at(rows, 1)->detail));
}

static void deletes_old_rows_in_small_steps(void **state)
{
    fixture_t *fixture = *state;
    int gone = -1;

    for (int i = 0; i < 3; i++) {
        append(fixture, "7GX4", "", NOON + i);
    }
    assert_fine(pwr_trail_expire(&gone, fixture->store, OLD(KEPT, NOON, 10), fixture->pool));
    assert_int_equal(0, gone);
    assert_fine(pwr_trail_expire(&gone, fixture->store, OLD(KEPT, NOON + 2, 1), fixture->pool));
    assert_int_equal(1, gone);
    assert_fine(pwr_trail_expire(&gone, fixture->store, OLD(KEPT, NOON + 2, 10), fixture->pool));
    assert_int_equal(1, gone);
    assert_int_equal(1, read_trail(fixture, "7GX4", 10)->nelts);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest trail[] = {
        TEST(tells_what_happened_in_order),    TEST(finds_the_code_of_a_request_that_is_known),
        TEST(keeps_details_of_any_bytes),      TEST(cuts_details_between_characters),
        TEST(deletes_old_rows_in_small_steps),
    };
    return RUN_GROUP(trail);
}
