/* The promises of src/text/view.h. */
#include "text_scratch.h"

#include "text/view.h"

static void each_kind_comes_back_as_it_was_set(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "text", "x");
    pwr_view_number(view, "number", APR_INT64_C(-9007199254740993));
    pwr_view_time(view, "time", APR_INT64_C(1700000000000000));
    pwr_view_flag(view, "flag", true);
    assert_int_equal(pwr_view_get(view, "text").kind, PWR_VIEW_TEXT);
    assert_string_equal(pwr_view_get(view, "text").text, "x");
    assert_int_equal(pwr_view_get(view, "number").kind, PWR_VIEW_NUMBER);
    assert_true(pwr_view_get(view, "number").number == APR_INT64_C(-9007199254740993));
    assert_int_equal(pwr_view_get(view, "time").kind, PWR_VIEW_TIME);
    assert_true(pwr_view_get(view, "time").number == APR_INT64_C(1700000000000000));
    assert_int_equal(pwr_view_get(view, "flag").kind, PWR_VIEW_FLAG);
    assert_int_equal(pwr_view_get(view, "flag").number, 1);
}

static void what_was_not_set_is_nothing(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    pwr_view_text(view, "none", NULL);
    assert_int_equal(pwr_view_get(view, "none").kind, PWR_VIEW_NOTHING);
    assert_int_equal(pwr_view_get(view, "other").kind, PWR_VIEW_NOTHING);
    assert_int_equal(pwr_view_get(NULL, "other").kind, PWR_VIEW_NOTHING);
}

static void a_list_is_walked_in_the_order_of_adding(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);
    int count = 0;

    for (int i = 0; i < 100; i++) {
        pwr_view_number(pwr_view_add(view, "list"), "i", i);
    }
    assert_int_equal(pwr_view_get(view, "list").kind, PWR_VIEW_LIST);
    for (const pwr_view_t *item = pwr_view_get(view, "list").first; item != NULL;
         item = pwr_view_next(item)) {
        assert_int_equal(pwr_view_get(item, "i").number, count++);
    }
    assert_int_equal(count, 100);
}

static void an_item_sees_its_own_names_first_and_then_those_around(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);
    pwr_view_t *item = pwr_view_add(view, "list");
    pwr_view_t *inner = pwr_view_add(item, "inner");

    pwr_view_text(view, "a", "outer a");
    pwr_view_text(view, "b", "outer b");
    pwr_view_text(item, "a", "item a");
    assert_string_equal(pwr_view_get(inner, "a").text, "item a");
    assert_string_equal(pwr_view_get(inner, "b").text, "outer b");
    assert_string_equal(pwr_view_get(view, "a").text, "outer a");
    assert_int_equal(pwr_view_get(view, "inner").kind, PWR_VIEW_NOTHING);
}

static void a_view_holds_as_many_names_as_are_set(void **state)
{
    scratch_t *scratch = *state;
    pwr_view_t *view = pwr_view_make(scratch->pool);

    for (int i = 0; i < 500; i++) {
        pwr_view_number(view, apr_psprintf(scratch->pool, "name%d", i), i);
    }
    assert_int_equal(pwr_view_get(view, "name0").number, 0);
    assert_int_equal(pwr_view_get(view, "name499").number, 499);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_comes_back_as_it_was_set),
        TEST(what_was_not_set_is_nothing),
        TEST(a_list_is_walked_in_the_order_of_adding),
        TEST(an_item_sees_its_own_names_first_and_then_those_around),
        TEST(a_view_holds_as_many_names_as_are_set),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
