/* The directory component against a real server that is well. See directory_live.h. */
#include "directory_live.h"

#include <apr_thread_proc.h>

#include "base/limits.h"

static void finds_by_each_name_in_any_case(void **state)
{
    static const char *const names[] = {"alice", "ALICE", "alice@example.org", "Alice@Example.ORG"};
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pwr_account_t *account = find(directory, names[i], 1);
        assert_string_equal(account->login, "alice");
        assert_string_equal(account->mail, "alice@example.org");
        assert_string_equal(account->name, "Alice \xc3\x85s");
        assert_string_equal(account->dn, "uid=alice,ou=people,dc=example,dc=org");
        assert_int_equal(strlen(account->id), 36);
        assert_null(account->ineligible);
    }
}

static void finds_nobody_and_says_so(void **state)
{
    static const char *const names[]
        = {"nobody",       "nobody@example.org", "", "alice ", " alice",
           "\xc3\xa0lice", "alice@example.org "};
    pwr_directory_t *directory = open_directory(NULL);
    char *longest = apr_pcalloc(pool, PWR_MAX_TYPED + 2);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        find(directory, names[i], 0);
    }
    memset(longest, 'a', PWR_MAX_TYPED + 1);
    find(directory, longest, 0);
    /* Somebody who is outside the site's filter or base does not exist. */
    find(directory, "robot", 0);
    find(directory, "pwreset", 0);
}

static void nothing_typed_changes_the_filter(void **state)
{
    static const char *const names[] = {"*",
                                        "a*",
                                        "ali*e",
                                        "alice)(|(uid=*",
                                        "*)(objectClass=*",
                                        "\\61lice",
                                        "\\2a",
                                        "alice\\",
                                        "(uid=alice)",
                                        "alice)(uid=alice",
                                        "!(uid=bob)",
                                        ">=a",
                                        "~=alice",
                                        ":caseExactMatch:=alice",
                                        "alice\n",
                                        "\xff\xfe",
                                        "\xc0\x80",
                                        "uid=alice,ou=people,dc=example,dc=org"};
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        find(directory, names[i], 0);
    }
    assert_string_equal(find(directory, "o'neil*(x)\\y", 1)->login, "o'neil*(x)\\y");
}

static void a_shared_address_is_nobodys(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    find(directory, "twins@example.org", 2);
    find(directory, "many@example.org", PWR_MAX_MATCHES);
    find(directory, "carol", 1);
}

static void of_two_addresses_the_typed_one_is_used(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    assert_string_equal(find(directory, "ROBERT@example.org", 1)->mail, "robert@example.org");
    assert_string_equal(find(directory, "bob@example.org", 1)->mail, "bob@example.org");
    assert_int_equal(find(directory, "bob", 1)->mails->nelts, 2);
}

static void the_ineligible_are_told_apart(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    assert_string_equal(find(directory, "erin", 1)->ineligible, "no-mail");
    assert_string_equal(find(directory, "frank", 1)->ineligible, "disabled");
    assert_null(find(directory, "ivan", 1)->ineligible); /* locked by failed logins only */
}

static void an_account_is_read_again_by_its_id(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *found = find(directory, "alice", 1), *again = NULL;

    (void)state;
    expect_fine(pwr_directory_read(&again, directory, found->id, pool));
    assert_string_equal(again->dn, found->dn);
    expect_fine(
        pwr_directory_read(&again, directory, "00000000-0000-0000-0000-000000000000", pool));
    assert_null(again);
    expect_fine(pwr_directory_read(&again, directory, "*", pool));
    assert_null(again);
}

static void rules_come_from_the_policy_of_the_account(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_rules_t rules;

    (void)state;
    for (int round = 0; round < 2; round++) {
        expect_fine(pwr_directory_rules(&rules, directory, find(directory, "alice", 1), pool));
        assert_int_equal(rules.min_length, 8);
        assert_int_equal(rules.history, 3);
        assert_int_equal(rules.min_age, 0);
        expect_fine(pwr_directory_rules(&rules, directory, find(directory, "grace", 1), pool));
        assert_int_equal(rules.min_length, 10);
        assert_int_equal(rules.min_age, apr_time_from_sec(3600));
        expect_fine(pwr_directory_rules(&rules, directory, NULL, pool));
        assert_int_equal(rules.min_length, 8);
    }
}

