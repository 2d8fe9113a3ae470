/* The directory component against a real 389 Directory Server. See directory_live.h. */
#include "directory_live.h"

#include "directory/server.h"

#define LONGEST                                                                                    \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static pwr_bind_outcome_t bind_with(pwr_directory_t *directory, const pwr_account_t *account,
                                    const char *password)
{
    return try_password(directory, account, password);
}

/* The server answers first and moves times and counters afterwards, so a stamp that is read at once
 * may be out of date a moment later. */
#define ATTEMPTS 200

static pwr_fault_t *set_now(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                            const pwr_account_t *account, const char *password)
{
    pwr_fault_t *fault = NULL;

    *outcome = PWR_WRITE_STALE;
    for (int i = 0; i < ATTEMPTS && *outcome == PWR_WRITE_STALE; i++) {
        fault = set(outcome, directory, read_now(directory, account), password);
    }
    return fault;
}

static void takes(pwr_directory_t *directory, const pwr_account_t *account, const char *password)
{
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    expect_fine(set_now(&outcome, directory, account, password));
    assert_int_equal(outcome, PWR_WRITE_DONE);
    assert_int_equal(bind_with(directory, account, password), PWR_BIND_RIGHT);
}

static void refuses(pwr_directory_t *directory, const pwr_account_t *account, const char *password,
                    const char *key)
{
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    pwr_fault_t *fault = set_now(&outcome, directory, account, password);

    assert_non_null(fault);
    assert_int_equal(outcome, PWR_WRITE_REFUSED);
    assert_string_equal(fault->key, key);
}

static bool must_change_soon(pwr_directory_t *directory, const pwr_account_t *account, bool wanted)
{
    bool is_so = !wanted;

    for (int i = 0; i < ATTEMPTS && is_so != wanted; i++) {
        is_so = read_now(directory, account)->must_change;
    }
    return is_so == wanted;
}

static void the_server_is_recognised(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    find(directory, "kari", 1);
    assert_string_equal(directory->context.backend->name, "389ds");
}

static void an_account_is_found_and_read_again_by_its_id(void **state)
{
    static const char *const names[] = {"kari", "KARI", "kari@example.org", "Kari@Example.ORG"};
    static const char *const no_ids[] = {"00000000-00000000-00000000-00000000",
                                         "*",
                                         "",
                                         "00000000-00000000-00000000-0000000",
                                         "00000000-00000000-00000000-000000000",
                                         "00000000-0000000*-00000000-00000000"};
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *again = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pwr_account_t *account = find(directory, names[i], 1);
        assert_string_equal(account->login, "kari");
        assert_string_equal(account->mail, "kari@example.org");
        assert_int_equal(strlen(account->id), 35);
        assert_null(account->ineligible);
        expect_fine(pwr_directory_read(&again, directory, account->id, pool));
        assert_string_equal(again->dn, account->dn);
        assert_string_equal(again->stamp, account->stamp);
    }
    for (size_t i = 0; i < sizeof no_ids / sizeof *no_ids; i++) {
        expect_fine(pwr_directory_read(&again, directory, no_ids[i], pool));
        assert_null(again);
    }
    find(directory, "resepsjon@example.org", 2);
    find(directory, "pwreset", 0);
}

static void the_ineligible_are_told_apart(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    assert_string_equal(find(directory, "gunnar", 1)->ineligible, "disabled");
    assert_string_equal(find(directory, "rolle", 1)->ineligible, "disabled"); /* by a role */
    assert_string_equal(find(directory, "turid", 1)->ineligible, "no-mail");
    assert_null(find(directory, "utgatt", 1)->ineligible);
    assert_true(find(directory, "bytt", 1)->must_change);
    assert_false(find(directory, "kari", 1)->must_change);
}

static void a_new_password_holds_and_moves_the_stamp(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *before = find(directory, "lars", 1);

    (void)state;
    assert_int_equal(bind_with(directory, before, "wrong-password"), PWR_BIND_WRONG);
    assert_int_equal(bind_with(directory, before, "Gammelt-passord-1"), PWR_BIND_RIGHT);
    assert_string_equal(before->stamp, read_now(directory, before)->stamp);
    takes(directory, before, "en ny, l\xc3\xa5ng en");
    assert_int_equal(bind_with(directory, before, "en ny, l\xc3\xa5ng en"), PWR_BIND_RIGHT);
    assert_int_equal(bind_with(directory, before, "Gammelt-passord-1"), PWR_BIND_WRONG);
    const pwr_account_t *after = read_now(directory, before);
    assert_string_not_equal(before->stamp, after->stamp);
    assert_true(after->password_changed > apr_time_now() - apr_time_from_sec(60));
}

