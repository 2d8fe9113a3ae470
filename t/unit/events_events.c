/* Promises of events/events.h: the table, the audit log's lines, the trail, and that nothing stops.
 */
#include "store_fixture.h"

#include <ctype.h>
#include <fcntl.h>

#include <jansson.h>

#include "base/log.h"
#include "events/audit.h"
#include "events/events.h"
#include "store/trail.h"

static int logged;
static char last_tag[10];

static void keep_log(pwr_log_level_t level, const char *tag, const char *line,
                     const pwr_log_context_t *context)
{
    (void)context;
    if (level == PWR_LOG_DEBUG) { /* each event is one */
        return;
    }
    (void)line;
    logged++;
    snprintf(last_tag, sizeof last_tag, "%s", tag);
}

static int set_up_events(void **state)
{
    logged = 0;
    pwr_log_set(keep_log);
    return set_up(state);
}

static apr_file_t *open_audit(fixture_t *fixture, const char *name)
{
    apr_file_t *file = NULL;
    assert_int_equal(APR_SUCCESS, apr_file_open(&file, name,
                                                APR_FOPEN_CREATE | APR_FOPEN_READ | APR_FOPEN_WRITE
                                                    | APR_FOPEN_APPEND,
                                                APR_FPROT_UREAD | APR_FPROT_UWRITE, fixture->pool));
    return file;
}

/* A file without a name, so that nothing is left behind. */
static apr_file_t *open_own_audit(fixture_t *fixture)
{
    char name[] = "/tmp/pwreset-audit-XXXXXX";
    int handle = mkstemp(name);
    assert_true(handle >= 0);
    close(handle);
    apr_file_t *file = open_audit(fixture, name);
    unlink(name);
    return file;
}

static pwr_events_t *open_events(fixture_t *fixture, apr_file_t *file)
{
    return pwr_events_open(fixture->store, &(pwr_audit_t){.file = file}, NULL, fixture->pool);
}

static const char *whole_text(apr_file_t *file, fixture_t *fixture)
{
    enum { MOST = 1 << 20 };
    char *text = apr_pcalloc(fixture->pool, MOST);
    apr_size_t length = MOST - 1;
    apr_off_t start = 0;

    assert_int_equal(APR_SUCCESS, apr_file_seek(file, APR_SET, &start));
    apr_status_t status = apr_file_read_full(file, text, length, &length);
    assert_true(status == APR_SUCCESS || status == APR_EOF);
    return text;
}

static int trail_length(fixture_t *fixture, const char *code)
{
    apr_array_header_t *rows = NULL;
    assert_fine(pwr_trail_read(&rows, fixture->store, code, 100, fixture->pool));
    return rows->nelts;
}

static const pwr_facts_t facts = {.site = SITE,
                                  .request_id = "request",
                                  .support_code = "7GX4",
                                  .account = "kari",
                                  .client = "192.0.2.1/32",
                                  .tag = "PWR0500",
                                  .detail = "relay one said \"250 2.0.0\"\r\nforged: line\xff"};

static void names_every_event_once(void **state)
{
    (void)state;
    for (int i = 0; i < PWR_EVENT_COUNT; i++) {
        const char *name = pwr_event_name(i);
        assert_non_null(name);
        assert_in_range(strlen(name), 3, 64);
        for (const char *at = name; *at != '\0'; at++) {
            assert_true(islower((unsigned char)*at) || *at == '-');
        }
        for (int other = 0; other < i; other++) {
            assert_string_not_equal(name, pwr_event_name(other));
        }
    }
}

static void writes_one_json_line_for_each_event(void **state)
{
    fixture_t *fixture = *state;
    apr_file_t *file = open_own_audit(fixture);
    pwr_events_t *events = open_events(fixture, file);

    for (int i = 0; i < PWR_EVENT_COUNT; i++) {
        fixture_now = NOON + i * apr_time_from_msec(7);
        pwr_events_raise(events, i, &facts, fixture->pool);
    }
    char *rest = apr_pstrdup(fixture->pool, whole_text(file, fixture));
    char *after = NULL;
    int count = 0;
    for (char *line = apr_strtok(rest, "\n", &after); line != NULL;
         line = apr_strtok(NULL, "\n", &after)) {
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        assert_string_equal(pwr_event_name(count),
                            json_string_value(json_object_get(json, "event")));
        json_decref(json);
        count++;
    }
    assert_int_equal(PWR_EVENT_COUNT, count);
    assert_int_equal(0, logged);
}

