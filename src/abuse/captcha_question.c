/*
 * Which squares are right is drawn first, so that each place is as likely as any other; the rest
 * are filled with things not asked for.
 */
#include "abuse/captcha_question.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"

#define FEWEST_RIGHT 3
#define MOST_RIGHT 5
#define FIRST_LETTER 'a'

static unsigned char other_than(int thing, int count)
{
    int step = 1 + pwr_random_below(count - 1);
    return (unsigned char)((thing + step) % count);
}

pwr_captcha_question_t pwr_captcha_question_make(const pwr_captcha_t *captcha)
{
    pwr_captcha_question_t question = {.thing = pwr_random_below(captcha->thing_count),
                                       .sound = pwr_random_below(captcha->sound_count)};
    int right = pwr_random_within(FEWEST_RIGHT, MOST_RIGHT);

    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        /* Of the squares left, as many are right as are still wanted. */
        bool is_right = pwr_random_below(PWR_CAPTCHA_SQUARES - i) < right;
        question.shown[i] = is_right ? (unsigned char)question.thing
                                     : other_than(question.thing, captcha->thing_count);
        right -= is_right;
    }
    return question;
}

void pwr_captcha_question_write(char out[PWR_CAPTCHA_QUESTION_CHARS + 1],
                                const pwr_captcha_question_t *question)
{
    *out++ = (char)(FIRST_LETTER + question->thing);
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        *out++ = (char)(FIRST_LETTER + question->shown[i]);
    }
    *out++ = (char)(FIRST_LETTER + question->sound);
    *out = '\0';
}

/* The index that a letter stands for; -1 for one of `count` or more. */
static int index_of(char letter, int count)
{
    int index = letter - FIRST_LETTER;
    return index >= 0 && index < count ? index : -1;
}

bool pwr_captcha_question_read(pwr_captcha_question_t *question, const pwr_captcha_t *captcha,
                               const char *text)
{
    bool is_good = strlen(text) == PWR_CAPTCHA_QUESTION_CHARS;

    for (int i = 0; is_good && i < PWR_CAPTCHA_SQUARES; i++) {
        int shown = index_of(text[1 + i], captcha->thing_count);
        question->shown[i] = (unsigned char)shown;
        is_good = shown >= 0;
    }
    if (is_good) {
        question->thing = index_of(text[0], captcha->thing_count);
        question->sound = index_of(text[1 + PWR_CAPTCHA_SQUARES], captcha->sound_count);
    }
    return is_good && question->thing >= 0 && question->sound >= 0;
}

bool pwr_captcha_question_is_seen(const pwr_captcha_question_t *question,
                                  const bool marked[PWR_CAPTCHA_SQUARES])
{
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        if (marked[i] != (question->shown[i] == question->thing)) {
            return false;
        }
    }
    return true;
}

bool pwr_captcha_question_is_heard(const pwr_captcha_question_t *question, const char *answer)
{
    char right[16];

    snprintf(right, sizeof right, "%d", question->sound);
    return strcmp(answer, right) == 0;
}
