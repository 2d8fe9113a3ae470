/*
 * The tables. Each version of them is one step: what step n leaves is what steps 1 to n make, and a
 * step does no harm when it is begun again, because MySQL cannot undo half of one. A site that
 * makes the tables by hand (conf/schema/) gives this program no right to make any: when the step is
 * right, nothing but a SELECT is run here.
 *
 * Nodes of two versions run on the same tables while they are upgraded, one after the other. So a
 * step only adds, and what it adds has a default, as the older program writes rows without it. Two
 * rows of pwreset_schema say how far the tables are:
 *
 *     step     the last step that was made; a program makes those that are missing
 *     version  the first program that can use the tables is the one that knows this step. It stays
 *              where it is when a step only adds. A step that takes something away raises it, one
 *              release after the last program that needed it
 *
 * Columns and tables keep the words of the first release, as it runs beside this program: realm is
 * the site, subject the typed name, tries the deliveries, pwreset_returns the return URLs.
 */
#include "store/schema.h"

#include <string.h>

#include <apr_strings.h>

#include "store/db_connections.h"

enum { STEPS = PWR_STATEMENTS_STEP, MAX_INDEXES = 5 };

typedef struct {
    const char *name;
    const char *columns; /* "{ascii}" and "{serial}" stand for the dialect's words */
    struct {
        const char *name;
        const char *columns;
    } indexes[MAX_INDEXES + 1];
} sql_table_t;

static const sql_table_t tables[] = {
    {.name = "pwreset_schema",
     .columns = "name {ascii}(64) NOT NULL PRIMARY KEY,\n"
                "    version INTEGER NOT NULL"},
    {.name = "pwreset_outbox",
     .columns = "id {ascii}(64) NOT NULL PRIMARY KEY,\n"
                "    kind INTEGER NOT NULL,\n"
                "    realm {ascii}(255) NOT NULL,\n"
                "    subject VARCHAR(255) NOT NULL,\n"
                "    subject_digest {ascii}(64) NOT NULL,\n"
                "    account_digest {ascii}(64) NOT NULL,\n"
                "    language {ascii}(64) NOT NULL,\n"
                "    client {ascii}(64) NOT NULL,\n"
                "    support_code {ascii}(64) NOT NULL,\n"
                "    seed {ascii}(64) NOT NULL,\n"
                "    proved INTEGER NOT NULL,\n"
                "    created BIGINT NOT NULL,\n"
                "    due BIGINT NOT NULL,\n"
                "    tries INTEGER NOT NULL,\n"
                "    state INTEGER NOT NULL,\n"
                "    ended BIGINT NOT NULL,\n"
                "    owner {ascii}(64) NOT NULL",
     .indexes = {{"pwreset_outbox_due", "realm, state, due"},
                 {"pwreset_outbox_owner", "owner"},
                 {"pwreset_outbox_account", "realm, account_digest, ended"},
                 {"pwreset_outbox_subject", "realm, subject_digest, created"},
                 {"pwreset_outbox_created", "created"}}},
    {.name = "pwreset_tokens",
     .columns = "digest {ascii}(64) NOT NULL PRIMARY KEY,\n"
                "    stop_digest {ascii}(64) NOT NULL,\n"
                "    request_id {ascii}(64) NOT NULL,\n"
                "    realm {ascii}(255) NOT NULL,\n"
                "    account_id {ascii}(64) NOT NULL,\n"
                "    login VARCHAR(1024) NOT NULL,\n"
                "    mail_digest {ascii}(64) NOT NULL,\n"
                "    stamp_digest {ascii}(64) NOT NULL,\n"
                "    language {ascii}(64) NOT NULL,\n"
                "    state INTEGER NOT NULL,\n"
                "    created BIGINT NOT NULL,\n"
                "    expires BIGINT NOT NULL,\n"
                "    ended BIGINT NOT NULL,\n"
                "    claim {ascii}(64) NOT NULL",
     .indexes = {{"pwreset_tokens_stop", "stop_digest"},
                 {"pwreset_tokens_account", "realm, account_id, state"},
                 {"pwreset_tokens_request", "request_id"},
                 {"pwreset_tokens_claim", "claim"},
                 {"pwreset_tokens_expires", "expires"}}},
    {.name = "pwreset_trail",
     .columns = "id {serial},\n"
                "    request_id {ascii}(64) NOT NULL,\n"
                "    support_code {ascii}(64) NOT NULL,\n"
                "    event {ascii}(64) NOT NULL,\n"
                "    detail VARCHAR(512) NOT NULL,\n"
                "    happened BIGINT NOT NULL",
     .indexes
     = {{"pwreset_trail_code", "support_code, happened"}, {"pwreset_trail_happened", "happened"}}},
};

