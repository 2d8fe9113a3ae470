/* Things of house and nature; picture_vehicles.c has those of street and sea. Silhouette first, as
 * there. */
#include "captcha/picture_things.h"

#include <math.h>

#include "base/random.h"

static void crown_of_leaves(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    int puffs = pwr_random_within(5, 8);

    for (int twice = 0; twice < 2; twice++) { /* the line round all first, then the green */
        for (int i = 0; i < puffs; i++) {
            double way = 2 * M_PI * i / puffs;
            pwr_canvas_ring(canvas, 20 * cos(way), -16 + 16 * sin(way), 16 - 2.5 * twice);
        }
        pwr_canvas_ring(canvas, 0, -16, 20);
        pwr_canvas_stain(canvas, twice ? look->body : look->line);
    }
    for (int i = pwr_random_within(0, 7); i > 0; i--) {
        pwr_canvas_ring(canvas, pwr_random_between(-22, 22), pwr_random_between(-32, 2), 3.5);
    }
    pwr_canvas_stain(canvas, look->second);
}

static void crown_of_needles(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    int storeys = pwr_random_within(3, 4);

    for (int i = storeys - 1; i >= 0; i--) {
        pwr_place_t storey = {.y = -48 + i * 50.0 / storeys,
                              .wide = (16 + i * 18.0 / (storeys - 1)) / 30,
                              .high = 1,
                              .shaking = 1.5};
        pwr_canvas_enter(canvas, &storey, 0);
        pwr_canvas_path(canvas, "M 0 0 L 30 30 L -30 30 Z");
        pwr_canvas_fill(canvas, look->body);
        pwr_canvas_leave(canvas);
    }
}

void pwr_draw_tree(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_colour_t bark = pwr_colour_make(0.07, 0.6, pwr_random_between(0.3, 0.55));

    pwr_canvas_path(canvas, "M -6 0 L 6 0 L 8 47 L -8 47 Z");
    pwr_canvas_fill(canvas, bark);
    if (pwr_random_is(0.6)) {
        crown_of_leaves(canvas, look);
    } else {
        crown_of_needles(canvas, look);
    }
}

void pwr_draw_house(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    double door = pwr_random_between(-24, 12);

    if (pwr_random_is(0.7)) {
        pwr_canvas_box(canvas, 14, -42, 11, 28);
        pwr_canvas_fill(canvas, look->deep);
    }
    pwr_canvas_box(canvas, -34, -8, 68, 50);
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_path(canvas, pwr_random_is(0.6) ? "M -45 -6 L 0 -46 L 45 -6 Z"
                                               : "M -44 -6 L -26 -40 L 26 -40 L 44 -6 Z");
    pwr_canvas_fill(canvas, look->second);
    pwr_canvas_box(canvas, door, 12, 14, 30);
    pwr_canvas_fill(canvas, look->deep);
    pwr_canvas_box(canvas, door < -6 ? door + 22 : door - 20, 6, 14, 14);
    if (pwr_random_is(0.5)) {
        pwr_canvas_box(canvas, door < -6 ? 19 : -31, 6, 11, 14);
    }
    pwr_canvas_fill(canvas, look->pale);
}

void pwr_draw_fish(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_canvas_path(canvas, pwr_random_is(0.5)
                                ? "M 20 0 L 47 -22 L 41 0 L 47 22 Z"
                                : "M 20 0 C 30 -8 38 -22 46 -22 C 42 -8 42 8 46 22 C 38 "
                                  "22 30 8 20 0 Z");
    pwr_canvas_fill(canvas, look->second);
    pwr_canvas_path(canvas, pwr_random_is(0.5) ? "M -14 -18 L 6 -36 L 16 -16 Z"
                                               : "M -18 -18 C -10 -36 10 -34 18 -14 Z");
    pwr_canvas_fill(canvas, look->second);
    pwr_canvas_path(canvas, "M -47 2 C -36 -28 8 -30 30 0 C 8 30 -34 30 -47 2 Z");
    pwr_canvas_fill(canvas, look->body);
    for (int i = pwr_random_within(0, 3); i > 0; i--) {
        pwr_canvas_line(canvas, -12 + i * 9, -13 + i, -12 + i * 9, 13 - i);
    }
    pwr_canvas_stroke(canvas, look->second, pwr_random_between(2.5, 5));
    pwr_canvas_path(canvas, "M -19 -17 C -12 -6 -12 8 -19 18");
    pwr_canvas_stroke(canvas, look->line, 2);
    pwr_canvas_ring(canvas, -30, -5, 5);
    pwr_canvas_fill(canvas, look->pale);
    pwr_canvas_ring(canvas, -31, -5, 2);
    pwr_canvas_stain(canvas, look->deep);
}

