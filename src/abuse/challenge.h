/*
 * The robot check: was this form made here, is it neither too fresh nor too old, and is the field
 * that people never see empty? Server time only. Any thread.
 */
#ifndef PWR_ABUSE_CHALLENGE_H
#define PWR_ABUSE_CHALLENGE_H

#include "abuse/abuse.h"
#include "abuse/seal.h"

typedef enum {
    PWR_CHALLENGE_PASSED,
    PWR_CHALLENGE_TOO_QUICK, /* posted sooner than a person can */
    PWR_CHALLENGE_STALE, /* the form was open too long, or was not made here: renew it, keep what
                            was typed */
    PWR_CHALLENGE_ROBOT  /* the unseen field was filled in */
} pwr_challenge_verdict_t;

typedef struct {
    const char *seal;   /* NULL when the field is missing */
    const char *unseen; /* the field that people never see; NULL when missing */
    bool has_link;      /* from the page of a dead link, where there is nothing to fill in */
} pwr_challenge_form_t;

/* Judges a posted form. PASSED sets `nonce`. */
pwr_challenge_verdict_t pwr_challenge_judge(const char **nonce,
                                            const pwr_abuse_settings_t *settings,
                                            const pwr_secret_t *key,
                                            const pwr_challenge_form_t *form, apr_pool_t *pool);

#endif