static const sql_table_t returns = {.name = "pwreset_returns",
                                    .columns = "request_id {ascii}(64) NOT NULL PRIMARY KEY,\n"
                                               "    url VARCHAR(1024) NOT NULL,\n"
                                               "    created BIGINT NOT NULL",
                                    .indexes = {{"pwreset_returns_created", "created"}}};

enum { TABLES = sizeof tables / sizeof tables[0] };

/* One statement of a step. One that does harm when it is repeated has a probe, a SELECT: it is run
 * when the probe fails, or, where it removes something, when the probe succeeds. */
typedef struct {
    const char *text;
    const char *probe; /* NULL: run in any case */
    bool is_removal;
} change_t;

static void push(apr_array_header_t *step, const char *text)
{
    APR_ARRAY_PUSH(step, change_t) = (change_t){.text = text};
}

/* Puts the dialect's words in. */
static const char *render(const pwr_dialect_t *dialect, const char *text, apr_pool_t *pool)
{
    const char *const words[][2]
        = {{"{ascii}", dialect->ascii_type}, {"{serial}", dialect->serial_type}};

    for (int i = 0; i < 2; i++) {
        const char *at = NULL;
        while ((at = strstr(text, words[i][0])) != NULL) {
            text = apr_pstrcat(pool, apr_pstrmemdup(pool, text, (apr_size_t)(at - text)),
                               words[i][1], at + strlen(words[i][0]), NULL);
        }
    }
    return text;
}

static const char *inner_indexes(const sql_table_t *table, apr_pool_t *pool)
{
    const char *text = "";

    for (int i = 0; table->indexes[i].name != NULL; i++) {
        text = apr_pstrcat(pool, text, ",\n    INDEX ", table->indexes[i].name, " (",
                           table->indexes[i].columns, ")", NULL);
    }
    return text;
}

/* Changes (change_t) are added to `step`. */
static void make_table(apr_array_header_t *step, const sql_table_t *table,
                       const pwr_dialect_t *dialect, apr_pool_t *pool)
{
    push(step, apr_pstrcat(pool, "CREATE TABLE IF NOT EXISTS ", table->name, " (\n    ",
                           render(dialect, table->columns, pool),
                           dialect->has_inner_indexes ? inner_indexes(table, pool) : "", "\n)",
                           dialect->table_end, NULL));
    for (int i = 0; !dialect->has_inner_indexes && table->indexes[i].name != NULL; i++) {
        push(step, apr_pstrcat(pool, "CREATE INDEX IF NOT EXISTS ", table->indexes[i].name, " ON ",
                               table->name, " (", table->indexes[i].columns, ")", NULL));
    }
}

/* Step 1: everything from nothing. */
static void make_tables(apr_array_header_t *step, const pwr_dialect_t *dialect, apr_pool_t *pool)
{
    for (int t = 0; t < TABLES; t++) {
        make_table(step, &tables[t], dialect, pool);
    }
    push(step, "INSERT INTO pwreset_schema (name, version) VALUES ('version', 1)");
}

/* Step 2: the URL that a person goes back to. */
static void make_returns(apr_array_header_t *step, const pwr_dialect_t *dialect, apr_pool_t *pool)
{
    make_table(step, &returns, dialect, pool);
    push(step, "UPDATE pwreset_schema SET version = 2 WHERE name = 'version'");
}

static void add_column(apr_array_header_t *step, const char *table, const char *column,
                       const char *type, apr_pool_t *pool)
{
    APR_ARRAY_PUSH(step, change_t) = (change_t){
        .text = apr_pstrcat(pool, "ALTER TABLE ", table, " ADD COLUMN ", column, " ", type, NULL),
        .probe = apr_pstrcat(pool, "SELECT ", column, " FROM ", table, " WHERE 1 = 0", NULL),
    };
}

