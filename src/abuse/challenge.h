/*
 * The robot check, whole: what a posted form must prove depends on the pressure of its client and
 * of the site, and what it does prove is one of a few things: it was open for a while, the browser
 * worked, a person solved a captcha, or waited. Server time only. Any thread.
 */
#ifndef PWR_ABUSE_CHALLENGE_H
#define PWR_ABUSE_CHALLENGE_H

#include "abuse/captcha_remote.h"
#include "abuse/client_limit.h"
#include "abuse/seal.h"

typedef enum {
    PWR_CHALLENGE_PASSED,
    PWR_CHALLENGE_TOO_QUICK, /* posted sooner than a person can */
    PWR_CHALLENGE_STALE,  /* the form was open too long, or was not made here: renew it, keep what
                             was typed */
    PWR_CHALLENGE_ROBOT,  /* the unseen field was filled in */
    PWR_CHALLENGE_MORE,   /* `level` must be proved, and is not */
    PWR_CHALLENGE_REFUSED /* come again after `retry_after` */
} pwr_challenge_outcome_t;

typedef struct {
    pwr_challenge_outcome_t outcome;
    const char *nonce;               /* of the form: PASSED, MORE and TOO_QUICK */
    pwr_level_t level;               /* MORE: what is asked; PASSED: what was proved */
    apr_interval_time_t retry_after; /* REFUSED */
    bool is_provider_down;           /* a remote provider was asked and did not answer */
} pwr_challenge_verdict_t;

typedef struct {
    const pwr_abuse_settings_t *settings;
    const pwr_remote_settings_t *remote; /* its provider NULL: no other one's check is used */
    const pwr_secret_t *key;
    pwr_client_limit_t *limit; /* NULL: no pressure is known */
} pwr_challenge_parts_t;

typedef struct {
    const char *seal;        /* NULL when the field is missing */
    const char *unseen;      /* the field that people never see; NULL when missing */
    const char *solution;    /* field `altcha`; NULL when missing */
    const char *response;    /* of a remote provider's widget; NULL when missing */
    bool has_solved_captcha; /* the httpd layer has checked a captcha for this form's nonce */
    const char *client;
    bool has_link; /* from the page of a dead link, where there is nothing to fill in */
} pwr_challenge_form_t;

/* Once it was made, a form is refused after so long at the latest, whatever way it takes. Its nonce
 * must be known as used until then. */
apr_interval_time_t pwr_challenge_window(const pwr_abuse_settings_t *settings);

/* Judges a posted form, and counts it against its client. */
pwr_challenge_verdict_t pwr_challenge_judge(const pwr_challenge_parts_t *parts,
                                            const pwr_challenge_form_t *form, apr_pool_t *pool);

/* The work a fresh form of this client asks for, as a line of JSON; NULL when `sealed` is no form
 * of ours. `client` NULL: the long work that stands in for a captcha. */
const char *pwr_challenge_work(const pwr_challenge_parts_t *parts, const char *sealed,
                               const char *client, apr_pool_t *pool);

/* Is this the solution of the long work for that form? */
bool pwr_challenge_has_long_work(const pwr_challenge_parts_t *parts, const char *sealed,
                                 const char *solution, apr_pool_t *pool);

#endif
