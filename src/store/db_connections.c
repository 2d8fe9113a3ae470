/*
 * Own connections over apr_dbd, not mod_dbd's: mod_dbd cannot reconnect after a restart of the
 * database once statements are prepared. The list (apr_reslist) hands out empty places. The thread
 * that got a place connects, outside of the list's lock, so that a database which does not answer
 * delays that thread alone. All statements are prepared when a connection is made: the MySQL driver
 * reconnects without telling, and a connection whose session settings are gone is known by its
 * prepared statements being gone too.
 *
 * Rows are read by number, beginning at 1, from selects made with random access: the one way that
 * all three drivers serve well (PostgreSQL's sleeps 100 ms before it reports an empty sequential
 * result).
 */
#include "store/db_connections.h"

#include <apr_dbd.h>
#include <apr_reslist.h>
#include <apr_strings.h>

struct pwr_store_t {
    pwr_store_settings_t settings;
    const pwr_dialect_t *dialect;
    const apr_dbd_driver_t *driver;
    apr_reslist_t *places;
};

struct pwr_db_connection_t {
    pwr_store_t *store;
    apr_pool_t *pool;      /* the place's own, with its own allocator: threads share nothing */
    apr_pool_t *open_pool; /* the handle and its statements go with it */
    apr_pool_t *call_pool; /* what a driver allocates in one call */
    apr_dbd_t *handle;     /* NULL: not connected */
    apr_dbd_prepared_t *prepared[PWR_SQL_COUNT];
};

/* Making and ending */