void pwr_draw_umbrella(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_canvas_path(canvas, pwr_random_is(0.5) ? "M 0 -44 L 0 34 C 0 48 -17 48 -16 34"
                                               : "M 0 -44 L 0 36 C 0 47 15 47 15 35");
    pwr_canvas_stroke(canvas, look->line, pwr_random_between(4, 5.5));
    pwr_canvas_path(canvas,
                    "M -46 4 C -44 -28 -24 -40 0 -40 C 24 -40 44 -28 46 4 C 39 -5 27 -5 18 4 C "
                    "12 -5 -10 -5 -16 4 C -24 -5 -38 -5 -46 4 Z");
    pwr_canvas_fill(canvas, look->body);
    if (pwr_random_is(0.6)) {
        pwr_canvas_path(canvas,
                        "M 0 -40 C -12 -32 -16 -14 -16 3 C -10 -4 12 -4 18 3 C 17 -14 12 -32 0 "
                        "-40 Z");
        pwr_canvas_fill(canvas, look->second);
    } else {
        pwr_canvas_path(canvas, "M 0 -40 C -12 -32 -16 -14 -16 3 M 0 -40 C 12 -32 17 -14 18 3");
        pwr_canvas_stroke(canvas, look->line, look->width);
    }
}

void pwr_draw_clock(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    double hour = pwr_random_between(0, 2 * M_PI);
    double minute = hour + pwr_random_between(0.7, 5.5);
    int marks = pwr_random_is(0.6) ? 12 : 4;

    if (pwr_random_is(0.45)) { /* an alarm clock: two bells and two feet */
        pwr_canvas_ring(canvas, -25, -32, 12);
        pwr_canvas_ring(canvas, 25, -32, 12);
        pwr_canvas_fill(canvas, look->second);
        pwr_canvas_path(canvas, "M -20 26 L -30 46 M 20 26 L 30 46");
        pwr_canvas_stroke(canvas, look->line, 6);
    }
    pwr_canvas_ring(canvas, 0, 0, pwr_random_between(38, 42));
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_ring(canvas, 0, 0, 32);
    pwr_canvas_fill(canvas, look->pale);
    for (int i = 0; i < marks; i++) {
        double way = 2 * M_PI * i / marks;
        pwr_canvas_line(canvas, 25 * sin(way), 25 * cos(way), 29 * sin(way), 29 * cos(way));
    }
    pwr_canvas_line(canvas, 0, 0, 15 * sin(hour), 15 * cos(hour));
    pwr_canvas_line(canvas, 0, 0, 23 * sin(minute), 23 * cos(minute));
    pwr_canvas_stroke(canvas, look->deep, pwr_random_between(3, 4.5));
}

void pwr_draw_cup(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_canvas_path(canvas, "M 22 -8 C 50 -14 50 28 18 24");
    pwr_canvas_stroke(canvas, look->line, 9);
    pwr_canvas_path(canvas, "M 22 -8 C 50 -14 50 28 18 24");
    pwr_canvas_stroke(canvas, look->body, 5);
    if (pwr_random_is(0.5)) {
        pwr_canvas_path(canvas, "M -46 38 L 42 38 C 36 46 -40 46 -46 38 Z");
        pwr_canvas_fill(canvas, look->second);
    }
    pwr_canvas_path(canvas, pwr_random_is(0.5)
                                ? "M -33 -16 L 25 -16 L 23 38 L -31 38 Z"
                                : "M -34 -16 L 26 -16 C 26 16 18 38 8 38 L -16 38 C -26 "
                                  "38 -34 16 -34 -16 Z");
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_box(canvas, -32, pwr_random_between(-8, 6), 55, pwr_random_between(3, 9));
    pwr_canvas_stain(canvas, look->second);
    for (int i = pwr_random_within(1, 3); i > 0; i--) {
        pwr_place_t puff = {.x = 18 - i * 13, .wide = 1, .high = 1, .shaking = 1};
        pwr_canvas_enter(canvas, &puff, 0);
        pwr_canvas_path(canvas, "M 0 -22 C -9 -30 8 -36 0 -46");
        pwr_canvas_stroke(canvas, look->line, 3);
        pwr_canvas_leave(canvas);
    }
}

