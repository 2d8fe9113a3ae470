/* The promises of src/text/json.h. */
#include "text_scratch.h"

#include "text/json.h"

static void members_come_on_one_line_in_the_order_they_were_set(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *json = pwr_json_make(scratch->pool);

    assert_string_equal(pwr_json_line(json, scratch->pool), "{}");
    pwr_json_text(json, "zulu", "1");
    pwr_json_number(json, "alpha", APR_INT64_C(9007199254740993));
    pwr_json_flag(json, "mike", true);
    pwr_json_flag(json, "beta", false);
    assert_string_equal(pwr_json_line(json, scratch->pool),
                        "{\"zulu\":\"1\",\"alpha\":9007199254740993,\"mike\":true,\"beta\":false}");
}

static void null_sets_nothing(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *json = pwr_json_make(scratch->pool);

    pwr_json_text(json, "name", NULL);
    assert_string_equal(pwr_json_line(json, scratch->pool), "{}");
}

static void a_line_end_in_a_text_cannot_end_the_line(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *json = pwr_json_make(scratch->pool);

    pwr_json_text(json, "t", "a\r\n\"\\\x01 bl\xc3\xa5");
    assert_string_equal(pwr_json_line(json, scratch->pool),
                        "{\"t\":\"a\\r\\n\\\"\\\\\\u0001 bl\xc3\xa5\"}");
}

static void bad_utf8_becomes_the_replacement_character(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *json = pwr_json_make(scratch->pool);

    pwr_json_text(json, "t",
                  "a\xff"
                  "b\xc3");
    pwr_json_text(json, "u", "\xed\xa0\x80");
    assert_string_equal(pwr_json_line(json, scratch->pool),
                        "{\"t\":\"a\xef\xbf\xbd"
                        "b\xef\xbf\xbd\","
                        "\"u\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_come_on_one_line_in_the_order_they_were_set),
        TEST(null_sets_nothing),
        TEST(a_line_end_in_a_text_cannot_end_the_line),
        TEST(bad_utf8_becomes_the_replacement_character),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
