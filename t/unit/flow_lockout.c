/* Promises of flow/lockout.h: the arithmetic of the room below a lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <apr_general.h>

#include "base/limits.h"
#include "flow/lockout.h"

#define NOW ((apr_time_t)1700000000 * APR_USEC_PER_SEC)
#define MINUTE apr_time_from_sec(60)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static apr_pool_t *pool;

static int set_up(void **state)
{
    (void)state;
    return apr_pool_create(&pool, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static pwr_lockout_t policy_of(int threshold, apr_interval_time_t interval)
{
    return (pwr_lockout_t){.is_known = true, .threshold = threshold, .interval = interval};
}

/* A count that is seen, on one server. */
static pwr_lockout_view_t view_of(pwr_lockout_t policy, int count)
{
    return (pwr_lockout_view_t){
        .policy = policy,
        .failures = {.is_known = true, .count = count, .is_whole = true},
        .attempts = apr_array_make(pool, 8, sizeof(pwr_attempt_row_t)),
        .now = NOW,
    };
}

static pwr_lockout_view_t hidden_from(pwr_lockout_t policy)
{
    pwr_lockout_view_t view = view_of(policy, 0);
    view.failures.is_known = false;
    return view;
}

static void add(const pwr_lockout_view_t *view, apr_interval_time_t ago, bool is_open)
{
    apr_array_header_t *attempts = (apr_array_header_t *)view->attempts;
    APR_ARRAY_PUSH(attempts, pwr_attempt_row_t)
        = (pwr_attempt_row_t){.at = view->now - ago, .is_open = is_open};
}

/* How many attempts in a row are let through, each a failure that the directory counts. */
static int let_through(pwr_lockout_view_t view)
{
    int count = 0;

    while (count < 1000 && !pwr_lockout_is_near(&view)) {
        view.failures.count++;
        count++;
    }
    return count;
}

static void the_count_stays_two_below_the_lock(void **state)
{
    (void)state;
    for (int threshold = 1; threshold <= 60; threshold++) {
        int room = threshold > 2 ? threshold - 2 : 0;
        for (int count = 0; count <= threshold; count++) {
            int left = room > count ? room - count : 0;
            assert_int_equal(left, let_through(view_of(policy_of(threshold, 0), count)));
        }
    }
}

static void where_nothing_locks_everything_may_be_tried(void **state)
{
    (void)state;
    assert_int_equal(1000, let_through(view_of(policy_of(0, 0), 0)));
    assert_int_equal(INT_MAX, pwr_lockout_room(&(pwr_lockout_t){.is_known = true}));
}

static void what_is_on_its_way_counts_beside_what_the_directory_counts(void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(5, HOUR), 1);

    add(&view, 0, true);
    assert_int_equal(2, pwr_lockout_worst(&view));
    assert_false(pwr_lockout_is_near(&view));
    add(&view, MINUTE, true);
    assert_true(pwr_lockout_is_near(&view));
}

static void an_attempt_that_has_failed_is_in_the_directorys_count_and_not_counted_twice(
    void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(5, 0), 2);

    add(&view, 0, false);
    add(&view, MINUTE, false);
    assert_int_equal(2, pwr_lockout_worst(&view));
    assert_false(pwr_lockout_is_near(&view));
}

static void an_open_attempt_of_an_hour_ago_is_on_its_way_no_more(void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(5, 0), 2);

    add(&view, HOUR - 1, true);
    assert_int_equal(3, pwr_lockout_worst(&view));
    view.now++;
    assert_int_equal(2, pwr_lockout_worst(&view));
}

static void a_count_that_is_out_of_range_is_too_many(void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(1000, 0), INT_MAX);

    add(&view, 0, true);
    assert_int_equal(INT_MAX, pwr_lockout_worst(&view));
    assert_true(pwr_lockout_is_near(&view));
}

static void our_attempts_alone_fit_where_the_count_is_hidden(void **state)
{
    (void)state;
    pwr_lockout_view_t view = hidden_from(policy_of(5, 0));

    for (int i = 0; i < 3; i++) {
        assert_false(pwr_lockout_is_near(&view));
        add(&view, (apr_time_t)i * 300 * DAY, false);
    }
    assert_true(pwr_lockout_is_near(&view));
    view.now += 3650 * DAY;
    assert_true(pwr_lockout_is_near(&view));
}

static void a_chain_of_our_attempts_counts_from_its_first_one(void **state)
{
    (void)state;
    pwr_lockout_view_t view = hidden_from(policy_of(5, 30 * MINUTE));

    for (int i = 0; i < 3; i++) { /* AD adds each one that follows within the interval */
        add(&view, (apr_time_t)(i + 1) * 29 * MINUTE, false);
    }
    assert_true(pwr_lockout_is_near(&view));
    view.now += 6 * MINUTE; /* 35 minutes, which clocks may take for 30 */
    assert_true(pwr_lockout_is_near(&view));
    view.now++;
    assert_int_equal(0, pwr_lockout_worst(&view));
}

