/* The squares are chosen here and drawn by the scene. Which squares are right is drawn first, so
 * that each place is as likely as any other; the rest are filled with things not asked for. */
#include "abuse/captcha_picture.h"

#include "abuse/dice.h"
#include "abuse/picture_scene.h"
#include "abuse/picture_things.h"

#define IN_A_ROW 3
#define SIDE (IN_A_ROW * PWR_SCENE_SIDE)
#define FEWEST_RIGHT 3
#define MOST_RIGHT 5

#define NAME(name, draw) name,
const char *const pwr_picture_things[] = {PWR_THINGS(NAME)};
const int pwr_picture_thing_count = (int)(sizeof pwr_picture_things / sizeof *pwr_picture_things);

static unsigned char other_than(int thing)
{
    int step = 1 + pwr_dice_below(pwr_picture_thing_count - 1);
    return (unsigned char)((thing + step) % pwr_picture_thing_count);
}

pwr_picture_task_t pwr_picture_make(void)
{
    pwr_picture_task_t task = {.thing = pwr_dice_below(pwr_picture_thing_count)};
    int right = pwr_dice_count(FEWEST_RIGHT, MOST_RIGHT);

    for (int i = 0; i < PWR_PICTURE_SQUARES; i++) {
        /* Of the squares left, as many are right as are still wanted. */
        bool is_right = pwr_dice_below(PWR_PICTURE_SQUARES - i) < right;
        task.shown[i] = is_right ? (unsigned char)task.thing : other_than(task.thing);
        right -= is_right;
    }
    return task;
}

pwr_fault_t *pwr_picture_draw(const char **png, apr_size_t *length, const pwr_picture_task_t *task,
                              apr_pool_t *pool)
{
    pwr_canvas_t *canvas = NULL;

    PWR_TRY(pwr_canvas_make(&canvas, SIDE, SIDE, pool));
    for (int i = 0; i < PWR_PICTURE_SQUARES; i++) {
        double x = i % IN_A_ROW * PWR_SCENE_SIDE + PWR_SCENE_SIDE / 2.0;
        double y = i / IN_A_ROW * PWR_SCENE_SIDE + PWR_SCENE_SIDE / 2.0;
        pwr_scene_draw(canvas, task->shown[i], x, y);
    }
    return pwr_canvas_png(png, length, canvas, pool);
}

bool pwr_picture_is_right(const pwr_picture_task_t *task, const bool marked[PWR_PICTURE_SQUARES])
{
    for (int i = 0; i < PWR_PICTURE_SQUARES; i++) {
        if (marked[i] != (task->shown[i] == task->thing)) {
            return false;
        }
    }
    return true;
}
