/*
 * What the database alone can do: the module's own INSERT, prepared, through apr_dbd and nothing
 * else, in a loop. Each thread has a connection of its own, opened as the module opens its own, so
 * that durability is the same. The rows belong to a site that no worker serves.
 *
 *     insert DRIVER PARAMS THREADS SECONDS     prints rows, failures, seconds
 */
#include <stdio.h>
#include <stdlib.h>

#include <apr_base64.h>
#include <apr_dbd.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "store/dialect.h"
#include "store/statements.h"

#define SITE "https://bench.example.org/"
#define MOST_THREADS 64
#define ID_BYTES 24 /* as many as a form's nonce has */

typedef struct {
    const apr_dbd_driver_t *driver;
    pwr_store_settings_t settings;
    apr_time_t until;
    apr_pool_t *pool;
    int rows;
    int failures;
} insert_runner_t;

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "insert: %s: %s\n", what, why != NULL ? why : "no reason given");
    exit(1);
}

static apr_dbd_t *open_handle(insert_runner_t *runner)
{
    const pwr_dialect_t *dialect = pwr_dialect_of(runner->settings.driver);
    const char *words = NULL;
    apr_dbd_t *handle = NULL;

    if (apr_dbd_open_ex(runner->driver, runner->pool,
                        pwr_dialect_params(dialect, &runner->settings, runner->pool), &handle,
                        &words)
        != APR_SUCCESS) {
        stop("no connection", words);
    }
    const apr_array_header_t *session
        = pwr_dialect_session(dialect, runner->settings.timeout, runner->pool);
    for (int i = 0; i < session->nelts; i++) {
        apr_dbd_results_t *results = NULL;
        apr_dbd_row_t *row = NULL;
        const char *text = APR_ARRAY_IDX(session, i, const char *);
        int code = apr_dbd_select(runner->driver, runner->pool, handle, &results, text, 1);
        for (int at = 1; code == 0 && results != NULL; at++) {
            if (apr_dbd_get_row(runner->driver, runner->pool, results, &row, at) != 0) {
                break;
            }
        }
        if (code != 0) {
            stop(text, apr_dbd_error(runner->driver, handle, code));
        }
    }
    return handle;
}

static const char *new_id(apr_pool_t *pool)
{
    unsigned char bytes[ID_BYTES];
    char *id = apr_palloc(pool, (apr_size_t)apr_base64_encode_len(ID_BYTES));

    apr_generate_random_bytes(bytes, sizeof bytes);
    apr_base64_encode_binary(id, bytes, sizeof bytes);
    return id;
}

/* One row as long as the module's. */
static int insert(insert_runner_t *runner, apr_dbd_t *handle, apr_dbd_prepared_t *prepared,
                  apr_pool_t *scratch)
{
    const char *now = apr_psprintf(scratch, "%" APR_TIME_T_FMT, apr_time_now());
    const char *digest = "ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk";
    const char *values[]
        = {new_id(scratch), "1", SITE, "kari", digest, "",  "nb", "127.0.0.1", "ABCD-EFGH",
           digest,          "0", now,  now,    "0",    "0", "0",  now,         NULL};
    int changed = 0;

    return apr_dbd_pquery(runner->driver, scratch, handle, &changed, prepared,
                          pwr_statement_values(PWR_SQL_OUTBOX_PUT), values);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    insert_runner_t *runner = data;
    apr_dbd_t *handle = open_handle(runner);
    apr_dbd_prepared_t *prepared = NULL;
    apr_pool_t *scratch = NULL;

    (void)thread;
    int code = apr_dbd_prepare(runner->driver, runner->pool, handle,
                               pwr_statement_text(PWR_SQL_OUTBOX_PUT),
                               pwr_statement_label(PWR_SQL_OUTBOX_PUT), &prepared);
    if (code != 0) {
        stop("the statement is not taken", apr_dbd_error(runner->driver, handle, code));
    }
    apr_pool_create(&scratch, runner->pool);
    while (apr_time_now() < runner->until) {
        if (insert(runner, handle, prepared, scratch) == 0) {
            runner->rows++;
        } else {
            runner->failures++;
        }
        apr_pool_clear(scratch);
    }
    return NULL;
}

int main(int argc, const char *const *argv)
{
    insert_runner_t runners[MOST_THREADS], ground = {0};
    apr_thread_t *threads[MOST_THREADS];
    int count = argc == 5 ? (int)apr_atoi64(argv[3]) : 0;
    int rows = 0, failures = 0;

    apr_initialize();
    apr_pool_create(&ground.pool, NULL);
    if (count < 1 || count > MOST_THREADS) {
        stop("usage", "insert DRIVER PARAMS THREADS SECONDS");
    }
    ground.settings = (pwr_store_settings_t){
        .driver = argv[1], .params = argv[2], .timeout = apr_time_from_sec(5)};
    if (pwr_dialect_of(argv[1]) == NULL || apr_dbd_init(ground.pool) != APR_SUCCESS
        || apr_dbd_get_driver(ground.pool, argv[1], &ground.driver) != APR_SUCCESS) {
        stop("no driver", argv[1]);
    }
    apr_time_t begin = apr_time_now();
    ground.until = begin + apr_time_from_sec(apr_atoi64(argv[4]));
    for (int i = 0; i < count; i++) {
        runners[i] = ground;
        apr_pool_create_unmanaged_ex(&runners[i].pool, NULL, NULL); /* threads share nothing */
        apr_thread_create(&threads[i], NULL, run, &runners[i], ground.pool);
    }
    for (int i = 0; i < count; i++) {
        apr_status_t status = APR_SUCCESS;
        apr_thread_join(&status, threads[i]);
        rows += runners[i].rows;
        failures += runners[i].failures;
    }
    printf("%d %d %.3f\n", rows, failures, (double)(apr_time_now() - begin) / APR_USEC_PER_SEC);
    return 0;
}
