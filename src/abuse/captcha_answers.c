/*
 * One word for each place: hashes of a captcha and of its answer. A captcha has one place, so of
 * many answers at once one is first. It is forgotten when another captcha falls into its place, one
 * of thousands. A client cannot choose that place: to answer a captcha again it would have to
 * answer thousands of others first, wrongly, and each counts against the client.
 */
#include "abuse/captcha_answers.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/limits.h"

#define PLACES 16384
#define ANSWER_MASK ((apr_uint64_t)0xffff)

#define DRAWN_MASK ((apr_uint64_t)0xff) /* a bit for the picture, then the count of sounds */
#define PICTURE ((apr_uint64_t)1)
#define SOUND ((apr_uint64_t)2)
#define BUSY_SECONDS 5 /* after the last second that had no room */

typedef _Atomic apr_uint64_t answer_place_t;

typedef struct {
    answer_place_t second; /* second (32 bits) | drawings in it (32) */
    answer_place_t full;   /* the last second that had no more room */
    answer_place_t answers[PLACES];
    answer_place_t drawn[PLACES];
} answer_table_t;

struct pwr_captcha_answers_t {
    answer_table_t *table;
    unsigned char key[PWR_SHORT_KEY_BYTES];
};

pwr_fault_t *pwr_captcha_answers_open(pwr_captcha_answers_t **answers, apr_pool_t *pool)
{
    pwr_captcha_answers_t *opened = apr_palloc(pool, sizeof *opened);
    apr_shm_t *memory = NULL;
    apr_status_t status = apr_shm_create(&memory, sizeof(answer_table_t), NULL, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(
            pool, "PWR0702",
            "no shared memory of %d bytes for the answers to captchas: %s. Give "
            "httpd more memory.",
            (int)sizeof(answer_table_t), pwr_fault_status(status, pool));
    }
    opened->table = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
    pwr_crypto_random(opened->key, sizeof opened->key);
    *answers = opened;
    return NULL;
}

bool pwr_captcha_answers_take(pwr_captcha_answers_t *answers, const char *captcha,
                              const char *answer)
{
    apr_uint64_t hash = pwr_crypto_short_hash(answers->key, captcha, strlen(captcha));
    apr_uint64_t mine
        = (hash & ~ANSWER_MASK)
          | (pwr_crypto_short_hash(answers->key, answer, strlen(answer)) & ANSWER_MASK);
    answer_place_t *place = &answers->table->answers[hash % PLACES];
    apr_uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);

    do {
        if (((seen ^ hash) & ~ANSWER_MASK) == 0) {
            return seen == mine;
        }
    } while (!atomic_compare_exchange_weak_explicit(place, &seen, mine, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

/* What is drawn of the captcha already; `hash` tells it from others in its place. */
static apr_uint64_t drawn_of(apr_uint64_t seen, apr_uint64_t hash)
{
    return ((seen ^ hash) & ~DRAWN_MASK) == 0 ? seen & DRAWN_MASK : 0;
}

static bool is_spent(apr_uint64_t drawn, pwr_draw_t what)
{
    return what == PWR_DRAW_PICTURE ? (drawn & PICTURE) != 0 : drawn / SOUND >= PWR_MAX_SOUNDS;
}

/* Takes one drawing out of this second's. */
static bool take_turn(answer_table_t *table, int most)
{
    apr_uint64_t now = (apr_uint64_t)apr_time_sec(pwr_clock_now());
    apr_uint64_t seen = atomic_load_explicit(&table->second, memory_order_relaxed);
    apr_uint64_t next;

    do {
        next = seen >> 32 == now ? seen + 1 : now << 32 | 1;
        if ((next & UINT32_MAX) >= (apr_uint64_t)most) {
            atomic_store_explicit(&table->full, now, memory_order_relaxed);
        }
        if ((next & UINT32_MAX) > (apr_uint64_t)most) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&table->second, &seen, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

pwr_draw_verdict_t pwr_captcha_answers_draw(pwr_captcha_answers_t *answers, const char *captcha,
                                            pwr_draw_t what, int most)
{
    apr_uint64_t hash = pwr_crypto_short_hash(answers->key, captcha, strlen(captcha));
    answer_place_t *place = &answers->table->drawn[hash % PLACES];
    apr_uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);
    apr_uint64_t mine;

    if (is_spent(drawn_of(seen, hash), what)) {
        return PWR_DRAW_SPENT;
    }
    if (!take_turn(answers->table, most)) {
        return PWR_DRAW_BUSY;
    }
    do {
        apr_uint64_t drawn = drawn_of(seen, hash);
        if (is_spent(drawn, what)) {
            return PWR_DRAW_SPENT;
        }
        mine = (hash & ~DRAWN_MASK) | (drawn + (what == PWR_DRAW_PICTURE ? PICTURE : SOUND));
    } while (!atomic_compare_exchange_weak_explicit(place, &seen, mine, memory_order_relaxed,
                                                    memory_order_relaxed));
    return PWR_DRAW_YES;
}

bool pwr_captcha_answers_is_busy(const pwr_captcha_answers_t *answers)
{
    apr_int64_t full
        = (apr_int64_t)atomic_load_explicit(&answers->table->full, memory_order_relaxed);
    apr_int64_t passed = apr_time_sec(pwr_clock_now()) - full;
    return passed >= 0 && passed <= BUSY_SECONDS;
}
