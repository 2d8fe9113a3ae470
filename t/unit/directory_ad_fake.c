/*
 * The directory component against a fake that claims to be Windows and keeps what it is sent; see
 * directory_live.h and t/web/fake_ad.py. What came is judged by t/web/test_directory_ad.py.
 */
#include "directory_live.h"

static void windows_rules_are_told_apart_from_sambas(void **state)
{
    pwr_directory_t *directory = open_directory("windows");
    pwr_rules_t rules;

    (void)state;
    expect_fine(pwr_directory_rules(&rules, directory, find(directory, "kari", 1), pool));
    assert_int_equal(rules.min_length, 8);
    assert_int_equal(rules.history, 24);
    assert_int_equal(rules.min_age, apr_time_from_sec(86400));
    assert_int_equal(rules.classes.categories, 3);
    assert_int_equal(rules.classes.counting, PWR_COUNT_UNICODE);
    assert_int_equal(rules.words->nelts, 3);
    assert_string_equal(APR_ARRAY_IDX(rules.words, 2, const char *), "Nordmann");
}

static void windows_is_sent_a_password(void **state)
{
    pwr_directory_t *directory = open_directory("windows");

    (void)state;
    set_fine(directory, find(directory, "kari", 1), "\"\\ \xc3\xa6\xf0\x9f\x98\x80Z9");
}

static void windows_is_sent_an_order_to_change(void **state)
{
    pwr_directory_t *directory = open_directory("windows");

    (void)state;
    settings.must_change = true;
    set_fine(directory, find(directory, "kari", 1), "Aa1-bcde");
}

static void windows_is_sent_an_own_change(void **state)
{
    pwr_directory_t *directory = open_directory("windows");
    pwr_fault_t *fault = NULL;
    own_change_t outcome
        = change_own(&fault, directory, find(directory, "kari", 1), "Gml1", "Ny-1");

    (void)state;
    expect_fine(fault);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
}

static void windows_gives_no_reason(void **state)
{
    pwr_directory_t *directory = open_directory("windows_refuses");

    (void)state;
    set_refused(directory, find(directory, "kari", 1), "Aa1-bcde", "directory.unexplained");
}

static void nothing_is_sent_that_others_could_read(void **state)
{
    pwr_directory_t *directory = open_directory("plain");
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    pwr_fault_t *fault = set(&outcome, directory, find(directory, "kari", 1), "Aa1-bcde");

    (void)state;
    assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_non_null(strstr(fault->detail, "StartTLS"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(windows_rules_are_told_apart_from_sambas),
        PROMISE(windows_is_sent_a_password),
        PROMISE(windows_is_sent_an_order_to_change),
        PROMISE(windows_is_sent_an_own_change),
        PROMISE(windows_gives_no_reason),
        PROMISE(nothing_is_sent_that_others_could_read),
    };

    return RUN_LIVE(tests, argc, argv);
}
