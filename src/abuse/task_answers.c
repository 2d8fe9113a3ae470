/*
 * One word for each place: hashes of a task and of its answer. A task has one place, so of many
 * answers at once one is first. It is forgotten when another task falls into its place, one of
 * thousands, which nobody can choose: so who would answer again must first answer thousands of
 * other tasks, wrongly, and each counts against the client.
 */
#include "abuse/task_answers.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>

#include "base/crypto.h"

#define PLACES 16384
#define ANSWER_MASK ((apr_uint64_t)0xffff)

typedef _Atomic apr_uint64_t place_t;

struct pwr_task_answers_t {
    place_t *places;
    unsigned char key[PWR_SHORT_KEY_BYTES];
};

pwr_fault_t *pwr_task_answers_open(pwr_task_answers_t **answers, apr_pool_t *pool)
{
    pwr_task_answers_t *opened = apr_palloc(pool, sizeof *opened);
    apr_shm_t *memory = NULL;
    apr_status_t status = apr_shm_create(&memory, PLACES * sizeof(place_t), NULL, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0702",
                                "no shared memory of %d bytes for the answers to tasks: %s. Give "
                                "httpd more memory.",
                                (int)(PLACES * sizeof(place_t)), pwr_fault_status(status, pool));
    }
    opened->places = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
    pwr_crypto_random(opened->key, sizeof opened->key);
    *answers = opened;
    return NULL;
}

bool pwr_task_answers_take(pwr_task_answers_t *answers, const char *task, const char *answer)
{
    apr_uint64_t hash = pwr_crypto_short_hash(answers->key, task, strlen(task));
    apr_uint64_t mine
        = (hash & ~ANSWER_MASK)
          | (pwr_crypto_short_hash(answers->key, answer, strlen(answer)) & ANSWER_MASK);
    place_t *place = &answers->places[hash % PLACES];
    apr_uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);

    do {
        if (((seen ^ hash) & ~ANSWER_MASK) == 0) {
            return seen == mine;
        }
    } while (!atomic_compare_exchange_weak_explicit(place, &seen, mine, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}
