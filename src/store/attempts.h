/*
 * Attempts at an old password that may reach the account: rows of the outbox (PWR_ROW_ATTEMPT) in
 * two more states, read by the account's digest. Any thread.
 */
#ifndef PWR_STORE_ATTEMPTS_H
#define PWR_STORE_ATTEMPTS_H

#include <apr_tables.h>

#include "store/outbox.h"

/* Beside those of pwr_row_state_t: GIVEN_UP of an attempt that never reached an account, DONE of
 * one that no longer counts. */
typedef enum {
    PWR_ATTEMPT_FAILED = 3, /* the directory has refused the password */
    PWR_ATTEMPT_OPEN = 4    /* about to be sent, or sent and not answered */
} pwr_attempt_state_t;

typedef struct {
    apr_time_t at; /* when it ended; while it is open, when it was made */
    bool is_open;
} pwr_attempt_row_t;

/* Counts an attempt against an account, too. */
pwr_fault_t *pwr_attempts_set_account(pwr_store_t *store, const char *id,
                                      const char *account_digest, apr_pool_t *scratch) PWR_MUST_USE;

/* How many attempts since `since` count against the name or the account of `like`, whichever are
 * more (both digests are of a purpose of their own). */
pwr_fault_t *pwr_attempts_count(int *count, pwr_store_t *store, const pwr_outbox_row_t *like,
                                apr_time_t since, apr_pool_t *scratch) PWR_MUST_USE;
/* The attempt was not made and does not count: it is DONE. */
pwr_fault_t *pwr_attempts_drop(pwr_store_t *store, const char *id,
                               apr_pool_t *scratch) PWR_MUST_USE;
/* The attempt led to a change: its row becomes the account's CHANGED row, which waits now. */
pwr_fault_t *pwr_attempts_confirm(pwr_store_t *store, const char *id, const char *account_id,
                                  apr_pool_t *scratch) PWR_MUST_USE;
/* Whether it has. */
pwr_fault_t *pwr_attempts_is_confirmed(bool *is_confirmed, pwr_store_t *store, const char *id,
                                       apr_pool_t *scratch) PWR_MUST_USE;

/* From state `from` to state `to`: `is_moved` false when the row was not in `from`. `keep` becomes
 * the row's `needed`: neither maintenance nor the ceiling on rows deletes it before. It counts as
 * of `at`. */
typedef struct {
    const char *id;
    int from, to;
    apr_time_t keep, at;
    const char *account_digest;
} pwr_attempt_move_t;

pwr_fault_t *pwr_attempts_move(bool *is_moved, pwr_store_t *store, const pwr_attempt_move_t *move,
                               apr_pool_t *scratch) PWR_MUST_USE;

/* The attempts (pwr_attempt_row_t) with the site and account digest of `like`, its own aside: the
 * newest PWR_MAX_ATTEMPTS, newest first. */
pwr_fault_t *pwr_attempts_read(apr_array_header_t **attempts, pwr_store_t *store,
                               const pwr_outbox_row_t *like, apr_pool_t *pool) PWR_MUST_USE;

/* Those that failed until `until`, and those still open that were made until `open_until`, count no
 * more, and are needed as long after they were made as `like` is. */
pwr_fault_t *pwr_attempts_forgive(pwr_store_t *store, const pwr_outbox_row_t *like,
                                  apr_time_t until, apr_time_t open_until,
                                  apr_pool_t *scratch) PWR_MUST_USE;

#endif
