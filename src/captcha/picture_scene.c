/*
 * What a thief of answers would compare is made worthless here: the mean colour and the coarse
 * pattern of a square come from the background and its patches, light or dark by chance, and not
 * from the thing. What a person looks at is kept: the silhouette stands out by brightness, with a
 * line round it.
 */
#include "captcha/picture_scene.h"

#include <math.h>

#include "base/random.h"
#include "captcha/picture_things.h"

#define HALF (PWR_SCENE_SIDE / 2.0)
#define FRAME 2         /* points left black on each side */
#define TURN 0.42       /* radians: 24 degrees */
#define STANDS_OUT 0.33 /* difference of brightness that nobody overlooks */
#define DIFFERS 0.45    /* distance of colours that nobody mixes up */

#define DRAW(name, draw) draw,
static void (*const draws[])(pwr_canvas_t *, const pwr_look_t *) = {PWR_THINGS(DRAW)};

static pwr_colour_t any_colour(void)
{
    return pwr_colour_make(pwr_random_between(0, 1), pwr_random_between(0.25, 1),
                           pwr_random_between(0.15, 1));
}

static double distance(pwr_colour_t one, pwr_colour_t other)
{
    return sqrt(pow(one.red - other.red, 2) + pow(one.green - other.green, 2)
                + pow(one.blue - other.blue, 2));
}

static double contrast(pwr_colour_t one, pwr_colour_t other)
{
    return fabs(pwr_colour_brightness(one) - pwr_colour_brightness(other));
}

/* The loop is bounded; the last one is taken as it is. */
static pwr_colour_t colour_against(pwr_colour_t ground, double brightness, double apart)
{
    pwr_colour_t found = any_colour();

    for (int count = 0; count < 60; count++) {
        if (contrast(found, ground) >= brightness && distance(found, ground) >= apart) {
            break;
        }
        found = any_colour();
    }
    return found;
}

/* A colour about as bright as `ground`. */
static pwr_colour_t colour_beside(pwr_colour_t ground)
{
    pwr_colour_t found = any_colour();

    for (int count = 0; count < 60 && contrast(found, ground) > 0.13; count++) {
        found = any_colour();
    }
    return contrast(found, ground) > 0.13 ? ground : found;
}

static pwr_look_t make_look(pwr_colour_t ground)
{
    bool is_light = pwr_colour_brightness(ground) > 0.5;
    pwr_look_t look = {.width = pwr_random_between(1.6, 3.2)};

    look.body = colour_against(ground, STANDS_OUT, DIFFERS);
    look.second = colour_against(look.body, 0.15, DIFFERS);
    look.pale = pwr_colour_make(pwr_random_between(0, 1), pwr_random_between(0, 0.2),
                                pwr_random_between(0.86, 1));
    look.deep = pwr_colour_make(pwr_random_between(0, 1), pwr_random_between(0.1, 0.6),
                                pwr_random_between(0.08, 0.28));
    look.line = is_light
                    ? pwr_colour_make(pwr_random_between(0, 1), 0.5, pwr_random_between(0, 0.25))
                    : pwr_colour_make(pwr_random_between(0, 1), 0.15, pwr_random_between(0.88, 1));
    return look;
}

static void draw_hills(pwr_canvas_t *canvas, pwr_colour_t ground)
{
    for (int i = pwr_random_within(1, 3); i > 0; i--) {
        pwr_place_t hill = {.y = pwr_random_between(-20, 50),
                            .wide = pwr_random_is(0.5) ? 1 : -1,
                            .high = 1,
                            .turn = pwr_random_between(-0.3, 0.3),
                            .shaking = 14};
        pwr_canvas_enter(canvas, &hill, 0);
        pwr_canvas_path(canvas,
                        "M -99 0 C -60 -40 -30 -30 0 0 C 30 30 60 20 99 -10 L 120 140 L -120 "
                        "140 Z");
        pwr_canvas_stain(canvas, colour_beside(ground));
        pwr_canvas_leave(canvas);
    }
}

static void draw_stripes(pwr_canvas_t *canvas, pwr_colour_t ground)
{
    pwr_place_t turned = {.wide = 1, .high = 1, .turn = pwr_random_between(0, M_PI)};
    double step = pwr_random_between(9, 30);
    double width = step * pwr_random_between(0.2, 0.6);

    pwr_canvas_enter(canvas, &turned, 0);
    for (double x = -90; x < 90; x += step) {
        pwr_canvas_line(canvas, x, -90, x, 90);
    }
    pwr_canvas_stroke(canvas, colour_beside(ground), width);
    pwr_canvas_leave(canvas);
}

static void draw_patches(pwr_canvas_t *canvas, pwr_colour_t ground)
{
    for (int i = pwr_random_within(3, 8); i > 0; i--) {
        pwr_canvas_ring(canvas, pwr_random_between(-HALF, HALF), pwr_random_between(-HALF, HALF),
                        pwr_random_between(8, 34));
        pwr_canvas_stain(canvas, pwr_colour_veil(colour_beside(ground), 0.8));
    }
}

