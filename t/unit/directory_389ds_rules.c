/* The rules of a real 389 Directory Server. See directory_live.h. */
#include "directory_live.h"

static pwr_rules_t rules_of(pwr_directory_t *directory, const char *who)
{
    pwr_rules_t rules;

    expect_fine(
        pwr_directory_rules(&rules, directory, who != NULL ? find(directory, who, 1) : NULL, pool));
    return rules;
}

static bool has_word(const pwr_rules_t *rules, const char *word)
{
    for (int i = 0; rules->words != NULL && i < rules->words->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(rules->words, i, const char *), word) == 0) {
            return true;
        }
    }
    return false;
}

static void the_global_policy_is_read(void **state)
{
    static const char *const who[] = {NULL, "kari"};
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    for (int i = 0; i < 2; i++) {
        pwr_rules_t rules = rules_of(directory, who[i]);
        assert_int_equal(rules.min_length, 8);
        assert_int_equal(rules.history, 5);
        assert_int_equal(rules.min_age, 0);
        assert_int_equal(rules.classes.categories, 0);
        assert_int_equal(rules.classes.counting, PWR_COUNT_BYTES);
        assert_false(rules.has_quality_check);
        assert_int_equal(has_word(&rules, "Nordm"), i == 1);
        assert_int_equal(has_word(&rules, "dmann"), i == 1);
        assert_int_equal(has_word(&rules, "e.org"), i == 1);
        assert_false(has_word(&rules, "mann"));
    }
}

static void a_persons_policy_counts_from_the_built_in_values(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_rules_t rules = rules_of(directory, "plain");

    (void)state;
    assert_int_equal(rules.min_length, 8);
    assert_int_equal(rules.classes.categories, 3);
    assert_int_equal(rules.history, 0);
    assert_true(has_word(&rules, "pla"));
    assert_false(rules.has_quality_check);
}

static void every_rule_of_a_policy_is_read(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_rules_t rules = rules_of(directory, "all");

    (void)state;
    assert_int_equal(rules.min_length, 10);
    assert_int_equal(rules.min_age, apr_time_from_sec(86400));
    assert_int_equal(rules.history, 2);
    assert_int_equal(rules.classes.digits, 1);
    assert_int_equal(rules.classes.letters, 4);
    assert_int_equal(rules.classes.upper, 1);
    assert_int_equal(rules.classes.lower, 2);
    assert_int_equal(rules.classes.specials, 1);
    assert_int_equal(rules.classes.others, 2);
    assert_int_equal(rules.classes.repeats, 2);
    assert_int_equal(rules.classes.categories, 5);
    assert_true(rules.has_quality_check); /* palindromes */
    assert_true(has_word(&rules, "\xc3\x98kon"));
    assert_true(has_word(&rules, "all@"));
    assert_false(has_word(&rules, "all")); /* is shorter than a piece */
}

static void a_subtrees_policy_holds_below_it(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_rules_t rules = rules_of(directory, "streng");

    (void)state;
    assert_int_equal(rules.min_length, 12);
    assert_int_equal(rules.classes.categories, 0);
}

static void without_a_syntax_check_nothing_is_counted(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_rules_t rules = rules_of(directory, "fri");

    (void)state;
    assert_int_equal(rules.min_length, 0);
    assert_int_equal(rules.classes.categories, 0);
    assert_null(rules.words);
    assert_false(rules.has_quality_check);
}

static void a_hidden_policy_shows_no_rule(void **state)
{
    pwr_directory_t *directory = open_directory("hidden_policy");
    pwr_rules_t rules = rules_of(directory, NULL);

    (void)state;
    assert_int_equal(rules.min_length, 0);
    assert_true(rules.has_quality_check);
}

static void a_bind_above_the_policy_is_told_of(void **state)
{
    static const struct {
        const char *fault, *tag;
    } cases[] = {{NULL, NULL}, {"manager", "PWR0457"}, {"administrator", "PWR0467"}};
    const char *given = getenv("PWR_TEST_LDAP_FAULT");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(cases[i].fault != NULL ? cases[i].fault : "", given != NULL ? given : "") == 0) {
            pwr_directory_t *directory = open_directory(cases[i].fault);
            pwr_fault_t *fault = pwr_directory_check_bind(directory, pool);
            assert_int_equal(fault != NULL, cases[i].tag != NULL);
            assert_string_equal(fault != NULL ? fault->tag : "", i > 0 ? cases[i].tag : "");
            return;
        }
    }
    skip();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_global_policy_is_read),
        PROMISE(a_persons_policy_counts_from_the_built_in_values),
        PROMISE(every_rule_of_a_policy_is_read),
        PROMISE(a_subtrees_policy_holds_below_it),
        PROMISE(without_a_syntax_check_nothing_is_counted),
        PROMISE(a_hidden_policy_shows_no_rule),
        PROMISE(a_bind_above_the_policy_is_told_of),
    };

    return RUN_LIVE(tests, argc, argv);
}