static void several_policies_without_a_name_show_no_rule(void **state)
{
    pwr_directory_t *directory = open_directory("no_policy_named");
    pwr_rules_t rules;

    (void)state;
    expect_fine(pwr_directory_rules(&rules, directory, NULL, pool));
    assert_int_equal(rules.min_length, 0);
    assert_true(rules.has_quality_check);
}

static void a_single_policy_is_found_without_a_name(void **state)
{
    pwr_directory_t *directory = open_directory("single_policy");
    pwr_rules_t rules;

    (void)state;
    expect_fine(pwr_directory_rules(&rules, directory, find(directory, "alice", 1), pool));
    assert_int_equal(rules.min_length, 8);
    assert_int_equal(rules.history, 3);
    assert_false(rules.has_quality_check);
}

static void a_new_password_holds_and_moves_the_stamp(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *before = find(directory, "judy", 1), *after = NULL;

    (void)state;
    assert_false(may_bind(before, "wrong-password"));
    after = find(directory, "judy", 1);
    assert_string_equal(before->stamp, after->stamp); /* a failed login does not move it */
    set_fine(directory, before, "en ny, l\xc3\xa5ng en");
    assert_true(may_bind(before, "en ny, l\xc3\xa5ng en"));
    assert_false(may_bind(before, "start-judy"));
    expect_fine(pwr_directory_read(&after, directory, before->id, pool));
    assert_string_not_equal(before->stamp, after->stamp);
    assert_true(after->password_changed > apr_time_now() - apr_time_from_sec(60));
}

/* Written as a raw value, these would be taken for a hash or for another way to sign in. */
static void what_looks_like_a_scheme_is_just_a_password(void **state)
{
    static const char *const passwords[]
        = {"{SASL}leo@elsewhere", "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "{CLEARTEXT}leo",
           "{CRYPT}x", "{X-FOO}bar"};
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *leo = find(directory, "leo", 1);

    (void)state;
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        set_fine(directory, leo, passwords[i]);
        assert_true(may_bind(leo, passwords[i]));
    }
    assert_false(may_bind(leo, "bar"));
}

static void what_the_policy_refuses_is_named(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *heidi = find(directory, "heidi", 1), *grace = find(directory, "grace", 1);

    (void)state;
    set_fine(directory, heidi, "first-password");
    set_refused(directory, heidi, "short", "directory.short");
    set_fine(directory, heidi, "second-password");
    set_refused(directory, heidi, "first-password", "directory.history");
    set_refused(directory, heidi, "second-password", "directory.history");
    assert_true(may_bind(heidi, "second-password"));
    set_fine(directory, grace, "first-password");
    set_refused(directory, grace, "second-password", "directory.young");
    assert_true(may_bind(grace, "first-password"));
}

static void a_reset_unlocks_after_failed_logins(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *mallory = find(directory, "mallory", 1);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_false(may_bind(mallory, "wrong-password"));
    }
    assert_false(may_bind(mallory, "start-mallory"));
    assert_null(find(directory, "mallory", 1)->ineligible);
    set_fine(directory, mallory, "a new password");
    assert_true(may_bind(mallory, "a new password"));
}

static void empty_and_cut_passwords_are_never_sent(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {{"", 0}, {"\0abcdefgh", 9}, {"abcdefgh\0", 9}, {"abcd\0efgh", 9}};
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "alice", 1);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
        pwr_secret_t *secret = pwr_secret_make(cases[i].bytes, cases[i].length, pool);
        pwr_fault_t *fault = pwr_directory_set_password(&outcome, directory, account, secret, pool);
        assert_non_null(fault);
        assert_string_equal(fault->key, "password.empty");
        assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
    }
}

