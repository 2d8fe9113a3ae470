/*
 * A cell belongs to a client and an event for a minute. All that is counted in it is one 64-bit
 * word, moved by compare-and-swap:
 *
 *     minute (28 bits) | event (8) | lines written (4) | events without a line (24)
 *
 * A process that takes a free cell marks it busy (the last part all ones), writes the client's name
 * and then the first count. A cell whose owner died in between is given up when its minute is over.
 * The worker empties cells of earlier minutes. An event that finds no cell is counted for its event
 * alone.
 */
#include "events/audit_limit.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "base/crypto.h"

#define CELLS 4096
#define WAYS 8
#define NAME_BYTES 56 /* a client's name takes 50 at most */
#define MINUTE apr_time_from_sec(60)
#define HOUR (60 * MINUTE)
#define MORE_BITS 24
#define WRITTEN_BITS 4
#define EVENT_BITS 8
#define MORE_MASK (((apr_uint64_t)1 << MORE_BITS) - 1)
#define BUSY MORE_MASK

typedef _Atomic apr_uint64_t word_t;

typedef struct {
    word_t word; /* 0: free */
    char client[NAME_BYTES];
} audit_cell_t;

struct pwr_audit_limit_t {
    word_t hour; /* hour (32 bits) | lines in it (32) */
    word_t told; /* the minute in which `others` were taken last */
    word_t others[PWR_EVENT_COUNT];
    unsigned char key[PWR_SHORT_KEY_BYTES];
    audit_cell_t cells[CELLS];
};

typedef struct {
    apr_uint64_t minute;
    apr_uint64_t event;
    apr_uint64_t written;
    apr_uint64_t more;
} count_t;

static apr_uint64_t pack(count_t count)
{
    return ((count.minute << EVENT_BITS | count.event) << WRITTEN_BITS | count.written) << MORE_BITS
           | count.more;
}

static count_t unpack(apr_uint64_t word)
{
    return (count_t){
        .minute = word >> (MORE_BITS + WRITTEN_BITS + EVENT_BITS),
        .event = word >> (MORE_BITS + WRITTEN_BITS) & (((apr_uint64_t)1 << EVENT_BITS) - 1),
        .written = word >> MORE_BITS & (((apr_uint64_t)1 << WRITTEN_BITS) - 1),
        .more = word & MORE_MASK,
    };
}

pwr_fault_t *pwr_audit_limit_open(pwr_audit_limit_t **limit, apr_pool_t *pool)
{
    apr_shm_t *memory = NULL;
    apr_status_t status = apr_shm_create(&memory, sizeof **limit, NULL, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0603",
                                "no shared memory of %" APR_SIZE_T_FMT " bytes for the audit "
                                "log's counts: %s. Give httpd more memory.",
                                sizeof **limit, pwr_fault_status(status, pool));
    }
    *limit = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
    pwr_crypto_random((*limit)->key, sizeof(*limit)->key);
    return NULL;
}

/* Takes one line out of this hour's. */
static bool take_line(pwr_audit_limit_t *limit, int lines_per_hour)
{
    apr_uint64_t hour = (apr_uint64_t)(pwr_clock_now() / HOUR);
    apr_uint64_t seen = atomic_load(&limit->hour);
    apr_uint64_t next;

    do {
        next = seen >> 32 == hour ? seen + 1 : hour << 32 | 1;
        if ((next & UINT32_MAX) > (apr_uint64_t)lines_per_hour) {
            return false;
        }
    } while (!atomic_compare_exchange_weak(&limit->hour, &seen, next));
    return true;
}

/* Counts in a cell of this client; false when the cell was emptied meanwhile. */
static bool count_in(bool *is_line, pwr_audit_limit_t *limit, audit_cell_t *cell, apr_uint64_t seen,
                     int lines_per_hour)
{
    count_t count = unpack(seen);
    bool has_line = count.written < PWR_AUDIT_LINES && take_line(limit, lines_per_hour);

    for (;;) {
        count_t now = unpack(seen);
        if (now.minute != count.minute || now.event != count.event || now.more >= BUSY - 1) {
            return false;
        }
        *is_line = has_line && now.written < PWR_AUDIT_LINES;
        now.written += *is_line;
        now.more += !*is_line;
        if (atomic_compare_exchange_weak(&cell->word, &seen, pack(now))) {
            return true;
        }
    }
}