static void an_account_that_has_changed_meanwhile_is_left_alone(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "solveig", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    takes(directory, account, "set by another one");
    expect_fine(set(&outcome, directory, account, "set by an old link"));
    assert_int_equal(outcome, PWR_WRITE_STALE);
    assert_int_equal(bind_with(directory, account, "set by another one"), PWR_BIND_RIGHT);
}

/* What the server knows as a scheme would be kept as a hash, or as clear text. */
static void every_password_is_stored_as_it_was_sent(void **state)
{
    static const char *const passwords[] = {"{two words} and more",
                                            "{}braces",
                                            "{open and shut",
                                            "\"quo\\te's\" \\2a",
                                            "\xf0\x9d\x84\x9e\xf0\x9d\x84\x9e\xf0\x9d\x84\x9e clef",
                                            " blank before",
                                            "blank after ",
                                            "e\xcc\x81 decomposed",
                                            "a,b=c+d#e;f<g>h",
                                            LONGEST};
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "anne", 1);

    (void)state;
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        takes(directory, account, passwords[i]);
        assert_int_equal(bind_with(directory, account, passwords[i]), PWR_BIND_RIGHT);
    }
}

static void what_looks_like_a_scheme_is_never_sent(void **state)
{
    static const char *const passwords[]
        = {"{SASL}leo@elsewhere", "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "{clear}something",
           "{X-FOO}barbarbar", "{PBKDF2-SHA512}10000$x$y"};
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "geir", 1);

    (void)state;
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
        pwr_fault_t *fault = set(&outcome, directory, account, passwords[i]);
        assert_non_null(fault);
        assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
        assert_string_equal(fault->key, "directory.scheme");
    }
    assert_int_equal(bind_with(directory, account, "Gammelt-passord-1"), PWR_BIND_RIGHT);
}

static void what_the_policy_refuses_is_named(void **state)
{
    static const struct {
        const char *who, *password, *key;
    } cases[] = {
        {"jan", "kort", "directory.short"},
        {"jan", "Gammelt-passord-1", "directory.history"}, /* the current one */
        {"jan", "my-jan@example", "directory.person"},
        {"plain", "onlylower", "directory.quality"},
        {"all",
         "aB1!\xc3\xb8\xc3\xb8"
         "a121",
         "directory.quality"}, /* one ASCII letter short */
        {"all", "aaaB1!\xc3\xb8\xc3\xb8x", "directory.short"},
        {"all",
         "aaabB1!\xc3\xb8\xc3\xb8"
         "cd",
         "directory.pattern"},
    };
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("%s: %s\n", cases[i].who, cases[i].key);
        refuses(directory, find(directory, cases[i].who, 1), cases[i].password, cases[i].key);
    }
    assert_int_equal(bind_with(directory, find(directory, "jan", 1), "Gammelt-passord-1"),
                     PWR_BIND_RIGHT);
}

/* History and minimum age are noted after the answer, too, and nothing shows when that is done. */
static void settle(void)
{
    apr_sleep(apr_time_from_msec(200));
}

static void history_and_minimum_age_hold_for_a_reset(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *marit = find(directory, "marit", 1), *all = find(directory, "all", 1);

    (void)state;
    takes(directory, marit, "first-secret");
    settle();
    takes(directory, marit, "second-secret");
    settle();
    refuses(directory, marit, "first-secret", "directory.history");
    refuses(directory, marit, "second-secret", "directory.history");
    takes(directory, all, "abcdB1!\xc3\xb8\xc3\xb8xyz");
    settle();
    refuses(directory, all, "abcdB1!\xc3\xb8\xc3\xb8xyw", "directory.young");
}

static void lock_out(pwr_directory_t *directory, const pwr_account_t *account)
{
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bind_with(directory, account, "wrong-password"), PWR_BIND_WRONG);
    }
    assert_int_equal(bind_with(directory, account, "Gammelt-passord-1"), PWR_BIND_LOCKED);
    const pwr_account_t *locked = read_now(directory, account);
    assert_true(locked->is_locked);
    assert_null(locked->ineligible);
    assert_string_equal(locked->stamp, account->stamp);
}

static void a_reset_unlocks_after_failed_logins(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "kjell", 1);

    (void)state;
    lock_out(directory, account);
    takes(directory, account, "a new secret");
    assert_int_equal(bind_with(directory, account, "a new secret"), PWR_BIND_RIGHT);
    assert_int_equal(bind_with(directory, account, "wrong-password"), PWR_BIND_WRONG);
    assert_false(read_now(directory, account)->is_locked);
}

