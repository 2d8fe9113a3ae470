/* The squares are drawn by the scene, one after the other, on one canvas. */
#include "captcha/picture.h"

#include "captcha/picture_scene.h"
#include "captcha/picture_things.h"

#define IN_A_ROW 3
#define SIDE (IN_A_ROW * PWR_SCENE_SIDE)

#define NAME(name, draw) name,
const char *const pwr_picture_things[] = {PWR_THINGS(NAME)};
const int pwr_picture_thing_count = (int)(sizeof pwr_picture_things / sizeof *pwr_picture_things);

pwr_fault_t *pwr_picture_draw(const char **png, apr_size_t *length,
                              const unsigned char shown[PWR_CAPTCHA_SQUARES], apr_pool_t *pool)
{
    pwr_canvas_t *canvas = NULL;

    PWR_TRY(pwr_canvas_make(&canvas, SIDE, SIDE, pool));
    for (int i = 0; i < PWR_CAPTCHA_SQUARES; i++) {
        double x = i % IN_A_ROW * PWR_SCENE_SIDE + PWR_SCENE_SIDE / 2.0;
        double y = i / IN_A_ROW * PWR_SCENE_SIDE + PWR_SCENE_SIDE / 2.0;
        pwr_scene_draw(canvas, shown[i], x, y);
    }
    return pwr_canvas_png(png, length, canvas, pool);
}
