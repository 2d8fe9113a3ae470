/*
 * Promises of store/store.h: tables, settings of connections, and what is said when a database does
 * not answer. `store_schema --print DRIVER` writes the text of conf/schema/DRIVER.sql.
 */
#include "store_fixture.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "released_statements.h"
#include "store/outbox.h"
#include "store/schema.h"

static const char *const drivers[] = {"sqlite3", "pgsql", "mysql"};

static bool is_driver(const fixture_t *fixture, const char *driver)
{
    return strcmp(fixture->settings.driver, driver) == 0;
}

static pwr_db_connection_t *connect_bare(fixture_t *fixture)
{
    pwr_db_connection_t *connection = NULL;
    assert_fine(pwr_db_connection_open(&connection, fixture->store, fixture->pool));
    return connection;
}

static const char *ask(fixture_t *fixture, const char *sql)
{
    apr_array_header_t *rows = NULL;
    assert_fine(pwr_db_connection_run(&rows, connect_bare(fixture), sql, fixture->pool));
    assert_int_equal(1, rows->nelts);
    return APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0];
}

static void run_sql(fixture_t *fixture, const char *sql)
{
    assert_fine(pwr_db_connection_run(NULL, connect_bare(fixture), sql, fixture->pool));
}

static const char *row_of_schema(fixture_t *fixture, const char *name)
{
    return ask(fixture, apr_psprintf(fixture->pool,
                                     "SELECT version FROM pwreset_schema WHERE name = '%s'", name));
}

/* The tables are as this program makes them, and the first release may still use them. */
static void assert_finished(fixture_t *fixture)
{
    assert_string_equal("3", row_of_schema(fixture, "step"));
    assert_string_equal("2", row_of_schema(fixture, "version"));
}

static pwr_fault_t *put_one(pwr_store_t *store, const char *id, apr_pool_t *pool)
{
    pwr_outbox_row_t row = {.id = id, .kind = PWR_ROW_LINK, .site = SITE};
    bool is_new = false;
    return pwr_outbox_put(&is_new, store, &row, pool);
}

static void makes_the_tables_and_lets_them_stand(void **state)
{
    fixture_t *fixture = *state;

    assert_fine(put_one(fixture->store, "kept", fixture->pool));
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    assert_string_equal("1", ask(fixture, "SELECT COUNT(*) FROM pwreset_outbox"));
    assert_finished(fixture);
}

/* A process of its own, as httpd's are. */
static int prepare_in_child(const fixture_t *fixture)
{
    pwr_store_t *store = NULL;
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, NULL);
    pwr_fault_t *fault = pwr_store_open(&store, &fixture->settings, pool);
    if (fault == NULL) {
        fault = pwr_schema_prepare(store, pool);
    }
    if (fault == NULL) {
        fault = put_one(store, apr_psprintf(pool, "child-%d", (int)getpid()), pool);
    }
    if (fault != NULL) {
        print_error("%s: %s\n", fault->tag, fault->detail);
    }
    apr_pool_destroy(pool);
    return fault != NULL;
}

static void is_made_by_many_processes_at_once(void **state)
{
    enum { CHILDREN = 12 };
    fixture_t *fixture = *state;
    pid_t children[CHILDREN];

    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            _exit(prepare_in_child(fixture));
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        assert_int_equal(children[i], waitpid(children[i], &status, 0));
        assert_int_equal(0, status);
    }
    assert_finished(fixture);
    assert_string_equal("12", ask(fixture, "SELECT COUNT(*) FROM pwreset_outbox"));
}

static void goes_on_where_a_dead_process_stopped(void **state)
{
    fixture_t *fixture = *state;

    run_sql(fixture, "DROP TABLE pwreset_trail");
    run_sql(fixture, "DELETE FROM pwreset_schema");
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    assert_string_equal("0", ask(fixture, "SELECT COUNT(*) FROM pwreset_trail"));
    assert_finished(fixture);
}

static void takes_tables_of_an_older_program_and_adds_what_is_new(void **state)
{
    fixture_t *fixture = *state;

    assert_fine(put_one(fixture->store, "kept", fixture->pool));
    run_sql(fixture, "DROP TABLE pwreset_returns");
    run_sql(fixture, "DELETE FROM pwreset_schema WHERE name = 'step'");
    run_sql(fixture, "UPDATE pwreset_schema SET version = 1");
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    assert_string_equal("0", ask(fixture, "SELECT COUNT(*) FROM pwreset_returns"));
    assert_string_equal("1", ask(fixture, "SELECT COUNT(*) FROM pwreset_outbox"));
    assert_finished(fixture);
}