static void a_lock_can_be_ended_alone(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "berit", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    lock_out(directory, account);
    expect_fine(pwr_directory_unlock(&outcome, directory, account, pool));
    assert_int_equal(outcome, PWR_WRITE_DONE);
    assert_false(read_now(directory, account)->is_locked);
    assert_int_equal(bind_with(directory, account, "Gammelt-passord-1"), PWR_BIND_RIGHT);
    expect_fine(pwr_directory_unlock(&outcome, directory, read_now(directory, account), pool));
    assert_int_equal(outcome, PWR_WRITE_DONE);
}

static own_change_t change(pwr_directory_t *directory, const pwr_account_t *account,
                           const char *old, const char *fresh)
{
    pwr_fault_t *fault = NULL;
    own_change_t outcome = change_own(&fault, directory, read_now(directory, account), old, fresh);

    expect_fine(fault);
    return outcome;
}

static void who_knows_the_old_password_changes_it(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "svein", 1);
    own_change_t outcome = change(directory, account, "wrong-password", "own choice 1");

    (void)state;
    assert_int_equal(outcome.bind, PWR_BIND_WRONG);
    assert_int_equal(outcome.write, PWR_WRITE_NOT_SENT);
    outcome = change(directory, account, "Gammelt-passord-1", "own choice 1");
    assert_int_equal(outcome.bind, PWR_BIND_RIGHT);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
    assert_string_not_equal(account->stamp, read_now(directory, account)->stamp);
    assert_int_equal(bind_with(directory, account, "own choice 1"), PWR_BIND_RIGHT);
}

static void an_expired_password_can_be_changed(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "utgatt", 1);

    (void)state;
    assert_int_equal(bind_with(directory, account, "wrong-password"), PWR_BIND_WRONG);
    own_change_t outcome = change(directory, account, "Gammelt-passord-1", "own Choice 1");
    assert_int_equal(outcome.bind, PWR_BIND_EXPIRED);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
    assert_int_equal(bind_with(directory, account, "own Choice 1"), PWR_BIND_RIGHT);
}

static void a_password_that_was_given_is_changed_first(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "bytt", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    settings.must_change = true;
    expect_fine(set_now(&outcome, directory, account, "given Secret 1"));
    assert_int_equal(outcome, PWR_WRITE_DONE);
    assert_true(must_change_soon(directory, account, true));
    assert_int_equal(bind_with(directory, account, "given Secret 1"), PWR_BIND_MUST_CHANGE);
    own_change_t own = change(directory, account, "given Secret 1", "own Choice 1");
    assert_int_equal(own.bind, PWR_BIND_MUST_CHANGE);
    assert_int_equal(own.write, PWR_WRITE_DONE);
    assert_true(must_change_soon(directory, account, false));
    assert_int_equal(bind_with(directory, account, "own Choice 1"), PWR_BIND_RIGHT);
    settings.must_change = false;
    takes(directory, account, "given Secret 2");
    takes(directory, find(directory, "fri", 1), "fri"); /* without a syntax check */
}

static void the_disabled_are_not_let_in(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);

    (void)state;
    assert_int_equal(bind_with(directory, find(directory, "gunnar", 1), "Gammelt-passord-1"),
                     PWR_BIND_INELIGIBLE);
}

static void an_entry_that_may_not_be_written_is_the_operators(void **state)
{
    pwr_directory_t *directory = open_directory(NULL);
    pwr_account_t *account = find(directory, "kari", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    account->dn = "cn=intranet,ou=services,dc=example,dc=org";
    pwr_fault_t *fault = set(&outcome, directory, account, "a new secret");
    assert_true(fault == NULL ? outcome == PWR_WRITE_STALE : fault->kind == PWR_BROKEN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_server_is_recognised),
        PROMISE(an_account_is_found_and_read_again_by_its_id),
        PROMISE(the_ineligible_are_told_apart),
        PROMISE(a_new_password_holds_and_moves_the_stamp),
        PROMISE(an_account_that_has_changed_meanwhile_is_left_alone),
        PROMISE(every_password_is_stored_as_it_was_sent),
        PROMISE(what_looks_like_a_scheme_is_never_sent),
        PROMISE(what_the_policy_refuses_is_named),
        PROMISE(history_and_minimum_age_hold_for_a_reset),
        PROMISE(a_reset_unlocks_after_failed_logins),
        PROMISE(a_lock_can_be_ended_alone),
        PROMISE(who_knows_the_old_password_changes_it),
        PROMISE(an_expired_password_can_be_changed),
        PROMISE(a_password_that_was_given_is_changed_first),
        PROMISE(the_disabled_are_not_let_in),
        PROMISE(an_entry_that_may_not_be_written_is_the_operators),
    };

    return RUN_LIVE(tests, argc, argv);
}
