/* Each move is one conditional UPDATE, as everything in the outbox. */
#include "store/attempts.h"

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/db_connections.h"

static pwr_fault_t *count_since(int *count, pwr_store_t *store, pwr_statement_t statement,
                                const char *const *values, apr_pool_t *scratch)
{
    apr_int64_t number = 0;

    PWR_TRY(pwr_store_read_number(&number, store, statement, values, scratch));
    *count = (int)number;
    return NULL;
}

pwr_fault_t *pwr_attempts_count(int *count, pwr_store_t *store, const pwr_outbox_row_t *like,
                                apr_time_t since, apr_pool_t *scratch)
{
    const char *from = pwr_store_text(since, scratch);
    int of_account = 0;

    PWR_TRY(count_since(count, store, PWR_SQL_OUTBOX_ATTEMPTS_OF_TYPED_NAME,
                        PWR_VALUES(like->site, like->typed_name_digest, from), scratch));
    PWR_TRY(count_since(&of_account, store, PWR_SQL_OUTBOX_ATTEMPTS_OF_ACCOUNT,
                        PWR_VALUES(like->site, like->account_digest, from), scratch));
    if (of_account > *count) {
        *count = of_account;
    }
    return NULL;
}

pwr_fault_t *pwr_attempts_drop(pwr_store_t *store, const char *id, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_OUTBOX_FORGIVE, PWR_VALUES(id), scratch);
}

pwr_fault_t *pwr_attempts_confirm(pwr_store_t *store, const char *id, const char *account_id,
                                  apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_OUTBOX_CONFIRM,
                           PWR_VALUES(account_id, pwr_store_text(pwr_clock_now(), scratch), id),
                           scratch);
}

pwr_fault_t *pwr_attempts_is_confirmed(bool *is_confirmed, pwr_store_t *store, const char *id,
                                       apr_pool_t *scratch)
{
    apr_int64_t kind = 0;

    PWR_TRY(pwr_store_read_number(&kind, store, PWR_SQL_OUTBOX_KIND, PWR_VALUES(id), scratch));
    *is_confirmed = kind == PWR_ROW_CHANGED;
    return NULL;
}

pwr_fault_t *pwr_attempts_set_account(pwr_store_t *store, const char *id,
                                      const char *account_digest, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_OUTBOX_TRY_ACCOUNT,
                           PWR_VALUES(account_digest, id), scratch);
}

pwr_fault_t *pwr_attempts_move(bool *is_moved, pwr_store_t *store, const pwr_attempt_move_t *move,
                               apr_pool_t *scratch)
{
    int changed = 0;

    *is_moved = false;
    PWR_TRY(pwr_store_write(&changed, store, PWR_SQL_ATTEMPT_MOVE,
                            PWR_VALUES(pwr_store_text(move->to, scratch),
                                       pwr_store_text(move->keep, scratch),
                                       pwr_store_text(move->at, scratch), move->account_digest,
                                       move->id, pwr_store_text(move->from, scratch)),
                            scratch));
    *is_moved = changed == 1;
    return NULL;
}

pwr_fault_t *pwr_attempts_read(apr_array_header_t **attempts, pwr_store_t *store,
                               const pwr_outbox_row_t *like, apr_pool_t *pool)
{
    apr_array_header_t *rows = NULL;

    *attempts = apr_array_make(pool, PWR_MAX_ATTEMPTS, sizeof(pwr_attempt_row_t));
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_ATTEMPT_OF_ACCOUNT,
                           PWR_VALUES(like->site, like->account_digest, like->id,
                                      pwr_store_text(PWR_MAX_ATTEMPTS, pool)),
                           pool));
    for (int i = 0; i < rows->nelts; i++) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, i, pwr_cells_t);
        APR_ARRAY_PUSH(*attempts, pwr_attempt_row_t) = (pwr_attempt_row_t){
            .at = apr_atoi64(cells[0]), .is_open = apr_atoi64(cells[1]) == PWR_ATTEMPT_OPEN};
    }
    return NULL;
}

pwr_fault_t *pwr_attempts_forgive(pwr_store_t *store, const pwr_outbox_row_t *like,
                                  apr_time_t until, apr_time_t open_until, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_ATTEMPT_FORGIVE,
                           PWR_VALUES(pwr_store_text(like->needed - like->created, scratch),
                                      like->site, like->account_digest,
                                      pwr_store_text(until, scratch),
                                      pwr_store_text(open_until, scratch)),
                           scratch);
}
