/*
 * The first answer to a task is the only one: who was wrong gets another task. A table of fixed
 * size in memory that all processes of the server share. Made in the parent before the fork; the
 * rest from any thread of any process, lock-free.
 */
#ifndef PWR_ABUSE_TASK_ANSWERS_H
#define PWR_ABUSE_TASK_ANSWERS_H

#include <stdbool.h>

#include "base/fault.h"

typedef struct pwr_task_answers_t pwr_task_answers_t;

pwr_fault_t *pwr_task_answers_open(pwr_task_answers_t **answers, apr_pool_t *pool) PWR_MUST_USE;

/* Does this answer to this task count? The first one does, and the same one again, as after a
 * double click; another one does not. */
bool pwr_task_answers_take(pwr_task_answers_t *answers, const char *task, const char *answer);

#endif