static void draw_ground(pwr_canvas_t *canvas, pwr_colour_t ground)
{
    double way = pwr_random_between(0, 2 * M_PI);

    pwr_canvas_box(canvas, -HALF, -HALF, PWR_SCENE_SIDE, PWR_SCENE_SIDE);
    pwr_canvas_blend(canvas, ground, colour_beside(ground), HALF * cos(way), HALF * sin(way));
    if (pwr_random_is(0.6)) {
        draw_hills(canvas, ground);
    }
    if (pwr_random_is(0.45)) {
        draw_stripes(canvas, ground);
    }
    if (pwr_random_is(0.7)) {
        draw_patches(canvas, ground);
    }
}

/* Shapes behind the thing in the thing's own colours: to a coarse eye they are part of it. They
 * have no line round them, so a person does not take them for it. */
static void draw_decoys(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    const pwr_colour_t inks[] = {look->body, look->second, look->pale, look->deep};

    for (int i = pwr_random_within(3, 6); i > 0; i--) {
        pwr_place_t decoy = {.x = pwr_random_between(-HALF, HALF),
                             .y = pwr_random_between(-HALF, HALF),
                             .wide = pwr_random_between(0.4, 1.1),
                             .high = pwr_random_between(0.4, 1.1),
                             .turn = pwr_random_between(0, 2 * M_PI),
                             .shaking = 5};
        pwr_canvas_enter(canvas, &decoy, 0);
        pwr_canvas_path(canvas, pwr_random_is(0.5) ? "M -30 -6 L 30 -6 L 30 6 L -30 6 Z"
                                                   : "M -18 12 L 0 -16 L 18 12 Z");
        pwr_canvas_stain(canvas, pwr_colour_veil(inks[pwr_random_below(4)], 0.8));
        pwr_canvas_leave(canvas);
    }
}

static void draw_thing(pwr_canvas_t *canvas, int thing, const pwr_look_t *look)
{
    double size = pwr_random_between(0.62, 0.98);
    double slack = HALF - 46 * size;
    pwr_place_t place = {.x = pwr_random_between(-slack, slack),
                         .y = pwr_random_between(-slack, slack),
                         .wide = size * pwr_random_between(0.88, 1.08),
                         .high = size * pwr_random_between(0.88, 1.08),
                         .turn = pwr_random_between(-TURN, TURN),
                         .lean = pwr_random_between(-0.15, 0.15),
                         .shaking = pwr_random_between(0.4, 1.5)};

    if (pwr_random_is(0.5)) {
        place.wide = -place.wide;
    }
    pwr_canvas_enter(canvas, &place, 0);
    pwr_canvas_pen(canvas, look->line, look->width);
    draws[thing](canvas, look);
    pwr_canvas_leave(canvas);
}

static void draw_clutter(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    const pwr_colour_t inks[] = {look->body, look->second, look->pale, look->deep, look->line};

    for (int i = pwr_random_within(2, 5); i > 0; i--) {
        pwr_place_t line = {.x = pwr_random_between(-40, 40),
                            .y = pwr_random_between(-40, 40),
                            .wide = 1,
                            .high = 1,
                            .turn = pwr_random_between(0, M_PI),
                            .shaking = 18};
        pwr_canvas_enter(canvas, &line, 0);
        pwr_canvas_path(canvas, "M -60 0 C -20 20 20 -20 60 0");
        pwr_canvas_stroke(canvas, pwr_colour_veil(inks[pwr_random_below(5)], 0.75),
                          pwr_random_between(0.8, 2.2));
        pwr_canvas_leave(canvas);
    }
    for (int i = pwr_random_within(8, 20); i > 0; i--) {
        pwr_canvas_ring(canvas, pwr_random_between(-HALF, HALF), pwr_random_between(-HALF, HALF),
                        pwr_random_between(0.8, 3.4));
        pwr_canvas_stain(canvas, pwr_colour_veil(inks[pwr_random_below(5)], 0.85));
    }
}

void pwr_scene_draw(pwr_canvas_t *canvas, int thing, double x, double y)
{
    pwr_place_t square = {.x = x, .y = y, .wide = 1, .high = 1};
    pwr_colour_t ground = any_colour();
    pwr_look_t look;

    /* Neither light nor dark: nothing would stand out of it. */
    while (fabs(pwr_colour_brightness(ground) - 0.5) < 0.12) {
        ground = any_colour();
    }
    look = make_look(ground);
    pwr_canvas_enter(canvas, &square, PWR_SCENE_SIDE - 2 * FRAME);
    draw_ground(canvas, ground);
    draw_decoys(canvas, &look);
    draw_thing(canvas, thing, &look);
    draw_clutter(canvas, &look);
    pwr_canvas_leave(canvas);
}
