/*
 * The outbox on rows. A worker looks at the row that is due first and then takes it by one
 * conditional UPDATE that repeats what it saw; the database lets one of many through, and the
 * others look again. No transaction spans two statements, so nothing here waits for another
 * process longer than one statement takes.
 */
#include "store/outbox.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "store/db_connections.h"

/* Looks before a worker gives up among many others and asks its caller to come again. */
enum { MAX_LOOKS = 32 };

#define LONGEST_FORM apr_time_from_sec(8 * 86400) /* no form can be posted for longer */
#define LONGEST_WAY apr_time_from_sec(86400)      /* of a row to its end: no link lives longer */

/* A row without a life of its own is kept: what is deleted too late does less harm. */
static pwr_life_t life_of(const pwr_outbox_row_t *row, pwr_row_state_t state)
{
    if (state == PWR_ROW_WAITING) {
        return PWR_LIFE_WAITING;
    }
    return row->life == PWR_LIFE_SHORT ? PWR_LIFE_SHORT : PWR_LIFE_KEPT;
}

static pwr_fault_t *put_row(bool *is_new, pwr_store_t *store, const pwr_outbox_row_t *row,
                            pwr_row_state_t state, apr_pool_t *scratch)
{
    apr_time_t ended = state == PWR_ROW_WAITING ? 0 : row->created;
    int changed = 0;
    apr_array_header_t *rows = NULL;
    pwr_fault_t *fault = pwr_store_write(
        &changed, store, PWR_SQL_OUTBOX_PUT,
        PWR_VALUES(row->id, pwr_store_text(row->kind, scratch), row->site, row->typed_name,
                   row->typed_name_digest, row->account_digest, row->language, row->client,
                   row->support_code, row->seed, row->is_proved ? "1" : "0",
                   pwr_store_text(row->created, scratch), pwr_store_text(row->due, scratch),
                   pwr_store_text(state, scratch), pwr_store_text(ended, scratch),
                   pwr_store_text(life_of(row, state), scratch),
                   pwr_store_text(row->needed, scratch)),
        scratch);

    *is_new = fault == NULL;
    if (fault == NULL || changed == 0) {
        return fault;
    }
    /* No code for "it is there already" is the same with two drivers. */
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_OUTBOX_HAS, PWR_VALUES(row->id), scratch));
    return rows->nelts > 0 ? NULL : fault;
}

pwr_fault_t *pwr_outbox_put(bool *is_new, pwr_store_t *store, const pwr_outbox_row_t *row,
                            apr_pool_t *scratch)
{
    return put_row(is_new, store, row, PWR_ROW_WAITING, scratch);
}

pwr_fault_t *pwr_outbox_is_same(bool *is_same, pwr_store_t *store, const pwr_outbox_row_t *row,
                                apr_pool_t *scratch)
{
    apr_array_header_t *rows = NULL;

    *is_same = false;
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_OUTBOX_ABOUT, PWR_VALUES(row->id), scratch));
    if (rows->nelts > 0) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, 0, pwr_cells_t);
        *is_same = apr_atoi64(cells[0]) == (apr_int64_t)row->kind
                   && strcmp(cells[1], row->typed_name_digest) == 0;
    }
    return NULL;
}

pwr_fault_t *pwr_outbox_put_ended(bool *is_new, pwr_store_t *store, const pwr_outbox_row_t *row,
                                  pwr_row_state_t state, apr_pool_t *scratch)
{
    return put_row(is_new, store, row, state, scratch);
}

static pwr_outbox_row_t *row_of(pwr_cells_t cells, apr_pool_t *pool)
{
    pwr_outbox_row_t *row = apr_palloc(pool, sizeof *row);

    *row = (pwr_outbox_row_t){.id = cells[0],
                              .kind = (pwr_row_kind_t)apr_atoi64(cells[1]),
                              .site = cells[2],
                              .typed_name = cells[3],
                              .typed_name_digest = cells[4],
                              .account_digest = cells[5],
                              .language = cells[6],
                              .client = cells[7],
                              .support_code = cells[8],
                              .seed = cells[9],
                              .is_proved = apr_atoi64(cells[10]) != 0,
                              .created = apr_atoi64(cells[11]),
                              .due = apr_atoi64(cells[12]),
                              .deliveries = (int)apr_atoi64(cells[13])};
    return row;
}

