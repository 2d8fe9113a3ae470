/*
 * A sheet to draw on, in points of a square that the caller places. What is drawn shakes a little
 * like a hand, so that the same drawing never falls on the same points twice. One thread per
 * canvas; it lives in its pool.
 */
#ifndef PWR_CAPTCHA_CANVAS_H
#define PWR_CAPTCHA_CANVAS_H

#include "base/fault.h"

typedef struct pwr_canvas_t pwr_canvas_t;

typedef struct {
    double red, green, blue; /* 0 to 1 */
    double alpha;            /* 0: not to be seen; 1: covers */
} pwr_colour_t;

/* Where a drawing goes on the sheet, or in the place round it. */
typedef struct {
    double x, y;    /* where its (0, 0) lies */
    double wide;    /* stretch sideways; below 0: mirrored */
    double high;    /* stretch upwards */
    double turn;    /* radians, clockwise */
    double lean;    /* 0: upright; 0.2: as letters in italics */
    double shaking; /* how far each point may stray, in its own measure */
} pwr_place_t;

/* Hue 0 to 1 round the circle from red; saturation and value 0 to 1. */
pwr_colour_t pwr_colour_make(double hue, double saturation, double value);
/* As bright as it looks, 0 to 1. */
double pwr_colour_brightness(pwr_colour_t colour);
pwr_colour_t pwr_colour_veil(pwr_colour_t colour, double alpha);

/* Black, `width` by `height` points. */
pwr_fault_t *pwr_canvas_make(pwr_canvas_t **canvas, int width, int height,
                             apr_pool_t *pool) PWR_MUST_USE;

/* Everything up to the matching leave is measured in `place`; `edge` above 0 cuts off what lies
 * outside a square of that side round its (0, 0). */
void pwr_canvas_enter(pwr_canvas_t *canvas, const pwr_place_t *place, double edge);
void pwr_canvas_leave(pwr_canvas_t *canvas);

/* The line round what is filled from now on in this place. */
void pwr_canvas_pen(pwr_canvas_t *canvas, pwr_colour_t colour, double width);

/* Shapes are gathered, then filled or stroked together. A path is written as in SVG with M, L, C
 * and Z, whole numbers and single spaces: "M 0 0 L 10 0 L 10 10 Z". */
void pwr_canvas_path(pwr_canvas_t *canvas, const char *path);
void pwr_canvas_line(pwr_canvas_t *canvas, double x1, double y1, double x2, double y2);
void pwr_canvas_box(pwr_canvas_t *canvas, double x, double y, double width, double height);
void pwr_canvas_ring(pwr_canvas_t *canvas, double x, double y, double radius);

/* Each ends the shapes gathered: filled with the pen's line round them, filled without, as a line.
 */
void pwr_canvas_fill(pwr_canvas_t *canvas, pwr_colour_t colour);
void pwr_canvas_stain(pwr_canvas_t *canvas, pwr_colour_t colour);
void pwr_canvas_stroke(pwr_canvas_t *canvas, pwr_colour_t colour, double width);
/* Filled with colours that pass over from (x, y) to its opposite point. */
void pwr_canvas_blend(pwr_canvas_t *canvas, pwr_colour_t from, pwr_colour_t to, double x, double y);

/* The sheet as a PNG in 252 colours, with grain. */
pwr_fault_t *pwr_canvas_png(const char **png, apr_size_t *length, pwr_canvas_t *canvas,
                            apr_pool_t *pool) PWR_MUST_USE;

#endif
