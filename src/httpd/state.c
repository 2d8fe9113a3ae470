/*
 * The state folder belongs to the server's user, so that user can put anything there: a link, a
 * FIFO, a SQLite journal that names a file to delete. Root does nothing inside it. The key and the
 * fault, if there is one, come back as bytes.
 */
#include "httpd/state.h"

#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "httpd/key_file.h"
#include "httpd/state_files.h"
#include "httpd/trusted_path.h"
#include "httpd/user_process.h"

/* Above what the waits for locks of the database may take (PwResetStoreTimeout each). */
#define MARGIN apr_time_from_sec(5)
#define LOCK_WAITS 3

typedef struct {
    bool has_fault;
    pwr_fault_kind_t kind;
    char tag[8];
    char detail[PWR_MAX_DETAIL + 1];
    pwr_keys_t keys;
} answer_t;

static bool is_file(const pwr_store_settings_t *settings)
{
    return strcmp(settings->driver, "sqlite3") == 0;
}

/* Runs in the child, as everything that it calls. Makes the tables of SQLite; of another database
 * only the driver is looked for. */
static pwr_fault_t *prepare_store(const pwr_store_settings_t *settings, apr_pool_t *pool)
{
    pwr_store_t *store = NULL;
    pwr_fault_t *fault
        = is_file(settings) ? pwr_state_files_make_database(settings->params, pool) : NULL;

    if (fault == NULL) {
        fault = pwr_store_open(&store, settings, pool);
    }
    if (fault == NULL && is_file(settings)) {
        fault = pwr_schema_prepare(store, pool);
    }
    if (fault == NULL) {
        return NULL;
    }
    return pwr_fault_broken(pool, fault->tag, "PwResetStore %s%s%s: %s", settings->driver,
                            is_file(settings) ? " " : "", is_file(settings) ? settings->params : "",
                            fault->detail);
}

pwr_fault_t *pwr_state_prepare_here(pwr_keys_t *keys, const pwr_settings_t *settings,
                                    apr_pool_t *pool)
{
    PWR_TRY(pwr_state_files_check_folder(settings->key_file, pool));
    PWR_TRY(pwr_state_files_check(settings->key_file, "the key file", pool));
    if (!pwr_key_file_is_there(settings->key_file)) {
        PWR_TRY(pwr_key_file_make(settings->key_file, pool));
    }
    PWR_TRY(pwr_key_file_read(keys, settings->key_file, pool));
    return prepare_store(&settings->parts.store, pool);
}

static void work(void *data, void *settings, apr_pool_t *pool)
{
    answer_t *answer = data;
    const pwr_fault_t *fault = pwr_state_prepare_here(&answer->keys, settings, pool);

    if (fault != NULL) {
        answer->has_fault = true;
        answer->kind = fault->kind;
        apr_cpystrn(answer->tag, fault->tag, sizeof answer->tag);
        apr_cpystrn(answer->detail, fault->detail, sizeof answer->detail);
    }
}

/* Root's part: the folder, where root alone can make it. */
static pwr_fault_t *make_folder(const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');

    return slash == NULL || slash == file
               ? NULL
               : pwr_trusted_path_make_folder(
                   apr_pstrmemdup(pool, file, (apr_size_t)(slash - file)), pool);
}

static pwr_fault_t *fault_of(const answer_t *answer, apr_pool_t *pool)
{
    pwr_fault_t *fault = apr_pcalloc(pool, sizeof *fault);

    fault->kind = answer->kind;
    fault->tag = apr_pstrdup(pool, answer->tag);
    fault->detail = apr_pstrdup(pool, answer->detail);
    return fault;
}

pwr_fault_t *pwr_state_prepare(pwr_site_t *site, apr_pool_t *pool)
{
    const pwr_store_settings_t *store = &site->settings->parts.store;
    const pwr_user_captcha_t captcha = {
        .name = apr_psprintf(pool, "preparing the key file %s and the database",
                             site->settings->key_file),
        .server = site->server,
        .work = work,
        .data = site->settings,
        .size = sizeof(answer_t),
        .longest = LOCK_WAITS * store->timeout + MARGIN,
    };
    answer_t answer;

    PWR_TRY(make_folder(site->settings->key_file, pool));
    if (is_file(store)) {
        PWR_TRY(make_folder(store->params, pool));
    }
    pwr_fault_t *fault = pwr_user_process_run(&answer, &captcha, pool);
    if (fault == NULL && answer.has_fault) {
        fault = fault_of(&answer, pool);
    }
    if (fault == NULL) {
        pwr_site_keys_put(site->keys, &answer.keys);
    }
    pwr_crypto_wipe(&answer, sizeof answer);
    return fault;
}
