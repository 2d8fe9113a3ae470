/*
 * The only file that knows cairo. No text is drawn: fonts would bring in fontconfig, its files and
 * its caches. Colours are rounded to a fixed palette up or down by chance: that is the grain which
 * makes each picture's points new, and what lets it be written with one byte per point.
 */
#include "captcha/canvas.h"

#include <math.h>
#include <stdlib.h>

#include <cairo.h>

#include "base/random.h"
#include "captcha/png.h"
#include "base/crypto.h"

#define REDS 6
#define GREENS 7
#define BLUES 6
#define COLOURS (REDS * GREENS * BLUES)
#define DEEPEST 8 /* places within places */

typedef struct {
    double shaking;
    pwr_colour_t pen;
    double pen_width;
} hand_t;

struct pwr_canvas_t {
    cairo_surface_t *surface;
    cairo_t *cairo;
    hand_t hands[DEEPEST];
    hand_t *hand;
};

pwr_colour_t pwr_colour_make(double hue, double saturation, double value)
{
    double part[3];

    for (int i = 0; i < 3; i++) {
        static const double turned[] = {5, 3, 1};
        double k = fmod(turned[i] + hue * 6 + 6, 6);
        part[i] = value * (1 - saturation * fmax(0, fmin(1, fmin(k, 4 - k))));
    }
    return (pwr_colour_t){part[0], part[1], part[2], 1};
}

double pwr_colour_brightness(pwr_colour_t colour)
{
    return 0.30 * colour.red + 0.59 * colour.green + 0.11 * colour.blue;
}

pwr_colour_t pwr_colour_veil(pwr_colour_t colour, double alpha)
{
    colour.alpha = alpha;
    return colour;
}

static apr_status_t destroy(void *data)
{
    pwr_canvas_t *canvas = data;
    cairo_destroy(canvas->cairo);
    cairo_surface_destroy(canvas->surface);
    return APR_SUCCESS;
}

/* cairo keeps its own fault and goes on drawing nothing; this asks for it. */
static pwr_fault_t *fault_of(const pwr_canvas_t *canvas, apr_pool_t *pool)
{
    cairo_status_t status = cairo_status(canvas->cairo);
    if (status == CAIRO_STATUS_SUCCESS) {
        return NULL;
    }
    return pwr_fault_later(pool, "PWR0782", "a picture could not be drawn: %s",
                           cairo_status_to_string(status));
}