static apr_status_t make_place(void **resource, void *data, apr_pool_t *pool)
{
    apr_allocator_t *allocator = NULL;
    apr_pool_t *own = NULL;

    apr_status_t status = apr_allocator_create(&allocator);
    if (status == APR_SUCCESS) {
        status = apr_pool_create_ex(&own, pool, NULL, allocator);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    apr_allocator_owner_set(allocator, own);
    pwr_db_connection_t *connection = apr_pcalloc(own, sizeof *connection);
    connection->store = data;
    connection->pool = own;
    apr_pool_create(&connection->call_pool, own);
    *resource = connection;
    return APR_SUCCESS;
}

static apr_status_t end_place(void *resource, void *data, apr_pool_t *pool)
{
    pwr_db_connection_t *connection = resource;
    (void)data;
    (void)pool;
    apr_pool_destroy(connection->pool);
    return APR_SUCCESS;
}

static apr_status_t close_handle(void *data)
{
    pwr_db_connection_t *connection = data;
    apr_dbd_close(connection->store->driver, connection->handle);
    connection->handle = NULL;
    return APR_SUCCESS;
}

static void disconnect(pwr_db_connection_t *connection)
{
    apr_pool_clear(connection->call_pool);
    if (connection->open_pool != NULL) {
        apr_pool_destroy(connection->open_pool);
        connection->open_pool = NULL;
    }
}

static const char *words_of(const pwr_db_connection_t *connection, int code, apr_pool_t *pool)
{
    const char *words = apr_dbd_error(connection->store->driver, connection->handle, code);
    return apr_psprintf(pool, "%s (%d)", words != NULL ? words : "no reason given", code);
}

static pwr_fault_t *connect_handle(pwr_db_connection_t *connection, apr_pool_t *pool)
{
    pwr_store_t *store = connection->store;
    const char *words = NULL;

    PWR_TRY(pwr_dialect_before_open(store->dialect, &store->settings, pool));
    apr_pool_create(&connection->open_pool, connection->pool);
    const char *params
        = pwr_dialect_params(store->dialect, &store->settings, connection->open_pool);
    apr_status_t status = apr_dbd_open_ex(store->driver, connection->open_pool, params,
                                          &connection->handle, &words);
    if (status != APR_SUCCESS) {
        connection->handle = NULL;
        return pwr_fault_later(
            pool, "PWR0202",
            "No connection to the database by driver %s: %s. Start it, or correct PwResetStore.",
            store->settings.driver, pwr_dialect_safe_words(&store->settings, words, pool));
    }
    apr_pool_cleanup_register(connection->open_pool, connection, close_handle,
                              apr_pool_cleanup_null);
    const apr_array_header_t *session
        = pwr_dialect_session(store->dialect, store->settings.timeout, connection->open_pool);
    for (int i = 0; i < session->nelts; i++) {
        PWR_TRY(
            pwr_db_connection_run(NULL, connection, APR_ARRAY_IDX(session, i, const char *), pool));
    }
    return NULL;
}

static pwr_fault_t *not_prepared(const pwr_db_connection_t *connection, pwr_statement_t statement,
                                 int code, apr_pool_t *pool)
{
    const char *words = words_of(connection, code, pool);

    /* The first of all: it needs nothing but the tables. */
    if (statement == PWR_SQL_VERSION) {
        return pwr_fault_broken(
            pool, "PWR0203",
            "The database has no tables of this program, or forbids to read them: %s. Let the user "
            "of PwResetStore make them, or make them by hand (docs/nodes.md).",
            words);
    }
    /* Locked tables, at times; tables of another version otherwise. */
    return pwr_fault_later(pool, "PWR0214", "The database does not take the statement %s: %s.",
                           pwr_statement_label(statement), words);
}

static pwr_fault_t *prepare_all(pwr_db_connection_t *connection, apr_pool_t *pool)
{
    for (int i = 0; i < PWR_SQL_COUNT; i++) {
        connection->prepared[i] = NULL;
        int code
            = apr_dbd_prepare(connection->store->driver, connection->open_pool, connection->handle,
                              pwr_dialect_statement(connection->store->dialect, i),
                              pwr_statement_label(i), &connection->prepared[i]);
        if (code != 0) {
            return not_prepared(connection, i, code, pool);
        }
    }
    return NULL;
}

/* Calls */

static pwr_fault_t *copy_rows(apr_array_header_t **rows, pwr_db_connection_t *connection,
                              apr_dbd_results_t *results, apr_pool_t *pool)
{
    const apr_dbd_driver_t *driver = connection->store->driver;
    apr_dbd_row_t *row = NULL;
    int code = -1;

    *rows = apr_array_make(pool, 1, sizeof(pwr_cells_t));
    int columns = results != NULL ? apr_dbd_num_cols(driver, results) : 0;
    for (int at = 1; columns > 0; at++) {
        code = apr_dbd_get_row(driver, connection->call_pool, results, &row, at);
        if (code != 0) {
            break;
        }
        const char **cells = apr_palloc(pool, (apr_size_t)columns * sizeof *cells);
        for (int i = 0; i < columns; i++) {
            const char *cell = apr_dbd_get_entry(driver, row, i);
            cells[i] = cell != NULL ? apr_pstrdup(pool, cell) : "";
        }
        APR_ARRAY_PUSH(*rows, pwr_cells_t) = cells;
    }
    if (code != -1) {
        return pwr_fault_later(pool, "PWR0204", "A row could not be read from the database: %s.",
                               words_of(connection, code, pool));
    }
    return NULL;
}

/* The drivers want an array that is not const, and no NULL in it. */
static const char **arguments_of(pwr_statement_t statement, const char *const *values,
                                 apr_pool_t *pool)
{
    int count = pwr_statement_values(statement);
    const char **arguments = apr_pcalloc(pool, (apr_size_t)(count + 1) * sizeof *arguments);

    for (int i = 0; i < count; i++) {
        arguments[i] = values[i] != NULL ? values[i] : "";
    }
    return arguments;
}

static pwr_fault_t *select_rows(apr_array_header_t **rows, pwr_db_connection_t *connection,
                                pwr_statement_t statement, const char *const *values,
                                apr_pool_t *pool)
{
    apr_dbd_results_t *results = NULL;
    int code = apr_dbd_pselect(connection->store->driver, connection->call_pool, connection->handle,
                               &results, connection->prepared[statement], 1,
                               pwr_statement_values(statement),
                               arguments_of(statement, values, connection->call_pool));
    if (code != 0) {
        return pwr_fault_later(pool, "PWR0205", "The database failed at %s: %s.",
                               pwr_statement_label(statement), words_of(connection, code, pool));
    }
    pwr_fault_t *fault = copy_rows(rows, connection, results, pool);
    apr_pool_clear(connection->call_pool);
    return fault;
}

/* What the tables need a program to know, as PWR_SQL_VERSION says it. */
static int needed_step(const apr_array_header_t *rows)
{
    return rows->nelts > 0 ? (int)apr_atoi64(APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0]) : 0;
}

