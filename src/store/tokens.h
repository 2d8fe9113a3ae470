/*
 * The links: one row per mailed token, known by its keyed digest alone. Of all that may happen at
 * once to the links of one account, the database picks one winner: a claim takes all live links of
 * the account in one UPDATE.
 */
#ifndef PWR_STORE_TOKENS_H
#define PWR_STORE_TOKENS_H

#include <stdbool.h>

#include "store/store.h"

typedef enum {
    PWR_TOKEN_LIVE = 0,
    PWR_TOKEN_CLAIMED = 1, /* a password write is under way, or its process died in it */
    PWR_TOKEN_USED = 2,    /* the password was set, by this link or a sibling; `ended` says when */
    PWR_TOKEN_REVOKED = 3, /* by "not me" */
    PWR_TOKEN_UNLOCKED = 4 /* the account was unlocked by it or a sibling; `ended` says when */
} pwr_token_state_t;

typedef struct {
    const char *digest;      /* primary key */
    const char *stop_digest; /* of the "not me" token in the same mail */
    const char *request_id;  /* the outbox row that asked for it */
    const char *site;
    const char *account_id;
    const char *login;        /* for the page's read-only field */
    const char *mail_digest;  /* keyed digest of the address it was mailed to */
    const char *stamp_digest; /* keyed digest of the account's password stamp when it was made */
    const char *language;
    pwr_token_state_t state;
    apr_time_t created;
    apr_time_t expires;
    apr_time_t ended; /* 0 while live */
} pwr_token_row_t;

/* Puts a link. One that is there already (an earlier delivery) gets the new `expires`, if it
 * is still live. */
pwr_fault_t *pwr_tokens_put(pwr_store_t *store, const pwr_token_row_t *row,
                            apr_pool_t *scratch) PWR_MUST_USE;

/* The row, or NULL. Expired ones too: the caller compares `expires`. */
pwr_fault_t *pwr_tokens_find(pwr_token_row_t **row, pwr_store_t *store, const char *site,
                             const char *digest, apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_tokens_find_stop(pwr_token_row_t **row, pwr_store_t *store, const char *site,
                                  const char *stop_digest, apr_pool_t *pool) PWR_MUST_USE;

/* Live, unexpired links that an account has of other requests; `like` says whose, and of which
 * request they are not. */
pwr_fault_t *pwr_tokens_count_live(int *count, pwr_store_t *store, const pwr_token_row_t *like,
                                   apr_pool_t *scratch) PWR_MUST_USE;

/* Claims `row` and all its live, unexpired siblings under `claim_id` (a fresh random text of at
 * most 43 characters). `is_won` only when `row` itself was among them. */
pwr_fault_t *pwr_tokens_claim(bool *is_won, pwr_store_t *store, const pwr_token_row_t *row,
                              const char *claim_id, apr_pool_t *scratch) PWR_MUST_USE;
/* Makes all links of the claim live again: nothing was changed in the directory. */
pwr_fault_t *pwr_tokens_release(pwr_store_t *store, const char *claim_id,
                                apr_pool_t *scratch) PWR_MUST_USE;
/* Every link of the row's account, claimed or live, has done its work: `state` is USED or UNLOCKED.
 */
pwr_fault_t *pwr_tokens_burn(pwr_store_t *store, const pwr_token_row_t *row,
                             pwr_token_state_t state, apr_pool_t *scratch) PWR_MUST_USE;
/* "Not me": live links of one request become REVOKED; `count` says how many. */
pwr_fault_t *pwr_tokens_revoke(int *count, pwr_store_t *store, const char *site,
                               const char *request_id, apr_pool_t *scratch) PWR_MUST_USE;

/* Deletes at most `most` rows that expired before `before`. */
pwr_fault_t *pwr_tokens_expire(int *gone, pwr_store_t *store, apr_time_t before, int most,
                               apr_pool_t *scratch) PWR_MUST_USE;

#endif
