/*
 * A cell is one 64-bit word: a tag that tells the clients of a set apart, and the client's
 * theoretical arrival time (TAT). How far the TAT lies ahead of now is what the client has asked
 * lately; time itself drains it. One compare-and-swap moves tag and TAT together, so nothing is
 * ever half counted, in whatever process.
 *
 * The way ahead has three bands, one after the other: SILENT, WORK, CAPTCHA; beyond them is REFUSE.
 * As many requests at once as a limit says fill the bands up to its own. In each band a request
 * takes five minutes divided by that band's limit: so whoever asks evenly, N times in five minutes,
 * meets the level that N stands for. (With the last limit's pace for all, an even flood just under
 * it would stay SILENT for ever.) Each band drains within five minutes.
 *
 * A client may live in one of eight cells, which are one line of the processor's cache. A newcomer
 * takes the one with the oldest TAT, if that has passed: its owner owes nothing by then. Two
 * threads that bring the same newcomer choose the same cell, because a cell's TAT only ever grows:
 * had they chosen two, each would have seen the other's as the younger one.
 */
#include "abuse/client_limit.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

#include "base/clock.h"

#define TICK 100 /* microseconds */
#define SECOND ((apr_int64_t)APR_USEC_PER_SEC / TICK)
#define CLIENT_WINDOW (300 * SECOND)
#define SITE_WINDOW (60 * SECOND)
#define QUARTERS 4 /* of a request */
#define BANDS 3

#define LINE 64 /* bytes that processors share and take from each other as one */
#define WAYS 8
#define TAT_BITS 46 /* ticks: 223 years */
#define TAT_MASK ((1ULL << TAT_BITS) - 1)
#define TAG_MASK ((1ULL << (64 - TAT_BITS)) - 1)
#define NAME_BYTES 50

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "cells are shared by processes: no lock may be hidden");

typedef _Atomic apr_uint64_t cell_t;

typedef struct {
    _Alignas(LINE) cell_t site;         /* the TAT of all clients together */
    _Alignas(LINE) atomic_llong latest; /* the time, as last seen */
    atomic_llong added;                 /* what the system's clock was set back by so far */
    atomic_bool is_full;                /* the queue; as the worker last found it */
    _Alignas(LINE) cell_t sets[][WAYS];
} client_table_t;

/* Bands of the way ahead; all in ticks. */
typedef struct {
    int count;
    apr_int64_t pace[BANDS]; /* what a quarter of a request takes */
    apr_int64_t end[BANDS];
} scale_t;

struct pwr_client_limit_t {
    client_table_t *table;
    apr_uint64_t sets;
    apr_time_t opened;
    scale_t client;
    scale_t site;
    unsigned char
        key[PWR_SHORT_KEY_BYTES]; /* so that a client cannot choose whose cell it shares */
};

/* --- the way ahead ---------------------------------------------------------------------------- */

static scale_t make_scale(const int *limits, int count, apr_int64_t window)
{
    scale_t scale = {.count = count};
    apr_int64_t end = 0;
    int below = 0;

    for (int band = 0; band < count; band++) {
        apr_int64_t pace = window / QUARTERS / limits[band];
        scale.pace[band] = pace > 0 ? pace : 1;
        end += scale.pace[band] * QUARTERS * (limits[band] - below);
        scale.end[band] = end;
        below = limits[band];
    }
    return scale;
}

/* How far ahead a client is after `cost` quarters more. */
static apr_int64_t spend(const scale_t *scale, apr_int64_t ahead, int cost)
{
    apr_int64_t need = scale->pace[0] * cost;

    for (int band = 0; band < scale->count - 1 && ahead + need > scale->end[band]; band++) {
        apr_int64_t room = scale->end[band] > ahead ? scale->end[band] - ahead : 0;
        ahead += room;
        need = (need - room) * scale->pace[band + 1] / scale->pace[band];
    }
    return ahead + need;
}

static pwr_level_t level_at(const scale_t *scale, apr_int64_t ahead)
{
    int level = PWR_LEVEL_SILENT;

    while (level < scale->count && ahead > scale->end[level]) {
        level++;
    }
    return (pwr_level_t)level;
}

static apr_int64_t ahead_of(apr_uint64_t tat, apr_int64_t now)
{
    apr_int64_t ahead = (apr_int64_t)tat - now;
    return ahead > 0 ? ahead : 0;
}

/* --- time ------------------------------------------------------------------------------------- */

/* Ticks since the table was made. When the system's clock is set back, time goes on from where it
 * was: else all who asked lately would seem to be far ahead. `latest` is read before the clock, so
 * that a thread that was held up between the two takes nothing for a step back. */
