/* Promises of abuse/task_answers.h. */
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

#include "abuse/task_answers.h"

static apr_pool_t *pool;

static pwr_task_answers_t *open_table(void)
{
    pwr_task_answers_t *table = NULL;
    assert_null(pwr_task_answers_open(&table, pool));
    return table;
}

static void the_first_answer_counts_and_no_other(void **state)
{
    (void)state;
    pwr_task_answers_t *table = open_table();

    assert_true(pwr_task_answers_take(table, "task", "sound 1"));
    assert_false(pwr_task_answers_take(table, "task", "sound 2"));
    assert_false(pwr_task_answers_take(table, "task", "picture 1"));
    assert_true(pwr_task_answers_take(table, "task", "sound 1"));
    assert_true(pwr_task_answers_take(table, "other task", "sound 2"));
    assert_false(pwr_task_answers_take(table, "task", ""));
}

static void it_takes_a_great_many_tasks_to_forget_one(void **state)
{
    (void)state;
    enum { ROUNDS = 50, TASKS = 1000 };
    int forgotten = 0;

    for (int round = 0; round < ROUNDS; round++) {
        pwr_task_answers_t *table = open_table();
        pwr_task_answers_take(table, "task", "wrong");
        for (int i = 0; i < TASKS; i++) {
            assert_true(pwr_task_answers_take(table, apr_itoa(pool, i), "wrong"));
        }
        forgotten += pwr_task_answers_take(table, "task", "right");
        apr_pool_clear(pool);
    }
    assert_in_range(forgotten, 0, 15); /* 3 are to be expected */
}

static void of_many_processes_one_is_first(void **state)
{
    (void)state;
    enum { PROCESSES = 8, TASKS = 500 };
    pwr_task_answers_t *table = open_table();
    atomic_int *first = mmap(NULL, (TASKS + 1) * sizeof *first, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (atomic_fetch_add(&first[TASKS], 1); atomic_load(&first[TASKS]) < PROCESSES;) {
            }
            /* A task's place is taken by the next one in one of thousands of cases, hence few. */
            for (int task = 0; task < TASKS; task++) {
                char name[16], answer[16];
                apr_snprintf(name, sizeof name, "task %d", task / 100);
                apr_snprintf(answer, sizeof answer, "sound %d", i);
                if (pwr_task_answers_take(table, name, answer)) {
                    first[task / 100] |= 1 << i;
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
    for (int task = 0; task < TASKS / 100; task++) {
        int who = first[task];
        assert_true(who != 0 && (who & (who - 1)) == 0); /* one bit */
    }
    munmap(first, (TASKS + 1) * sizeof *first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_answer_counts_and_no_other),
        cmocka_unit_test(it_takes_a_great_many_tasks_to_forget_one),
        cmocka_unit_test(of_many_processes_one_is_first),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