/* Takes `seen` if it still is as it was seen; then it also says what it is now. */
static pwr_fault_t *take(bool *is_taken, pwr_store_t *store, pwr_outbox_row_t *seen,
                         const char *owner, apr_time_t until, apr_pool_t *pool)
{
    int changed = 0;

    PWR_TRY(pwr_store_write(&changed, store, PWR_SQL_OUTBOX_TAKE,
                            PWR_VALUES(pwr_store_text(until, pool), owner, seen->id,
                                       pwr_store_text(seen->due, pool),
                                       pwr_store_text(seen->deliveries, pool)),
                            pool));
    *is_taken = changed == 1;
    if (*is_taken) {
        seen->due = until;
        seen->deliveries++;
    }
    return NULL;
}

pwr_fault_t *pwr_outbox_take_due(pwr_outbox_row_t **row, apr_time_t *next, pwr_store_t *store,
                                 const char *site, const char *owner, apr_interval_time_t lease,
                                 apr_pool_t *pool)
{
    *row = NULL;
    *next = 0;
    for (int look = 0; look < MAX_LOOKS; look++) {
        apr_array_header_t *rows = NULL;
        PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_OUTBOX_NEXT, PWR_VALUES(site), pool));
        if (rows->nelts == 0) {
            *next = 0;
            return NULL;
        }
        pwr_outbox_row_t *seen = row_of(APR_ARRAY_IDX(rows, 0, pwr_cells_t), pool);
        apr_time_t now = pwr_clock_now();
        bool is_taken = false;
        *next = seen->due;
        if (seen->due > now) {
            return NULL;
        }
        PWR_TRY(take(&is_taken, store, seen, owner, now + lease, pool));
        if (is_taken) {
            *row = seen;
            return NULL;
        }
    }
    return NULL;
}

static pwr_fault_t *move_all(pwr_store_t *store, pwr_statement_t statement, const char *owner,
                             apr_time_t due, apr_pool_t *scratch)
{
    int changed = 0;
    return pwr_store_write(&changed, store, statement,
                           PWR_VALUES(pwr_store_text(due, scratch), owner), scratch);
}

pwr_fault_t *pwr_outbox_renew(pwr_store_t *store, const char *owner, apr_interval_time_t lease,
                              apr_pool_t *scratch)
{
    return move_all(store, PWR_SQL_OUTBOX_RENEW, owner, pwr_clock_now() + lease, scratch);
}

pwr_fault_t *pwr_outbox_let_go(pwr_store_t *store, const char *owner, apr_pool_t *scratch)
{
    return move_all(store, PWR_SQL_OUTBOX_LET_GO, owner, pwr_clock_now(), scratch);
}

static pwr_fault_t *change_held(bool *is_held, pwr_store_t *store, pwr_statement_t statement,
                                const char *const *values, apr_pool_t *scratch)
{
    int changed = 0;

    *is_held = false;
    PWR_TRY(pwr_store_write(&changed, store, statement, values, scratch));
    *is_held = changed == 1;
    return NULL;
}

pwr_fault_t *pwr_outbox_done(bool *is_held, pwr_store_t *store, const char *id, const char *owner,
                             const char *account_digest, apr_pool_t *scratch)
{
    return change_held(is_held, store, PWR_SQL_OUTBOX_END,
                       PWR_VALUES(pwr_store_text(PWR_ROW_DONE, scratch),
                                  pwr_store_text(pwr_clock_now(), scratch), account_digest,
                                  pwr_store_text(PWR_LIFE_KEPT, scratch), id, owner),
                       scratch);
}

pwr_fault_t *pwr_outbox_give_up(bool *is_held, pwr_store_t *store, const char *id,
                                const char *owner, pwr_life_t life, apr_pool_t *scratch)
{
    return change_held(is_held, store, PWR_SQL_OUTBOX_END,
                       PWR_VALUES(pwr_store_text(PWR_ROW_GIVEN_UP, scratch),
                                  pwr_store_text(pwr_clock_now(), scratch), "",
                                  pwr_store_text(life, scratch), id, owner),
                       scratch);
}

pwr_fault_t *pwr_outbox_later(bool *is_held, pwr_store_t *store, const char *id, const char *owner,
                              apr_time_t due, apr_pool_t *scratch)
{
    return change_held(is_held, store, PWR_SQL_OUTBOX_LATER,
                       PWR_VALUES(pwr_store_text(due, scratch), id, owner), scratch);
}

