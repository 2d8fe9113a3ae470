/*
 * The three databases. SQLite: the driver itself tries a busy file 16 times and sleeps 100 ms
 * between, so the file's own busy wait gets the rest of the time limit, divided by those attempts.
 * PostgreSQL and MySQL limit a statement on the server's side. MySQL compares text without regard
 * to case or to blanks at its end unless it is binary, and ids are base64url. Its gap locks under
 * REPEATABLE READ would make workers wait for each other.
 */
#include "store/dialect.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

static const pwr_dialect_t dialects[]
    = {{.driver = "sqlite3",
        .storage = "PRAGMA journal_mode=WAL",
        .lock = "BEGIN IMMEDIATE",
        .unlock = "COMMIT",
        .ascii_type = "VARCHAR",
        .serial_type = "INTEGER PRIMARY KEY AUTOINCREMENT",
        .table_end = "",
        .gives_room_back = true},
       {.driver = "pgsql",
        .lock = "SELECT pg_advisory_lock(7082673)",
        .unlock = "SELECT pg_advisory_unlock(7082673)",
        .ascii_type = "VARCHAR",
        .serial_type = "BIGSERIAL PRIMARY KEY",
        .table_end = ""},
       {.driver = "mysql",
        .lock = "SELECT GET_LOCK('pwreset_schema', %d)",
        .unlock = "SELECT RELEASE_LOCK('pwreset_schema')",
        .has_inner_indexes = true,
        .ascii_type = "VARBINARY",
        .serial_type = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        .table_end = " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"}};

enum { SQLITE3, PGSQL, MYSQL, DIALECTS };

/* What the others do not take as SQLite does. A DELETE or UPDATE of MySQL may not read its own
 * table in a subquery, and through a derived table it would scan all of it; it has ORDER BY and
 * LIMIT instead, which PostgreSQL does not know. */
static const struct {
    pwr_statement_t statement;
    const char *texts[DIALECTS]; /* NULL: as it stands in statements.c */
} own_words[] = {
    {PWR_SQL_OUTBOX_ADOPT,
     {[MYSQL] = "UPDATE pwreset_outbox SET life = 1, needed = created + %lld "
                "WHERE life = 0 AND needed = 0 AND state <> 0 LIMIT %d"}},
    {PWR_SQL_OUTBOX_EXPIRE,
     {[MYSQL] = "DELETE FROM pwreset_outbox WHERE life = %d AND needed < %lld AND state <> 0 "
                "ORDER BY needed LIMIT %d"}},
    {PWR_SQL_TOKENS_EXPIRE,
     {[MYSQL] = "DELETE FROM pwreset_tokens WHERE expires < %lld ORDER BY expires LIMIT %d"}},
    {PWR_SQL_TRAIL_EXPIRE,
     {[MYSQL] = "DELETE FROM pwreset_trail WHERE life = %d AND happened < %lld "
                "ORDER BY happened LIMIT %d"}},
    {PWR_SQL_RETURN_URLS_EXPIRE,
     {[MYSQL] = "DELETE FROM pwreset_returns WHERE created < %lld ORDER BY created LIMIT %d"}},
    {PWR_SQL_SIZE_BYTES,
     {[PGSQL] = "SELECT pg_total_relation_size('pwreset_outbox') + "
                "pg_total_relation_size('pwreset_tokens') + "
                "pg_total_relation_size('pwreset_trail') + "
                "pg_total_relation_size('pwreset_returns')",
      [MYSQL] = "SELECT COALESCE(SUM(data_length + index_length), 0) "
                "FROM information_schema.tables WHERE table_schema = DATABASE() "
                "AND LEFT(table_name, 8) = 'pwreset_'"}},
};

const char *pwr_dialect_statement(const pwr_dialect_t *dialect, pwr_statement_t statement)
{
    for (size_t i = 0; i < sizeof own_words / sizeof own_words[0]; i++) {
        const char *text = own_words[i].texts[dialect - dialects];
        if (own_words[i].statement == statement && text != NULL) {
            return text;
        }
    }
    return pwr_statement_text(statement);
}

const pwr_dialect_t *pwr_dialect_of(const char *driver)
{
    for (int i = 0; i < DIALECTS; i++) {
        if (strcmp(dialects[i].driver, driver) == 0) {
            return &dialects[i];
        }
    }
    return NULL;
}

pwr_fault_t *pwr_dialect_before_open(const pwr_dialect_t *dialect,
                                     const pwr_store_settings_t *settings, apr_pool_t *pool)
{
    apr_file_t *file = NULL;

    if (dialect != &dialects[SQLITE3]) {
        return NULL;
    }
    /* EXCL: a file that is there must not be opened and closed here, as that would end the locks
     * which SQLite holds on it in this process. */
    apr_status_t status = apr_file_open(&file, settings->params,
                                        APR_FOPEN_CREATE | APR_FOPEN_EXCL | APR_FOPEN_WRITE,
                                        APR_FPROT_UREAD | APR_FPROT_UWRITE, pool);
    if (status == APR_SUCCESS) {
        apr_file_close(file);
    } else if (!APR_STATUS_IS_EEXIST(status)) {
        return pwr_fault_broken(pool, "PWR0201",
                                "The database file %s cannot be made: %s. Its folder must exist, "
                                "and the server's user must be able to write there.",
                                settings->params, pwr_fault_status(status, pool));
    }
    return NULL;
}

