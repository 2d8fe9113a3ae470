/* The relay that is a folder, through the same interface as every other relay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "mail/mail.h"

static apr_pool_t *pool;
static char *folder;
static pwr_mail_settings_t settings;
static pwr_mail_t mail;
static apr_time_t now;

static apr_time_t own_clock(void)
{
    return now;
}

static void add_relay(const char *path)
{
    pwr_relay_t *relay = NULL;
    assert_null(pwr_mail_parse_relay(&relay, apr_pstrcat(pool, "folder:", path, NULL), NULL, pool));
    APR_ARRAY_PUSH(settings.relays, pwr_relay_t *) = relay;
}

static int set_up(void **state)
{
    const char *place = NULL;
    (void)state;
    apr_pool_create(&pool, NULL);
    apr_temp_dir_get(&place, pool);
    folder = apr_pstrcat(pool, place, "/pwr_folder_XXXXXX", NULL);
    now = apr_time_from_sec(1795342304);
    pwr_clock_set(own_clock);
    settings = (pwr_mail_settings_t){.from = "sso@example.org"};
    settings.relays = apr_array_make(pool, 2, sizeof(pwr_relay_t *));
    mail = (pwr_mail_t){.to = "kari@example.org",
                        .subject = "New password",
                        .text = "Hello\n",
                        .html = "<p>Hello</p>\n",
                        .language = "nb",
                        .message_id = "abc",
                        .date = now};
    return mkdtemp(folder) == NULL ? 1 : 0;
}

/* Names in the folder; each is removed when `is_last`. */
static const char *list(bool is_last)
{
    apr_dir_t *dir = NULL;
    apr_finfo_t info;
    const char *names = "";
    assert_int_equal(apr_dir_open(&dir, folder, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE, dir) == APR_SUCCESS) {
        if (strcmp(info.name, ".") != 0 && strcmp(info.name, "..") != 0) {
            names = apr_pstrcat(pool, names, info.name, " ", NULL);
            if (is_last) {
                apr_file_remove(apr_pstrcat(pool, folder, "/", info.name, NULL), pool);
            }
        }
    }
    apr_dir_close(dir);
    return names;
}

static int tear_down(void **state)
{
    (void)state;
    pwr_clock_set(NULL);
    list(true);
    apr_dir_remove(folder, pool);
    apr_pool_destroy(pool);
    return 0;
}

static pwr_fault_t *send_once(const char **used, pwr_relays_t *relays)
{
    pwr_relays_report_t report;
    pwr_fault_t *fault = pwr_relays_send(&report, relays, &mail, pool);

    *used = report.used;
    return fault;
}

static pwr_relays_t *open_relays(void)
{
    pwr_relays_t *relays = NULL;
    assert_null(pwr_relays_open(&relays, &settings, pool));
    return relays;
}

static void a_mail_becomes_one_file_that_only_its_owner_reads(void **state)
{
    const char *used = NULL;
    apr_finfo_t info;
    (void)state;
    add_relay(folder);
    assert_null(send_once(&used, open_relays()));
    assert_string_equal(used, apr_pstrcat(pool, "folder:", folder, NULL));
    assert_string_equal(list(false), "abc.eml ");
    const char *name = apr_pstrcat(pool, folder, "/abc.eml", NULL);
    assert_int_equal(apr_stat(&info, name, APR_FINFO_PROT | APR_FINFO_SIZE, pool), APR_SUCCESS);
    assert_int_equal(info.protection, APR_FPROT_UREAD | APR_FPROT_UWRITE);
    assert_true(info.size > 500);
}

static void a_retry_replaces_the_file(void **state)
{
    const char *used = NULL;
    (void)state;
    add_relay(folder);
    pwr_relays_t *relays = open_relays();
    assert_null(send_once(&used, relays));
    assert_null(send_once(&used, relays));
    assert_string_equal(list(false), "abc.eml ");
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    const char *used = NULL;
    const char *name = NULL;
    (void)state;
    add_relay(folder);
    name = apr_pstrcat(pool, folder, "/abc.eml", NULL);
    assert_int_equal(apr_dir_make(name, APR_FPROT_OS_DEFAULT, pool), APR_SUCCESS);
    pwr_fault_t *fault = send_once(&used, open_relays());
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_LATER);
    assert_string_equal(list(false), "abc.eml ");
    apr_dir_remove(name, pool);
}

