/*
 * The use case of a new password: posting to a link changes the password once, or ends a lock and
 * leaves the password alone. Called in web children, any thread.
 */
#ifndef PWR_FLOW_RESET_H
#define PWR_FLOW_RESET_H

#include "flow/reset_link.h"

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
    pwr_reset_link_t link;
    const char *key;       /* REFUSED: the message */
    bool is_about_second;  /* REFUSED: the repeated field is wrong, not the first */
    pwr_verdict_t verdict; /* of the rules; all 0 when it did not come to that */
} pwr_reset_answer_t;

/* Sets the password, if everything agrees. Exactly one of any number of parallel calls for the
 * links of one account reaches the directory. A fault only when the store does not answer before
 * the write: nothing was changed. */
pwr_fault_t *pwr_reset_set(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool) PWR_MUST_USE;

/* Where the person who asked for this link came from; NULL when they came from nowhere. */
pwr_fault_t *pwr_reset_return_of(const char **url, pwr_parts_t *parts, const pwr_reset_link_t *link,
                                 apr_pool_t *pool) PWR_MUST_USE;

/* Ends the lock of the link's account, for who remembers the password. REFUSED when it is not
 * locked, the site does not want it, or the directory says no. Faults and parallel calls as above.
 */
pwr_fault_t *pwr_reset_unlock(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                              const pwr_reset_form_t *form, apr_pool_t *pool) PWR_MUST_USE;

#endif
