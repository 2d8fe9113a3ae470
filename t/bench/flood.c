/*
 * A flood, simulated: hostile requests for names that no account has, at so many in a second, on a
 * SQLite database and with a clock that is moved. Rows, trail and audit lines are made by the calls
 * that the web and the worker use; the worker's tidying runs each simulated minute. Every hundredth
 * request is posted as a sealed form and worked from taken to ended; the others are put as ended,
 * which leaves the same row and saves two writes. Each simulated hour a person asks, and forms that
 * were used in the last twelve hours are posted again.
 *
 *     flood FOLDER REQUESTS PER-SECOND        prints what was held and what was left
 *
 * The exit status says whether database and audit log stayed under their ceilings, each person's
 * request was worked, and each form was refused the second time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "events/events.h"
#include "flow/maintain.h"
#include "store/size.h"

#define SECOND ((apr_time_t)APR_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define SITE "https://bench.example.org/passord"
#define CLIENTS 20000
#define FORMS 4096 /* used ones that are remembered, spread over the last twelve hours */
#define LINE_BYTES 400
#define WHOLE_EACH 100

typedef struct {
    pwr_parts_settings_t settings;
    pwr_parts_t parts;
    pwr_room_t room;
    const char *database, *audit;
    char forms[FORMS][64];
    apr_time_t used[FORMS];
    apr_int64_t requests, refused, people, replays, most_rows, most_bytes;
    bool is_sound;
    apr_pool_t *pool, *scratch;
} flood_t;

static apr_time_t simulated = (apr_time_t)1700000000 * APR_USEC_PER_SEC;

static apr_time_t tell_simulated(void)
{
    return simulated;
}

static void expect_fine(const pwr_fault_t *fault)
{
    if (fault != NULL) {
        fprintf(stderr, "flood: %s: %s\n", fault->tag, fault->detail);
        exit(1);
    }
}

static void expect(flood_t *flood, bool is_kept, const char *promise)
{
    if (!is_kept) {
        fprintf(stderr, "flood: not kept after %" APR_INT64_T_FMT " requests: %s\n",
                flood->requests, promise);
        flood->is_sound = false;
    }
}

static void print_line(pwr_log_level_t level, const char *tag, const char *line,
                       const pwr_log_context_t *context)
{
    (void)context;
    if (level <= PWR_LOG_WARNING) {
        fprintf(stderr, "flood: %s: %s\n", tag, line);
    }
}

static apr_int64_t bytes_of(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (apr_int64_t)about.st_size : 0;
}

/* --- the stage -------------------------------------------------------------------------------- */

static void open_flood(flood_t *flood, const char *folder)
{
    unsigned char bytes[32] = {1};
    apr_file_t *audit = NULL;
    pwr_parts_t *parts = &flood->parts;
    const pwr_flow_settings_t *flow = &flood->settings.flow;

    flood->is_sound = true;
    flood->database = apr_pstrcat(flood->pool, folder, "/flood.db", NULL);
    flood->audit = apr_pstrcat(flood->pool, folder, "/flood.log", NULL);
    flood->settings = (pwr_parts_settings_t){
        .flow = {.keep = 30 * DAY,
                 .backlog = 10000,
                 .store_rows = 1000000,
                 .store_size = 1024,
                 .audit_lines = 5000},
        .store
        = {.driver = "sqlite3", .params = flood->database, .connections = 2, .timeout = 5 * SECOND},
        .abuse = {.form_life = 12 * HOUR,
                  .wait = 2 * MINUTE,
                  .client_calm = 30,
                  .client_busy = 120,
                  .client_most = 600,
                  .site_calm = 120,
                  .site_busy = 600,
                  .cells = 65536},
    };
    *parts = (pwr_parts_t){.settings = &flood->settings,
                           .site = SITE,
                           .key = pwr_secret_make((const char *)bytes, sizeof bytes, flood->pool)};
    expect_fine(pwr_store_open(&parts->store, &flood->settings.store, flood->pool));
    expect_fine(pwr_schema_prepare(parts->store, flood->pool));
    expect_fine(pwr_client_limit_open(&parts->limit, &flood->settings.abuse, flood->pool));
    expect_fine(pwr_audit_limit_open(&parts->audit_limit, flood->pool));
    if (apr_file_open(&audit, flood->audit, APR_FOPEN_CREATE | APR_FOPEN_WRITE | APR_FOPEN_APPEND,
                      APR_FPROT_OS_DEFAULT, flood->pool)
        != APR_SUCCESS) {
        exit(1);
    }
    parts->events = pwr_events_open(parts->store,
                                    &(pwr_audit_t){.file = audit,
                                                   .limit = parts->audit_limit,
                                                   .lines_per_hour = flow->audit_lines},
                                    NULL, flood->pool);
    parts->request = (pwr_request_parts_t){
        .site = SITE,
        .key = parts->key,
        .challenge = {.settings = &flood->settings.abuse, .key = parts->key},
        .store = parts->store,
        .events = parts->events};
}

