/*
 * The story of a new password: looking at a link changes nothing; posting to it changes the
 * password once. Called in web children, any thread.
 */
#ifndef PWR_FLOW_RESET_H
#define PWR_FLOW_RESET_H

#include "flow/parts.h"
#include "store/tokens.h"

typedef enum {
    PWR_LINK_LIVE,
    PWR_LINK_EXPIRED,
    PWR_LINK_SPENT,   /* the password was set since; `ended` says when */
    PWR_LINK_STOPPED, /* by "not me"; `ended` says when */
    PWR_LINK_CHANGED, /* the account is not what it was when the link was mailed */
    PWR_LINK_BUSY,    /* a write is under way, or died under way */
    PWR_LINK_UNKNOWN  /* never was a link of this site */
} pwr_link_state_t;

/* A link as it stands now. */
typedef struct {
    pwr_link_state_t state;
    const pwr_token_row_t *row;   /* NULL for UNKNOWN */
    const pwr_account_t *account; /* LIVE, and the directory answered */
    pwr_rules_t rules;            /* LIVE: what the box shows */
    apr_time_t ended;             /* SPENT, STOPPED */
} pwr_link_t;

typedef struct {
    const char *token;
    const char *first;
    const char *second;
    const char *client;
    const char *language; /* of the page: the confirmation follows it */
} pwr_reset_form_t;

typedef enum {
    PWR_RESET_DONE,
    PWR_RESET_REFUSED, /* `key` says why; the link still works */
    PWR_RESET_DEAD,    /* `link` says why */
    PWR_RESET_UNSURE   /* the write was sent, no answer came */
} pwr_reset_outcome_t;

typedef struct {
    pwr_reset_outcome_t outcome;
    pwr_link_t link;
    const char *key;       /* REFUSED: the message */
    bool is_about_second;  /* REFUSED: the repeated field is wrong, not the first */
    pwr_verdict_t verdict; /* of the rules; all 0 when it did not come to that */
} pwr_reset_answer_t;

/* Looks at a link. When the directory does not answer, a live link is still shown, with the site's
 * own rules. */
pwr_fault_t *pwr_reset_look(pwr_link_t *link, pwr_parts_t *parts, const char *token,
                            apr_pool_t *pool) PWR_MUST_USE;

/* Sets the password, if everything agrees. Exactly one of any number of parallel calls for the
 * links of one account reaches the directory. A fault only when the store does not answer before
 * the write: nothing was changed. */
pwr_fault_t *pwr_reset_set(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool) PWR_MUST_USE;

/* Where the person who asked for this link came from; NULL when they came from nowhere. */
pwr_fault_t *pwr_reset_return_of(const char **url, pwr_parts_t *parts, const pwr_link_t *link,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* The digest by which a dead link asks for a new one; NULL when `token` is no token. */
const char *pwr_reset_digest_of(const pwr_parts_t *parts, const char *token, apr_pool_t *pool);

#endif
