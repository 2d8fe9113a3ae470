/*
 * The outbox: every accepted request is one row, durable before the person is answered, worked
 * later by any worker of any node. `due` is the time of the next delivery, and while a worker holds
 * the row, the end of its lease. If a worker dies, its lease expires and another worker takes the
 * row.
 */
#ifndef PWR_STORE_OUTBOX_H
#define PWR_STORE_OUTBOX_H

#include <stdbool.h>

#include "store/store.h"

typedef enum {
    PWR_ROW_LINK = 1,     /* typed_name: the typed name */
    PWR_ROW_AGAIN = 2,    /* typed_name: a dead token's digest, for the same account */
    PWR_ROW_CHANGED = 3,  /* typed_name: the account's id; the confirmation */
    PWR_ROW_UNLOCKED = 4, /* the same, that the account was unlocked */
    PWR_ROW_ATTEMPT = 5   /* an old password was tried: never worked, only counted */
} pwr_row_kind_t;

typedef enum { PWR_ROW_WAITING = 0, PWR_ROW_DONE = 1, PWR_ROW_GIVEN_UP = 2 } pwr_row_state_t;

typedef struct {
    const char *id; /* primary key, made of the form's nonce: a form counts once for each name */
    pwr_row_kind_t kind;
    const char *site;              /* the site it belongs to */
    const char *typed_name;        /* see kind; emptied when the row ends */
    const char *typed_name_digest; /* keyed digest of the typed name, kept for the caps */
    const char *account_digest;    /* keyed digest of the account's id once it is known, else "" */
    const char *language;          /* tag: "nb"; "/nb": chosen, so it stands in the links */
    const char *client;            /* client prefix as text */
    const char *support_code;      /* what the page showed */
    const char *seed;              /* 32 random bytes as text, for the links; emptied likewise */
    bool is_proved; /* a captcha was solved, or an earlier link held: counted apart */
    apr_time_t created;
    apr_time_t due;
    apr_time_t needed; /* it is not deleted before: its form could be posted again */
    pwr_life_t life;   /* of a row that is put as ended */
    int deliveries;    /* times it was taken, this one included */
} pwr_outbox_row_t;

/* One INSERT. `is_new` is false when a row of that id is there already: nothing was written.
 * `deliveries` is ignored. */
pwr_fault_t *pwr_outbox_put(bool *is_new, pwr_store_t *store, const pwr_outbox_row_t *row,
                            apr_pool_t *scratch) PWR_MUST_USE;

/* Whether the row that has the id of `row` is of its kind and about its typed name. */
pwr_fault_t *pwr_outbox_is_same(bool *is_same, pwr_store_t *store, const pwr_outbox_row_t *row,
                                apr_pool_t *scratch) PWR_MUST_USE;

/* pwr_outbox_put for a row that is only counted, never worked: its `state` is that of an ended one,
 * and `life` is KEPT or SHORT. */
pwr_fault_t *pwr_outbox_put_ended(bool *is_new, pwr_store_t *store, const pwr_outbox_row_t *row,
                                  pwr_row_state_t state, apr_pool_t *scratch) PWR_MUST_USE;

/* Takes the row of `site` that has been due longest, and holds it until now + lease. `row` is NULL
 * when none is due, and `next` then is when the next one will be (0: none waiting). */
pwr_fault_t *pwr_outbox_take_due(pwr_outbox_row_t **row, apr_time_t *next, pwr_store_t *store,
                                 const char *site, const char *owner, apr_interval_time_t lease,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* Holds every row of `owner` until now + lease. */
pwr_fault_t *pwr_outbox_renew(pwr_store_t *store, const char *owner, apr_interval_time_t lease,
                              apr_pool_t *scratch) PWR_MUST_USE;

/* Lets every row of `owner` go at once, as a worker does that is told to stop. */
pwr_fault_t *pwr_outbox_let_go(pwr_store_t *store, const char *owner,
                               apr_pool_t *scratch) PWR_MUST_USE;

/* The ends of a held row. Each does nothing, and says so by `is_held` false, when `owner` no longer
 * holds it. The first two empty the typed name; `account_digest` is "" where the account never
 * became known. What is done is KEPT. */
pwr_fault_t *pwr_outbox_done(bool *is_held, pwr_store_t *store, const char *id, const char *owner,
                             const char *account_digest, apr_pool_t *scratch) PWR_MUST_USE;
pwr_fault_t *pwr_outbox_give_up(bool *is_held, pwr_store_t *store, const char *id,
                                const char *owner, pwr_life_t life,
                                apr_pool_t *scratch) PWR_MUST_USE;
pwr_fault_t *pwr_outbox_later(bool *is_held, pwr_store_t *store, const char *id, const char *owner,
                              apr_time_t due, apr_pool_t *scratch) PWR_MUST_USE;

/* Of the rows about one account only one is worked at a time, by whatever worker on whatever node,
 * so that what was counted for a cap is true until the row has ended. `has_turn` false: another is
 * in hand, take this one `later`. `mine` is held by `owner`, with the account's digest. A row about
 * several accounts asks for one after the other, each once for each time that it was taken, and has
 * the turn of the last alone. */
pwr_fault_t *pwr_outbox_take_turn(bool *has_turn, pwr_store_t *store, const pwr_outbox_row_t *mine,
                                  const char *owner, apr_pool_t *scratch) PWR_MUST_USE;

/* Rows that ended as DONE since `since`, with the site, account digest and proof of `like`: the
 * mails that the account got. */
pwr_fault_t *pwr_outbox_count_of_account(int *count, pwr_store_t *store,
                                         const pwr_outbox_row_t *like, apr_time_t since,
                                         apr_pool_t *scratch) PWR_MUST_USE;
/* The same with the typed name's digest of `like` in the account's place: the mails that this name
 * led to, whichever account got them. Rows that took longer than a day to end are left out. */
pwr_fault_t *pwr_outbox_count_of_typed_name(int *count, pwr_store_t *store,
                                            const pwr_outbox_row_t *like, apr_time_t since,
                                            apr_pool_t *scratch) PWR_MUST_USE;

/* Waiting rows of a site, and the creation time of the oldest (0 when none). */
pwr_fault_t *pwr_outbox_backlog(int *count, apr_time_t *oldest, pwr_store_t *store,
                                const char *site, apr_pool_t *scratch) PWR_MUST_USE;
/* Deletes ended rows of a life that were needed until before `old->before`. */
pwr_fault_t *pwr_outbox_expire(int *gone, pwr_store_t *store, const pwr_old_t *old,
                               apr_pool_t *scratch) PWR_MUST_USE;
/* Gives ended rows of programs before version 3 of the tables a life: KEPT. */
pwr_fault_t *pwr_outbox_adopt(int *count, pwr_store_t *store, int most,
                              apr_pool_t *scratch) PWR_MUST_USE;

#endif
