/* Lines reach the httpd layer's writer, whole or cut, each at its level; without a writer they are
 * dropped. */
#include "pool_fixture.h"

#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"

static int count;
static pwr_log_level_t last_level;
static const char *last_tag;
static pwr_log_context_t last_context;
static char last_line[2 * PWR_MAX_DETAIL];

static void write_line(pwr_log_level_t level, const char *tag, const char *line,
                       const pwr_log_context_t *context)
{
    last_context = *context;
    count++;
    last_level = level;
    last_tag = tag;
    apr_cpystrn(last_line, line, sizeof last_line);
}

static void a_line_arrives_with_its_level_and_tag(void **state)
{
    (void)state;
    pwr_log(PWR_LOG_NOTICE, "PWR9901", "%d rows of %s", 3, "intranet");

    assert_int_equal(count, 1);
    assert_int_equal(last_level, PWR_LOG_NOTICE);
    assert_string_equal(last_tag, "PWR9901");
    assert_string_equal(last_line, "3 rows of intranet");
}

static void a_line_carries_what_its_thread_works_on(void **state)
{
    (void)state;
    int place = 0;

    pwr_log(PWR_LOG_INFO, "PWR9901", "at first");
    assert_null(last_context.place);
    assert_null(last_context.request_id);
    pwr_log_set_place(&place);
    pwr_log_set_request("id", "CODE");
    pwr_log(PWR_LOG_INFO, "PWR9901", "a request");
    assert_ptr_equal(last_context.place, &place);
    assert_string_equal(last_context.request_id, "id");
    assert_string_equal(last_context.support_code, "CODE");
    pwr_log_set_place(NULL);
    pwr_log(PWR_LOG_INFO, "PWR9901", "after it");
    assert_null(last_context.place);
    assert_null(last_context.request_id);
    assert_null(last_context.support_code);
}

static void no_fault_writes_no_line(void **state)
{
    (void)state;
    pwr_log_fault(NULL);
    assert_int_equal(count, 0);
}

static void without_a_writer_lines_are_dropped(void **state)
{
    (void)state;
    pwr_log_set(NULL);
    pwr_log(PWR_LOG_ERROR, "PWR9901", "nobody hears %s", "this");
    pwr_log_fault(pwr_fault_broken(pool, "PWR9901", "nor this"));

    assert_int_equal(count, 0);
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    char answer[4 * PWR_MAX_DETAIL];
    memset(answer, 'x', sizeof answer - 1);
    answer[sizeof answer - 1] = '\0';

    pwr_log(PWR_LOG_DEBUG, "PWR9901", "%s", answer);
    assert_in_range(strlen(last_line), PWR_MAX_DETAIL - 1, PWR_MAX_DETAIL);
}

static void a_fault_is_logged_by_its_kind(void **state)
{
    (void)state;
    pwr_log_fault(pwr_fault_refused(pool, "PWR9901", "rule.length", "too short"));
    assert_int_equal(last_level, PWR_LOG_INFO);
    assert_string_equal(last_tag, "PWR9901");
    assert_string_equal(last_line, "too short");

    pwr_log_fault(pwr_fault_later(pool, "PWR9902", "away"));
    assert_int_equal(last_level, PWR_LOG_WARNING);

    pwr_log_fault(pwr_fault_broken(pool, "PWR9903", "fix it"));
    assert_int_equal(last_level, PWR_LOG_ERROR);
    assert_int_equal(count, 3);
}

static void a_detail_is_words_and_never_a_format(void **state)
{
    (void)state;
    pwr_log_fault(pwr_fault_later(pool, "PWR9901", "%s", "550 %n %s 100%"));
    assert_string_equal(last_line, "550 %n %s 100%");
}

static int listen_anew(void **state)
{
    (void)state;
    count = 0;
    last_line[0] = '\0';
    pwr_log_set(write_line);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_line_arrives_with_its_level_and_tag, listen_anew),
        cmocka_unit_test_setup(a_line_carries_what_its_thread_works_on, listen_anew),
        cmocka_unit_test_setup(no_fault_writes_no_line, listen_anew),
        cmocka_unit_test_setup(without_a_writer_lines_are_dropped, listen_anew),
        cmocka_unit_test_setup(a_long_line_is_cut, listen_anew),
        cmocka_unit_test_setup(a_fault_is_logged_by_its_kind, listen_anew),
        cmocka_unit_test_setup(a_detail_is_words_and_never_a_format, listen_anew),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