static void drop_index(fixture_t *fixture, const char *name, const char *table)
{
    run_sql(fixture, apr_pstrcat(fixture->pool, "DROP INDEX ", name,
                                 is_driver(fixture, "mysql") ? " ON " : "",
                                 is_driver(fixture, "mysql") ? table : "", NULL));
}

/* As they were at version 2, or at half of the way to version 3. */
static void unmake_lives(fixture_t *fixture, bool is_half)
{
    drop_index(fixture, "pwreset_trail_life", "pwreset_trail");
    run_sql(fixture, "ALTER TABLE pwreset_trail DROP COLUMN life");
    if (!is_half) {
        drop_index(fixture, "pwreset_outbox_life", "pwreset_outbox");
        run_sql(fixture, "ALTER TABLE pwreset_outbox DROP COLUMN life");
        run_sql(fixture, "ALTER TABLE pwreset_outbox DROP COLUMN needed");
    }
    run_sql(fixture, "DELETE FROM pwreset_schema WHERE name = 'step'");
}

static void gives_lives_to_the_rows_of_version_2(void **state)
{
    fixture_t *fixture = *state;

    for (int is_half = 0; is_half < 2; is_half++) {
        assert_fine(put_one(fixture->store, is_half ? "second" : "first", fixture->pool));
        unmake_lives(fixture, is_half);
        assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
        assert_finished(fixture);
        assert_string_equal("0", ask(fixture, "SELECT MAX(life) FROM pwreset_outbox"));
        assert_string_equal("0", ask(fixture, "SELECT COUNT(life) FROM pwreset_trail"));
    }
}

/* Values for the marks of a statement: every text is 'x', every number is 1. */
static const char *fill_marks(const char *text, apr_pool_t *pool)
{
    const char *filled = "";

    for (const char *mark = NULL; (mark = strchr(text, '%')) != NULL;) {
        bool is_text = mark[1] == 's';
        filled = apr_pstrcat(pool, filled, apr_pstrmemdup(pool, text, (apr_size_t)(mark - text)),
                             is_text ? "'x'" : "1", NULL);
        text = mark + (strncmp(mark, "%lld", 4) == 0 ? 4 : 2);
    }
    return apr_pstrcat(pool, filled, text, NULL);
}

static void runs_every_statement_of_the_first_release(void **state)
{
    fixture_t *fixture = *state;

    for (size_t i = 0; i < sizeof released_statements / sizeof released_statements[0]; i++) {
        run_sql(fixture, fill_marks(released_statements[i].text, fixture->pool));
    }
    assert_string_equal("2", row_of_schema(fixture, "version")); /* more would stop that program */
}

static void works_a_row_that_the_first_release_has_put(void **state)
{
    fixture_t *fixture = *state;
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    bool is_held = false;

    run_sql(fixture,
            fill_marks("INSERT INTO pwreset_outbox (id, kind, realm, subject, "
                       "subject_digest, account_digest, language, client, support_code, "
                       "seed, proved, created, due, tries, state, ended, owner) VALUES "
                       "(%s, %d, %s, %s, %s, '', 'nb', %s, %s, %s, 0, %lld, %lld, 0, 0, 0, '')",
                       fixture->pool));
    assert_fine(
        pwr_outbox_take_due(&row, &next, fixture->store, "x", "worker", MINUTE, fixture->pool));
    assert_string_equal("x", row->typed_name);
    assert_fine(pwr_outbox_done(&is_held, fixture->store, "x", "worker", "", fixture->pool));
    assert_true(is_held);
}

static void leaves_the_tables_of_a_newer_program_that_only_added(void **state)
{
    fixture_t *fixture = *state;

    run_sql(fixture, "UPDATE pwreset_schema SET version = 9 WHERE name = 'step'");
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    assert_string_equal("9", row_of_schema(fixture, "step"));
    assert_fine(put_one(fixture->store, "id", fixture->pool));
}

static void refuses_tables_of_a_newer_program(void **state)
{
    fixture_t *fixture = *state;

    assert_fine(put_one(fixture->store, "before", fixture->pool));
    run_sql(fixture, "UPDATE pwreset_schema SET version = 9 WHERE name = 'version'");
    const pwr_fault_t *faults[] = {pwr_schema_prepare(fixture->store, fixture->pool),
                                   put_one(fixture->store, "after", fixture->pool)};
    for (int i = 0; i < 2; i++) { /* the second on a connection that was open before */
        assert_non_null(faults[i]);
        assert_int_equal(PWR_BROKEN, faults[i]->kind);
        assert_string_equal("PWR0213", faults[i]->tag);
    }
    run_sql(fixture, "UPDATE pwreset_schema SET version = 2 WHERE name = 'version'");
    assert_fine(put_one(fixture->store, "after", fixture->pool));
}

