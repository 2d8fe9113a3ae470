/* The promises of src/text/json.h. */
#include "text_scratch.h"

#include "base/limits.h"
#include "text/json.h"

static void members_come_on_one_line_in_the_order_they_were_set(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *json = pwr_json_make(scratch->pool);

    assert_string_equal(pwr_json_line(json, scratch->pool), "{}");
    pwr_json_text(json, "zulu", "1");
    pwr_json_number(json, "alpha", APR_INT64_C(9007199254740993));
    pwr_json_text(json, "mike", "2");
    assert_string_equal(pwr_json_line(json, scratch->pool),
                        "{\"zulu\":\"1\",\"alpha\":9007199254740993,\"mike\":\"2\"}");
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

static const pwr_json_t *read_text(const scratch_t *scratch, const char *text)
{
    return pwr_json_read(text, strlen(text), scratch->pool);
}

static void an_object_may_hold_objects_and_sorted_means_all_of_them(void **state)
{
    scratch_t *scratch = *state;
    pwr_json_t *outer = pwr_json_make(scratch->pool);
    pwr_json_t *inner = pwr_json_make(scratch->pool);

    pwr_json_text(inner, "b", "PBKDF2/SHA-256");
    pwr_json_number(inner, "a", 1);
    pwr_json_object(outer, "z", inner);
    pwr_json_number(outer, "Z", 2);
    assert_string_equal(pwr_json_line(outer, scratch->pool),
                        "{\"z\":{\"b\":\"PBKDF2/SHA-256\",\"a\":1},\"Z\":2}");
    assert_string_equal(pwr_json_sorted_line(outer, scratch->pool),
                        "{\"Z\":2,\"z\":{\"a\":1,\"b\":\"PBKDF2/SHA-256\"}}");
}

static void members_are_read_by_name_and_kind(void **state)
{
    scratch_t *scratch = *state;
    const pwr_json_t *json = read_text(
        scratch, " {\"t\":\"bl\\u00e5\",\"n\":-9223372036854775808,\"r\":1.0,\"o\":{\"n\":7},"
                 "\"a\":[],\"f\":true,\"z\":null}\n");
    apr_int64_t number = 5;

    assert_string_equal(pwr_json_get_text(json, "t"), "bl\xc3\xa5");
    assert_true(pwr_json_get_number(&number, json, "n"));
    assert_true(number == APR_INT64_MIN);
    assert_true(pwr_json_get_number(&number, pwr_json_get_object(json, "o"), "n"));
    assert_int_equal(number, 7);
    static const char *const names[] = {"t", "n", "r", "o", "a", "f", "z", "x"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char kind = names[i][0];
        assert_true((pwr_json_get_text(json, names[i]) != NULL) == (kind == 't'));
        assert_true(pwr_json_get_number(&number, json, names[i]) == (kind == 'n'));
        assert_true((pwr_json_get_object(json, names[i]) != NULL) == (kind == 'o'));
    }
}

static void what_is_not_one_sound_object_is_refused(void **state)
{
    scratch_t *scratch = *state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "1",
        "null",
        "\"\"",
        "{} {}",
        "{}x",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,\"a\":1}",
        "{\"o\":{\"a\":1,\"\\u0061\":2}}",
        "{\"a\":9223372036854775808}",
        "{\"a\":1e999}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":NaN}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\n\"}",
        "\xef\xbb\xbf{}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_null(read_text(scratch, bad[i]));
    }
    assert_null(pwr_json_read("{}\0", 3, scratch->pool));
    assert_null(pwr_json_read("{\"a\":1\0}", 8, scratch->pool));
}

static void depth_and_size_are_bounded(void **state)
{
    scratch_t *scratch = *state;
    char *text = apr_palloc(scratch->pool, PWR_MAX_JSON + 2);

    assert_non_null(read_text(scratch, "{\"[[[[[[[[[[\":\"\\\"{{{{{{{{{{\",\"a\":[[[[[[[]]]]]]]}"));
    assert_null(read_text(scratch, "{\"a\":[[[[[[[{}]]]]]]]}"));
    memset(text, '[', PWR_MAX_JSON);
    assert_null(pwr_json_read(text, PWR_MAX_JSON, scratch->pool));
    memset(text, ' ', PWR_MAX_JSON + 1);
    memcpy(text, "{}", 2);
    assert_non_null(pwr_json_read(text, PWR_MAX_JSON, scratch->pool));
    assert_null(pwr_json_read(text, PWR_MAX_JSON + 1, scratch->pool));
}

static void flags_reals_and_texts_are_read_as_their_own_kind_only(void **state)
{
    scratch_t *scratch = *state;
    const pwr_json_t *json
        = read_text(scratch, "{\"yes\":true,\"no\":false,\"one\":1,\"part\":0.25,\"text\":\"true\","
                             "\"list\":[\"a\",1,\"b c\",null,[\"d\"]],\"none\":[],\"null\":null}");
    static const char *const no_flags[] = {"one", "part", "text", "list", "null", "absent"};
    static const char *const no_reals[] = {"yes", "text", "list", "null", "absent"};
    bool flag = false;
    double real = 0;

    assert_non_null(json);
    assert_true(pwr_json_get_flag(&flag, json, "yes") && flag);
    assert_true(pwr_json_get_flag(&flag, json, "no") && !flag);
    for (size_t i = 0; i < sizeof no_flags / sizeof *no_flags; i++) {
        assert_false(pwr_json_get_flag(&flag, json, no_flags[i]));
    }
    assert_true(pwr_json_get_real(&real, json, "one") && real > 0.99 && real < 1.01);
    assert_true(pwr_json_get_real(&real, json, "part") && real > 0.24 && real < 0.26);
    for (size_t i = 0; i < sizeof no_reals / sizeof *no_reals; i++) {
        assert_false(pwr_json_get_real(&real, json, no_reals[i]));
    }
    assert_string_equal(pwr_json_get_texts(json, "list"), "a b c");
    assert_string_equal(pwr_json_get_texts(json, "none"), "");
    assert_string_equal(pwr_json_get_texts(json, "text"), "");
    assert_string_equal(pwr_json_get_texts(json, "absent"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_come_on_one_line_in_the_order_they_were_set),
        TEST(null_sets_nothing),
        TEST(a_line_end_in_a_text_cannot_end_the_line),
        TEST(bad_utf8_becomes_the_replacement_character),
        TEST(an_object_may_hold_objects_and_sorted_means_all_of_them),
        TEST(members_are_read_by_name_and_kind),
        TEST(what_is_not_one_sound_object_is_refused),
        TEST(depth_and_size_are_bounded),
        TEST(flags_reals_and_texts_are_read_as_their_own_kind_only),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