pwr_fault_t *pwr_db_connection_too_new(int needed, apr_pool_t *pool)
{
    return pwr_fault_broken(pool, "PWR0213",
                            "The database's tables are of version %d, made by a newer program; "
                            "this one knows version %d. Run the newer one everywhere; for a "
                            "downgrade restore the database from a backup of that time.",
                            needed, PWR_STATEMENTS_STEP);
}

static pwr_fault_t *check_tables(pwr_db_connection_t *connection, apr_pool_t *pool)
{
    apr_array_header_t *rows = NULL;

    PWR_TRY(select_rows(&rows, connection, PWR_SQL_VERSION, NULL, pool));
    int needed = needed_step(rows);
    return needed > PWR_STATEMENTS_STEP ? pwr_db_connection_too_new(needed, pool) : NULL;
}

static pwr_fault_t *make_ready(pwr_db_connection_t *connection, apr_pool_t *pool)
{
    if (connection->handle != NULL) {
        return NULL;
    }
    pwr_fault_t *fault = connect_handle(connection, pool);
    if (fault == NULL) {
        fault = prepare_all(connection, pool);
    }
    if (fault == NULL) {
        fault = check_tables(connection, pool);
    }
    if (fault != NULL) {
        disconnect(connection);
    }
    return fault;
}

static pwr_fault_t *change_rows(int *changed, pwr_db_connection_t *connection,
                                pwr_statement_t statement, const char *const *values,
                                apr_pool_t *scratch)
{
    *changed = 0;
    int code
        = apr_dbd_pquery(connection->store->driver, connection->call_pool, connection->handle,
                         changed, connection->prepared[statement], pwr_statement_values(statement),
                         arguments_of(statement, values, connection->call_pool));
    pwr_fault_t *fault = NULL;
    if (code != 0) {
        *changed = -1;
        fault
            = pwr_fault_later(scratch, "PWR0206", "The database failed at %s: %s.",
                              pwr_statement_label(statement), words_of(connection, code, scratch));
    }
    apr_pool_clear(connection->call_pool);
    return fault;
}

/* Disconnects when the other side is not there any more, has forgotten our statements, or has
 * tables that are too new for them. */
static void drop_dead(pwr_db_connection_t *connection, apr_pool_t *scratch)
{
    if (connection->handle != NULL && check_tables(connection, scratch) != NULL) {
        disconnect(connection);
    }
}

static pwr_fault_t *take_place(pwr_db_connection_t **connection, pwr_store_t *store,
                               apr_pool_t *pool)
{
    void *resource = NULL;
    apr_status_t status = apr_reslist_acquire(store->places, &resource);

    if (status != APR_SUCCESS) {
        return pwr_fault_later(pool, "PWR0207",
                               "All %d connections to the database were busy for too long: %s. The "
                               "database is slow, or PwResetStoreConnections is too low.",
                               store->settings.connections, pwr_fault_status(status, pool));
    }
    *connection = resource;
    return NULL;
}

static void give_back(pwr_db_connection_t *connection)
{
    apr_pool_clear(connection->call_pool);
    apr_reslist_release(connection->store->places, connection);
}

/* What the component uses */

pwr_fault_t *pwr_store_read(apr_array_header_t **rows, pwr_store_t *store,
                            pwr_statement_t statement, const char *const *values, apr_pool_t *pool)
{
    pwr_db_connection_t *connection = NULL;

    PWR_TRY(take_place(&connection, store, pool));
    bool was_open = connection->handle != NULL;
    pwr_fault_t *fault = make_ready(connection, pool);
    if (fault == NULL) {
        fault = select_rows(rows, connection, statement, values, pool);
    }
    if (fault != NULL && was_open) {
        disconnect(connection);
        fault = make_ready(connection, pool);
        if (fault == NULL) {
            fault = select_rows(rows, connection, statement, values, pool);
        }
    }
    if (fault != NULL) {
        disconnect(connection);
    }
    give_back(connection);
    return fault;
}

