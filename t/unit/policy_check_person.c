/* Names are refused in any dress; short ones refuse nothing. */
#include "policy_judged.h"

#include "text/characters.h"

static const char *names[] = {"B\xc3\xb8rre \xc3\x85s\xc3\xa9n-Lie", "ola li", "li@example.org"};
static const pwr_policy_settings_t site
    = {.min_length = 1, .refuses_names = true, .organisation = "Eksempel AS"};

static apr_array_header_t *listed(const char *const *strings, int count)
{
    apr_array_header_t *list = apr_array_make(pool, count, sizeof(const char *));

    for (int i = 0; i < count; i++) {
        APR_ARRAY_PUSH(list, const char *) = strings[i];
    }
    return list;
}

static bool is_refused(const char *typed)
{
    const pwr_account_t account
        = {.login = "borrea", .name = "B\xc3\xb8rre", .names = listed(names, 3)};
    pwr_verdict_t verdict = judged(&site, (pwr_rules_t){0}, &account, typed);

    assert_true(verdict.key == NULL || strcmp(verdict.key, "password.person") == 0);
    return verdict.key != NULL;
}

static void a_name_is_refused_in_any_dress(void **state)
{
    static const char *const bad[] = {
        "xxB\xc3\xb8rrexx",
        "BORRE2026",
        "bo\xcc\x88rre",
        "min \xc3\xa5sen er fin",
        "ASEN!",
        "olali123",
        "OlaLi",
        "borrea",
        "eksempel",
        "mitt EKSEMPEL",
        "\xef\xbc\xa2\xef\xbc\xaf\xef\xbc\xb2\xef\xbc\xb2\xef\xbc\xa5", /* full-width BORRE */
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (!is_refused(bad[i])) {
            fail_msg("'%s' is accepted", bad[i]);
        }
    }
}

static void short_words_and_domains_refuse_nothing(void **state)
{
    static const char *const good[]
        = {"Ola har kola", "lie", "li og as", "example.org", "bor re", "as\xc3\xa6n", "eksemp el"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (is_refused(good[i])) {
            fail_msg("'%s' is refused", good[i]);
        }
    }
}

static void without_the_rule_or_an_account_names_are_free(void **state)
{
    const pwr_policy_settings_t free_names = {.min_length = 1, .organisation = "Eksempel"};
    const pwr_account_t account = {.login = "karinord"};
    const pwr_account_t nobody = {.login = NULL};
    const pwr_account_t broken = {.login = "kari\xff\xfe"};

    (void)state;
    assert_null(judged(&free_names, (pwr_rules_t){0}, &account, "karinord eksempel").key);
    assert_null(judged(&site, (pwr_rules_t){0}, NULL, "karinord").key);
    assert_null(judged(&site, (pwr_rules_t){0}, &nobody, "karinord").key);
    assert_null(judged(&site, (pwr_rules_t){0}, &broken, "kari").key);
    assert_non_null(judged(&site, (pwr_rules_t){0}, &account, "karinord").key);
}

static void the_directorys_words_count_however_short(void **state)
{
    static const char *words[] = {"ola", "\xc3\x85s"};
    const pwr_policy_settings_t free_names = {.min_length = 1};
    const pwr_rules_t rules = {.words = listed(words, 2)};

    (void)state;
    assert_judged(&free_names, rules, "skOLAr", "password.person");
    assert_judged(&free_names, rules, "p\xc3\xa5\xc3\xa5s", "password.person");
    assert_judged(&free_names, rules, "pas", NULL); /* marks count: as the directory does it */
}

static void pieces_fold_ascii_alone(void **state)
{
    static const char *words[] = {"\xc3\x98kon"};
    const pwr_policy_settings_t free_names = {.min_length = 1};
    const pwr_rules_t rules = {.words = listed(words, 1), .piece_length = 4};

    (void)state;
    assert_judged(&free_names, rules, "x\xc3\x98KONx", "password.person");
    assert_judged(&free_names, rules, "x\xc3\xb8konx", NULL);
    assert_judged(&free_names, rules, "x\xc3\x98ko", NULL);
}

static void a_long_name_ends_somewhere(void **state)
{
    char *long_name = apr_pcalloc(pool, 1000001);
    memset(long_name, 'n', 1000000);
    const pwr_account_t account = {.name = long_name};

    (void)state;
    assert_null(judged(&site, (pwr_rules_t){0}, &account, "nnnnnnnn").key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_refused_in_any_dress),
        cmocka_unit_test(short_words_and_domains_refuse_nothing),
        cmocka_unit_test(without_the_rule_or_an_account_names_are_free),
        cmocka_unit_test(the_directorys_words_count_however_short),
        cmocka_unit_test(pieces_fold_ascii_alone),
        cmocka_unit_test(a_long_name_ends_somewhere),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