static void takes_tables_made_by_hand(void **state)
{
    fixture_t *fixture = *state;
    char *script
        = apr_pstrdup(fixture->pool, pwr_schema_script(fixture->settings.driver, 0, fixture->pool));

    for (char *at = script, *end; (end = strstr(at, ";\n")) != NULL; at = end + 2) {
        *end = '\0';
        run_sql(fixture, at);
    }
    assert_fine(pwr_schema_prepare(fixture->store, fixture->pool));
    assert_fine(put_one(fixture->store, "first", fixture->pool));
}

static void stands_in_the_files_for_hand_made_tables(void **state)
{
    const fixture_t *fixture = *state;
    const char *source = getenv("srcdir") != NULL ? getenv("srcdir") : ".";

    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        char text[16384] = "";
        apr_size_t length = sizeof text - 1;
        apr_file_t *file = NULL;
        assert_int_equal(APR_SUCCESS,
                         apr_file_open(&file,
                                       apr_pstrcat(fixture->pool, source, "/conf/schema/",
                                                   drivers[i], ".sql", NULL),
                                       APR_FOPEN_READ, 0, fixture->pool));
        assert_int_equal(APR_SUCCESS, apr_file_read(file, text, &length));
        assert_string_equal(pwr_schema_script(drivers[i], 0, fixture->pool), text);
    }
}

static void says_that_tables_are_missing(void **state)
{
    fixture_t *fixture = *state;

    const pwr_fault_t *fault = put_one(fixture->store, "lost", fixture->pool);
    assert_non_null(fault);
    assert_int_equal(PWR_BROKEN, fault->kind);
    assert_string_equal("PWR0203", fault->tag);
}

static int mode_of(const fixture_t *fixture, const char *ending)
{
    struct stat info = {0};
    const char *file = apr_pstrcat(fixture->pool, fixture->settings.params, ending, NULL);
    return stat(file, &info) == 0 ? (int)(info.st_mode & 0777) : -1;
}

static void makes_a_sqlite_file_for_nobody_else(void **state)
{
    mode_t before = umask(0);
    int outcome = set_up(state);
    umask(before);
    assert_int_equal(0, outcome);
    fixture_t *fixture = *state;

    if (is_driver(fixture, "sqlite3")) {
        assert_fine(put_one(fixture->store, "id", fixture->pool));
        assert_int_equal(0600, mode_of(fixture, ""));
        assert_int_equal(0600, mode_of(fixture, "-wal"));
        assert_int_equal(0600, mode_of(fixture, "-shm"));
    }
}

static void makes_sqlite_durable_and_forgetful(void **state)
{
    fixture_t *fixture = *state;

    if (is_driver(fixture, "sqlite3")) {
        assert_string_equal("wal", ask(fixture, "PRAGMA journal_mode"));
        assert_string_equal("2", ask(fixture, "PRAGMA synchronous"));
        assert_string_equal("1", ask(fixture, "PRAGMA secure_delete"));
    }
}

static const pwr_fault_t *fault_of(const char *driver, const char *params, fixture_t *fixture)
{
    const pwr_store_settings_t settings
        = {.driver = driver, .params = params, .connections = 1, .timeout = apr_time_from_sec(2)};
    pwr_store_t *store = NULL;
    pwr_fault_t *fault = pwr_store_open(&store, &settings, fixture->pool);

    return fault != NULL ? fault : put_one(store, "id", fixture->pool);
}

static void tells_the_operator_what_is_wrong(void **state)
{
    static const struct {
        const char *driver;
        const char *params;
        pwr_fault_kind_t kind;
        const char *tag;
        const char *word;
    } cases[] = {
        {"nosuch", "", PWR_BROKEN, "PWR0209", "nosuch"},
        {"sqlite3", "/nonexistent/folder/store.db", PWR_BROKEN, "PWR0201", "/nonexistent/folder"},
        {"pgsql", "host=127.0.0.1 port=1 password=hunter2", PWR_LATER, "PWR0202", "refused"},
        {"pgsql", "host=127.0.0.1 password=my hunter2", PWR_LATER, "PWR0202", "not shown"},
        {"pgsql", "postgresql://me:hunter2@127.0.0.1:1x/db", PWR_LATER, "PWR0202", "PWR"},
        {"mysql", "host=127.0.0.1,port=1,user=u,pass=hunter2", PWR_LATER, "PWR0202", "connect"},
    };
    fixture_t *fixture = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (pwr_dialect_of(cases[i].driver) != NULL && !is_driver(fixture, cases[i].driver)) {
            continue;
        }
        const pwr_fault_t *fault = fault_of(cases[i].driver, cases[i].params, fixture);
        assert_non_null(fault);
        assert_string_equal(cases[i].tag, fault->tag);
        assert_int_equal(cases[i].kind, fault->kind);
        assert_null(strstr(fault->detail, "hunter2"));
        if (strcmp(cases[i].word, "PWR") != 0) {
            assert_non_null(strstr(fault->detail, cases[i].word));
        }
    }
}

