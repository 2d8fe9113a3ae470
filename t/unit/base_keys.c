/* What stands in a key file, and what becomes of each key in it. */
#include "pool_fixture.h"

#include <apr_strings.h>

#include "base/keys.h"

/* 32 times 'A', 'B', 'C' */
#define KEY_A "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE"
#define KEY_B "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"
#define KEY_C "Q0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0M"
#define OLD_FILE "0123456789abcdef0123456789abcdef"

static pwr_keys_t keys;

static const char *parse(const char *text)
{
    return pwr_keys_parse(&keys, text, strlen(text), pool);
}

/* The letter of which a key is made. */
static char letter(const unsigned char bytes[PWR_KEY_BYTES])
{
    return (char)bytes[PWR_KEY_BYTES - 1];
}

static void a_file_of_32_bytes_is_one_key(void **state)
{
    (void)state;
    assert_null(parse(OLD_FILE));
    assert_int_equal(1, keys.count);
    assert_memory_equal(OLD_FILE, keys.keys[0].bytes, PWR_KEY_BYTES);
    assert_memory_equal(OLD_FILE, keys.counting, PWR_KEY_BYTES);
}

static void each_line_is_a_key_and_says_what_it_does(void **state)
{
    (void)state;
    assert_null(parse("# comment\n\nopen " KEY_A " until 1800000000\n seal\t" KEY_B
                      "\r\nopen " KEY_C "\ncount " KEY_A "\nreplaces 0123456789ab"));
    assert_int_equal(3, keys.count);
    assert_int_equal('B', letter(keys.keys[0].bytes));
    assert_int_equal('A', letter(keys.keys[1].bytes));
    assert_true(keys.keys[1].until == apr_time_from_sec(1800000000));
    assert_int_equal('C', letter(keys.keys[2].bytes));
    assert_true(keys.keys[0].until == 0 && keys.keys[2].until == 0);
    assert_int_equal('A', letter(keys.counting));
    assert_string_equal("0123456789ab", keys.replaces);
}

static void the_key_that_seals_counts_where_no_other_does(void **state)
{
    (void)state;
    assert_null(parse("seal " KEY_B "\nopen " KEY_A "\n"));
    assert_int_equal('B', letter(keys.counting));
}

static void a_file_with_a_line_that_is_no_key_is_refused_whole(void **state)
{
    (void)state;
    static const char *const files[] = {
        "",
        "\n",
        "half",
        OLD_FILE "\n",
        "open " KEY_A "\n",
        "seal " KEY_A "A\n",
        "seal QUFB\n",
        "seal " KEY_A " until 1800000000\n",
        "seal " KEY_A "\nseal " KEY_B "\n",
        "seal " KEY_A "\ncount " KEY_B "\ncount " KEY_B "\n",
        "seal " KEY_A "\nopen " KEY_B " until\n",
        "seal " KEY_A "\nopen " KEY_B " until soon\n",
        "seal " KEY_A "\nopen " KEY_B " until 0\n",
        "seal " KEY_A "\nopen " KEY_B " since 1800000000\n",
        "seal " KEY_A "\nopen " KEY_B " until 1800000000 more\n",
        "seal " KEY_A "\nreplaces 0123\n",
        "seal " KEY_A "\nclose " KEY_B "\n",
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *wrong = parse(files[i]);
        assert_non_null(wrong);
        assert_null(strstr(wrong, "QU")); /* nothing of a key */
    }
}

static void more_keys_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    const char *text = "seal " KEY_A "\n";

    for (int i = 1; i < PWR_MAX_KEYS; i++) {
        text = apr_pstrcat(pool, text, "open " KEY_B "\n", NULL);
    }
    assert_null(parse(text));
    assert_int_equal(PWR_MAX_KEYS, keys.count);
    assert_non_null(parse(apr_pstrcat(pool, text, "open " KEY_C "\n", NULL)));
}

static void the_one_that_seals_comes_first_and_ended_ones_are_left_out(void **state)
{
    (void)state;
    const apr_time_t end = apr_time_from_sec(1800000000);

    assert_null(parse("open " KEY_A " until 1800000000\nopen " KEY_C "\nseal " KEY_B "\n"));
    const pwr_secret_t *first = pwr_keys_secrets(&keys, NULL, NULL, pool);
    assert_int_equal('B', pwr_secret_bytes(first)[0]);
    const pwr_secret_t *second = pwr_secret_next(first, end - 1);
    assert_int_equal('A', pwr_secret_bytes(second)[0]);
    assert_int_equal('C', pwr_secret_bytes(pwr_secret_next(second, end - 1))[0]);
    assert_int_equal('C', pwr_secret_bytes(pwr_secret_next(first, end))[0]);
    assert_null(pwr_secret_next(pwr_secret_next(first, end), end));
}

static void each_key_is_derived_for_a_purpose_by_itself(void **state)
{
    (void)state;
    assert_null(parse("seal " KEY_B "\nopen " KEY_A "\n"));
    const pwr_secret_t *both = pwr_keys_secrets(&keys, "purpose", "site", pool);
    const pwr_secret_t *plain = pwr_keys_secrets(&keys, NULL, NULL, pool);

    for (; both != NULL; both = pwr_secret_next(both, 0), plain = pwr_secret_next(plain, 0)) {
        assert_memory_equal(pwr_secret_bytes(pwr_crypto_derive(plain, "purpose", "site", pool)),
                            pwr_secret_bytes(both), PWR_KEY_BYTES);
    }
    assert_null(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_32_bytes_is_one_key),
        cmocka_unit_test(each_line_is_a_key_and_says_what_it_does),
        cmocka_unit_test(the_key_that_seals_counts_where_no_other_does),
        cmocka_unit_test(a_file_with_a_line_that_is_no_key_is_refused_whole),
        cmocka_unit_test(more_keys_than_there_is_room_for_are_refused),
        cmocka_unit_test(the_one_that_seals_comes_first_and_ended_ones_are_left_out),
        cmocka_unit_test(each_key_is_derived_for_a_purpose_by_itself),
    };

    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
