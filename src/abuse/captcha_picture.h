/*
 * Tasks for people who see: nine squares, some of which show the thing asked for. Drawn here, anew
 * for each request, so that no picture can be known again by its bytes. What the right answer is
 * stands in a sealed text that travels with the form. Sounds are in captcha_sound.h. No state; any
 * thread.
 */
#ifndef PWR_ABUSE_CAPTCHA_PICTURE_H
#define PWR_ABUSE_CAPTCHA_PICTURE_H

#include <stdbool.h>

#include "base/fault.h"

#define PWR_PICTURE_SQUARES 9

/* Things that can be drawn; names are message keys "picture.bus", ... */
extern const char *const pwr_picture_things[];
extern const int pwr_picture_thing_count;

typedef struct {
    int thing;                                /* index: the thing asked for */
    unsigned char shown[PWR_PICTURE_SQUARES]; /* index of the thing in each square, row by row */
} pwr_picture_task_t;

/* A new task at random: three to five squares show the thing asked for. */
pwr_picture_task_t pwr_picture_make(void);

/* One PNG of three by three squares of 120 points, each in a thin black frame, at most
 * PWR_MAX_PICTURE bytes: position, size, turn, colours, background, noise and details differ each
 * time. */
pwr_fault_t *pwr_picture_draw(const char **png, apr_size_t *length, const pwr_picture_task_t *task,
                              apr_pool_t *pool) PWR_MUST_USE;

/* True when exactly the right squares are marked. */
bool pwr_picture_is_right(const pwr_picture_task_t *task, const bool marked[PWR_PICTURE_SQUARES]);

#endif