/* --- requests --------------------------------------------------------------------------------- */

static void tell_event(flood_t *flood, pwr_event_t event, const pwr_outbox_row_t *row,
                       const char *account)
{
    const pwr_facts_t facts = {.site = SITE,
                               .request_id = row->id,
                               .support_code = row->support_code,
                               .client = row->client,
                               .account = account,
                               .accepted = account != NULL ? row->created : 0};
    pwr_events_raise(flood->parts.events, event, &facts, flood->scratch);
}

/* A form, posted, and its row worked to its end, as for a name that `account` has or nobody. */
static bool ask_and_work(flood_t *flood, const char *client, const char *account)
{
    const char *sealed = pwr_seal_form(flood->parts.key, flood->scratch);
    const pwr_request_form_t form = {.kind = PWR_ROW_LINK,
                                     .typed_name = "finnes-ikke@example.org",
                                     .form = {.seal = sealed, .client = client},
                                     .language = "nb"};
    pwr_request_answer_t answer;
    pwr_outbox_row_t *row = NULL;
    apr_time_t next = 0;
    bool is_held = false;

    expect_fine(pwr_request_accept(&answer, &flood->parts.request, &form, flood->scratch));
    if (answer.outcome != PWR_REQUEST_ACCEPTED) {
        return false;
    }
    expect_fine(pwr_outbox_take_due(&row, &next, flood->parts.store, SITE, "worker", MINUTE,
                                    flood->scratch));
    if (row == NULL) {
        return false;
    }
    if (account != NULL) {
        expect_fine(pwr_outbox_done(&is_held, flood->parts.store, row->id, "worker", "account",
                                    flood->scratch));
    } else {
        expect_fine(pwr_outbox_give_up(&is_held, flood->parts.store, row->id, "worker",
                                       PWR_LIFE_SHORT, flood->scratch));
    }
    tell_event(flood, account != NULL ? PWR_EVENT_MAIL_SENT : PWR_EVENT_ACCOUNT_NONE, row, account);
    return is_held;
}

static pwr_outbox_row_t row_of(const char *id, const char *client)
{
    static const char digest[] = "ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk";
    return (pwr_outbox_row_t){.id = id,
                              .kind = PWR_ROW_LINK,
                              .site = SITE,
                              .typed_name = "",
                              .typed_name_digest = digest,
                              .account_digest = "",
                              .language = "nb",
                              .client = client,
                              .support_code = "ABCD-EFGH",
                              .seed = "",
                              .created = simulated,
                              .due = simulated,
                              .needed = simulated + 13 * HOUR + 2 * MINUTE,
                              .life = PWR_LIFE_SHORT};
}

static void put_hostile(flood_t *flood, const char *client)
{
    unsigned char bytes[24];
    char id[PWR_BASE64URL_CHARS(sizeof bytes) + 1];
    bool is_new = false;

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(id, bytes, sizeof bytes);
    const pwr_outbox_row_t row = row_of(id, client);
    expect_fine(
        pwr_outbox_put_ended(&is_new, flood->parts.store, &row, PWR_ROW_GIVEN_UP, flood->scratch));
    tell_event(flood, PWR_EVENT_REQUEST_ACCEPTED, &row, NULL);
    tell_event(flood, PWR_EVENT_ACCOUNT_NONE, &row, NULL);
    int at = (int)(flood->requests / 128 % FORMS);
    apr_cpystrn(flood->forms[at], id, sizeof flood->forms[at]);
    flood->used[at] = simulated;
}

static void ask(flood_t *flood)
{
    const char *client
        = apr_psprintf(flood->scratch, "10.0.%d.%d", (int)(flood->requests % CLIENTS / 256),
                       (int)(flood->requests % 256));
    flood->requests++;
    if (pwr_client_limit_is_full(flood->parts.limit)) {
        flood->refused++;
    } else if (flood->requests % WHOLE_EACH == 0) {
        expect(flood, ask_and_work(flood, client, NULL), "a form is accepted and worked");
    } else {
        put_hostile(flood, client);
    }
}

/* --- the worker's clock ----------------------------------------------------------------------- */

