/*
 * The links on rows. What makes one of fifty parallel claims win is a single UPDATE: the database
 * locks the rows it touches, and a later claim no longer finds them live.
 */
#include "store/tokens.h"

#include <apr_strings.h>

#include "base/clock.h"
#include "store/db_connections.h"

pwr_fault_t *pwr_tokens_put(pwr_store_t *store, const pwr_token_row_t *row, apr_pool_t *scratch)
{
    int changed = 0;
    pwr_token_row_t *old = NULL;
    const char *expires = pwr_store_text(row->expires, scratch);
    pwr_fault_t *fault = pwr_store_write(
        &changed, store, PWR_SQL_TOKENS_PUT,
        PWR_VALUES(row->digest, row->stop_digest, row->request_id, row->site, row->account_id,
                   row->login, row->mail_digest, row->stamp_digest, row->language,
                   pwr_store_text(row->created, scratch), expires),
        scratch);

    if (fault == NULL || changed == 0) {
        return fault;
    }
    PWR_TRY(pwr_tokens_find(&old, store, row->site, row->digest, scratch));
    if (old == NULL) {
        return fault;
    }
    return pwr_store_write(&changed, store, PWR_SQL_TOKENS_PROLONG,
                           PWR_VALUES(expires, row->site, row->digest), scratch);
}

static pwr_token_row_t *row_of(pwr_cells_t cells, apr_pool_t *pool)
{
    pwr_token_row_t *row = apr_palloc(pool, sizeof *row);

    *row = (pwr_token_row_t){.digest = cells[0],
                             .stop_digest = cells[1],
                             .request_id = cells[2],
                             .site = cells[3],
                             .account_id = cells[4],
                             .login = cells[5],
                             .mail_digest = cells[6],
                             .stamp_digest = cells[7],
                             .language = cells[8],
                             .state = (pwr_token_state_t)apr_atoi64(cells[9]),
                             .created = apr_atoi64(cells[10]),
                             .expires = apr_atoi64(cells[11]),
                             .ended = apr_atoi64(cells[12])};
    return row;
}

static pwr_fault_t *find(pwr_token_row_t **row, pwr_store_t *store, pwr_statement_t statement,
                         const char *const *values, apr_pool_t *pool)
{
    apr_array_header_t *rows = NULL;

    *row = NULL;
    PWR_TRY(pwr_store_read(&rows, store, statement, values, pool));
    if (rows->nelts > 0) {
        *row = row_of(APR_ARRAY_IDX(rows, 0, pwr_cells_t), pool);
    }
    return NULL;
}

pwr_fault_t *pwr_tokens_find(pwr_token_row_t **row, pwr_store_t *store, const char *site,
                             const char *digest, apr_pool_t *pool)
{
    return find(row, store, PWR_SQL_TOKENS_FIND, PWR_VALUES(site, digest), pool);
}

pwr_fault_t *pwr_tokens_find_stop(pwr_token_row_t **row, pwr_store_t *store, const char *site,
                                  const char *stop_digest, apr_pool_t *pool)
{
    return find(row, store, PWR_SQL_TOKENS_FIND_STOP, PWR_VALUES(site, stop_digest), pool);
}

pwr_fault_t *pwr_tokens_count_live(int *count, pwr_store_t *store, const pwr_token_row_t *like,
                                   apr_pool_t *scratch)
{
    apr_int64_t number = 0;

    *count = 0;
    PWR_TRY(pwr_store_read_number(&number, store, PWR_SQL_TOKENS_LIVE,
                                  PWR_VALUES(like->site, like->account_id,
                                             pwr_store_text(pwr_clock_now(), scratch),
                                             like->request_id),
                                  scratch));
    *count = (int)number;
    return NULL;
}

pwr_fault_t *pwr_tokens_claim(bool *is_won, pwr_store_t *store, const pwr_token_row_t *row,
                              const char *claim_id, apr_pool_t *scratch)
{
    const char *now = pwr_store_text(pwr_clock_now(), scratch);
    apr_array_header_t *rows = NULL;
    int taken = 0;

    *is_won = false;
    PWR_TRY(pwr_store_write(&taken, store, PWR_SQL_TOKENS_CLAIM,
                            PWR_VALUES(claim_id, now, row->site, row->account_id, now), scratch));
    if (taken == 0) {
        return NULL;
    }
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_TOKENS_HAS_CLAIM,
                           PWR_VALUES(row->digest, claim_id), scratch));
    *is_won = rows->nelts > 0;
    return *is_won ? NULL : pwr_tokens_release(store, claim_id, scratch);
}

pwr_fault_t *pwr_tokens_release(pwr_store_t *store, const char *claim_id, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_TOKENS_RELEASE, PWR_VALUES(claim_id), scratch);
}

pwr_fault_t *pwr_tokens_burn(pwr_store_t *store, const pwr_token_row_t *row,
                             pwr_token_state_t state, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, PWR_SQL_TOKENS_BURN,
                           PWR_VALUES(pwr_store_text(state, scratch),
                                      pwr_store_text(pwr_clock_now(), scratch), row->site,
                                      row->account_id),
                           scratch);
}

pwr_fault_t *pwr_tokens_revoke(int *count, pwr_store_t *store, const char *site,
                               const char *request_id, apr_pool_t *scratch)
{
    return pwr_store_write(count, store, PWR_SQL_TOKENS_REVOKE,
                           PWR_VALUES(pwr_store_text(pwr_clock_now(), scratch), site, request_id),
                           scratch);
}

pwr_fault_t *pwr_tokens_expire(int *gone, pwr_store_t *store, apr_time_t before, int most,
                               apr_pool_t *scratch)
{
    return pwr_store_write(
        gone, store, PWR_SQL_TOKENS_EXPIRE,
        PWR_VALUES(pwr_store_text(before, scratch), pwr_store_text(most, scratch)), scratch);
}
