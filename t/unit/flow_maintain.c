/* Promises of flow/maintain.h about floods: what is told of them, and how often. */
#include "abuse_flood.h"

#include "base/log.h"
#include "flow/maintain.h"

static const char *told[16];
static int lines;
static pwr_parts_settings_t all;
static pwr_parts_t parts;
static pwr_flood_t memory;

static void keep_log(pwr_log_level_t level, const char *tag, const char *line,
                     const pwr_log_context_t *context)
{
    (void)context;
    (void)level;
    (void)line;
    assert_in_range(lines, 0, 15);
    told[lines++] = apr_pstrdup(pool, tag);
}

static int begin(void **state)
{
    set_up(state);
    settings.client_calm = 1000;
    settings.client_busy = 2000;
    settings.client_most = 3000;
    settings.site_calm = 60;
    settings.site_busy = 120;
    pwr_log_set(keep_log);
    all.abuse = settings;
    parts = (pwr_parts_t){.settings = &all, .limit = open_limit()};
    memory = (pwr_flood_t){0};
    lines = 0;
    return 0;
}

/* For so long, so many requests each second; the worker looks each second. */
static void go_on(int seconds, int each)
{
    for (int i = 0; i < seconds; i++) {
        for (int one = 0; one < each; one++) {
            count(parts.limit, OFFICE, WHOLE);
        }
        pwr_maintain_flood(&memory, &parts);
        now += SECONDS(1);
    }
}

static void a_calm_site_is_not_told_of(void **state)
{
    (void)state;
    go_on(300, 0);
    go_on(60, 1);
    assert_int_equal(lines, 0);
}

static void a_flood_is_told_when_it_rises_and_a_minute_after_its_end(void **state)
{
    (void)state;
    go_on(1, 90);
    assert_int_equal(lines, 1);
    assert_string_equal(told[0], "PWR0803");
    go_on(60, 0);
    assert_int_equal(lines, 1);
    go_on(90, 0);
    assert_int_equal(lines, 2);
    assert_string_equal(told[1], "PWR0804");
    go_on(300, 0);
    assert_int_equal(lines, 2);
}

static void a_flood_in_waves_is_told_once(void **state)
{
    (void)state;
    for (int wave = 0; wave < 20; wave++) {
        go_on(1, 70);
        go_on(59, 0);
    }
    assert_int_equal(lines, 1);
}

static void a_flood_that_grows_is_told_twice_and_goes_down_step_by_step(void **state)
{
    (void)state;
    go_on(1, 90);
    go_on(1, 200);
    assert_int_equal(lines, 2);
    assert_string_equal(told[1], "PWR0803");
    go_on(300, 0);
    assert_in_range(lines, 3, 4);
    assert_string_equal(told[lines - 1], "PWR0804");
    assert_int_equal(memory.level, PWR_LEVEL_SILENT);
}

#define PROMISE(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_calm_site_is_not_told_of),
        PROMISE(a_flood_is_told_when_it_rises_and_a_minute_after_its_end),
        PROMISE(a_flood_in_waves_is_told_once),
        PROMISE(a_flood_that_grows_is_told_twice_and_goes_down_step_by_step),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
