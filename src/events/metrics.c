/*
 * Families and their words stand in two tables here; which counter an event belongs to stands in
 * the table of events. OpenMetrics wants the lines of a family together, hence families outside and
 * sites inside.
 */
#include "events/metrics.h"

#include <stdatomic.h>

#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/clock.h"
#include "base/limits.h"

/* Counters never wrap in a server's life, and no decision depends on their order: relaxed. */
struct pwr_metrics_t {
    _Atomic apr_uint64_t counts[PWR_EVENT_COUNT];
    _Atomic apr_uint64_t refusals[PWR_MAX_RELAYS][PWR_MAX_CAUSES];
    _Atomic apr_int64_t waiting;
    _Atomic apr_int64_t oldest;
    _Atomic apr_int64_t looked; /* when the worker did; 0: not yet */
    _Atomic apr_int64_t rows[PWR_ROWS_COUNT];
    _Atomic apr_int64_t bytes;
    _Atomic apr_int64_t first;   /* entry of the trail; 0: none */
    _Atomic apr_int64_t percent; /* of the nearer ceiling */
};

static const struct {
    const char *name;
    const char *help;
} families[PWR_FAMILY_COUNT] = {
    [PWR_FAMILY_REQUESTS] = {"requests", "Posted request forms, by what the gate made of them."},
    [PWR_FAMILY_CAPTCHA_ANSWERS]
    = {"captcha_answers", "Answers to pictures and sounds that were not right."},
    [PWR_FAMILY_CAPTCHAS] = {"captchas", "Questions to the captcha provider without an answer."},
    [PWR_FAMILY_LOOKUPS]
    = {"lookups", "Accepted requests that no mail was made for, by what the directory said."},
    [PWR_FAMILY_MAILS] = {"mails", "Mails, by what became of each delivery."},
    [PWR_FAMILY_LINKS] = {"links", "Links that led nowhere, or were stopped by their owner."},
    [PWR_FAMILY_PASSWORDS] = {"passwords", "New passwords, by what the directory said."},
};

typedef struct {
    const char *name;
    const char *unit; /* NULL: none */
    const char *help;
} gauge_t;

enum { WAITING, OLDEST, LOOKED, LEVEL, BYTES, FIRST, FILLED, GAUGES };

static const gauge_t gauges[GAUGES] = {
    [WAITING] = {"queue_requests", NULL, "Accepted requests that wait for the worker."},
    [OLDEST] = {"queue_age_seconds", "seconds", "How long the oldest of them has waited."},
    [LOOKED] = {"worker_silence_seconds", "seconds", "How long ago the worker last looked."},
    [LEVEL] = {"site_level", NULL,
               "What everybody is asked for: 0 nothing to notice, 1 more work, 2 a captcha."},
    [BYTES] = {"store_bytes", "bytes", "Size of the database, of all sites that use it."},
    [FIRST] = {"store_age_seconds", "seconds", "How old the oldest entry of the trail is."},
    [FILLED] = {"store_fill_ratio", "ratio",
                "How much of PwResetStoreRows or PwResetStoreSize is used, whichever is more."},
};

pwr_fault_t *pwr_metrics_open(pwr_metrics_t **metrics, apr_pool_t *pool)
{
    apr_shm_t *memory = NULL;
    apr_status_t status = apr_shm_create(&memory, sizeof **metrics, NULL, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0602",
                                "no shared memory of %" APR_SIZE_T_FMT " bytes for the metrics: "
                                "%s. Give httpd more memory.",
                                sizeof **metrics, pwr_fault_status(status, pool));
    }
    *metrics = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
    return NULL;
}

void pwr_metrics_count(pwr_metrics_t *metrics, pwr_event_t event)
{
    atomic_fetch_add_explicit(&metrics->counts[event], 1, memory_order_relaxed);
}

void pwr_metrics_count_refusal(pwr_metrics_t *metrics, int relay, int cause)
{
    atomic_fetch_add_explicit(&metrics->refusals[relay][cause], 1, memory_order_relaxed);
}

void pwr_metrics_set_queue(pwr_metrics_t *metrics, int waiting, apr_time_t oldest)
{
    atomic_store_explicit(&metrics->waiting, waiting, memory_order_relaxed);
    atomic_store_explicit(&metrics->oldest, oldest, memory_order_relaxed);
    atomic_store_explicit(&metrics->looked, pwr_clock_now(), memory_order_relaxed);
}

void pwr_metrics_set_store(pwr_metrics_t *metrics, const pwr_size_t *size, int percent)
{
    for (int i = 0; i < PWR_ROWS_COUNT; i++) {
        atomic_store_explicit(&metrics->rows[i], size->rows[i], memory_order_relaxed);
    }
    atomic_store_explicit(&metrics->bytes, size->bytes, memory_order_relaxed);
    atomic_store_explicit(&metrics->first, size->oldest, memory_order_relaxed);
    atomic_store_explicit(&metrics->percent, percent, memory_order_relaxed);
}

/* --- the text --------------------------------------------------------------------------------- */

typedef struct {
    apr_array_header_t *lines;
    const pwr_metrics_site_t *sites;
    int count;
    apr_pool_t *pool;
} metrics_page_t;

static void add(metrics_page_t *page, const char *line)
{
    APR_ARRAY_PUSH(page->lines, const char *) = line;
}

static void add_head(metrics_page_t *page, const char *name, const char *type, const gauge_t *words)
{
    add(page, apr_psprintf(page->pool, "# TYPE pwreset_%s %s\n", name, type));
    if (words->unit != NULL) {
        add(page, apr_psprintf(page->pool, "# UNIT pwreset_%s %s\n", name, words->unit));
    }
    add(page, apr_psprintf(page->pool, "# HELP pwreset_%s %s\n", name, words->help));
}

