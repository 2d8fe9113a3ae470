/* The promises of src/text/characters.h. */
#include "text_scratch.h"

#include <unicode/uclean.h>

#include "text/characters.h"

static void each_character_is_of_one_class(void **state)
{
    static const struct {
        const char *text;
        pwr_character_class_t class;
    } cases[] = {
        {"a", PWR_CLASS_LOWER},
        {"\xc3\xa6", PWR_CLASS_LOWER},
        {"\xc3\x9f", PWR_CLASS_LOWER},
        {"Z", PWR_CLASS_UPPER},
        {"\xc3\x98", PWR_CLASS_UPPER},
        {"\xe6\x97\xa5", PWR_CLASS_CASELESS},
        {"\xc7\x85", PWR_CLASS_CASELESS}, /* a title-case letter is neither */
        {"0", PWR_CLASS_DIGIT},
        {"9", PWR_CLASS_DIGIT},
        {"\xd9\xa3", PWR_CLASS_OTHER},
        {"!", PWR_CLASS_SIGN},
        {"~", PWR_CLASS_SIGN},
        {"`", PWR_CLASS_SIGN},
        {" ", PWR_CLASS_OTHER},
        {"\xe2\x82\xac", PWR_CLASS_OTHER},
        {"\xf0\x9f\x94\x91", PWR_CLASS_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text;
        if (pwr_characters_class(pwr_characters_next(&text)) != cases[i].class) {
            fail_msg("'%s' is of another class", cases[i].text);
        }
        assert_int_equal(*text, '\0');
        assert_int_equal(pwr_characters_next(&text), 0);
    }
}

static void folding_takes_case_away_and_nothing_else(void **state)
{
    scratch_t *scratch = *state;

    assert_string_equal(pwr_characters_folded("AbC 1!", scratch->pool), "abc 1!");
    assert_string_equal(pwr_characters_folded("BL\xc3\x85", scratch->pool), "bl\xc3\xa5");
    assert_string_equal(pwr_characters_folded("BLA\xcc\x8a", scratch->pool), "bl\xc3\xa5");
    assert_string_equal(pwr_characters_folded("", scratch->pool), "");
    assert_null(pwr_characters_folded("\xff", scratch->pool));
}

static void plain_text_has_no_marks(void **state)
{
    scratch_t *scratch = *state;

    assert_string_equal(pwr_characters_plain("Bj\xc3\xb8rn \xc3\x85s\xc3\xa9n", scratch->pool),
                        "bjorn asen");
    assert_string_equal(pwr_characters_plain("\xc3\x86r\xc3\xb8", scratch->pool), "aero");
    assert_string_equal(pwr_characters_plain("Stra\xc3\x9f"
                                             "e",
                                             scratch->pool),
                        "strasse");
    assert_string_equal(pwr_characters_plain("\xef\xac\x81n", scratch->pool), "fin");
    assert_non_null(pwr_characters_plain("\xef\xb7\xba\xef\xb7\xba", scratch->pool)); /* grows */
    assert_null(pwr_characters_plain("\xc0\xaf", scratch->pool));
}

/* U+0345 is a mark that case folding makes a letter of. */
static void the_order_of_marks_does_not_count(void **state)
{
    static const char one[] = "\xcd\x85\xcc\xb1\xce\xb1", other[] = "\xcc\xb1\xcd\x85\xce\xb1";
    scratch_t *scratch = *state;

    assert_string_equal(pwr_characters_folded(one, scratch->pool),
                        pwr_characters_folded(other, scratch->pool));
    assert_string_equal(pwr_characters_plain(one, scratch->pool),
                        pwr_characters_plain(other, scratch->pool));
}

static void utf16_is_little_endian_and_counted_in_units(void **state)
{
    static const unsigned char wide[] = {'a', 0, 0xac, 0x20, 0x3d, 0xd8, 0x11, 0xdd};
    scratch_t *scratch = *state;
    apr_size_t length = 0;
    const char *text = "a\xe2\x82\xac\xf0\x9f\x94\x91";

    assert_memory_equal(pwr_characters_utf16le(&length, text, scratch->pool), wide, sizeof wide);
    assert_int_equal(length, sizeof wide);
    assert_int_equal(pwr_characters_units(text), 4);
    assert_int_equal(pwr_characters_units(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_character_is_of_one_class),
        TEST(folding_takes_case_away_and_nothing_else),
        TEST(plain_text_has_no_marks),
        TEST(the_order_of_marks_does_not_count),
        TEST(utf16_is_little_endian_and_counted_in_units),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