static void several_servers_are_believed_only_as_far_as_our_own_count_agrees(void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(5, 0), 0);

    view.failures.is_whole = false;
    for (int i = 0; i < 3; i++) {
        add(&view, (apr_time_t)i * DAY, false);
    }
    assert_true(pwr_lockout_is_near(&view));
    assert_int_equal(0, pwr_lockout_forgotten(&view));
    view.failures.is_whole = true;
    assert_false(pwr_lockout_is_near(&view));
    view.failures.is_whole = false;
    view.failures.count = 4;
    assert_int_equal(4, pwr_lockout_worst(&view));
}

static void a_policy_that_cannot_be_read_leaves_room_for_one_attempt_for_ever(void **state)
{
    (void)state;
    pwr_lockout_view_t unknown = hidden_from((pwr_lockout_t){0});
    pwr_lockout_view_t own_policy = view_of(policy_of(1000, HOUR), 0);

    own_policy.failures.is_policy_hidden = true;
    assert_int_equal(1, let_through(own_policy));
    assert_false(pwr_lockout_is_near(&unknown));
    add(&unknown, 1000 * DAY, false);
    assert_true(pwr_lockout_is_near(&unknown));
}

static void what_the_directory_has_forgotten_is_forgotten(void **state)
{
    (void)state;
    pwr_lockout_view_t view = view_of(policy_of(5, 0), 1);

    add(&view, 0, true);
    add(&view, MINUTE, false);
    assert_int_equal(0, pwr_lockout_forgotten(&view));
    add(&view, HOUR, false);
    add(&view, DAY, false);
    assert_true(pwr_lockout_forgotten(&view) == NOW - HOUR);
    view.failures.count = 0;
    assert_true(pwr_lockout_forgotten(&view) == NOW - MINUTE);
    view.failures.is_known = false;
    assert_int_equal(0, pwr_lockout_forgotten(&view));
}

static void an_attempt_is_remembered_as_long_as_it_can_count(void **state)
{
    (void)state;
    pwr_lockout_t none = policy_of(0, 0), unknown = {0};
    pwr_lockout_t endless = policy_of(5, 0), huge = policy_of(5, APR_INT64_MAX / 3);
    pwr_lockout_t hour = policy_of(5, HOUR);

    assert_true(pwr_lockout_keep(&none, NOW) == NOW);
    assert_true(pwr_lockout_keep(&unknown, NOW) > NOW + 36500 * DAY);
    assert_true(pwr_lockout_keep(&endless, NOW) > NOW + 36500 * DAY);
    assert_true(pwr_lockout_keep(&huge, NOW) > NOW + 36500 * DAY);
    assert_true(pwr_lockout_keep(&hour, NOW) > NOW + PWR_MAX_ATTEMPTS * HOUR);
    assert_true(pwr_lockout_keep(&hour, NOW) < NOW + 4 * DAY);
}

static void no_more_attempts_are_let_through_than_are_read(void **state)
{
    (void)state;
    pwr_lockout_view_t view = hidden_from(policy_of(1000, 0));

    assert_int_equal(PWR_MAX_ATTEMPTS, pwr_lockout_room(&view.policy));
    for (int i = 0; i < PWR_MAX_ATTEMPTS; i++) {
        assert_false(pwr_lockout_is_near(&view));
        add(&view, 0, false);
    }
    assert_true(pwr_lockout_is_near(&view));
}

static void the_room_in_a_span_is_that_of_its_intervals(void **state)
{
    (void)state;
    pwr_lockout_t endless = policy_of(5, 0), half = policy_of(5, HOUR / 2);
    pwr_lockout_t week = policy_of(5, 7 * DAY), two = policy_of(2, HOUR);

    assert_int_equal(3, pwr_lockout_room_in(&endless, DAY));
    assert_int_equal(6, pwr_lockout_room_in(&half, HOUR));
    assert_int_equal(144, pwr_lockout_room_in(&half, DAY));
    assert_int_equal(3, pwr_lockout_room_in(&week, DAY));
    assert_int_equal(0, pwr_lockout_room_in(&two, DAY));
    assert_int_equal(INT_MAX, pwr_lockout_room_in(&(pwr_lockout_t){.is_known = true}, DAY));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_count_stays_two_below_the_lock),
        TEST(where_nothing_locks_everything_may_be_tried),
        TEST(what_is_on_its_way_counts_beside_what_the_directory_counts),
        TEST(an_attempt_that_has_failed_is_in_the_directorys_count_and_not_counted_twice),
        TEST(an_open_attempt_of_an_hour_ago_is_on_its_way_no_more),
        TEST(a_count_that_is_out_of_range_is_too_many),
        TEST(our_attempts_alone_fit_where_the_count_is_hidden),
        TEST(a_chain_of_our_attempts_counts_from_its_first_one),
        TEST(several_servers_are_believed_only_as_far_as_our_own_count_agrees),
        TEST(a_policy_that_cannot_be_read_leaves_room_for_one_attempt_for_ever),
        TEST(what_the_directory_has_forgotten_is_forgotten),
        TEST(an_attempt_is_remembered_as_long_as_it_can_count),
        TEST(no_more_attempts_are_let_through_than_are_read),
        TEST(the_room_in_a_span_is_that_of_its_intervals),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
