/*
 * A mailed link as it stands now, and what setting a password and unlocking do with it alike: look,
 * claim, end. Called in web children, any thread.
 */
#ifndef PWR_FLOW_RESET_LINK_H
#define PWR_FLOW_RESET_LINK_H

#include "flow/parts.h"
#include "store/outbox.h"
#include "store/tokens.h"

#define PWR_CLAIM_BYTES 24
#define PWR_CLAIM_CHARS PWR_BASE64URL_CHARS(PWR_CLAIM_BYTES)

typedef enum {
    PWR_RESET_LINK_LIVE,
    PWR_RESET_LINK_EXPIRED,
    PWR_RESET_LINK_SPENT,    /* the password was set since; `ended` says when */
    PWR_RESET_LINK_UNLOCKED, /* it ended a lock; `ended` says when */
    PWR_RESET_LINK_STOPPED,  /* by "not me"; `ended` says when */
    PWR_RESET_LINK_CHANGED,  /* the account is not what it was when the link was mailed */
    PWR_RESET_LINK_BUSY,     /* a write is under way, or died under way */
    PWR_RESET_LINK_UNKNOWN   /* never was a link of this site */
} pwr_reset_link_state_t;

/* A link as it stands now. */
typedef struct {
    pwr_reset_link_state_t state;
    const pwr_token_row_t *row;   /* NULL for UNKNOWN */
    const pwr_secret_t *key;      /* under which the row was made */
    const pwr_account_t *account; /* LIVE, and the directory answered */
    pwr_rules_t rules;            /* LIVE: what the box shows */
    apr_time_t ended;             /* SPENT, UNLOCKED, STOPPED */
} pwr_reset_link_t;

/* Looks at a link. When the directory does not answer, a live link is still shown, with the site's
 * own rules. */
pwr_fault_t *pwr_reset_link_look(pwr_reset_link_t *link, pwr_parts_t *parts, const char *token,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* Whether its page offers to unlock the account only. */
bool pwr_reset_link_may_unlock(const pwr_reset_link_t *link, const pwr_parts_t *parts);

/* The row of a token and what it alone says; the directory is not asked. */
pwr_fault_t *pwr_reset_link_find(pwr_reset_link_t *link, pwr_parts_t *parts, const char *token,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* Asks the directory about a LIVE link: account, rules, and whether it is LIVE still. */
pwr_fault_t *pwr_reset_link_ask(pwr_reset_link_t *link, pwr_parts_t *parts,
                                apr_pool_t *pool) PWR_MUST_USE;

/* Takes all links of the account for this call alone, under the `claim_id` that it makes. */
pwr_fault_t *pwr_reset_link_claim(bool *is_won, char claim_id[PWR_CLAIM_CHARS + 1],
                                  const pwr_reset_link_t *link, pwr_parts_t *parts,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* Nothing was changed: the links of the claim work again. A fault is logged and goes no further. */
void pwr_reset_link_release(pwr_parts_t *parts, const char *claim_id, apr_pool_t *pool);

/* Every link of the account has done its work: `state` is USED or UNLOCKED. Likewise. */
void pwr_reset_link_burn(pwr_parts_t *parts, const char *account_id, pwr_token_state_t state,
                         apr_pool_t *pool);

/* Puts the row of the mail that tells the owner; `row` says its id (that of the claim), kind
 * (CHANGED or UNLOCKED), client and language. Likewise. */
void pwr_reset_link_confirm(pwr_parts_t *parts, const pwr_reset_link_t *link, pwr_outbox_row_t row,
                            apr_pool_t *pool);

/* Raises an event about the link's request. */
void pwr_reset_link_tell(pwr_event_t event, pwr_parts_t *parts, const pwr_reset_link_t *link,
                         const pwr_facts_t *facts, apr_pool_t *scratch);

/* The digest by which a dead link asks for a new one; NULL when `token` is no token. */
const char *pwr_reset_link_digest_of(pwr_parts_t *parts, const char *token, apr_pool_t *pool);

#endif