/* A cell that nothing is to be told of: free, or of an earlier minute in which all had lines. */
static bool is_idle(apr_uint64_t word, apr_uint64_t minute)
{
    count_t count = unpack(word);
    return word == 0 || (count.minute < minute && (count.more == 0 || count.more == BUSY));
}

bool pwr_audit_limit_count(pwr_audit_limit_t *limit, pwr_event_t event, const char *client,
                           int lines_per_hour)
{
    count_t mine
        = {.minute = (apr_uint64_t)(pwr_clock_now() / MINUTE), .event = (apr_uint64_t)event};
    char name[NAME_BYTES];
    bool is_line = false;

    apr_cpystrn(name, client != NULL ? client : "", sizeof name);
    apr_uint64_t hash = pwr_crypto_short_hash(limit->key, name, strlen(name)) + mine.event;
    for (int way = 0; way < WAYS; way++) {
        audit_cell_t *cell = &limit->cells[(hash + (apr_uint64_t)way) % CELLS];
        apr_uint64_t seen = atomic_load(&cell->word);
        count_t count = unpack(seen);
        if (is_idle(seen, mine.minute)) {
            count_t busy = mine;
            busy.more = BUSY;
            if (!atomic_compare_exchange_strong(&cell->word, &seen, pack(busy))) {
                continue;
            }
            memcpy(cell->client, name, sizeof name);
            is_line = take_line(limit, lines_per_hour);
            mine.written = is_line;
            mine.more = !is_line;
            atomic_store(&cell->word, pack(mine));
            return is_line;
        }
        if (count.minute == mine.minute && count.event == mine.event && count.more != BUSY
            && strcmp(cell->client, name) == 0
            && count_in(&is_line, limit, cell, seen, lines_per_hour)) {
            return is_line;
        }
    }
    atomic_fetch_add(&limit->others[event], 1);
    return false;
}

/* A line for each cell as long as this hour has lines left; then all are counted together. */
static void take_cell(apr_array_header_t *taken, pwr_audit_limit_t *limit, audit_cell_t *cell,
                      int lines_per_hour)
{
    apr_uint64_t word = atomic_load(&cell->word);
    const char *client = apr_pstrndup(taken->pool, cell->client, NAME_BYTES - 1);

    if (!atomic_compare_exchange_strong(&cell->word, &word, 0)) {
        return; /* the next look finds it */
    }
    count_t count = unpack(word);
    if (count.more == 0 || count.more == BUSY) {
        return;
    }
    if (!take_line(limit, lines_per_hour)) {
        atomic_fetch_add(&limit->others[count.event], count.more);
        return;
    }
    APR_ARRAY_PUSH(taken, pwr_audit_more_t)
        = (pwr_audit_more_t){.event = (pwr_event_t)count.event,
                             .client = client,
                             .count = (apr_int64_t)count.more,
                             .minute = (apr_time_t)count.minute * MINUTE};
}

apr_array_header_t *pwr_audit_limit_take(pwr_audit_limit_t *limit, apr_time_t now,
                                         int lines_per_hour, apr_pool_t *pool)
{
    apr_array_header_t *taken = apr_array_make(pool, 8, sizeof(pwr_audit_more_t));
    apr_uint64_t minute = (apr_uint64_t)(now / MINUTE);

    for (int i = 0; i < CELLS; i++) {
        apr_uint64_t word = atomic_load(&limit->cells[i].word);
        if (word != 0 && unpack(word).minute < minute) {
            take_cell(taken, limit, &limit->cells[i], lines_per_hour);
        }
    }
    if (atomic_exchange(&limit->told, minute) == minute) {
        return taken;
    }
    for (int event = 0; event < PWR_EVENT_COUNT; event++) {
        apr_uint64_t count = atomic_exchange(&limit->others[event], 0);
        if (count > 0) {
            APR_ARRAY_PUSH(taken, pwr_audit_more_t)
                = (pwr_audit_more_t){.event = (pwr_event_t)event, .count = (apr_int64_t)count};
        }
    }
    return taken;
}

void pwr_audit_limit_give_back(pwr_audit_limit_t *limit, const pwr_audit_more_t *more)
{
    atomic_fetch_add(&limit->others[more->event], (apr_uint64_t)more->count);
}