pwr_fault_t *pwr_canvas_make(pwr_canvas_t **canvas, int width, int height, apr_pool_t *pool)
{
    pwr_canvas_t *made = apr_pcalloc(pool, sizeof *made);

    made->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    made->cairo = cairo_create(made->surface);
    apr_pool_cleanup_register(pool, made, destroy, apr_pool_cleanup_null);
    made->hand = made->hands;
    cairo_set_antialias(made->cairo, CAIRO_ANTIALIAS_FAST);
    cairo_set_line_join(made->cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(made->cairo, CAIRO_LINE_CAP_ROUND);
    *canvas = made;
    return fault_of(made, pool);
}

void pwr_canvas_enter(pwr_canvas_t *canvas, const pwr_place_t *place, double edge)
{
    cairo_matrix_t lean;

    if (canvas->hand < canvas->hands + DEEPEST - 1) {
        canvas->hand[1] = *canvas->hand;
        canvas->hand++;
    }
    canvas->hand->shaking = place->shaking;
    cairo_save(canvas->cairo);
    cairo_translate(canvas->cairo, place->x, place->y);
    cairo_rotate(canvas->cairo, place->turn);
    cairo_matrix_init(&lean, place->wide, 0, -place->lean * place->high, place->high, 0, 0);
    cairo_transform(canvas->cairo, &lean);
    if (edge > 0) {
        cairo_rectangle(canvas->cairo, -edge / 2, -edge / 2, edge, edge);
        cairo_clip(canvas->cairo);
    }
}

void pwr_canvas_leave(pwr_canvas_t *canvas)
{
    if (canvas->hand > canvas->hands) {
        canvas->hand--;
    }
    cairo_restore(canvas->cairo);
}

void pwr_canvas_pen(pwr_canvas_t *canvas, pwr_colour_t colour, double width)
{
    canvas->hand->pen = colour;
    canvas->hand->pen_width = width;
}

static double shaken(const pwr_canvas_t *canvas, double value)
{
    return value + canvas->hand->shaking * pwr_random_between(-1, 1);
}

void pwr_canvas_path(pwr_canvas_t *canvas, const char *path)
{
    while (*path != '\0') {
        char step = *path;
        double at[6] = {0};
        char *end = NULL;
        int wanted = step == 'C' ? 6 : step == 'Z' ? 0 : 2;

        path++;
        for (int i = 0; i < wanted; i++) {
            at[i] = shaken(canvas, (double)strtol(path, &end, 10));
            path = end;
        }
        path += *path == ' ';
        if (step == 'M') {
            cairo_move_to(canvas->cairo, at[0], at[1]);
        } else if (step == 'L') {
            cairo_line_to(canvas->cairo, at[0], at[1]);
        } else if (step == 'C') {
            cairo_curve_to(canvas->cairo, at[0], at[1], at[2], at[3], at[4], at[5]);
        } else {
            cairo_close_path(canvas->cairo);
        }
    }
}

void pwr_canvas_line(pwr_canvas_t *canvas, double x1, double y1, double x2, double y2)
{
    cairo_move_to(canvas->cairo, shaken(canvas, x1), shaken(canvas, y1));
    cairo_line_to(canvas->cairo, shaken(canvas, x2), shaken(canvas, y2));
}

void pwr_canvas_box(pwr_canvas_t *canvas, double x, double y, double width, double height)
{
    cairo_move_to(canvas->cairo, shaken(canvas, x), shaken(canvas, y));
    cairo_line_to(canvas->cairo, shaken(canvas, x + width), shaken(canvas, y));
    cairo_line_to(canvas->cairo, shaken(canvas, x + width), shaken(canvas, y + height));
    cairo_line_to(canvas->cairo, shaken(canvas, x), shaken(canvas, y + height));
    cairo_close_path(canvas->cairo);
}

void pwr_canvas_ring(pwr_canvas_t *canvas, double x, double y, double radius)
{
    cairo_new_sub_path(canvas->cairo);
    cairo_arc(canvas->cairo, shaken(canvas, x), shaken(canvas, y), radius, 0, 2 * M_PI);
    cairo_close_path(canvas->cairo);
}

static void dip(pwr_canvas_t *canvas, pwr_colour_t colour)
{
    cairo_set_source_rgba(canvas->cairo, colour.red, colour.green, colour.blue, colour.alpha);
}

void pwr_canvas_fill(pwr_canvas_t *canvas, pwr_colour_t colour)
{
    dip(canvas, colour);
    cairo_fill_preserve(canvas->cairo);
    pwr_canvas_stroke(canvas, canvas->hand->pen, canvas->hand->pen_width);
}

void pwr_canvas_stain(pwr_canvas_t *canvas, pwr_colour_t colour)
{
    dip(canvas, colour);
    cairo_fill(canvas->cairo);
}

void pwr_canvas_stroke(pwr_canvas_t *canvas, pwr_colour_t colour, double width)
{
    dip(canvas, colour);
    cairo_set_line_width(canvas->cairo, width);
    cairo_stroke(canvas->cairo);
}

void pwr_canvas_blend(pwr_canvas_t *canvas, pwr_colour_t from, pwr_colour_t to, double x, double y)
{
    cairo_pattern_t *pattern = cairo_pattern_create_linear(x, y, -x, -y);

    cairo_pattern_add_color_stop_rgba(pattern, 0, from.red, from.green, from.blue, from.alpha);
    cairo_pattern_add_color_stop_rgba(pattern, 1, to.red, to.green, to.blue, to.alpha);
    cairo_set_source(canvas->cairo, pattern);
    cairo_pattern_destroy(pattern); /* the canvas holds it now */
    cairo_fill(canvas->cairo);
}

static const unsigned char *make_palette(apr_pool_t *pool)
{
    unsigned char *palette = apr_palloc(pool, (apr_size_t)COLOURS * 3);

    for (int i = 0; i < COLOURS; i++) {
        palette[i * 3] = (unsigned char)(i / (GREENS * BLUES) * 255 / (REDS - 1));
        palette[i * 3 + 1] = (unsigned char)(i / BLUES % GREENS * 255 / (GREENS - 1));
        palette[i * 3 + 2] = (unsigned char)(i % BLUES * 255 / (BLUES - 1));
    }
    return palette;
}

/* Which of `steps` levels: the one below or above, by chance the more even the farther from both.
 * `grain` spans three quarters of a level: a whole one looks like snow. */
static unsigned level(uint32_t value, unsigned steps, unsigned grain)
{
    return (value * (steps - 1) + 32 + grain * 3 / 4) / 256;
}

pwr_fault_t *pwr_canvas_png(const char **png, apr_size_t *length, pwr_canvas_t *canvas,
                            apr_pool_t *pool)
{
    pwr_raster_t raster = {0};
    int stride = cairo_image_surface_get_stride(canvas->surface);
    const unsigned char *points = NULL;
    unsigned char *rows = NULL;
    unsigned char *grain = NULL;

    PWR_TRY(fault_of(canvas, pool));
    cairo_surface_flush(canvas->surface);
    points = cairo_image_surface_get_data(canvas->surface);
    raster.width = cairo_image_surface_get_width(canvas->surface);
    raster.height = cairo_image_surface_get_height(canvas->surface);
    rows = apr_pcalloc(pool, (apr_size_t)(raster.width + 1) * (apr_size_t)raster.height);
    grain = apr_palloc(pool, (apr_size_t)raster.width);
    for (int y = 0; y < raster.height; y++) {
        const uint32_t *point = (const void *)(points + (apr_size_t)y * (apr_size_t)stride);
        unsigned char *row = rows + (apr_size_t)y * (apr_size_t)(raster.width + 1) + 1;
        pwr_crypto_random(grain, (size_t)raster.width);
        for (int x = 0; x < raster.width; x++) {
            unsigned red = level(point[x] >> 16 & 255, REDS, grain[x]);
            unsigned green = level(point[x] >> 8 & 255, GREENS, grain[x]);
            unsigned blue = level(point[x] & 255, BLUES, grain[x]);
            row[x] = (unsigned char)((red * GREENS + green) * BLUES + blue);
        }
    }
    raster.rows = rows;
    raster.palette = make_palette(pool);
    raster.colours = COLOURS;
    return pwr_png_write(png, length, &raster, pool);
}