static void an_account_that_has_changed_meanwhile_is_left_alone(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "dave", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    set_fine(directory, account, "set by somebody else");
    expect_fine(set(&outcome, directory, account, "set by an old link"));
    assert_int_equal(outcome, PWR_WRITE_STALE);
    assert_true(may_bind(account, "set by somebody else"));
}

static void an_entry_that_may_not_be_written_is_the_operators(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "guarded", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    pwr_fault_t *fault = set(&outcome, directory, account, "a new password");

    (void)state;
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
}

static void wrong_credentials_are_the_operators(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    apr_array_header_t *accounts = NULL;

    (void)state;
    settings.bind_password = pwr_secret_make("wrong", 5, pool);
    pwr_fault_t *fault = pwr_directory_find(&accounts, directory, "alice", pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_string_equal(fault->tag, "PWR0427");
    assert_null(strstr(fault->detail, "wrong"));
}

static void an_untrusted_certificate_is_refused(void **state)
{
    pwr_directory_t *directory = open_directory("untrusted");
    pwr_fault_t *fault = pwr_directory_probe(directory, 0, pool);

    (void)state;
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_string_equal(fault->tag, "PWR0421");
}

static bool is_found(pwr_directory_t *directory, apr_pool_t *own)
{
    apr_array_header_t *accounts = NULL;
    pwr_rules_t rules;

    return pwr_directory_find(&accounts, directory, "alice", own) == NULL && accounts->nelts == 1
           && pwr_directory_rules(&rules, directory, APR_ARRAY_IDX(accounts, 0, pwr_account_t *),
                                  own)
                  == NULL
           && rules.min_length == 8;
}

/* Not inlined: apr_thread_exit leaves its caller's frame without AddressSanitizer knowing, and
 * what lies poisoned there would be reported. */
__attribute__((noinline)) static apr_status_t find_twenty_times(pwr_directory_t *directory)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < 20; i++) {
        apr_pool_t *own = NULL;
        apr_pool_create(&own, NULL);
        status = is_found(directory, own) ? status : APR_EGENERAL;
        apr_pool_destroy(own);
    }
    return status;
}

static void *APR_THREAD_FUNC find_often(apr_thread_t *thread, void *directory)
{
    apr_thread_exit(thread, find_twenty_times(directory));
    return NULL;
}

static void more_threads_than_connections_wait_their_turn(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    apr_thread_t *threads[6];
    apr_status_t status = APR_SUCCESS;

    (void)state;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, find_often, directory, pool), 0);
    }
    for (int i = 0; i < 6; i++) {
        apr_thread_join(&status, threads[i]);
        assert_int_equal(status, APR_SUCCESS);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(finds_by_each_name_in_any_case),
        PROMISE(finds_nobody_and_says_so),
        PROMISE(nothing_typed_changes_the_filter),
        PROMISE(a_shared_address_is_nobodys),
        PROMISE(of_two_addresses_the_typed_one_is_used),
        PROMISE(the_ineligible_are_told_apart),
        PROMISE(an_account_is_read_again_by_its_id),
        PROMISE(rules_come_from_the_policy_of_the_account),
        PROMISE(several_policies_without_a_name_show_no_rule),
        PROMISE(a_single_policy_is_found_without_a_name),
        PROMISE(a_new_password_holds_and_moves_the_stamp),
        PROMISE(what_looks_like_a_scheme_is_just_a_password),
        PROMISE(what_the_policy_refuses_is_named),
        PROMISE(a_reset_unlocks_after_failed_logins),
        PROMISE(empty_and_cut_passwords_are_never_sent),
        PROMISE(an_account_that_has_changed_meanwhile_is_left_alone),
        PROMISE(an_entry_that_may_not_be_written_is_the_operators),
        PROMISE(wrong_credentials_are_the_operators),
        PROMISE(an_untrusted_certificate_is_refused),
        PROMISE(more_threads_than_connections_wait_their_turn),
    };

    return RUN_LIVE(tests, argc, argv);
}
