/*
 * Questions for people: squares that show a thing, or a sound to be recognised. What the right
 * answer is travels sealed in the form. A question keeps indexes of what a pwr_captcha_t can draw
 * and play. No state; any thread.
 */
#ifndef PWR_ABUSE_CAPTCHA_QUESTION_H
#define PWR_ABUSE_CAPTCHA_QUESTION_H

#include <stdbool.h>

#include "base/captcha.h"

typedef struct {
    int thing;                                /* the thing asked for */
    unsigned char shown[PWR_CAPTCHA_SQUARES]; /* the thing in each square, row by row */
    int sound;                                /* the sound that is played */
} pwr_captcha_question_t;

/* Characters of a question as text, without the closing NUL. */
#define PWR_CAPTCHA_QUESTION_CHARS (PWR_CAPTCHA_SQUARES + 2)

/* A new question at random: three to five squares show the thing asked for. */
pwr_captcha_question_t pwr_captcha_question_make(const pwr_captcha_t *captcha);

/* A question as text, one letter for each index; and back. False for a text that is no question of
 * this captcha. */
void pwr_captcha_question_write(char out[PWR_CAPTCHA_QUESTION_CHARS + 1],
                                const pwr_captcha_question_t *question);
bool pwr_captcha_question_read(pwr_captcha_question_t *question, const pwr_captcha_t *captcha,
                               const char *text);

/* True when exactly the right squares are marked. */
bool pwr_captcha_question_is_seen(const pwr_captcha_question_t *question,
                                  const bool marked[PWR_CAPTCHA_SQUARES]);

/* True for the number of the sound, in its one spelling: "3". */
bool pwr_captcha_question_is_heard(const pwr_captcha_question_t *question, const char *answer);

#endif
