/* Every line of a sorted file is found, nothing else is, and another file is refused at start. */
#include "policy_judged.h"

#include <unistd.h>

#include "policy/check_pwned.h"

#define SHA1_PASSWORD "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8" /* "password" */
#define NTLM_PASSWORD "8846F7EAEE8FB117AD06BDD830B7586C"         /* "password" */

static pwr_fault_t *opened(pwr_pwned_t **pwned, const char *text)
{
    const char *path = written_file(text, strlen(text));
    pwr_fault_t *fault = pwr_pwned_open(pwned, path, pool);

    unlink(path);
    return fault;
}

/* `count` lines around one wanted, at place `at`; every digit string differs from it at its start.
 */
static const char *lines_with(const char *wanted, int at, int count, const char *end)
{
    apr_array_header_t *parts = apr_array_make(pool, count, sizeof(char *));

    for (int i = 0; i < count; i++) {
        char *hash = apr_pstrdup(pool, wanted);
        if (i != at) { /* the digits before it, or after it */
            memcpy(hash, i < at ? "00000000" : "FFFFFFFF", 8);
            memcpy(hash + 8, apr_psprintf(pool, "%04X", i), 4);
        }
        APR_ARRAY_PUSH(parts, const char *)
            = apr_psprintf(pool, "%s:%d%s", hash, i * i * 7 + 1, i + 1 < count ? end : "");
    }
    return apr_array_pstrcat(pool, parts, 0);
}

static bool has(const char *text, const char *password)
{
    bool is_found = false;
    pwr_pwned_t *pwned = NULL;
    pwr_fault_t *fault = opened(&pwned, text);

    if (fault != NULL) {
        fail_msg("%s", fault->detail);
    }
    assert_null(pwr_pwned_find(&is_found, pwned, password, pool));
    return is_found;
}

static void a_line_is_found_wherever_it_stands(void **state)
{
    (void)state;
    for (int count = 1; count <= 40; count++) {
        for (int at = 0; at < count; at++) {
            assert_true(has(lines_with(SHA1_PASSWORD, at, count, "\n"), "password"));
            assert_true(has(lines_with(NTLM_PASSWORD, at, count, "\r\n"), "password"));
            assert_false(has(lines_with(SHA1_PASSWORD, at, count, "\r\n"), "Password"));
        }
        assert_false(has(lines_with(SHA1_PASSWORD, count, count, "\n"), "password"));
        assert_false(has(lines_with(SHA1_PASSWORD, -1, count, "\n"), "password"));
    }
    assert_true(
        has(lines_with("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8", 3, 9, "\n"), "password"));
}

static void what_is_no_sorted_file_of_hashes_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "password\n",
        "5BAA6:1\n",
        "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FDG:1\n",
        "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8AA:1\n",
        SHA1_PASSWORD ":1\n" NTLM_PASSWORD ":1\n",
        SHA1_PASSWORD ":1\n0BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:1\n",
        SHA1_PASSWORD ":1\npassword\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        pwr_pwned_t *pwned = NULL;
        pwr_fault_t *fault = opened(&pwned, bad[i]);
        if (fault == NULL || strstr(fault->detail, "the sorted file") == NULL) {
            fail_msg("'%s' is accepted", bad[i]);
        }
    }
    pwr_pwned_t *pwned = NULL;
    assert_non_null(pwr_pwned_open(&pwned, "/nonexistent", pool));
    assert_non_null(pwr_pwned_open(&pwned, "/dev/zero", pool));
    assert_non_null(pwr_pwned_open(&pwned, "/tmp", pool));
}

static void a_file_cut_short_under_us_is_a_fault_and_no_crash(void **state)
{
    pwr_pwned_t *pwned = NULL;
    bool is_found = true;
    const char *text = lines_with(SHA1_PASSWORD, 20, 40, "\n");
    const char *path = written_file(text, strlen(text));
    pwr_policy_settings_t site = {.min_length = 1, .pwned_file = path};
    pwr_policy_t *policy = NULL;
    const char *key = NULL;
    pwr_rules_t rules = pwr_policy_merge(&site, &(pwr_rules_t){0});

    (void)state;
    assert_null(pwr_pwned_open(&pwned, path, pool));
    assert_null(pwr_policy_open(&policy, &site, pool));
    assert_int_equal(truncate(path, 10), 0);
    pwr_fault_t *fault = pwr_pwned_find(&is_found, pwned, "password", pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_LATER);
    const pwr_policy_context_t context = {.policy = policy, .rules = &rules};
    pwr_secret_t *password = pwr_policy_prepare(&key, "password", pool);
    assert_null(pwr_policy_judge(&context, password, pool).key);
    site.refuses_on_outage = true;
    assert_string_equal(pwr_policy_judge(&context, password, pool).key, "password.unchecked");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_found_wherever_it_stands),
        cmocka_unit_test(what_is_no_sorted_file_of_hashes_is_refused),
        cmocka_unit_test(a_file_cut_short_under_us_is_a_fault_and_no_crash),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
