/*
 * Pictures for people who see: nine squares with a thing in each. Drawn anew each time, so that no
 * picture can be known again by its bytes. No state; any thread.
 */
#ifndef PWR_CAPTCHA_PICTURE_H
#define PWR_CAPTCHA_PICTURE_H

#include "base/captcha.h"

/* Things that can be drawn; names are message keys "picture.bus", ... */
extern const char *const pwr_picture_things[];
extern const int pwr_picture_thing_count;

/* One PNG of three by three squares of 120 points, each in a thin black frame, at most
 * PWR_MAX_PICTURE bytes: position, size, turn, colours, background, noise and details differ each
 * time. `shown`: an index into pwr_picture_things for each square. */
pwr_fault_t *pwr_picture_draw(const char **png, apr_size_t *length,
                              const unsigned char shown[PWR_CAPTCHA_SQUARES],
                              apr_pool_t *pool) PWR_MUST_USE;

#endif
