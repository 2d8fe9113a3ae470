/* Things of the street and the sea. Silhouette first: it is what a person knows a thing by, so it
 * keeps its proportions, and what varies is inside it or hangs on it. */
#include "base/random.h"
#include "captcha/picture_things.h"

static void wheel(pwr_canvas_t *canvas, const pwr_look_t *look, double x, double y, double radius)
{
    pwr_canvas_ring(canvas, x, y, radius);
    pwr_canvas_fill(canvas, look->deep);
    pwr_canvas_ring(canvas, x, y, radius * pwr_random_between(0.3, 0.6));
    pwr_canvas_stain(canvas, look->pale);
}

static void windows(pwr_canvas_t *canvas, const pwr_look_t *look, double y, int count)
{
    double room = 84.0 / count;
    double gap = pwr_random_between(3, 6);

    for (int i = 0; i < count; i++) {
        pwr_canvas_box(canvas, -42 + i * room + gap / 2, y, room - gap, 15);
    }
    pwr_canvas_fill(canvas, look->pale);
}

void pwr_draw_bus(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    bool has_upper_deck = pwr_random_is(0.3);
    int count = pwr_random_within(4, 6);

    pwr_canvas_path(canvas,
                    has_upper_deck
                        ? "M -46 24 L -47 -36 C -47 -41 -45 -42 -42 -42 L 42 -42 C 45 -42 47 "
                          "-41 47 -36 L 47 24 Z"
                        : "M -47 24 L -48 -20 C -48 -25 -46 -27 -42 -27 L 43 -27 C 46 -27 48 "
                          "-25 48 -21 L 48 24 Z");
    pwr_canvas_fill(canvas, look->body);
    if (has_upper_deck) {
        windows(canvas, look, -37, pwr_random_within(4, 6));
    }
    if (pwr_random_is(0.5)) {
        pwr_canvas_box(canvas, -46, 4, 92, pwr_random_between(4, 8));
        pwr_canvas_stain(canvas, look->second);
    }
    windows(canvas, look, has_upper_deck ? -14 : -20, count);
    if (pwr_random_is(0.7)) {
        pwr_canvas_box(canvas, pwr_random_between(-14, 6), -12, 12, 33);
        pwr_canvas_fill(canvas, look->second);
    }
    wheel(canvas, look, -29, 25, pwr_random_between(9, 11));
    wheel(canvas, look, 29, 25, pwr_random_between(9, 11));
    pwr_canvas_ring(canvas, 44, 14, 3.5);
    pwr_canvas_stain(canvas, look->pale);
}

static const char *const car_bodies[][3] = {
    /* a saloon, a hatchback, a beetle: the outline, then two windows */
    {"M -48 16 L -48 3 C -46 -4 -36 -5 -28 -6 L -15 -23 C -12 -26 -8 -27 0 -27 C 10 -27 14 -25 17 "
     "-22 L 29 -6 C 38 -5 47 -2 48 6 L 48 16 Z",
     "M -20 -7 L -11 -20 L -2 -21 L -2 -7 Z", "M 3 -7 L 3 -21 L 12 -20 L 22 -7 Z"},
    {"M -46 16 L -46 -4 L -38 -24 C -37 -27 -34 -28 -30 -28 L 4 -28 C 10 -28 13 -26 16 -22 L 27 -6 "
     "C "
     "38 -5 47 -3 47 6 L 47 16 Z",
     "M -37 -8 L -31 -22 L -10 -22 L -10 -8 Z", "M -5 -8 L -5 -22 L 6 -22 L 18 -8 Z"},
    {"M -47 16 C -48 4 -42 -4 -36 -6 C -28 -26 -12 -30 0 -30 C 12 -30 20 -20 24 -7 C 36 -7 47 0 47 "
     "16 Z",
     "M -29 -7 C -24 -18 -16 -23 -6 -24 L -6 -7 Z", "M -1 -7 L -1 -24 C 8 -23 13 -17 17 -7 Z"},
};

void pwr_draw_car(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    const char *const *body = car_bodies[pwr_random_below(3)];

    pwr_canvas_path(canvas, body[0]);
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_path(canvas, body[1]);
    pwr_canvas_path(canvas, body[2]);
    pwr_canvas_fill(canvas, look->pale);
    if (pwr_random_is(0.5)) {
        pwr_canvas_line(canvas, -44, 6, 44, 6);
        pwr_canvas_stroke(canvas, look->second, pwr_random_between(2, 5));
    }
    pwr_canvas_line(canvas, -8, 1, -3, 1);
    pwr_canvas_stroke(canvas, look->line, 2.5);
    pwr_canvas_ring(canvas, 43, 5, 4);
    pwr_canvas_fill(canvas, look->pale);
    wheel(canvas, look, -27, 17, pwr_random_between(10, 13));
    wheel(canvas, look, 28, 17, pwr_random_between(10, 13));
}

static void spokes(pwr_canvas_t *canvas, const pwr_look_t *look, double x, double y)
{
    static const double ends[][2] = {{18, 0}, {12.7, 12.7}, {0, 18}, {-12.7, 12.7}};

    for (int i = 0; i < 4; i++) {
        pwr_canvas_line(canvas, x - ends[i][0], y - ends[i][1], x + ends[i][0], y + ends[i][1]);
    }
    pwr_canvas_stroke(canvas, look->line, 0.8);
}

