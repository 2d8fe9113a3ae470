/*
 * How each thing of the picture captcha is drawn, in a square from -50 to 50 both ways, downwards
 * positive. Details differ with each drawing; place, size, turn and colours come from the scene.
 * No state; any thread.
 */
#ifndef PWR_CAPTCHA_PICTURE_THINGS_H
#define PWR_CAPTCHA_PICTURE_THINGS_H

#include "captcha/canvas.h"

typedef struct {
    pwr_colour_t body;   /* stands out from the background */
    pwr_colour_t second; /* stands out from the body */
    pwr_colour_t pale;   /* windows, sails, snow */
    pwr_colour_t deep;   /* wheels, wood, shadows */
    pwr_colour_t line;   /* stands out from the background: outlines and all that is thin */
    double width;        /* of outlines */
} pwr_look_t;

/* Message key, and the function that draws it: a new thing is a row here, its function, and a
 * message. */
#define PWR_THINGS(ROW)                                                                            \
    ROW("picture.bicycle", pwr_draw_bicycle)                                                       \
    ROW("picture.boat", pwr_draw_boat)                                                             \
    ROW("picture.bus", pwr_draw_bus)                                                               \
    ROW("picture.car", pwr_draw_car)                                                               \
    ROW("picture.clock", pwr_draw_clock)                                                           \
    ROW("picture.cup", pwr_draw_cup)                                                               \
    ROW("picture.fish", pwr_draw_fish)                                                             \
    ROW("picture.flower", pwr_draw_flower)                                                         \
    ROW("picture.house", pwr_draw_house)                                                           \
    ROW("picture.key", pwr_draw_key)                                                               \
    ROW("picture.snowman", pwr_draw_snowman)                                                       \
    ROW("picture.traffic_light", pwr_draw_traffic_light)                                           \
    ROW("picture.tree", pwr_draw_tree)                                                             \
    ROW("picture.umbrella", pwr_draw_umbrella)

#define PWR_DRAWS(name, draw) void draw(pwr_canvas_t *canvas, const pwr_look_t *look);
PWR_THINGS(PWR_DRAWS)

#endif