static const char *member(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static void tells_all_facts_in_the_line(void **state)
{
    fixture_t *fixture = *state;
    const char *line = pwr_audit_line("mail-sent", &facts, NOON + 7890, fixture->pool);
    json_t *json = json_loads(line, 0, NULL);

    assert_non_null(json);
    assert_ptr_equal(line + strlen(line) - 1, strchr(line, '\n'));
    assert_int_equal(9, json_object_size(json));
    assert_string_equal("2023-11-14T22:13:20.007Z", member(json, "time"));
    assert_string_equal("mail-sent", member(json, "event"));
    assert_string_equal(SITE, member(json, "site"));
    assert_string_equal("request", member(json, "request"));
    assert_string_equal("7GX4", member(json, "support_code"));
    assert_string_equal("kari", member(json, "account"));
    assert_string_equal("192.0.2.1/32", member(json, "client"));
    assert_string_equal("PWR0500", member(json, "tag"));
    assert_string_equal("relay one said \"250 2.0.0\"\r\nforged: line\xef\xbf\xbd",
                        member(json, "detail"));
    json_decref(json);
}

static void leaves_out_what_does_not_apply(void **state)
{
    fixture_t *fixture = *state;
    const pwr_facts_t nothing = {.site = SITE};
    json_t *json = json_loads(pwr_audit_line("link-dead", &nothing, NOON, fixture->pool), 0, NULL);

    assert_non_null(json);
    assert_int_equal(3, json_object_size(json));
    json_decref(json);
}

static void tells_the_trail_of_the_request(void **state)
{
    fixture_t *fixture = *state;
    pwr_events_t *events = open_events(fixture, NULL);
    apr_array_header_t *rows = NULL;

    pwr_events_raise(events, PWR_EVENT_MAIL_SENT, &facts, fixture->pool);
    assert_fine(pwr_trail_read(&rows, fixture->store, "7GX4", 10, fixture->pool));
    assert_int_equal(1, rows->nelts);
    const pwr_trail_row_t *row = &APR_ARRAY_IDX(rows, 0, pwr_trail_row_t);
    assert_string_equal("mail-sent", row->event);
    assert_string_equal("request", row->request_id);
    assert_true(row->at == NOON);
    assert_int_equal(0, logged);
}

static void tells_the_trail_nothing_without_a_request(void **state)
{
    fixture_t *fixture = *state;
    pwr_events_t *events = open_events(fixture, NULL);
    pwr_facts_t refused = facts;

    pwr_events_raise(events, PWR_EVENT_REQUEST_REFUSED, &refused, fixture->pool);
    refused.request_id = NULL;
    pwr_events_raise(events, PWR_EVENT_LINK_DEAD, &refused, fixture->pool);
    assert_int_equal(0, trail_length(fixture, "7GX4"));
    assert_int_equal(0, logged);
}

static void goes_on_when_the_audit_log_is_full(void **state)
{
    fixture_t *fixture = *state;
    pwr_events_t *events = open_events(fixture, open_audit(fixture, "/dev/full"));

    pwr_events_raise(events, PWR_EVENT_MAIL_SENT, &facts, fixture->pool);
    assert_int_equal(1, logged);
    assert_string_equal("PWR0601", last_tag);
    assert_int_equal(1, trail_length(fixture, "7GX4"));
}

static void goes_on_when_the_trail_cannot_be_written(void **state)
{
    fixture_t *fixture = *state;
    apr_file_t *file = open_own_audit(fixture);
    pwr_events_t *events = open_events(fixture, file);

    drop_tables(fixture);
    pwr_events_raise(events, PWR_EVENT_MAIL_SENT, &facts, fixture->pool);
    assert_int_equal(1, logged);
    assert_int_equal(0, strncmp(last_tag, "PWR02", 5));
    assert_non_null(strstr(whole_text(file, fixture), "mail-sent"));
}

static void raise_many(race_t *race)
{
    enum { LINES = 20 };
    apr_file_t *const *file = race->input;
    pwr_events_t *events
        = pwr_events_open(race->store, &(pwr_audit_t){.file = *file}, NULL, race->pool);
    const pwr_facts_t own
        = {.site = SITE, .account = apr_psprintf(race->pool, "%0400d", race->number)};

    for (int i = 0; i < LINES; i++) {
        pwr_events_raise(events, PWR_EVENT_LINK_DEAD, &own, race->pool);
    }
}

static void keeps_lines_of_many_threads_whole(void **state)
{
    fixture_t *fixture = *state;
    apr_file_t *file = open_own_audit(fixture);
    race_t races[THREADS];
    char *after = NULL;
    int count = 0;

    race_all(races, fixture, raise_many, &file);
    char *rest = apr_pstrdup(fixture->pool, whole_text(file, fixture));
    for (char *line = apr_strtok(rest, "\n", &after); line != NULL;
         line = apr_strtok(NULL, "\n", &after)) {
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        json_decref(json);
        count++;
    }
    assert_int_equal(THREADS * 20, count);
}

static void counts_a_relays_refusals_by_relay_and_cause(void **state)
{
    fixture_t *fixture = *state;
    const char *const relays[] = {"smtp://one", "smtp://two"};
    const char *const causes[PWR_MAX_CAUSES] = {NULL, "recipient", "relaying"};
    pwr_metrics_site_t site
        = {.name = "site", .relay_count = 2, .relays = relays, .causes = causes};
    pwr_metrics_t *metrics = NULL;

    assert_fine(pwr_metrics_open(&metrics, fixture->pool));
    site.metrics = metrics;
    pwr_metrics_count_refusal(metrics, 1, 2);
    pwr_metrics_count_refusal(metrics, 1, 2);
    const char *text = pwr_metrics_text(&site, 1, fixture->pool);
    assert_non_null(strstr(text,
                           "\npwreset_relay_refusals_total{site=\"site\",relay=\"smtp://two\","
                           "cause=\"relaying\"} 2\n"));
    assert_null(strstr(text, "smtp://one"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_events, tear_down)
    const struct CMUnitTest events[] = {
        cmocka_unit_test(names_every_event_once), TEST(writes_one_json_line_for_each_event),
        TEST(tells_all_facts_in_the_line),        TEST(leaves_out_what_does_not_apply),
        TEST(tells_the_trail_of_the_request),     TEST(tells_the_trail_nothing_without_a_request),
        TEST(goes_on_when_the_audit_log_is_full), TEST(goes_on_when_the_trail_cannot_be_written),
        TEST(keeps_lines_of_many_threads_whole),  TEST(counts_a_relays_refusals_by_relay_and_cause),
    };
    return RUN_GROUP(events);
}