void pwr_draw_bicycle(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    double radius = pwr_random_between(18.5, 21);

    if (pwr_random_is(0.6)) {
        spokes(canvas, look, -28, 15);
        spokes(canvas, look, 28, 15);
    }
    pwr_canvas_ring(canvas, -28, 15, radius);
    pwr_canvas_ring(canvas, 28, 15, radius);
    pwr_canvas_stroke(canvas, look->line, pwr_random_between(3, 5));
    /* The frame: a diamond, or the low step-through. */
    pwr_canvas_path(canvas,
                    pwr_random_is(0.65)
                        ? "M -28 15 L -3 16 L 18 -16 L -12 -14 Z M -3 16 L -15 -22"
                        : "M -28 15 L -3 16 C 4 4 14 -2 18 -12 M -3 16 L -15 -22 M -28 15 L "
                          "-11 -6");
    pwr_canvas_path(canvas, "M 28 15 L 16 -26");
    pwr_canvas_stroke(canvas, look->body, pwr_random_between(4, 5.5));
    pwr_canvas_path(canvas, pwr_random_is(0.5) ? "M 9 -30 L 16 -26 L 25 -29"
                                               : "M 16 -26 C 26 -32 32 -24 26 -19");
    pwr_canvas_path(canvas, "M -23 -23 L -8 -23");
    pwr_canvas_stroke(canvas, look->line, pwr_random_between(4, 6));
    pwr_canvas_ring(canvas, -3, 16, 4.5);
    pwr_canvas_fill(canvas, look->second);
}

static void sails(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    pwr_canvas_line(canvas, 0, 18, 0, -46);
    pwr_canvas_stroke(canvas, look->line, 3);
    pwr_canvas_path(canvas, "M 3 -42 C 20 -24 30 -6 34 9 L 3 11 Z");
    pwr_canvas_fill(canvas, look->pale);
    if (pwr_random_is(0.75)) {
        pwr_canvas_path(canvas, "M -4 -36 C -12 -16 -22 -2 -30 8 L -4 11 Z");
        pwr_canvas_fill(canvas, look->second);
    }
    if (pwr_random_is(0.5)) {
        pwr_canvas_path(canvas, "M 0 -48 L -14 -44 L 0 -40 Z");
        pwr_canvas_fill(canvas, look->body);
    }
}

static void funnels(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    int count = pwr_random_within(1, 3);

    for (int i = 0; i < count; i++) {
        pwr_canvas_box(canvas, -18 + i * 16, -32, 9, 26);
    }
    pwr_canvas_fill(canvas, look->second);
    pwr_canvas_box(canvas, -32, -8, 60, 24);
    pwr_canvas_fill(canvas, look->pale);
    for (int i = 0; i < 4; i++) {
        pwr_canvas_ring(canvas, -22 + i * 14, 3, 4);
    }
    pwr_canvas_fill(canvas, look->deep);
}

void pwr_draw_boat(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    if (pwr_random_is(0.65)) {
        sails(canvas, look);
    } else {
        funnels(canvas, look);
    }
    pwr_canvas_path(canvas,
                    "M -46 15 L 47 14 C 42 26 36 34 28 38 L -30 38 C -38 34 -44 26 -46 15 Z");
    pwr_canvas_fill(canvas, look->body);
    if (pwr_random_is(0.6)) {
        pwr_canvas_path(canvas,
                        "M -50 40 C -42 34 -34 34 -26 40 C -18 46 -10 46 -2 40 C 6 34 14 34 22 "
                        "40 C 30 46 38 46 48 40");
        pwr_canvas_stroke(canvas, pwr_colour_make(pwr_random_between(0.5, 0.65), 0.6, 0.8), 4.5);
    }
}

void pwr_draw_traffic_light(pwr_canvas_t *canvas, const pwr_look_t *look)
{
    static const double hues[] = {0, 0.13, 0.38};
    int lit = pwr_random_below(4); /* the fourth: all three */
    double radius = pwr_random_between(8.5, 10.5);

    pwr_canvas_box(canvas, -4, 28, 8, 24);
    pwr_canvas_fill(canvas, look->body);
    pwr_canvas_path(canvas, "M -16 -46 L 16 -46 L 16 32 L -16 32 Z");
    pwr_canvas_fill(canvas, pwr_random_is(0.5) ? look->deep : look->body);
    if (pwr_random_is(0.5)) {
        pwr_canvas_path(canvas,
                        "M -16 -40 L -27 -36 L -16 -24 Z M -16 -14 L -27 -10 L -16 2 Z M -16 "
                        "12 L -27 16 L -16 28 Z M 16 -40 L 27 -36 L 16 -24 Z M 16 -14 L 27 "
                        "-10 L 16 2 Z M 16 12 L 27 16 L 16 28 Z");
        pwr_canvas_fill(canvas, look->deep);
    }
    for (int i = 0; i < 3; i++) {
        bool is_lit = lit == 3 || lit == i;
        pwr_canvas_ring(canvas, 0, -32 + i * 25, radius);
        pwr_canvas_fill(canvas, pwr_colour_make(hues[i] + pwr_random_between(-0.02, 0.02),
                                                is_lit ? 0.85 : 0.6, is_lit ? 1 : 0.55));
    }
}
