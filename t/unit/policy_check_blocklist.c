/* A list refuses its lines in any case, and with what people put behind them. */
#include "policy_judged.h"

#include <unistd.h>

#include "policy/check_blocklist.h"

static pwr_fault_t *opened(pwr_blocklist_t **list, const char *text, size_t length)
{
    const char *path = written_file(text, length);
    pwr_fault_t *fault = pwr_blocklist_open(list, path, pool);

    unlink(path);
    return fault;
}

static void lines_are_found_whole_and_with_six_signs_behind(void **state)
{
    static const char text[] = "sommer\r\nP\xc3\x85SKE\n\nfire ord her\n12345678\nlast";
    static const char *const in[]
        = {"sommer",       "SOMMER",   "Sommer2026!", "p\xc3\xa5ske", "P\xc3\xa5ske1",
           "fire ord her", "12345678", "LAST",        "last......"};
    static const char *const out[]
        = {"ommer", "somme", "sommer1234567", "xsommer", "fire", "paske", "!", "1", "s0mmer"};
    pwr_blocklist_t *list = NULL;

    (void)state;
    assert_null(opened(&list, text, sizeof text - 1));
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        if (!pwr_blocklist_has(list, in[i], pool)) {
            fail_msg("'%s' is not found", in[i]);
        }
    }
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        if (pwr_blocklist_has(list, out[i], pool)) {
            fail_msg("'%s' is found", out[i]);
        }
    }
}

static void a_bad_line_is_named(void **state)
{
    char *text = apr_pstrcat(pool, "a\nb\n", apr_pcalloc(pool, 1), NULL);
    char *line = apr_pcalloc(pool, 2001);
    pwr_blocklist_t *list = NULL;
    pwr_fault_t *fault = opened(&list, "good\n\xff\xfe\n", 8);

    (void)state;
    assert_non_null(fault);
    assert_non_null(strstr(fault->detail, ":2: this is not UTF-8"));
    memset(line, 'x', 2000);
    text = apr_pstrcat(pool, text, line, "\n", NULL);
    fault = opened(&list, text, strlen(text));
    assert_non_null(fault);
    assert_non_null(strstr(fault->detail, ":3: this line is too long"));
    fault = pwr_blocklist_open(&list, "/nonexistent/list", pool);
    assert_non_null(fault);
    assert_non_null(strstr(fault->detail, "cannot be read"));
}

static void an_empty_list_refuses_nothing(void **state)
{
    pwr_blocklist_t *list = NULL;

    (void)state;
    assert_null(opened(&list, "", 0));
    assert_false(pwr_blocklist_has(list, "123456", pool));
}

static void the_list_that_comes_along_knows_what_everybody_takes(void **state)
{
    pwr_policy_settings_t site = {.min_length = 1};
    static const char *const bad[]
        = {"passord123",    "Sommer2026!", "p@ssw0rd",      "qwertyuiop\xc3\xa5",
           "VELKOMMEN2025", "Januar2026",  "jeg elsker deg"};

    (void)state;
    site.blocklist = apr_pstrcat(pool, getenv("PWR_FILES"), "/blocklist.txt", NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_judged(&site, (pwr_rules_t){0}, bad[i], "password.common");
    }
    assert_judged(&site, (pwr_rules_t){0}, "fire ukjente h\xc3\xb8ner danser", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_found_whole_and_with_six_signs_behind),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(an_empty_list_refuses_nothing),
        cmocka_unit_test(the_list_that_comes_along_knows_what_everybody_takes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
