/* Promises of abuse/captcha_answers.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <stdatomic.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "abuse/captcha_answers.h"
#include "base/clock.h"
#include "base/limits.h"

static apr_pool_t *pool;

static pwr_captcha_answers_t *open_table(void)
{
    pwr_captcha_answers_t *table = NULL;
    assert_null(pwr_captcha_answers_open(&table, pool));
    return table;
}

static void the_first_answer_counts_and_no_other(void **state)
{
    (void)state;
    pwr_captcha_answers_t *table = open_table();

    assert_true(pwr_captcha_answers_take(table, "captcha", "sound 1"));
    assert_false(pwr_captcha_answers_take(table, "captcha", "sound 2"));
    assert_false(pwr_captcha_answers_take(table, "captcha", "picture 1"));
    assert_true(pwr_captcha_answers_take(table, "captcha", "sound 1"));
    assert_true(pwr_captcha_answers_take(table, "other captcha", "sound 2"));
    assert_false(pwr_captcha_answers_take(table, "captcha", ""));
}

static void it_takes_a_great_many_captchas_to_forget_one(void **state)
{
    (void)state;
    enum { ROUNDS = 50, CAPTCHAS = 1000 };
    int forgotten = 0;

    for (int round = 0; round < ROUNDS; round++) {
        pwr_captcha_answers_t *table = open_table();
        pwr_captcha_answers_take(table, "captcha", "wrong");
        for (int i = 0; i < CAPTCHAS; i++) {
            assert_true(pwr_captcha_answers_take(table, apr_itoa(pool, i), "wrong"));
        }
        forgotten += pwr_captcha_answers_take(table, "captcha", "right");
        apr_pool_clear(pool);
    }
    assert_in_range(forgotten, 0, 15); /* 3 are to be expected */
}

static void of_many_processes_one_is_first(void **state)
{
    (void)state;
    enum { PROCESSES = 8, CAPTCHAS = 500 };
    pwr_captcha_answers_t *table = open_table();
    atomic_int *first = mmap(NULL, (CAPTCHAS + 1) * sizeof *first, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (atomic_fetch_add(&first[CAPTCHAS], 1);
                 atomic_load(&first[CAPTCHAS]) < PROCESSES;) {
            }
            /* A captcha's place is taken by the next one in one of thousands of cases, hence few.
             */
            for (int captcha = 0; captcha < CAPTCHAS; captcha++) {
                char name[16], answer[16];
                apr_snprintf(name, sizeof name, "captcha %d", captcha / 100);
                apr_snprintf(answer, sizeof answer, "sound %d", i);
                if (pwr_captcha_answers_take(table, name, answer)) {
                    first[captcha / 100] |= 1 << i;
                }
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        wait(&status);
        assert_int_equal(status, 0);
    }
    for (int captcha = 0; captcha < CAPTCHAS / 100; captcha++) {
        int who = first[captcha];
        assert_true(who != 0 && (who & (who - 1)) == 0); /* one bit */
    }
    munmap(first, (CAPTCHAS + 1) * sizeof *first);
}

static apr_time_t now = 1000 * APR_USEC_PER_SEC;

static apr_time_t own_clock(void)
{
    return now;
}

/* How many of so many are drawn. */
static int draw(pwr_captcha_answers_t *table, const char *captcha, pwr_draw_t what, int times)
{
    int drawn = 0;
    for (int i = 0; i < times; i++) {
        drawn += pwr_captcha_answers_draw(table, captcha, what, 1000) == PWR_DRAW_YES;
    }
    return drawn;
}

static void a_captchas_picture_is_drawn_once_and_its_sound_a_few_times(void **state)
{
    (void)state;
    pwr_captcha_answers_t *table = open_table();

    assert_int_equal(draw(table, "captcha", PWR_DRAW_PICTURE, 50), 1);
    assert_int_equal(draw(table, "captcha", PWR_DRAW_SOUND, 50), PWR_MAX_SOUNDS);
    assert_int_equal(draw(table, "other", PWR_DRAW_SOUND, 50), PWR_MAX_SOUNDS);
    assert_int_equal(draw(table, "other", PWR_DRAW_PICTURE, 50), 1);
    assert_int_equal(pwr_captcha_answers_draw(table, "captcha", PWR_DRAW_PICTURE, 1000),
                     PWR_DRAW_SPENT);
    assert_true(pwr_captcha_answers_take(table, "captcha", "sound 1"));
}

static void of_many_processes_one_draws(void **state)
{
    (void)state;
    enum { PROCESSES = 8, CAPTCHAS = 20 };
    pwr_captcha_answers_t *table = open_table();
    atomic_int *drawn
        = mmap(NULL, sizeof *drawn, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (int captcha = 0; captcha < CAPTCHAS; captcha++) {
                *drawn += draw(table, apr_itoa(pool, captcha), PWR_DRAW_PICTURE, 10);
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_int_equal(*drawn, CAPTCHAS);
    munmap(drawn, sizeof *drawn);
}

static void a_second_has_room_for_so_many_drawings_and_then_no_captcha_is_offered(void **state)
{
    (void)state;
    enum { MOST = 20, SECONDS = 5 };
    pwr_captcha_answers_t *table = open_table();
    int drawn = 0;

    pwr_clock_set(own_clock);
    assert_false(pwr_captcha_answers_is_busy(table));
    for (int i = 0; i < SECONDS * 100; i++) {
        now += APR_USEC_PER_SEC / 100;
        drawn += pwr_captcha_answers_draw(table, apr_itoa(pool, i), PWR_DRAW_PICTURE, MOST)
                 == PWR_DRAW_YES;
    }
    assert_in_range(drawn, SECONDS * MOST, (SECONDS + 1) * MOST);
    assert_true(pwr_captcha_answers_is_busy(table));
    now += 7 * APR_USEC_PER_SEC;
    assert_false(pwr_captcha_answers_is_busy(table));
    /* What was refused for want of room is not spent. */
    assert_int_equal(draw(table, apr_itoa(pool, SECONDS * 100 - 2), PWR_DRAW_PICTURE, 1), 1);
    pwr_clock_set(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_answer_counts_and_no_other),
        cmocka_unit_test(it_takes_a_great_many_captchas_to_forget_one),
        cmocka_unit_test(of_many_processes_one_is_first),
        cmocka_unit_test(a_captchas_picture_is_drawn_once_and_its_sound_a_few_times),
        cmocka_unit_test(of_many_processes_one_draws),
        cmocka_unit_test(a_second_has_room_for_so_many_drawings_and_then_no_captcha_is_offered),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
