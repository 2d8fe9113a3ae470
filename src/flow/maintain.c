/*
 * What is past its time goes: rows that led to no account when their forms cannot be posted again,
 * all others when PwResetKeep is over. At nine tenths of the ceiling rows go sooner, the oldest
 * first: the trail of requests that led to no account, then ended requests, links and trails of
 * people, down to the age up to which caps count. What is left then is needed: at the ceiling no
 * request is taken.
 */
#include "flow/maintain.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/metrics.h"
#include "store/outbox.h"
#include "store/return_urls.h"
#include "store/size.h"
#include "store/tokens.h"
#include "store/trail.h"

#define STEP 200
#define MOST_STEPS 30                /* of one look: leases must be renewed in time */
#define CALM apr_time_from_sec(60)   /* a flood that comes in waves is told once */
#define MINUTE apr_time_from_sec(60) /* between two looks, and two lines about a full database */
#define TRIM_PERCENT 90
#define NEAR_PERCENT 80
#define FAR_PERCENT 70
#define MIB ((apr_int64_t)1024 * 1024)

pwr_fault_t *pwr_maintain_step(bool *is_more, pwr_parts_t *parts, apr_pool_t *scratch)
{
    const pwr_parts_settings_t *settings = parts->settings;
    apr_time_t now = pwr_clock_now();
    apr_time_t kept = now - settings->flow.keep;
    apr_time_t needed = kept + pwr_challenge_window(&settings->abuse);
    apr_time_t returned = now - PWR_LONGEST_CAP; /* no link lives longer */
    const pwr_old_t rows[]
        = {{PWR_LIFE_SHORT, now, STEP}, {PWR_LIFE_KEPT, needed < now ? needed : now, STEP}};
    const pwr_old_t trails[] = {{PWR_LIFE_SHORT, kept, STEP}, {PWR_LIFE_KEPT, kept, STEP}};
    int gone = 0;

    PWR_TRY(pwr_outbox_adopt(&gone, parts->store, STEP, scratch));
    *is_more = gone == STEP;
    for (int i = 0; i < 2; i++) {
        PWR_TRY(pwr_outbox_expire(&gone, parts->store, &rows[i], scratch));
        *is_more |= gone == STEP;
        PWR_TRY(pwr_trail_expire(&gone, parts->store, &trails[i], scratch));
        *is_more |= gone == STEP;
    }
    PWR_TRY(pwr_tokens_expire(&gone, parts->store, kept, STEP, scratch));
    *is_more |= gone == STEP;
    PWR_TRY(pwr_return_urls_expire(&gone, parts->store, returned > kept ? returned : kept, STEP,
                                   scratch));
    *is_more |= gone == STEP;
    return NULL;
}

/* --- the ceiling ------------------------------------------------------------------------------ */

typedef struct {
    pwr_parts_t *parts;
    pwr_size_t size;
    apr_int64_t rows;
    apr_int64_t most_rows;
    apr_int64_t most_bytes;
    int steps; /* that may still be made in this look */
    apr_pool_t *scratch;
} measure_t;

/* Of the ceiling that is nearer. Bytes that do not fall when rows go are no reason to delete any.
 */
static int percent_of(const measure_t *measure)
{
    const pwr_size_t *size = &measure->size;
    apr_int64_t rows = measure->rows * 100 / measure->most_rows;
    apr_int64_t bytes = size->has_room_back ? size->bytes * 100 / measure->most_bytes : 0;
    return (int)(rows > bytes ? rows : bytes);
}

static bool may_cut(const measure_t *measure)
{
    return measure->steps > 0 && percent_of(measure) >= TRIM_PERCENT;
}

typedef enum { ROWS, TRAIL, LINKS } aged_table_t;

static pwr_fault_t *delete_some(int *gone, const measure_t *measure, aged_table_t table,
                                const pwr_old_t *old)
{
    pwr_store_t *store = measure->parts->store;

    switch (table) {
    case ROWS:
        return pwr_outbox_expire(gone, store, old, measure->scratch);
    case TRAIL:
        return pwr_trail_expire(gone, store, old, measure->scratch);
    default:
        return pwr_tokens_expire(gone, store, old->before, old->most, measure->scratch);
    }
}

static pwr_fault_t *cut(measure_t *measure, aged_table_t table, pwr_life_t life, apr_time_t before)
{
    const pwr_old_t old = {.life = life, .before = before, .most = STEP};
    int gone = STEP;

    while (gone == STEP && may_cut(measure)) {
        PWR_TRY(delete_some(&gone, measure, table, &old));
        measure->rows -= gone;
        measure->steps--;
        PWR_TRY(pwr_size_weigh(&measure->size.bytes, measure->parts->store, measure->scratch));
    }
    return NULL;
}

static pwr_fault_t *trim(measure_t *measure)
{
    apr_time_t now = pwr_clock_now();
    apr_interval_time_t age = measure->parts->settings->flow.keep;

    PWR_TRY(cut(measure, ROWS, PWR_LIFE_SHORT, now));
    PWR_TRY(cut(measure, TRAIL, PWR_LIFE_SHORT, now + 1));
    while (may_cut(measure)) {
        age = age * 3 / 4 > PWR_LONGEST_CAP ? age * 3 / 4 : PWR_LONGEST_CAP;
        PWR_TRY(cut(measure, ROWS, PWR_LIFE_KEPT, now - age));
        PWR_TRY(cut(measure, TRAIL, PWR_LIFE_KEPT, now - age));
        PWR_TRY(cut(measure, LINKS, PWR_LIFE_KEPT, now - age));
        if (age == PWR_LONGEST_CAP) {
            break;
        }
    }
    return NULL;
}