const char *pwr_dialect_params(const pwr_dialect_t *dialect, const pwr_store_settings_t *settings,
                               apr_pool_t *pool)
{
    apr_int64_t seconds = apr_time_sec(settings->timeout + APR_USEC_PER_SEC - 1);

    if (dialect != &dialects[PGSQL] || strstr(settings->params, "://") != NULL) {
        return settings->params;
    }
    /* Before the site's own words: the last one counts. */
    return apr_psprintf(pool,
                        "connect_timeout=%" APR_INT64_T_FMT " tcp_user_timeout=%" APR_INT64_T_FMT
                        " keepalives_idle=30 %s",
                        seconds, apr_time_as_msec(settings->timeout), settings->params);
}

static const char *sqlite3_wait(apr_interval_time_t timeout, apr_pool_t *pool)
{
    enum { ATTEMPTS = 17, SLEEP_MS = 100, LEAST_MS = 10 };
    apr_int64_t share = apr_time_as_msec(timeout) / ATTEMPTS - SLEEP_MS;

    return apr_psprintf(pool, "PRAGMA busy_timeout=%" APR_INT64_T_FMT,
                        share < LEAST_MS ? LEAST_MS : share);
}

apr_array_header_t *pwr_dialect_session(const pwr_dialect_t *dialect, apr_interval_time_t timeout,
                                        apr_pool_t *pool)
{
    apr_array_header_t *session = apr_array_make(pool, PWR_MAX_SESSION_STATEMENTS, sizeof(char *));
    apr_int64_t seconds = apr_time_sec(timeout + APR_USEC_PER_SEC - 1);

    if (dialect == &dialects[SQLITE3]) {
        APR_ARRAY_PUSH(session, const char *) = sqlite3_wait(timeout, pool);
        APR_ARRAY_PUSH(session, const char *) = "PRAGMA synchronous=FULL";
        APR_ARRAY_PUSH(session, const char *) = "PRAGMA secure_delete=ON";
        /* The worker may not write outside of the file's folder. */
        APR_ARRAY_PUSH(session, const char *) = "PRAGMA temp_store=MEMORY";
    } else if (dialect == &dialects[PGSQL]) {
        APR_ARRAY_PUSH(session, const char *) = "SET client_encoding = 'UTF8'";
        APR_ARRAY_PUSH(session, const char *) = "SET client_min_messages = warning";
        APR_ARRAY_PUSH(session, const char *)
            = "SET default_transaction_isolation = 'read committed'";
        APR_ARRAY_PUSH(session, const char *) = apr_psprintf(
            pool, "SET statement_timeout = %" APR_INT64_T_FMT, apr_time_as_msec(timeout));
    } else {
        APR_ARRAY_PUSH(session, const char *) = "SET NAMES utf8mb4";
        APR_ARRAY_PUSH(session, const char *) = "SET SESSION sql_mode = 'STRICT_ALL_TABLES'";
        APR_ARRAY_PUSH(session, const char *)
            = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
        /* The second half is MariaDB's alone; MySQL takes it for a comment. */
        APR_ARRAY_PUSH(session, const char *)
            = apr_psprintf(pool,
                           "SET SESSION innodb_lock_wait_timeout = %" APR_INT64_T_FMT
                           " /*M! , max_statement_time = %" APR_INT64_T_FMT " */",
                           seconds, seconds);
    }
    return session;
}

/* Whether a piece of the params is a password, or may be a part of one that has a space in it. */
static bool is_private(const char *piece)
{
    return strncmp(piece, "pass", 4) == 0 || strchr(piece, '=') == NULL;
}

const char *pwr_dialect_safe_words(const pwr_store_settings_t *settings, const char *words,
                                   apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, settings->params);
    char *state = NULL;

    if (words == NULL || words[0] == '\0') {
        return "the driver gives no reason";
    }
    if (strcmp(settings->driver, dialects[SQLITE3].driver) == 0) {
        return words;
    }
    for (char *piece = apr_strtok(rest, " ,;|\t\r\n", &state); piece != NULL;
         piece = apr_strtok(NULL, " ,;|\t\r\n", &state)) {
        const char *value = strchr(piece, '=') == NULL ? piece : strchr(piece, '=') + 1;
        if (is_private(piece) && value[0] != '\0' && strstr(words, value) != NULL) {
            return "the driver's words are not shown, as they repeat a part of the parameters that "
                   "may be a password; check how the parameters are written";
        }
    }
    return words;
}