static pwr_fault_t *count_since(int *count, pwr_store_t *store, pwr_statement_t statement,
                                const char *const *values, apr_pool_t *scratch)
{
    apr_int64_t number = 0;

    *count = 0;
    PWR_TRY(pwr_store_read_number(&number, store, statement, values, scratch));
    *count = (int)number;
    return NULL;
}

static pwr_fault_t *is_alone(bool *is_alone, pwr_store_t *store, const pwr_outbox_row_t *mine,
                             apr_pool_t *scratch)
{
    int others = 0;

    PWR_TRY(count_since(&others, store, PWR_SQL_OUTBOX_IN_HAND,
                        PWR_VALUES(mine->site, mine->account_digest,
                                   pwr_store_text(pwr_clock_now(), scratch), mine->id),
                        scratch));
    *is_alone = others == 0;
    return NULL;
}

/* Mark the row, then look again. If no other marked row is seen, this worker owns the account's
 * turn. If two workers see each other, both release their mark and try again later. The look before
 * the mark keeps away workers that would only be in the way. */
pwr_fault_t *pwr_outbox_take_turn(bool *has_turn, pwr_store_t *store, const pwr_outbox_row_t *mine,
                                  const char *owner, apr_pool_t *scratch)
{
    PWR_TRY(is_alone(has_turn, store, mine, scratch));
    if (!*has_turn) {
        return NULL;
    }
    PWR_TRY(change_held(has_turn, store, PWR_SQL_OUTBOX_MARK,
                        PWR_VALUES(mine->account_digest, mine->id, owner), scratch));
    return *has_turn ? is_alone(has_turn, store, mine, scratch) : NULL;
}

pwr_fault_t *pwr_outbox_count_of_account(int *count, pwr_store_t *store,
                                         const pwr_outbox_row_t *like, apr_time_t since,
                                         apr_pool_t *scratch)
{
    return count_since(count, store, PWR_SQL_OUTBOX_OF_ACCOUNT,
                       PWR_VALUES(like->site, like->account_digest, pwr_store_text(since, scratch),
                                  like->is_proved ? "1" : "0"),
                       scratch);
}

/* The index on the name is by creation; without a bound there, all rows that a flood has left would
 * be looked at. */
pwr_fault_t *pwr_outbox_count_of_typed_name(int *count, pwr_store_t *store,
                                            const pwr_outbox_row_t *like, apr_time_t since,
                                            apr_pool_t *scratch)
{
    return count_since(count, store, PWR_SQL_OUTBOX_OF_TYPED_NAME,
                       PWR_VALUES(like->site, like->typed_name_digest,
                                  pwr_store_text(since - LONGEST_WAY, scratch),
                                  pwr_store_text(since, scratch), like->is_proved ? "1" : "0"),
                       scratch);
}

pwr_fault_t *pwr_outbox_backlog(int *count, apr_time_t *oldest, pwr_store_t *store,
                                const char *site, apr_pool_t *scratch)
{
    apr_array_header_t *rows = NULL;

    *count = 0;
    *oldest = 0;
    PWR_TRY(pwr_store_read(&rows, store, PWR_SQL_OUTBOX_BACKLOG, PWR_VALUES(site), scratch));
    if (rows->nelts > 0) {
        pwr_cells_t cells = APR_ARRAY_IDX(rows, 0, pwr_cells_t);
        *count = (int)apr_atoi64(cells[0]);
        *oldest = apr_atoi64(cells[1]);
    }
    return NULL;
}

pwr_fault_t *pwr_outbox_expire(int *gone, pwr_store_t *store, const pwr_old_t *old,
                               apr_pool_t *scratch)
{
    return pwr_store_write(gone, store, PWR_SQL_OUTBOX_EXPIRE,
                           PWR_VALUES(pwr_store_text(old->life, scratch),
                                      pwr_store_text(old->before, scratch),
                                      pwr_store_text(old->most, scratch)),
                           scratch);
}

pwr_fault_t *pwr_outbox_adopt(int *count, pwr_store_t *store, int most, apr_pool_t *scratch)
{
    return pwr_store_write(
        count, store, PWR_SQL_OUTBOX_ADOPT,
        PWR_VALUES(pwr_store_text(LONGEST_FORM, scratch), pwr_store_text(most, scratch)), scratch);
}