static void a_missing_folder_is_the_operators_to_fix(void **state)
{
    const char *used = NULL;
    (void)state;
    add_relay(apr_pstrcat(pool, folder, "/none", NULL));
    pwr_fault_t *fault = send_once(&used, open_relays());
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
}

static void a_relay_that_failed_rests_for_a_minute_and_then_is_tried_again(void **state)
{
    const char *used = NULL;
    const char *first = apr_pstrcat(pool, folder, "/first", NULL);
    (void)state;
    add_relay(first);
    add_relay(folder);
    pwr_relays_t *relays = open_relays();
    assert_null(send_once(&used, relays));
    assert_string_equal(list(false), "abc.eml ");
    assert_int_equal(apr_dir_make(first, APR_FPROT_OS_DEFAULT, pool), APR_SUCCESS);
    now += apr_time_from_sec(59);
    assert_null(send_once(&used, relays));
    assert_string_equal(used, apr_pstrcat(pool, "folder:", folder, NULL));
    now += apr_time_from_sec(1);
    assert_null(send_once(&used, relays));
    assert_string_equal(used, apr_pstrcat(pool, "folder:", first, NULL));
    apr_file_remove(apr_pstrcat(pool, first, "/abc.eml", NULL), pool);
    apr_dir_remove(first, pool);
}

static void a_resting_relay_keeps_the_reason_it_rests_for(void **state)
{
    const char *used = NULL;
    (void)state;
    add_relay(apr_pstrcat(pool, folder, "/none", NULL));
    pwr_relays_t *relays = open_relays();
    assert_int_equal(send_once(&used, relays)->kind, PWR_BROKEN);
    pwr_fault_t *fault = send_once(&used, relays);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_non_null(strstr(fault->detail, "/none"));
}

static void a_clock_set_back_does_not_prolong_the_rest(void **state)
{
    const char *used = NULL;
    const char *first = apr_pstrcat(pool, folder, "/first", NULL);
    (void)state;
    add_relay(first);
    pwr_relays_t *relays = open_relays();
    assert_non_null(send_once(&used, relays));
    assert_int_equal(apr_dir_make(first, APR_FPROT_OS_DEFAULT, pool), APR_SUCCESS);
    now -= apr_time_from_sec(3600);
    assert_null(send_once(&used, relays));
    apr_file_remove(apr_pstrcat(pool, first, "/abc.eml", NULL), pool);
    apr_dir_remove(first, pool);
}

static void settings_that_cannot_work_are_refused_at_the_start(void **state)
{
    pwr_relays_t *relays = NULL;
    (void)state;
    apr_array_header_t *list = settings.relays;
    assert_non_null(pwr_relays_open(&relays, &settings, pool)); /* no relay */
    settings.relays = NULL;
    assert_non_null(pwr_relays_open(&relays, &settings, pool));
    settings.relays = list;
    add_relay(folder);
    assert_null(pwr_relays_open(&relays, &settings, pool));
    settings.bounce = "no address";
    assert_non_null(pwr_relays_open(&relays, &settings, pool));
    settings.bounce = NULL;
    settings.from = "post@-mail.example.org"; /* a relay is greeted with this name */
    assert_non_null(pwr_relays_open(&relays, &settings, pool));
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_mail_becomes_one_file_that_only_its_owner_reads),
        PROMISE(a_retry_replaces_the_file),
        PROMISE(a_failed_write_leaves_nothing_behind),
        PROMISE(a_missing_folder_is_the_operators_to_fix),
        PROMISE(a_relay_that_failed_rests_for_a_minute_and_then_is_tried_again),
        PROMISE(a_resting_relay_keeps_the_reason_it_rests_for),
        PROMISE(a_clock_set_back_does_not_prolong_the_rest),
        PROMISE(settings_that_cannot_work_are_refused_at_the_start),
    };
    apr_initialize();
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failures;
}