pwr_fault_t *pwr_store_read_number(apr_int64_t *number, pwr_store_t *store,
                                   pwr_statement_t statement, const char *const *values,
                                   apr_pool_t *scratch)
{
    apr_array_header_t *rows = NULL;

    PWR_TRY(pwr_store_read(&rows, store, statement, values, scratch));
    *number = rows->nelts > 0 ? apr_atoi64(APR_ARRAY_IDX(rows, 0, pwr_cells_t)[0]) : 0;
    return NULL;
}

pwr_fault_t *pwr_store_write(int *changed, pwr_store_t *store, pwr_statement_t statement,
                             const char *const *values, apr_pool_t *scratch)
{
    pwr_db_connection_t *connection = NULL;

    *changed = 0;
    PWR_TRY(take_place(&connection, store, scratch));
    drop_dead(connection, scratch);
    pwr_fault_t *fault = make_ready(connection, scratch);
    if (fault == NULL) {
        fault = change_rows(changed, connection, statement, values, scratch);
    }
    if (fault != NULL) {
        drop_dead(connection, scratch);
    }
    give_back(connection);
    return fault;
}

const char *pwr_store_text(apr_int64_t number, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
}

pwr_fault_t *pwr_db_connection_open(pwr_db_connection_t **connection, pwr_store_t *store,
                                    apr_pool_t *pool)
{
    pwr_db_connection_t *made = apr_pcalloc(pool, sizeof *made);

    made->store = store;
    made->pool = pool;
    apr_pool_create(&made->call_pool, pool);
    PWR_TRY(connect_handle(made, pool));
    *connection = made;
    return NULL;
}

pwr_fault_t *pwr_db_connection_run(apr_array_header_t **rows, pwr_db_connection_t *connection,
                                   const char *text, apr_pool_t *pool)
{
    apr_array_header_t *ignored = NULL;
    apr_dbd_results_t *results = NULL;
    int code = apr_dbd_select(connection->store->driver, connection->call_pool, connection->handle,
                              &results, text, 1);
    if (code != 0) {
        return pwr_fault_later(pool, "PWR0208", "The database failed at \"%.60s\": %s.", text,
                               words_of(connection, code, pool));
    }
    pwr_fault_t *fault = copy_rows(rows != NULL ? rows : &ignored, connection, results, pool);
    apr_pool_clear(connection->call_pool);
    return fault;
}

const pwr_dialect_t *pwr_store_dialect(const pwr_store_t *store)
{
    return store->dialect;
}

const pwr_store_settings_t *pwr_store_settings(const pwr_store_t *store)
{
    return &store->settings;
}

pwr_fault_t *pwr_store_open(pwr_store_t **store, const pwr_store_settings_t *settings,
                            apr_pool_t *pool)
{
    enum { KEPT = 1, IDLE_SECONDS = 60 };
    pwr_store_t *made = apr_pcalloc(pool, sizeof *made);

    made->settings = *settings;
    made->settings.driver = apr_pstrdup(pool, settings->driver);
    made->settings.params = apr_pstrdup(pool, settings->params);
    made->dialect = pwr_dialect_of(settings->driver);
    if (made->dialect == NULL) {
        return pwr_fault_broken(pool, "PWR0209",
                                "There is no database driver %s here: use sqlite3, pgsql or mysql.",
                                settings->driver);
    }
    apr_status_t status = apr_dbd_init(pool);
    if (status == APR_SUCCESS) {
        status = apr_dbd_get_driver(pool, settings->driver, &made->driver);
    }
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0210",
                                "APR's database driver %s cannot be loaded: %s. Install it; the "
                                "package is named like libaprutil1-dbd-%s.",
                                settings->driver, pwr_fault_status(status, pool), settings->driver);
    }
    status = apr_reslist_create(&made->places, 0, KEPT, settings->connections,
                                apr_time_from_sec(IDLE_SECONDS), make_place, end_place, made, pool);
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0211", "No list of connections can be made: %s.",
                                pwr_fault_status(status, pool));
    }
    apr_reslist_timeout_set(made->places, settings->timeout);
    apr_reslist_cleanup_order_set(made->places, APR_RESLIST_CLEANUP_FIRST);
    *store = made;
    return NULL;
}
