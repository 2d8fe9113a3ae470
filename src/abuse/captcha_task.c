/*
 * Which squares are right is drawn first, so that each place is as likely as any other; the rest
 * are filled with things not asked for.
 */
#include "abuse/captcha_task.h"

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

pwr_captcha_task_t pwr_captcha_task_make(const pwr_captcha_t *captcha)
{
    pwr_captcha_task_t task = {.thing = pwr_random_below(captcha->thing_count),
                               .sound = pwr_random_below(captcha->sound_count)};
    int right = pwr_random_within(FEWEST_RIGHT, MOST_RIGHT);

    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        /* Of the squares left, as many are right as are still wanted. */
        bool is_right = pwr_random_below(PWR_CAPTCHA_SQUARES - i) < right;
        task.shown[i]
            = is_right ? (unsigned char)task.thing : other_than(task.thing, captcha->thing_count);
        right -= is_right;
    }
    return task;
}

void pwr_captcha_task_write(char out[PWR_CAPTCHA_TASK_CHARS + 1], const pwr_captcha_task_t *task)
{
    *out++ = (char)(FIRST_LETTER + task->thing);
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        *out++ = (char)(FIRST_LETTER + task->shown[i]);
    }
    *out++ = (char)(FIRST_LETTER + task->sound);
    *out = '\0';
}

/* The index that a letter stands for; -1 for one of `count` or more. */
static int index_of(char letter, int count)
{
    int index = letter - FIRST_LETTER;
    return index >= 0 && index < count ? index : -1;
}

bool pwr_captcha_task_read(pwr_captcha_task_t *task, const pwr_captcha_t *captcha, const char *text)
{
    bool is_good = strlen(text) == PWR_CAPTCHA_TASK_CHARS;

    for (int i = 0; is_good && i < PWR_CAPTCHA_SQUARES; i++) {
        int shown = index_of(text[1 + i], captcha->thing_count);
        task->shown[i] = (unsigned char)shown;
        is_good = shown >= 0;
    }
    if (is_good) {
        task->thing = index_of(text[0], captcha->thing_count);
        task->sound = index_of(text[1 + PWR_CAPTCHA_SQUARES], captcha->sound_count);
    }
    return is_good && task->thing >= 0 && task->sound >= 0;
}

bool pwr_captcha_task_is_seen(const pwr_captcha_task_t *task,
                              const bool marked[PWR_CAPTCHA_SQUARES])
{
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        if (marked[i] != (task->shown[i] == task->thing)) {
            return false;
        }
    }
    return true;
}

bool pwr_captcha_task_is_heard(const pwr_captcha_task_t *task, const char *answer)
{
    char right[16];

    snprintf(right, sizeof right, "%d", task->sound);
    return strcmp(answer, right) == 0;
}
