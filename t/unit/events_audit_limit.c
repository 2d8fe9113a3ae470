/* Promises of events/audit_limit.h: what has a line, and that nothing is left uncounted. */
#include "store_fixture.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include <stdatomic.h>

#include <jansson.h>

#include "base/log.h"
#include "events/events.h"

#define HOUR (60 * MINUTE)
#define LINES 100

static apr_pool_t *pool;
static pwr_audit_limit_t *limit;

static int begin(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    assert_null(pwr_audit_limit_open(&limit, pool));
    fixture_now = NOON / HOUR * HOUR;
    pwr_clock_set(fixture_clock);
    return 0;
}

static int end(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    pwr_clock_set(NULL);
    return 0;
}

/* How many of so many events have a line. */
static int raise_many(int times, pwr_event_t event, const char *client)
{
    int lines = 0;
    for (int i = 0; i < times; i++) {
        lines += pwr_audit_limit_count(limit, event, client, LINES);
    }
    return lines;
}

static const apr_array_header_t *take(void)
{
    return pwr_audit_limit_take(limit, fixture_now, LINES, pool);
}

static apr_int64_t sum_of(const apr_array_header_t *taken)
{
    apr_int64_t sum = 0;
    for (int i = 0; i < taken->nelts; i++) {
        sum += APR_ARRAY_IDX(taken, i, pwr_audit_more_t).count;
    }
    return sum;
}

static void a_client_has_five_lines_a_minute_and_the_rest_is_counted(void **state)
{
    (void)state;
    assert_int_equal(5, raise_many(1000, PWR_EVENT_ACCOUNT_NONE, "192.0.2.1"));
    assert_int_equal(5, raise_many(5, PWR_EVENT_REQUEST_REFUSED, "192.0.2.1"));
    assert_int_equal(5, raise_many(7, PWR_EVENT_ACCOUNT_NONE, "192.0.2.2"));
    assert_int_equal(0, take()->nelts);
    fixture_now += MINUTE;
    const apr_array_header_t *taken = take();
    assert_int_equal(2, taken->nelts);
    for (int i = 0; i < 2; i++) {
        const pwr_audit_more_t *more = &APR_ARRAY_IDX(taken, i, pwr_audit_more_t);
        assert_int_equal(PWR_EVENT_ACCOUNT_NONE, more->event);
        assert_int_equal(strcmp(more->client, "192.0.2.1") == 0 ? 995 : 2, more->count);
        assert_true(more->minute == fixture_now - MINUTE);
    }
    assert_int_equal(0, take()->nelts);
    assert_int_equal(5, raise_many(6, PWR_EVENT_ACCOUNT_NONE, "192.0.2.1"));
}

static void an_hour_has_no_more_lines_than_the_site_says_and_lines_and_counts_are_exact(
    void **state)
{
    enum { CLIENTS = 3000, EACH = 9, MINUTES = 59 };
    apr_int64_t lines = 0, told = 0, counted = 0;
    (void)state;

    for (int minute = 0; minute < MINUTES; minute++) {
        for (int i = 0; i < CLIENTS; i++) {
            lines += raise_many(EACH, PWR_EVENT_ACCOUNT_NONE, apr_itoa(pool, i));
        }
        fixture_now += MINUTE;
        const apr_array_header_t *taken = take();
        told += taken->nelts;
        counted += sum_of(taken);
    }
    assert_int_equal(LINES, lines);
    assert_in_range(told, 1, MINUTES);
    assert_int_equal((apr_int64_t)CLIENTS * EACH * MINUTES, lines + counted);
    fixture_now += MINUTE;
    assert_int_equal(5, raise_many(9, PWR_EVENT_ACCOUNT_NONE, "192.0.2.1"));
}

static void more_clients_than_there_is_memory_for_are_counted_all_together(void **state)
{
    enum { CLIENTS = 50000 };
    (void)state;

    for (int i = 0; i < CLIENTS; i++) {
        pwr_audit_limit_count(limit, PWR_EVENT_CAPTCHA_WRONG, apr_itoa(pool, i), 1);
    }
    fixture_now += MINUTE;
    const apr_array_header_t *taken = pwr_audit_limit_take(limit, fixture_now, 1, pool);
    assert_int_equal(1, taken->nelts);
    assert_null(APR_ARRAY_IDX(taken, 0, pwr_audit_more_t).client);
    assert_int_equal(CLIENTS - 1, sum_of(taken));
}

static void many_processes_count_together(void **state)
{
    enum { PROCESSES = 8, TIMES = 20000 };
    (void)state;
    atomic_int *lines
        = mmap(NULL, sizeof *lines, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            for (int time = 0; time < TIMES; time++) {
                *lines += raise_many(1, PWR_EVENT_ACCOUNT_NONE, time % 2 == 0 ? "one" : "two");
            }
            _exit(0);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        wait(&status);
        assert_int_equal(0, status);
    }
    fixture_now += MINUTE;
    assert_int_equal(PROCESSES * TIMES, *lines + sum_of(take()));
    assert_in_range(*lines, 5, 10);
    munmap(lines, sizeof *lines);
}

/* --- the lines -------------------------------------------------------------------------------- */

static int count_lines(const char *text, const char *what)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++) {
        count++;
    }
    return count;
}

static void accounts_have_their_lines_in_any_flood_and_others_are_summed_up(void **state)
{
    static const pwr_facts_t nobody = {.site = SITE, .client = "192.0.2.1"};
    static const pwr_facts_t person = {.site = SITE, .client = "192.0.2.1", .account = "kari"};
    char name[] = "/tmp/pwreset-audit-XXXXXX", text[65536] = "";
    apr_size_t length = sizeof text - 1;
    apr_off_t start = 0;
    pwr_audit_t audit = {.limit = limit, .lines_per_hour = LINES};
    (void)state;

    close(mkstemp(name));
    assert_int_equal(APR_SUCCESS,
                     apr_file_open(&audit.file, name,
                                   APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_APPEND, 0, pool));
    unlink(name);
    pwr_events_t *events = pwr_events_open(NULL, &audit, NULL, pool);
    for (int i = 0; i < 50; i++) {
        pwr_events_raise(events, PWR_EVENT_REQUEST_REFUSED, &nobody, pool);
        pwr_events_raise(events, PWR_EVENT_CHANGE_REFUSED, &person, pool);
        pwr_events_raise(events, PWR_EVENT_MAIL_SENT, &person, pool);
    }
    pwr_events_tell_more(events, SITE, fixture_now + MINUTE, pool);
    apr_file_seek(audit.file, APR_SET, &start);
    apr_file_read(audit.file, text, &length);
    assert_int_equal(50, count_lines(text, "mail-sent"));
    assert_int_equal(50, count_lines(text, "change-refused"));
    assert_int_equal(6, count_lines(text, "request-refused"));
    json_t *last = json_loads(strstr(text, "\"more\"") != NULL ? strrchr(text, '{') : "", 0, NULL);
    assert_non_null(last);
    assert_int_equal(45, json_integer_value(json_object_get(last, "more")));
    assert_string_equal("192.0.2.1", json_string_value(json_object_get(last, "client")));
    json_decref(last);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest limits[] = {
        TEST(a_client_has_five_lines_a_minute_and_the_rest_is_counted),
        TEST(an_hour_has_no_more_lines_than_the_site_says_and_lines_and_counts_are_exact),
        TEST(more_clients_than_there_is_memory_for_are_counted_all_together),
        TEST(many_processes_count_together),
        TEST(accounts_have_their_lines_in_any_flood_and_others_are_summed_up),
    };
    return RUN_GROUP(limits);
}
