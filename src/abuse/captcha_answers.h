/*
 * The first answer to a captcha is the only one: who was wrong gets another captcha. A captcha's
 * picture is drawn once, and of all drawings a second has room for so many. Tables of fixed size in
 * memory that all processes of the server share. Made in the parent before the fork; the rest from
 * any thread of any process, lock-free.
 */
#ifndef PWR_ABUSE_CAPTCHA_ANSWERS_H
#define PWR_ABUSE_CAPTCHA_ANSWERS_H

#include <stdbool.h>

#include "base/fault.h"

typedef struct pwr_captcha_answers_t pwr_captcha_answers_t;

pwr_fault_t *pwr_captcha_answers_open(pwr_captcha_answers_t **answers,
                                      apr_pool_t *pool) PWR_MUST_USE;

/* Does this answer to this captcha count? The first one does, and the same one again, as after a
 * double click; another one does not. */
bool pwr_captcha_answers_take(pwr_captcha_answers_t *answers, const char *captcha,
                              const char *answer);

/* What may be asked for. */
typedef enum {
    PWR_DRAW_PICTURE, /* drawn once for a captcha */
    PWR_DRAW_SOUND /* made PWR_MAX_SOUNDS times for a captcha: players fetch one more than once */
} pwr_draw_t;

typedef enum {
    PWR_DRAW_YES,
    PWR_DRAW_SPENT, /* it was drawn before */
    PWR_DRAW_BUSY   /* too much is drawn in this second */
} pwr_draw_verdict_t;

/* May this be drawn? Where the answer is yes, it counts as drawn. `most`: in a second, by all
 * processes. */
pwr_draw_verdict_t pwr_captcha_answers_draw(pwr_captcha_answers_t *answers, const char *captcha,
                                            pwr_draw_t what, int most);

/* Whether drawings had to be refused, or nearly so, within the last seconds: then no new captcha is
 * offered. */
bool pwr_captcha_answers_is_busy(const pwr_captcha_answers_t *answers);

#endif