static void each_minute(flood_t *flood)
{
    pwr_size_t size;

    for (bool is_more = true; is_more;) {
        expect_fine(pwr_maintain_step(&is_more, &flood->parts, flood->scratch));
    }
    expect_fine(pwr_maintain_room(&flood->room, &flood->parts, flood->scratch));
    expect_fine(pwr_maintain_queue(&flood->room, &flood->parts, flood->scratch));
    pwr_events_tell_more(flood->parts.events, SITE, simulated, flood->scratch);
    expect_fine(pwr_size_weigh(&size.bytes, flood->parts.store, flood->scratch));
    if (size.bytes > flood->most_bytes) {
        flood->most_bytes = size.bytes;
    }
}

static void each_hour(flood_t *flood)
{
    pwr_size_t size;

    expect_fine(pwr_size_measure(&size, flood->parts.store, flood->scratch));
    apr_int64_t rows = pwr_size_rows(&size);
    flood->most_rows = rows > flood->most_rows ? rows : flood->most_rows;
    expect(flood, rows <= flood->settings.flow.store_rows, "rows stay under PwResetStoreRows");
    expect(flood, ask_and_work(flood, "192.0.2.7", "kari"), "a person's request is worked");
    flood->people++;
    for (int i = 0; i < FORMS; i += FORMS / 64) {
        bool is_new = true;
        if (flood->forms[i][0] == '\0' || simulated - flood->used[i] > 12 * HOUR) {
            continue;
        }
        const pwr_outbox_row_t row = row_of(flood->forms[i], "10.0.0.1");
        expect_fine(pwr_outbox_put(&is_new, flood->parts.store, &row, flood->scratch));
        expect(flood, !is_new, "a used form is refused");
        flood->replays++;
    }
}

static void report(const flood_t *flood, apr_time_t begun, double hours)
{
    printf("%" APR_INT64_T_FMT " requests in %.1f simulated hours, %.0f s; %" APR_INT64_T_FMT
           " not taken\n",
           flood->requests, hours, (double)(apr_time_now() - begun) / APR_USEC_PER_SEC,
           flood->refused);
    printf("%" APR_INT64_T_FMT " rows at most, %" APR_INT64_T_FMT
           " bytes in use at most, file of %" APR_INT64_T_FMT " bytes\n",
           flood->most_rows, flood->most_bytes, bytes_of(flood->database));
    printf("%" APR_INT64_T_FMT " people worked, %" APR_INT64_T_FMT " used forms refused, "
           "audit log of %" APR_INT64_T_FMT " bytes\n",
           flood->people, flood->replays, bytes_of(flood->audit));
    fflush(stdout);
}

static void run(flood_t *flood, apr_int64_t requests, apr_int64_t per_second)
{
    apr_time_t begun = apr_time_now(), begin = simulated;
    apr_time_t minute = simulated, hour = simulated + HOUR / 60;

    while (flood->requests < requests) {
        simulated += SECOND / per_second;
        ask(flood);
        if (simulated >= minute) {
            each_minute(flood);
            minute = simulated + MINUTE;
        }
        if (simulated >= hour) {
            each_hour(flood);
            hour = simulated + HOUR;
        }
        apr_pool_clear(flood->scratch);
        if (flood->requests % 500000 == 0 || flood->requests == requests) {
            report(flood, begun, (double)(simulated - begin) / (double)HOUR);
        }
    }
    double hours = (double)(simulated - begin) / (double)HOUR + 1;
    expect(flood, bytes_of(flood->database) <= flood->settings.flow.store_size * 1048576LL,
           "the database stays under PwResetStoreSize");
    expect(flood,
           (double)bytes_of(flood->audit)
               <= hours * (flood->settings.flow.audit_lines + 600 + 1) * LINE_BYTES,
           "the audit log stays under PwResetAuditLines");
    expect(flood, flood->people > 0 && flood->replays > 0, "people and used forms were tried");
}

int main(int argc, const char *const *argv)
{
    flood_t *flood = calloc(1, sizeof *flood);

    if (argc != 4 || flood == NULL) {
        fprintf(stderr, "usage: flood FOLDER REQUESTS PER-SECOND\n");
        return 2;
    }
    apr_initialize();
    apr_pool_create(&flood->pool, NULL);
    apr_pool_create(&flood->scratch, flood->pool);
    expect_fine(pwr_crypto_start(flood->pool));
    pwr_log_set(print_line);
    pwr_clock_set(tell_simulated);
    open_flood(flood, argv[1]);
    run(flood, apr_atoi64(argv[2]), apr_atoi64(argv[3]));
    bool is_sound = flood->is_sound;
    apr_pool_destroy(flood->pool);
    free(flood);
    return is_sound ? 0 : 1;
}