static void log_room(pwr_room_t *room, const measure_t *measure, int percent)
{
    const pwr_flow_settings_t *flow = &measure->parts->settings->flow;
    apr_time_t now = pwr_clock_now();
    const char *what = NULL;
    pwr_log_level_t level = PWR_LOG_WARNING;

    if (percent >= 100 && (room->told == 0 || now - room->told >= MINUTE)) {
        what = "nothing more may be deleted, so no request is taken. Raise the nearer ceiling";
        level = PWR_LOG_ERROR;
        room->told = now;
    } else if (percent >= NEAR_PERCENT && !room->is_near) {
        what = "from nine tenths on, old records are deleted before PwResetKeep is over. Raise the "
               "nearer ceiling, or lower PwResetKeep";
    } else if (percent < FAR_PERCENT && room->is_near) {
        what = "there is room again";
        level = PWR_LOG_NOTICE;
    }
    room->is_near = percent >= NEAR_PERCENT || (room->is_near && percent >= FAR_PERCENT);
    if (what != NULL) {
        pwr_log(level, "PWR0806",
                "the database holds %" APR_INT64_T_FMT " rows of at most %d (PwResetStoreRows) and "
                "%" APR_INT64_T_FMT " MiB of at most %d (PwResetStoreSize): %s",
                measure->rows, flow->store_rows, measure->size.bytes / MIB, flow->store_size, what);
    }
}

pwr_fault_t *pwr_maintain_room(pwr_room_t *room, pwr_parts_t *parts, apr_pool_t *scratch)
{
    const pwr_flow_settings_t *flow = &parts->settings->flow;
    measure_t measure = {
        .parts = parts,
        .most_rows = flow->store_rows,
        .most_bytes = flow->store_size * MIB,
        .steps = MOST_STEPS,
        .scratch = scratch,
    };
    apr_time_t now = pwr_clock_now();

    if (now < room->next && now >= room->looked) {
        return NULL;
    }
    PWR_TRY(pwr_size_measure(&measure.size, parts->store, scratch));
    measure.rows = pwr_size_rows(&measure.size);
    PWR_TRY(trim(&measure));
    int percent = percent_of(&measure);
    room->is_store_full = percent >= 100;
    room->looked = now;
    room->next = percent >= FAR_PERCENT ? now : now + MINUTE;
    log_room(room, &measure, percent);
    if (parts->metrics != NULL) {
        pwr_metrics_set_store(parts->metrics, &measure.size, percent);
    }
    return NULL;
}

pwr_fault_t *pwr_maintain_queue(pwr_room_t *room, pwr_parts_t *parts, apr_pool_t *scratch)
{
    apr_time_t oldest = 0;
    int waiting = 0;

    PWR_TRY(pwr_outbox_backlog(&waiting, &oldest, parts->store, parts->site, scratch));
    if (parts->metrics != NULL) {
        pwr_metrics_set_queue(parts->metrics, waiting, oldest);
    }
    bool is_full = waiting >= parts->settings->flow.backlog;
    if (is_full != room->is_queue_full) {
        pwr_log(is_full ? PWR_LOG_WARNING : PWR_LOG_NOTICE, "PWR0802",
                is_full ? "%d requests wait: no more are taken until the worker has caught up"
                        : "%d requests wait: new ones are taken again",
                waiting);
        room->is_queue_full = is_full;
    }
    pwr_client_limit_set_full(parts->limit, is_full || room->is_store_full);
    return NULL;
}

static void tell_rise(pwr_level_t level, const pwr_abuse_settings_t *settings)
{
    bool is_captcha = level >= PWR_LEVEL_CAPTCHA;

    pwr_log(PWR_LOG_WARNING, "PWR0803",
            "a flood: more than %d requests a minute by all clients together, so everybody is "
            "asked for %s. Names are tried out, or PwResetSiteLimits is too low for this site",
            is_captcha ? settings->site_busy : settings->site_calm,
            is_captcha ? "a captcha" : "more work");
}

static void tell_fall(pwr_level_t level)
{
    pwr_log(PWR_LOG_NOTICE, "PWR0804", "the flood %s",
            level > PWR_LEVEL_SILENT ? "has gone down: everybody is asked for more work, no captcha"
                                     : "is over: it makes no form harder any more");
}

void pwr_maintain_flood(pwr_flood_t *told, const pwr_parts_t *parts)
{
    pwr_level_t level = pwr_client_limit_look_at_site(parts->limit);
    apr_time_t now = pwr_clock_now();

    if (level < told->level && now < told->until) {
        return;
    }
    if (level > told->level) {
        tell_rise(level, &parts->settings->abuse);
    } else if (level < told->level) {
        tell_fall(level);
    }
    *told = (pwr_flood_t){.level = level, .until = now + CALM};
}