static apr_int64_t present(const pwr_client_limit_t *limit)
{
    client_table_t *table = limit->table;
    long long latest = atomic_load(&table->latest);
    long long added = atomic_load(&table->added);
    long long passed = (pwr_clock_now() - limit->opened) / TICK;

    if (passed + added < latest - SECOND
        && atomic_compare_exchange_strong(&table->added, &added, latest - passed)) {
        added = latest - passed;
    }
    if (passed + added > latest + SECOND / 10) { /* seldom: all would wait for this line */
        atomic_store(&table->latest, passed + added);
    }
    return passed + added;
}

/* --- cells ------------------------------------------------------------------------------------ */

typedef struct {
    cell_t *cells; /* WAYS of them */
    apr_uint64_t tag;
} cell_place_t;

static cell_place_t place_of(const pwr_client_limit_t *limit, const char *client)
{
    apr_uint64_t hash = pwr_crypto_short_hash(limit->key, client, strlen(client));
    return (cell_place_t){
        .cells = limit->table->sets[(hash >> 32) * limit->sets >> 32],
        .tag = hash & TAG_MASK,
    };
}

/* The client's cell with its `value`, or the one that it may take; NULL when other clients hold all
 * and their time has not passed. Relaxed order is enough: one word is swapped, and nothing else
 * must agree with it. */
static cell_t *find_cell(apr_uint64_t *value, const cell_place_t *place, apr_int64_t now)
{
    cell_t *oldest = NULL;

    for (int way = 0; way < WAYS; way++) {
        cell_t *cell = &place->cells[way];
        apr_uint64_t seen = atomic_load_explicit(cell, memory_order_relaxed);
        if (seen >> TAT_BITS == place->tag) {
            *value = seen;
            return cell;
        }
        if (oldest == NULL || (seen & TAT_MASK) < (*value & TAT_MASK)) {
            oldest = cell;
            *value = seen;
        }
    }
    return ahead_of(*value & TAT_MASK, now) == 0 ? oldest : NULL;
}

static bool swap(cell_t *cell, apr_uint64_t *seen, apr_uint64_t value)
{
    return atomic_compare_exchange_weak_explicit(cell, seen, value, memory_order_relaxed,
                                                 memory_order_relaxed);
}

/* What a client so far ahead meets; sets how far ahead it is then. A band has room for a whole
 * request at least: a client that is refused is in the last band, and drains at its pace. */
static pwr_pressure_t find_pressure(apr_int64_t *after, const scale_t *scale, apr_int64_t ahead,
                                    int cost)
{
    pwr_pressure_t pressure = {.retry_after = 0};

    *after = spend(scale, ahead, cost);
    pressure.level = level_at(scale, *after);
    if (pressure.level == PWR_LEVEL_REFUSE) {
        pressure.retry_after = (*after - scale->end[scale->count - 1]) * TICK;
    }
    return pressure;
}

static const pwr_pressure_t no_room = {.level = PWR_LEVEL_WORK};

static pwr_pressure_t count_client(const pwr_client_limit_t *limit, const char *client,
                                   apr_int64_t now, int cost)
{
    cell_place_t place = place_of(limit, client);
    apr_uint64_t value = 0;
    apr_uint64_t counted = 0;
    cell_t *cell = NULL;
    pwr_pressure_t pressure;

    do {
        apr_int64_t after;
        cell = find_cell(&value, &place, now);
        if (cell == NULL) {
            return no_room;
        }
        pressure = find_pressure(&after, &limit->client, ahead_of(value & TAT_MASK, now), cost);
        if (pressure.level == PWR_LEVEL_REFUSE) {
            return pressure;
        }
        counted = place.tag << TAT_BITS | (apr_uint64_t)(now + after);
    } while (!swap(cell, &value, counted));
    return pressure;
}

/* The site is never refused: what exceeds the last band is not remembered. */
static pwr_level_t count_site(const pwr_client_limit_t *limit, apr_int64_t now, int cost)
{
    const scale_t *scale = &limit->site;
    apr_uint64_t tat = atomic_load_explicit(&limit->table->site, memory_order_relaxed);
    apr_int64_t after;
    apr_int64_t kept;

    do {
        after = spend(scale, ahead_of(tat, now), cost);
        kept = after < scale->end[scale->count - 1] ? after : scale->end[scale->count - 1];
    } while (!swap(&limit->table->site, &tat, (apr_uint64_t)(now + kept)));
    return level_at(scale, after);
}

