/*
 * The page behind the robot check, for people: a request waits there, sealed into the page's
 * address, until one of four ways has been gone: a picture, a sound, waiting, or long work by the
 * browser. A captcha is sealed as well, bound to the request's form, and answered once. Nothing but
 * what was answered and drawn is kept on the server. Called in web children, any thread.
 */
#ifndef PWR_FLOW_CHALLENGE_H
#define PWR_FLOW_CHALLENGE_H

#include "abuse/captcha_question.h"
#include "abuse/challenge.h"
#include "abuse/captcha_answers.h"

typedef struct {
    const pwr_secret_t *key;      /* of the site's seals */
    const pwr_captcha_t *captcha; /* NULL: there are neither pictures nor sounds */
    pwr_captcha_answers_t *answers;
    const pwr_challenge_parts_t *check;
} pwr_captcha_parts_t;

/* What waits. Whose name a form brings differs, so each flow takes back what it held alone. */
typedef enum {
    PWR_HELD_REQUEST = 1, /* `name`: as typed */
    PWR_HELD_AGAIN = 2,   /* `name`: the digest of a dead token */
    PWR_HELD_CHANGE = 5   /* `name`: as typed; a password is kept nowhere */
} pwr_held_kind_t;

typedef struct {
    pwr_held_kind_t kind;
    const char *form_seal;
    const char *name;
    const char *back;   /* where the person came from; NULL: nowhere */
    const char *sealed; /* the whole, as it stands in the page's address */
    apr_time_t made;
} pwr_held_t;

/* Seals what waits: kind, form_seal, name and back. */
const char *pwr_challenge_hold(const pwr_captcha_parts_t *parts, const pwr_held_t *held,
                               apr_pool_t *pool);

/* False for what was not sealed here, or waited longer than the site's waiting time and
 * PWR_CAPTCHA_LIFE. */
bool pwr_challenge_open_held(pwr_held_t *held, const pwr_captcha_parts_t *parts, const char *sealed,
                             apr_pool_t *pool);

/* A captcha, and as it stands in the page. */
typedef struct {
    pwr_captcha_question_t captcha;
    const char *sealed;
} pwr_sealed_captcha_t;

/* A new captcha for what waits; there must be a captcha. */
pwr_sealed_captcha_t pwr_challenge_make_captcha(const pwr_captcha_parts_t *parts,
                                                const pwr_held_t *held, apr_pool_t *pool);

/* `held` NULL opens a captcha of any request, as drawing it does. False for what was not sealed
 * here, belongs to another request, or is older than PWR_CAPTCHA_LIFE. */
bool pwr_challenge_open_captcha(pwr_sealed_captcha_t *question, const pwr_captcha_parts_t *parts,
                                const pwr_held_t *held, const char *sealed, apr_pool_t *pool);

/* Whether the page may offer a captcha now. */
bool pwr_challenge_has_captcha(const pwr_captcha_parts_t *parts);

/* What a person sent; members that were not sent are NULL. */
typedef struct {
    const char *way;    /* "picture", "sound", "wait" or "work" */
    const char *sealed; /* the captcha */
    bool marked[PWR_CAPTCHA_SQUARES];
    const char *sound;
    const char *solution; /* of the long work */
} pwr_captcha_answer_t;

/* NULL when the chosen way has been gone; else the message that says what is missing. Waiting
 * counts from when the request was held, so a wrong answer to a captcha does not start it anew. */
const char *pwr_challenge_check_answer(const pwr_captcha_parts_t *parts, const pwr_held_t *held,
                                       const pwr_captcha_answer_t *answer, apr_pool_t *pool);

/* The proof that a captcha was solved for the form of this seal, for a form that must be filled in
 * again; and whether it is one. Its age is the form's, which the robot check judges. */
const char *pwr_challenge_seal_solved(const pwr_captcha_parts_t *parts, const char *form_seal,
                                      apr_pool_t *pool);
bool pwr_challenge_is_solved(const pwr_captcha_parts_t *parts, const char *solved,
                             const char *form_seal, apr_pool_t *pool);

#endif
