/* Each move is one conditional UPDATE, as everything in the outbox. */
#include "store/attempts.h"

#include <apr_strings.h>

#include "base/limits.h"
#include "store/db_connections.h"

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