static pwr_pressure_t at_least(pwr_pressure_t pressure, pwr_level_t level)
{
    if (pressure.level < level) {
        pressure.level = level;
    }
    return pressure;
}

/* --- the contract ----------------------------------------------------------------------------- */

pwr_fault_t *pwr_client_limit_open(pwr_client_limit_t **limit, const pwr_abuse_settings_t *settings,
                                   apr_pool_t *pool)
{
    const int client_limits[]
        = {settings->client_calm, settings->client_busy, settings->client_most};
    const int site_limits[] = {settings->site_calm, settings->site_busy};
    pwr_client_limit_t *opened = apr_pcalloc(pool, sizeof *opened);
    apr_shm_t *memory = NULL;

    opened->sets = ((apr_uint64_t)settings->cells + WAYS - 1) / WAYS;
    opened->opened = pwr_clock_now();
    opened->client = make_scale(client_limits, 3, CLIENT_WINDOW);
    opened->site = make_scale(site_limits, 2, SITE_WINDOW);
    pwr_crypto_random(opened->key, sizeof opened->key);

    /* Anonymous, so it comes as zeros, and goes to the children by inheritance alone. */
    apr_size_t size = sizeof(client_table_t) + opened->sets * sizeof(cell_t[WAYS]) + LINE;
    apr_status_t status = apr_shm_create(&memory, size, NULL, pool);
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0701",
                                "no shared memory of %" APR_SIZE_T_FMT " bytes for the table of "
                                "clients: %s. Lower PwResetClientTable, or give httpd more memory.",
                                size, pwr_fault_status(status, pool));
    }
    uintptr_t start = (uintptr_t)apr_shm_baseaddr_get(memory);
    opened->table = (client_table_t *)((start + LINE - 1) / LINE * LINE);
    *limit = opened;
    return NULL;
}

void pwr_client_limit_set_full(pwr_client_limit_t *limit, bool is_full)
{
    atomic_store_explicit(&limit->table->is_full, is_full, memory_order_relaxed);
}

bool pwr_client_limit_is_full(const pwr_client_limit_t *limit)
{
    return atomic_load_explicit(&limit->table->is_full, memory_order_relaxed);
}

void pwr_client_name(char *text, const unsigned char *address, int bytes,
                     const pwr_abuse_settings_t *settings)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}; /* RFC 4291, 2.5.5.2 */
    unsigned char cut[16];

    if (bytes == 16 && memcmp(address, mapped, sizeof mapped) == 0) {
        address += sizeof mapped;
        bytes = 4;
    }
    int prefix = bytes == 4 ? settings->prefix4 : settings->prefix6;
    for (int i = 0; i < bytes; i++) {
        int bits = prefix - 8 * i;
        int mask = bits >= 8 ? 0xff : bits <= 0 ? 0 : 0xff << (8 - bits);
        cut[i] = (unsigned char)(address[i] & mask);
    }
    inet_ntop(bytes == 4 ? AF_INET : AF_INET6, cut, text, NAME_BYTES);
    if (prefix < 8 * bytes) {
        size_t length = strlen(text);
        apr_snprintf(text + length, NAME_BYTES - length, "/%d", prefix);
    }
}

static pwr_level_t look_at_site(const pwr_client_limit_t *limit, apr_int64_t now)
{
    apr_uint64_t site = atomic_load_explicit(&limit->table->site, memory_order_relaxed);
    return level_at(&limit->site, spend(&limit->site, ahead_of(site, now), QUARTERS));
}

pwr_level_t pwr_client_limit_look_at_site(const pwr_client_limit_t *limit)
{
    return look_at_site(limit, present(limit));
}

/* As if a whole request came: what is promised is then never less than what is asked. */
pwr_pressure_t pwr_client_limit_look(const pwr_client_limit_t *limit, const char *client)
{
    apr_int64_t now = present(limit);
    cell_place_t place = place_of(limit, client);
    apr_uint64_t value = 0;
    apr_int64_t after;
    pwr_pressure_t pressure = no_room;

    if (find_cell(&value, &place, now) != NULL) {
        pressure = find_pressure(&after, &limit->client, ahead_of(value & TAT_MASK, now), QUARTERS);
    }
    return at_least(pressure, look_at_site(limit, now));
}

pwr_pressure_t pwr_client_limit_count(pwr_client_limit_t *limit, const char *client, int cost)
{
    apr_int64_t now = present(limit);
    pwr_pressure_t pressure = count_client(limit, client, now, cost);

    if (pressure.level == PWR_LEVEL_REFUSE) {
        return pressure;
    }
    return at_least(pressure, count_site(limit, now, cost));
}
