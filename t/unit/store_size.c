/*
 * Promises of store/size.h, and that what is deleted or counted by life is found by an index, on
 * SQLite or on the database that the environment names.
 */
#include "store_fixture.h"

#include "store/outbox.h"
#include "store/return_urls.h"
#include "store/size.h"
#include "store/tokens.h"
#include "store/trail.h"

static void put_row(fixture_t *fixture, const char *id, pwr_row_state_t state, pwr_life_t life)
{
    const pwr_outbox_row_t row = {.id = id,
                                  .kind = PWR_ROW_LINK,
                                  .site = SITE,
                                  .created = NOON,
                                  .due = NOON,
                                  .needed = NOON + MINUTE,
                                  .life = life};
    bool is_new = false;
    assert_fine(state == PWR_ROW_WAITING
                    ? pwr_outbox_put(&is_new, fixture->store, &row, fixture->pool)
                    : pwr_outbox_put_ended(&is_new, fixture->store, &row, state, fixture->pool));
    assert_true(is_new);
}

static void append(fixture_t *fixture, apr_time_t at, bool is_short)
{
    const pwr_trail_row_t row = {.request_id = "request",
                                 .support_code = "7GX4",
                                 .event = "account-none",
                                 .at = at,
                                 .is_short = is_short};
    assert_fine(pwr_trail_append(fixture->store, &row, fixture->pool));
}

static pwr_size_t measure(fixture_t *fixture)
{
    pwr_size_t size;
    assert_fine(pwr_size_measure(&size, fixture->store, fixture->pool));
    return size;
}

static void counts_nothing_in_an_empty_database(void **state)
{
    fixture_t *fixture = *state;
    pwr_size_t size = measure(fixture);

    assert_int_equal(0, pwr_size_rows(&size));
    assert_true(size.oldest == 0);
    assert_true(size.bytes > 0);
}

static void counts_rows_by_kind_and_names_each_kind_once(void **state)
{
    static const apr_int64_t wanted[PWR_ROWS_COUNT] = {1, 2, 3, 1, 2, 1, 1};
    fixture_t *fixture = *state;
    const pwr_token_row_t token = {.digest = "digest", .site = SITE, .expires = NOON};

    put_row(fixture, "waiting", PWR_ROW_WAITING, PWR_LIFE_WAITING);
    for (int i = 0; i < 2; i++) {
        put_row(fixture, apr_psprintf(fixture->pool, "kept-%d", i), PWR_ROW_DONE, PWR_LIFE_KEPT);
        append(fixture, NOON + i, false);
    }
    for (int i = 0; i < 3; i++) {
        put_row(fixture, apr_psprintf(fixture->pool, "short-%d", i), PWR_ROW_GIVEN_UP,
                PWR_LIFE_SHORT);
    }
    append(fixture, NOON - MINUTE, true);
    assert_fine(pwr_tokens_put(fixture->store, &token, fixture->pool));
    assert_fine(pwr_return_urls_put(fixture->store, "request", "/back", fixture->pool));
    pwr_size_t size = measure(fixture);
    for (int kind = 0; kind < PWR_ROWS_COUNT; kind++) {
        assert_int_equal(wanted[kind], size.rows[kind]);
        for (int other = 0; other < kind; other++) {
            assert_string_not_equal(pwr_size_name(kind), pwr_size_name(other));
        }
    }
    assert_int_equal(11, pwr_size_rows(&size));
    assert_true(size.oldest == NOON - MINUTE);
}

static void sqlite_takes_no_more_room_than_its_rows(void **state)
{
    fixture_t *fixture = *state;
    int gone = 0;
    pwr_size_t empty = measure(fixture);

    if (!empty.has_room_back) {
        return; /* what the others take stays taken */
    }
    for (int i = 0; i < 500; i++) {
        put_row(fixture, apr_psprintf(fixture->pool, "row-%d", i), PWR_ROW_DONE, PWR_LIFE_KEPT);
    }
    pwr_size_t full = measure(fixture);
    assert_true(full.bytes > empty.bytes + 500 * 100);
    assert_fine(
        pwr_outbox_expire(&gone, fixture->store, OLD(KEPT, NOON + 2 * MINUTE, 500), fixture->pool));
    assert_int_equal(500, gone);
    assert_true(measure(fixture).bytes < empty.bytes + 4 * 4096);
}

/* --- plans ------------------------------------------------------------------------------------ */

