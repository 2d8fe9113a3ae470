/* The promises of src/text/form_fields.h. */
#include "text_scratch.h"

#include "text/form_fields.h"

static bool parse(pwr_form_fields_t *fields, const char *form, scratch_t *scratch)
{
    return pwr_form_fields_parse(fields, apr_pstrdup(scratch->pool, form));
}

static void a_form_is_taken_apart_and_decoded(void **state)
{
    pwr_form_fields_t fields;

    assert_true(parse(&fields, "&name=kari%40example.org&&a+b=c%3d=+&empty&=", *state));
    assert_int_equal(fields.count, 4);
    assert_string_equal(pwr_form_fields_value(&fields, "name"), "kari@example.org");
    assert_string_equal(pwr_form_fields_value(&fields, "a b"), "c== ");
    assert_string_equal(pwr_form_fields_value(&fields, "empty"), "");
    assert_string_equal(pwr_form_fields_value(&fields, ""), "");
    assert_null(pwr_form_fields_value(&fields, "absent"));
    assert_true(parse(&fields, "", *state));
    assert_int_equal(fields.count, 0);
}

static void what_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const bad[]
        = {"a=%",   "a=%4",     "a=%4g",       "%zz=1",   "a=%00", "%00=a",
           "a=%ff", "a=%c0%af", "a=%ed%a0%80", "a=1&a=1", "a&a=",  "a=1&%61=2"};
    pwr_form_fields_t fields;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(parse(&fields, bad[i], *state));
    }
}

static void the_number_of_fields_is_bounded(void **state)
{
    scratch_t *scratch = *state;
    const char *form = "";
    pwr_form_fields_t fields;

    for (int i = 0; i < PWR_MAX_FIELDS; i++) {
        form = apr_psprintf(scratch->pool, "%s&f%d=%d", form, i, i);
    }
    assert_true(parse(&fields, form, scratch));
    assert_int_equal(fields.count, PWR_MAX_FIELDS);
    assert_false(parse(&fields, apr_pstrcat(scratch->pool, form, "&more=1", NULL), scratch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_is_taken_apart_and_decoded),
        TEST(what_could_be_read_in_two_ways_is_refused),
        TEST(the_number_of_fields_is_bounded),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