void pwr_draw_key(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    int teeth = pwr_random_within(2, 3);

    pwr_canvas_box(canvas, -12, -5, 60, 10);
    for (int i = 0; i < teeth; i++) {
        pwr_canvas_box(canvas, 38 - i * 13, 4, 7, pwr_random_between(10, 19));
    }
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_ring(canvas, -27, 0, pwr_random_between(19, 22));
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_ring(canvas, -29, 0, pwr_random_between(8, 11));
    pwr_canvas_fill(canvas, look->second);
}

void pwr_draw_snowman(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_canvas_path(canvas,
                    "M -18 -2 L -42 -16 M -36 -12 L -42 -4 M 18 -2 L 42 -18 M 36 -14 L 44 -8");
    pwr_canvas_stroke(canvas, look->line, 3.5);
    pwr_canvas_ring(canvas, 0, 26, pwr_random_between(21, 24));
    pwr_canvas_fill(canvas, look->pale);
    pwr_canvas_ring(canvas, 0, -1, pwr_random_between(16, 18));
    pwr_canvas_fill(canvas, look->pale);
    pwr_canvas_ring(canvas, 0, -24, 13);
    pwr_canvas_fill(canvas, look->pale);
    pwr_canvas_path(canvas,
                    "M -17 -34 L 17 -34 L 17 -38 L 10 -38 L 10 -50 L -10 -50 L -10 -38 L -17 "
                    "-38 Z");
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_path(canvas, "M 0 -24 L 18 -20 L 0 -18 Z");
    pwr_canvas_stain(canvas, pwr_colour_make(0.07, 0.9, 0.95));
    pwr_canvas_ring(canvas, -5, -28, 2);
    pwr_canvas_ring(canvas, 5, -28, 2);
    for (int i = pwr_random_within(2, 4); i > 0; i--) {
        pwr_canvas_ring(canvas, 0, -10 + i * 9, 2);
    }
    pwr_canvas_stain(canvas, look->deep);
    if (pwr_random_is(0.6)) {
        pwr_canvas_path(canvas, "M -12 -13 L 12 -13 M 8 -12 L 12 6");
        pwr_canvas_stroke(canvas, look->second, 5.5);
    }
}

void pwr_draw_flower(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    int petals = pwr_random_within(5, 8);
    double reach = pwr_random_between(15, 18);
    double start = pwr_random_between(0, 1);
    pwr_colour_t green
        = pwr_colour_make(pwr_random_between(0.28, 0.4), 0.7, pwr_random_between(0.4, 0.7));

    pwr_canvas_path(canvas, "M 0 -14 C 4 10 -4 24 0 48");
    pwr_canvas_stroke(canvas, look->line, 7);
    pwr_canvas_path(canvas, "M 0 -14 C 4 10 -4 24 0 48");
    pwr_canvas_stroke(canvas, green, 4);
    pwr_canvas_path(canvas, "M 0 40 C 4 22 18 16 28 16 C 26 30 14 40 0 40 Z");
    if (pwr_random_is(0.6)) {
        pwr_canvas_path(canvas, "M 0 42 C -6 28 -18 24 -28 26 C -24 36 -12 44 0 42 Z");
    }
    pwr_canvas_fill(canvas, green);
    for (int i = 0; i < petals; i++) {
        double way = start + 2 * M_PI * i / petals;
        pwr_canvas_ring(canvas, reach * cos(way), -18 + reach * sin(way), 62.0 / (petals + 1));
        pwr_canvas_fill(canvas, look->body);
    }
    pwr_canvas_ring(canvas, 0, -18, pwr_random_between(8, 11));
    pwr_canvas_fill(canvas, look->second);
}