/* The value of a label: quotes, backslashes and line ends would end it. */
static const char *label(const char *text, apr_pool_t *pool)
{
    char *escaped = apr_palloc(pool, 2 * strlen(text) + 1);
    char *out = escaped;

    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n') {
            *out++ = '\\';
        }
        *out++ = *text == '\n' ? 'n' : *text;
    }
    *out = '\0';
    return escaped;
}

static void add_family(metrics_page_t *page, pwr_family_t family)
{
    const char *name = families[family].name;

    add_head(page, name, "counter", &(gauge_t){.help = families[family].help});
    for (int i = 0; i < page->count; i++) {
        const pwr_metrics_site_t *site = &page->sites[i];
        const char *site_name = label(site->name, page->pool);
        for (int event = 0; event < PWR_EVENT_COUNT; event++) {
            pwr_counter_t counter = pwr_event_counter((pwr_event_t)event);
            if (counter.family != family) {
                continue;
            }
            apr_uint64_t value
                = atomic_load_explicit(&site->metrics->counts[event], memory_order_relaxed);
            add(page, apr_psprintf(page->pool,
                                   "pwreset_%s_total{site=\"%s\",result=\"%s\"} "
                                   "%" APR_UINT64_T_FMT "\n",
                                   name, site_name, counter.result, value));
        }
    }
}

/* Of one relay; a cause that never was has no line. */
static void add_refusals_of(metrics_page_t *page, const pwr_metrics_site_t *site, int relay)
{
    for (int cause = 0; cause < PWR_MAX_CAUSES; cause++) {
        apr_uint64_t value
            = atomic_load_explicit(&site->metrics->refusals[relay][cause], memory_order_relaxed);
        if (value != 0 && site->causes[cause] != NULL) {
            add(page,
                apr_psprintf(page->pool,
                             "pwreset_relay_refusals_total{site=\"%s\",relay=\"%s\","
                             "cause=\"%s\"} %" APR_UINT64_T_FMT "\n",
                             label(site->name, page->pool), label(site->relays[relay], page->pool),
                             site->causes[cause], value));
        }
    }
}

static void add_refusals(metrics_page_t *page)
{
    add_head(page, "relay_refusals", "counter",
             &(gauge_t){.help = "Mails that a relay refused, by its reason. All but recipient and "
                                "utf8 are the operator's to correct."});
    for (int i = 0; i < page->count; i++) {
        for (int relay = 0; relay < page->sites[i].relay_count; relay++) {
            add_refusals_of(page, &page->sites[i], relay);
        }
    }
}

/* Seconds since `then`, to the millisecond; 0 when it never was. */
static double age_of(apr_int64_t then)
{
    apr_time_t age = pwr_clock_now() - then;
    return then == 0 || age < 0 ? 0.0 : (double)(age / 1000) / 1000.0;
}

static double value_of(const pwr_metrics_site_t *site, int gauge)
{
    const pwr_metrics_t *metrics = site->metrics;

    switch (gauge) {
    case WAITING:
        return (double)atomic_load_explicit(&metrics->waiting, memory_order_relaxed);
    case OLDEST:
        return age_of(atomic_load_explicit(&metrics->oldest, memory_order_relaxed));
    case LOOKED:
        return age_of(atomic_load_explicit(&metrics->looked, memory_order_relaxed));
    case BYTES:
        return (double)atomic_load_explicit(&metrics->bytes, memory_order_relaxed);
    case FIRST:
        return age_of(atomic_load_explicit(&metrics->first, memory_order_relaxed));
    case FILLED:
        return (double)atomic_load_explicit(&metrics->percent, memory_order_relaxed) / 100.0;
    default:
        return site->level;
    }
}

static void add_rows(metrics_page_t *page)
{
    add_head(page, "store_rows", "gauge",
             &(gauge_t){.help = "Rows of the database by kind, of all sites that use it."});
    for (int i = 0; i < page->count; i++) {
        const pwr_metrics_site_t *site = &page->sites[i];
        for (int kind = 0; kind < PWR_ROWS_COUNT; kind++) {
            apr_int64_t value
                = atomic_load_explicit(&site->metrics->rows[kind], memory_order_relaxed);
            add(page, apr_psprintf(page->pool,
                                   "pwreset_store_rows{site=\"%s\",kind=\"%s\"} "
                                   "%" APR_INT64_T_FMT "\n",
                                   label(site->name, page->pool), pwr_size_name((pwr_rows_t)kind),
                                   value));
        }
    }
}

static void add_gauge(metrics_page_t *page, int gauge)
{
    add_head(page, gauges[gauge].name, "gauge", &gauges[gauge]);
    for (int i = 0; i < page->count; i++) {
        add(page,
            apr_psprintf(page->pool, "pwreset_%s{site=\"%s\"} %.3f\n", gauges[gauge].name,
                         label(page->sites[i].name, page->pool), value_of(&page->sites[i], gauge)));
    }
}

const char *pwr_metrics_text(const pwr_metrics_site_t *sites, int count, apr_pool_t *pool)
{
    metrics_page_t page = {.lines = apr_array_make(pool, 64, sizeof(const char *)),
                           .sites = sites,
                           .count = count,
                           .pool = pool};

    for (int family = 0; family < PWR_FAMILY_COUNT; family++) {
        add_family(&page, (pwr_family_t)family);
    }
    add_refusals(&page);
    for (int gauge = 0; gauge < GAUGES; gauge++) {
        add_gauge(&page, gauge);
    }
    add_rows(&page);
    add(&page, "# EOF\n");
    return apr_array_pstrcat(pool, page.lines, '\0');
}