/* The statement with numbers in place of its marks. */
static const char *with_numbers(const char *text, apr_pool_t *pool)
{
    char *out = apr_pcalloc(pool, strlen(text) * 2 + 1);
    char *at = out;

    while (*text != '\0') {
        if (*text == '%') {
            text += strspn(text, "%lds");
            *at++ = '1';
        } else {
            *at++ = *text++;
        }
    }
    return out;
}

/* All cells of the plan in one line. */
static const char *plan_of(fixture_t *fixture, pwr_statement_t statement)
{
    const pwr_dialect_t *dialect = pwr_store_dialect(fixture->store);
    const char *text = with_numbers(pwr_dialect_statement(dialect, statement), fixture->pool);
    pwr_db_connection_t *connection = NULL;
    apr_array_header_t *rows = NULL;
    const char *plan = "";

    assert_fine(pwr_db_connection_open(&connection, fixture->store, fixture->pool));
    if (strcmp(dialect->driver, "pgsql") == 0) {
        /* In so small a table a scan is cheaper; what is asked is whether an index would do. */
        assert_fine(
            pwr_db_connection_run(NULL, connection, "SET enable_seqscan = off", fixture->pool));
    }
    const char *explain
        = strcmp(dialect->driver, "sqlite3") == 0 ? "EXPLAIN QUERY PLAN " : "EXPLAIN ";
    assert_fine(pwr_db_connection_run(
        &rows, connection, apr_pstrcat(fixture->pool, explain, text, NULL), fixture->pool));
    for (int i = 0; i < rows->nelts; i++) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, i, pwr_cells_t);
        int columns = strcmp(dialect->driver, "pgsql") == 0     ? 1
                      : strcmp(dialect->driver, "sqlite3") == 0 ? 4
                                                                : 10;
        for (int cell = 0; cell < columns; cell++) {
            plan = apr_pstrcat(fixture->pool, plan, " ", cells[cell], NULL);
        }
        plan = apr_pstrcat(fixture->pool, plan, ";", NULL);
    }
    return plan;
}

static void assert_uses(fixture_t *fixture, pwr_statement_t statement, const char *index)
{
    static const char *const scans[]
        = {"Seq Scan", " ALL ", "SCAN pwreset_outbox;", "SCAN pwreset_trail;", "TEMP B-TREE",
           "filesort", "Sort"};
    const char *plan = plan_of(fixture, statement);

    if (strstr(plan, index) == NULL) {
        print_error("%s: %s\n", pwr_statement_label(statement), plan);
    }
    assert_non_null(strstr(plan, index));
    for (size_t i = 0; i < sizeof scans / sizeof scans[0]; i++) {
        if (strstr(plan, scans[i]) != NULL) {
            print_error("%s: %s\n", pwr_statement_label(statement), plan);
        }
        assert_null(strstr(plan, scans[i]));
    }
}

static void deletes_and_counts_by_an_index(void **state)
{
    fixture_t *fixture = *state;
    enum { ROWS = 1000 };

    for (int i = 0; i < ROWS; i++) {
        put_row(fixture, apr_psprintf(fixture->pool, "row-%d", i), PWR_ROW_DONE, PWR_LIFE_KEPT);
        append(fixture, NOON + i, i % 2 == 0);
    }
    assert_uses(fixture, PWR_SQL_OUTBOX_EXPIRE, "pwreset_outbox_life");
    assert_uses(fixture, PWR_SQL_OUTBOX_ADOPT, "pwreset_outbox_life");
    assert_uses(fixture, PWR_SQL_TRAIL_EXPIRE, "pwreset_trail_life");
    assert_uses(fixture, PWR_SQL_TOKENS_EXPIRE, "pwreset_tokens_expires");
    assert_uses(fixture, PWR_SQL_RETURN_URLS_EXPIRE, "pwreset_returns_created");
    assert_uses(fixture, PWR_SQL_SIZE_OUTBOX, "pwreset_outbox_life");
    assert_uses(fixture, PWR_SQL_SIZE_TRAIL, "pwreset_trail_life");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest size[] = {
        TEST(counts_nothing_in_an_empty_database),
        TEST(counts_rows_by_kind_and_names_each_kind_once),
        TEST(sqlite_takes_no_more_room_than_its_rows),
        TEST(deletes_and_counts_by_an_index),
    };
    return RUN_GROUP(size);
}