/* Puts an index in place of one that is needed no more. MySQL has no IF EXISTS for indexes. */
static void swap_index(apr_array_header_t *step, const pwr_dialect_t *dialect, const char *table,
                       const char *const names[2], const char *columns, apr_pool_t *pool)
{
    bool is_mysql = dialect->has_inner_indexes;
    change_t made = {.text = apr_pstrcat(pool, "CREATE INDEX ", is_mysql ? "" : "IF NOT EXISTS ",
                                         names[1], " ON ", table, " (", columns, ")", NULL)};
    change_t dropped
        = {.text = apr_pstrcat(pool, "DROP INDEX ", is_mysql ? "" : "IF EXISTS ", names[0],
                               is_mysql ? " ON " : "", is_mysql ? table : "", NULL),
           .is_removal = true};
    if (is_mysql) {
        static const char probe[] = "SELECT 1 FROM %s USE INDEX (%s) WHERE 1 = 0";
        made.probe = apr_psprintf(pool, probe, table, names[1]);
        dropped.probe = apr_psprintf(pool, probe, table, names[0]);
    }
    APR_ARRAY_PUSH(step, change_t) = made;
    APR_ARRAY_PUSH(step, change_t) = dropped;
}

/* The end of a step that only adds. */
static void note_step(apr_array_header_t *step, int number, apr_pool_t *pool)
{
    push(step, "DELETE FROM pwreset_schema WHERE name = 'step'");
    push(step, apr_psprintf(pool, "INSERT INTO pwreset_schema (name, version) VALUES ('step', %d)",
                            number));
}

/* Step 3: how long each row stays. An older program that still runs beside this one writes rows
 * with the defaults; they are given a life later (PWR_SQL_OUTBOX_ADOPT). */
static void add_lives(apr_array_header_t *step, const pwr_dialect_t *dialect, apr_pool_t *pool)
{
    static const char *const of_outbox[] = {"pwreset_outbox_created", "pwreset_outbox_life"};
    static const char *const of_trail[] = {"pwreset_trail_happened", "pwreset_trail_life"};

    add_column(step, "pwreset_outbox", "life", "INTEGER NOT NULL DEFAULT 0", pool);
    add_column(step, "pwreset_outbox", "needed", "BIGINT NOT NULL DEFAULT 0", pool);
    add_column(step, "pwreset_trail", "life", "INTEGER NOT NULL DEFAULT 1", pool);
    swap_index(step, dialect, "pwreset_outbox", of_outbox, "life, needed", pool);
    swap_index(step, dialect, "pwreset_trail", of_trail, "life, happened", pool);
    note_step(step, 3, pool);
}

static void (*const steps[STEPS])(apr_array_header_t *step, const pwr_dialect_t *dialect,
                                  apr_pool_t *pool)
    = {make_tables, make_returns, add_lives};

const char *pwr_schema_script(const char *driver, int from, apr_pool_t *pool)
{
    const pwr_dialect_t *dialect = pwr_dialect_of(driver);
    apr_array_header_t *all = apr_array_make(pool, 32, sizeof(change_t));

    if (dialect == NULL || from < 0) {
        return NULL;
    }
    if (dialect->storage != NULL && from == 0) {
        push(all, dialect->storage);
    }
    for (int i = from; i < STEPS; i++) {
        steps[i](all, dialect, pool);
    }
    const char *text
        = apr_psprintf(pool,
                       "-- The tables of mod_pwreset for %s, steps %d to %d. Needed only where the "
                       "server may not\n-- make tables itself.\n",
                       driver, from + 1, STEPS);
    for (int i = 0; i < all->nelts; i++) {
        text = apr_pstrcat(pool, text, APR_ARRAY_IDX(all, i, change_t).text, ";\n", NULL);
    }
    return text;
}

/* How far the tables are: zeros when there are none, or none that can be read. */
static pwr_schema_state_t read_state(pwr_db_connection_t *connection, apr_pool_t *scratch)
{
    pwr_schema_state_t state = {0};
    apr_array_header_t *rows = NULL;
    const pwr_fault_t *fault = pwr_db_connection_run(
        &rows, connection, "SELECT name, version FROM pwreset_schema", scratch);

    for (int i = 0; fault == NULL && i < rows->nelts; i++) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, i, pwr_cells_t);
        int number = (int)apr_atoi64(cells[1]);
        state.needed = strcmp(cells[0], "version") == 0 ? number : state.needed;
        state.step = number > state.step ? number : state.step;
    }
    return state;
}