/* Keeps writers out of the outbox until the connection is closed. */
static void lock_outbox(fixture_t *fixture, apr_pool_t *pool)
{
    pwr_db_connection_t *connection = NULL;

    assert_fine(pwr_db_connection_open(&connection, fixture->store, pool));
    if (is_driver(fixture, "sqlite3")) {
        assert_fine(pwr_db_connection_run(NULL, connection, "BEGIN IMMEDIATE", pool));
    } else if (is_driver(fixture, "pgsql")) {
        assert_fine(pwr_db_connection_run(NULL, connection, "BEGIN", pool));
        assert_fine(pwr_db_connection_run(NULL, connection,
                                          "LOCK TABLE pwreset_outbox IN EXCLUSIVE MODE", pool));
    } else {
        assert_fine(
            pwr_db_connection_run(NULL, connection, "LOCK TABLES pwreset_outbox READ", pool));
    }
}

static void put_under_lock(race_t *race)
{
    const pwr_fault_t *fault = put_one(race->store, "blocked", race->pool);
    race->text = fault != NULL ? fault->tag : "";
    race->result = fault != NULL && fault->kind == PWR_LATER;
}

static void waits_no_longer_than_it_is_told(void **state)
{
    fixture_t *fixture = *state;
    apr_pool_t *lock_pool = NULL;
    race_t races[THREADS];
    pwr_store_t *store = fixture->store;
    pwr_store_settings_t settings = fixture->settings;
    int crowded = 0;

    settings.connections = 2;
    settings.timeout = apr_time_from_sec(2);
    assert_fine(pwr_store_open(&fixture->store, &settings, fixture->pool));
    apr_pool_create(&lock_pool, fixture->pool);
    lock_outbox(fixture, lock_pool);
    apr_time_t begin = apr_time_now();
    race_all(races, fixture, put_under_lock, NULL);
    apr_time_t end = apr_time_now();
    apr_pool_destroy(lock_pool);
    for (int i = 0; i < THREADS; i++) {
        assert_true(races[i].result);
        crowded += strcmp(races[i].text, "PWR0207") == 0;
    }
    assert_in_range(crowded, THREADS / 2, THREADS - 2);
    /* A place, the lock, and a place again to see what became of it; never many in a row. */
    assert_in_range(end - begin, 0, 5 * settings.timeout);
    assert_fine(put_one(fixture->store, "free-again", fixture->pool));
    fixture->store = store;
}

static int print_script(const char *driver)
{
    apr_pool_t *pool = NULL;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    const char *script = pwr_schema_script(driver, 0, pool);
    if (script != NULL) {
        fputs(script, stdout);
    }
    apr_terminate();
    return script != NULL ? 0 : 1;
}

int main(int count, char **arguments)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define BARE(name) cmocka_unit_test_setup_teardown(name, set_up_bare, tear_down)
    const struct CMUnitTest schema[] = {
        TEST(makes_the_tables_and_lets_them_stand),
        BARE(is_made_by_many_processes_at_once),
        TEST(goes_on_where_a_dead_process_stopped),
        TEST(takes_tables_of_an_older_program_and_adds_what_is_new),
        TEST(gives_lives_to_the_rows_of_version_2),
        TEST(runs_every_statement_of_the_first_release),
        TEST(works_a_row_that_the_first_release_has_put),
        TEST(leaves_the_tables_of_a_newer_program_that_only_added),
        TEST(refuses_tables_of_a_newer_program),
        BARE(takes_tables_made_by_hand),
        BARE(stands_in_the_files_for_hand_made_tables),
        BARE(says_that_tables_are_missing),
        cmocka_unit_test_setup_teardown(makes_a_sqlite_file_for_nobody_else, NULL, tear_down),
        TEST(makes_sqlite_durable_and_forgetful),
        BARE(tells_the_operator_what_is_wrong),
        TEST(waits_no_longer_than_it_is_told),
    };
    if (count == 3 && strcmp(arguments[1], "--print") == 0) {
        return print_script(arguments[2]);
    }
    return RUN_GROUP(schema);
}
