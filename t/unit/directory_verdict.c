/* What the box would say of the passwords on standard input, one a line: for the comparison with
 * the server's own verdicts. By the directory's rules for one person (PWR_TEST_LDAP_WHO) and next
 * to none of a site's. See directory_live.h. */
#include "directory_live.h"

#include <stdio.h>

#include "base/limits.h"
#include "policy/policy.h"

/* What a site cannot do without: one character. */
static const pwr_policy_settings_t site = {.min_length = 1};

static const char *verdict_on(const pwr_policy_context_t *context, const char *typed,
                              apr_pool_t *scratch)
{
    const char *key = NULL;
    pwr_secret_t *password = pwr_policy_prepare(&key, typed, scratch);

    return password != NULL ? pwr_policy_judge(context, password, scratch).key : key;
}

static void the_verdicts_are_told(void **state)
{
    char line[PWR_MAX_PASSWORD + 2];
    pwr_directory_t *directory = open_directory("tell");
    pwr_account_t *account = find(directory, getenv("PWR_TEST_LDAP_WHO"), 1);
    pwr_policy_context_t context = {.account = account};
    pwr_policy_t *policy = NULL;
    apr_pool_t *scratch = NULL;
    pwr_rules_t rules;

    (void)state;
    expect_fine(pwr_policy_open(&policy, &site, pool));
    expect_fine(pwr_directory_rules(&rules, directory, account, pool));
    assert_false(rules.has_quality_check);
    rules = pwr_policy_merge(&site, &rules);
    context.policy = policy;
    context.rules = &rules;
    apr_pool_create(&scratch, pool);
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        const char *key = verdict_on(&context, line, scratch);
        print_message("verdict %s\n", key != NULL ? key : "fine");
        apr_pool_clear(scratch);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {PROMISE(the_verdicts_are_told)};

    return RUN_LIVE(tests, argc, argv);
}