static pwr_fault_t *take_lock(pwr_db_connection_t *connection, pwr_store_t *store,
                              apr_pool_t *scratch)
{
    const pwr_dialect_t *dialect = pwr_store_dialect(store);
    int seconds = (int)apr_time_sec(pwr_store_settings(store)->timeout) + 1;
    apr_array_header_t *rows = NULL;
    const char *lock = dialect->lock;
    const char *mark = strstr(lock, "%d");

    if (mark != NULL) {
        lock = apr_psprintf(scratch, "%.*s%d%s", (int)(mark - lock), lock, seconds, mark + 2);
    }
    PWR_TRY(pwr_db_connection_run(&rows, connection, lock, scratch));
    if (rows->nelts > 0 && strcmp(APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0], "0") == 0) {
        return pwr_fault_later(scratch, "PWR0212",
                               "Another process has been changing the database's tables for %d "
                               "seconds.",
                               seconds);
    }
    return NULL;
}

/* SQLite changes the kind of its journal only while no other process reads, and fails at once when
 * one does, such as another worker that starts at this moment. */
static pwr_fault_t *set_storage(pwr_db_connection_t *connection, pwr_store_t *store,
                                apr_pool_t *scratch)
{
    const char *storage = pwr_store_dialect(store)->storage;
    const apr_interval_time_t pause = apr_time_from_msec(25);
    apr_interval_time_t left = pwr_store_settings(store)->timeout;

    if (storage == NULL) {
        return NULL;
    }
    pwr_fault_t *fault = pwr_db_connection_run(NULL, connection, storage, scratch);
    while (fault != NULL && left > 0) {
        apr_sleep(pause);
        left -= pause;
        fault = pwr_db_connection_run(NULL, connection, storage, scratch);
    }
    return fault;
}

static pwr_fault_t *run_change(pwr_db_connection_t *connection, const change_t *change,
                               apr_pool_t *scratch)
{
    apr_array_header_t *rows = NULL;

    if (change->probe != NULL) {
        bool is_there = pwr_db_connection_run(&rows, connection, change->probe, scratch) == NULL;
        if (is_there != change->is_removal) {
            return NULL;
        }
    }
    return pwr_db_connection_run(NULL, connection, change->text, scratch);
}

static pwr_fault_t *run_steps(pwr_db_connection_t *connection, const pwr_dialect_t *dialect,
                              apr_pool_t *scratch)
{
    for (int done = read_state(connection, scratch).step; done < STEPS; done++) {
        apr_array_header_t *step = apr_array_make(scratch, 16, sizeof(change_t));
        steps[done](step, dialect, scratch);
        for (int i = 0; i < step->nelts; i++) {
            PWR_TRY(run_change(connection, &APR_ARRAY_IDX(step, i, change_t), scratch));
        }
    }
    return NULL;
}

/* On a fault the connection is closed with its pool, and with it goes the lock. */
static pwr_fault_t *prepare(pwr_store_t *store, apr_pool_t *pool)
{
    const pwr_dialect_t *dialect = pwr_store_dialect(store);
    pwr_db_connection_t *connection = NULL;

    PWR_TRY(pwr_db_connection_open(&connection, store, pool));
    pwr_schema_state_t state = read_state(connection, pool);
    if (state.needed > STEPS) {
        return pwr_db_connection_too_new(state.needed, pool);
    }
    if (state.step >= STEPS) {
        return NULL;
    }
    PWR_TRY(set_storage(connection, store, pool));
    PWR_TRY(take_lock(connection, store, pool));
    PWR_TRY(run_steps(connection, dialect, pool));
    return pwr_db_connection_run(NULL, connection, dialect->unlock, pool);
}

pwr_fault_t *pwr_schema_prepare(pwr_store_t *store, apr_pool_t *scratch)
{
    apr_pool_t *pool = NULL;
    pwr_fault_t *kept = NULL;

    apr_pool_create(&pool, scratch);
    const pwr_fault_t *fault = prepare(store, pool);
    if (fault != NULL) {
        kept = apr_pmemdup(scratch, fault, sizeof *fault);
        kept->detail = apr_pstrdup(scratch, fault->detail);
    }
    apr_pool_destroy(pool);
    return kept;
}

pwr_fault_t *pwr_schema_look(pwr_schema_state_t *state, pwr_store_t *store, apr_pool_t *scratch)
{
    pwr_db_connection_t *connection = NULL;
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, scratch);
    PWR_TRY(pwr_db_connection_open(&connection, store, pool));
    *state = read_state(connection, pool);
    state->known = STEPS;
    apr_pool_destroy(pool);
    return NULL;
}
