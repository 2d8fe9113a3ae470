/*
 * One square of the picture captcha: a background, a thing somewhere in it, and clutter over both,
 * all by chance. No state; any thread.
 */
#ifndef PWR_CAPTCHA_PICTURE_SCENE_H
#define PWR_CAPTCHA_PICTURE_SCENE_H

#include "captcha/canvas.h"

#define PWR_SCENE_SIDE 120 /* points of a square's side */

/* `thing`: a row of PWR_THINGS. `x` and `y`: the middle of the square on the canvas. */
void pwr_scene_draw(pwr_canvas_t *canvas, int thing, double x, double y);

#endif
