/*
 * The directory component against Samba's domain controller. See directory_live.h;
 * t/web/test_directory_ad.py starts it, and makes of the people what their tests need: lars is
 * locked, eva must change her password, that of hans is too old, ola has a policy of his own.
 */
#include "directory_live.h"

#include "base/limits.h"
#include "directory/server.h"

#define START "Gammelt-passord-1" /* everybody's */

static pwr_directory_t *open_ad(const char *fault)
{
    pwr_directory_t *directory = open_directory(fault);
    settings.timeout = apr_time_from_sec(10); /* Samba hashes a password for a while */
    return directory;
}

static void it_is_known_by_its_root(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    find(directory, "kari", 1);
    assert_string_equal(directory->context.backend->name, "ad");
}

static void finds_by_each_name_in_any_case(void **state)
{
    static const char *const names[]
        = {"kari", "KARI", "kari@example.org", "Kari@Example.ORG", "kari@ad.example.org"};
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pwr_account_t *account = find(directory, names[i], 1);
        assert_string_equal(account->login, "kari");
        assert_string_equal(account->mail, "kari@example.org");
        assert_string_equal(account->name, "Kari Nordmann");
        assert_string_equal(account->dn, "CN=kari,OU=People,DC=ad,DC=example,DC=org");
        assert_int_equal(strlen(account->id), 36);
        assert_null(account->ineligible);
    }
}

static void finds_nobody_and_says_so(void **state)
{
    static const char *const names[] = {"nobody",
                                        "",
                                        "kari ",
                                        " kari",
                                        "k\xc3\xa1ri",
                                        "k\xc3\xa5ri@example.org",
                                        "*",
                                        "k*",
                                        "kari)(|(cn=*",
                                        "*)(objectClass=*",
                                        "\\6bari",
                                        "\\2a",
                                        "kari\\",
                                        "\xff\xfe",
                                        "CN=kari,OU=People,DC=ad,DC=example,DC=org",
                                        "pwreset",
                                        "krbtgt",
                                        "DC1$",
                                        "Administrator"};
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        find(directory, names[i], 0);
    }
}

static void a_shared_address_names_both(void **state)
{
    (void)state;
    find(open_ad(NULL), "resepsjon@example.org", 2);
}

/* More than the component's ceiling of messages, from a server that knows no size limit. */
static void an_address_of_everybodys_is_nobodys(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    settings.match = one_name("objectCategory");
    find(directory, "CN=Person,CN=Schema,CN=Configuration,DC=ad,DC=example,DC=org",
         PWR_MAX_MATCHES);
    settings.match = NULL;
    find(directory, "kari", 1);
}

static void exchange_addresses_lose_their_prefix(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    settings.mail_attributes = one_name("proxyAddresses");
    pwr_account_t *liv = find(directory, "liv", 1);
    assert_int_equal(liv->mails->nelts, 2);
    assert_string_equal(liv->mail, "liv@example.org");
    const char *second = APR_ARRAY_IDX(liv->mails, 1, const char *);
    assert_string_equal(find(directory, second, 1)->mail, second);
}

static void the_ineligible_are_told_apart(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    assert_string_equal(find(directory, "gunnar", 1)->ineligible, "disabled");
    assert_string_equal(find(directory, "per", 1)->ineligible, "expired");
    assert_string_equal(find(directory, "solveig", 1)->ineligible, "protected");
    assert_string_equal(find(directory, "turid", 1)->ineligible, "no-mail");
    pwr_account_t *lars = find(directory, "lars", 1), *eva = find(directory, "eva", 1);
    assert_null(lars->ineligible);
    assert_true(lars->is_locked);
    assert_false(lars->must_change);
    assert_null(eva->ineligible);
    assert_false(eva->is_locked);
    assert_true(eva->must_change);
}

static void groups_in_groups_count(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    settings.deny_groups = one_name("CN=ledelsen,OU=Groups,DC=ad,DC=example,DC=org");
    assert_string_equal(find(directory, "kjell", 1)->ineligible, "group");
    assert_null(find(directory, "kari", 1)->ineligible);
    settings.deny_groups = NULL;
    settings.allow_groups = one_name("CN=ledelsen,OU=Groups,DC=ad,DC=example,DC=org");
    assert_null(find(directory, "kjell", 1)->ineligible);
    assert_string_equal(find(directory, "kari", 1)->ineligible, "group");
}

static void an_account_is_read_again_by_its_id(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *found = find(directory, "kari", 1), *again = NULL;

    (void)state;
    expect_fine(pwr_directory_read(&again, directory, found->id, pool));
    assert_string_equal(again->dn, found->dn);
    assert_string_equal(again->stamp, found->stamp);
    expect_fine(
        pwr_directory_read(&again, directory, "00000000-0000-0000-0000-000000000000", pool));
    assert_null(again);
    expect_fine(pwr_directory_read(&again, directory, "*", pool));
    assert_null(again);
}

static void rules_come_from_the_domain_or_the_own_policy(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_rules_t rules;

    (void)state;
    for (int round = 0; round < 2; round++) {
        expect_fine(pwr_directory_rules(&rules, directory, find(directory, "kari", 1), pool));
        assert_int_equal(rules.min_length, 8);
        assert_int_equal(rules.history, 0); /* Samba does not look at it in a reset */
        assert_int_equal(rules.classes.categories, 3);
        assert_int_equal(rules.classes.counting, PWR_COUNT_SAMBA);
        assert_null(rules.words);
        expect_fine(pwr_directory_rules(&rules, directory, find(directory, "ola", 1), pool));
        assert_int_equal(rules.min_length, 14);
        assert_int_equal(rules.classes.categories, 0);
        assert_false(rules.has_quality_check);
        expect_fine(pwr_directory_rules(&rules, directory, NULL, pool));
        assert_int_equal(rules.min_length, 8);
    }
}

static void a_new_password_holds_and_moves_the_stamp(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *before = find(directory, "astrid", 1);

    (void)state;
    assert_false(may_bind(before, "feil"));
    assert_string_equal(before->stamp, find(directory, "astrid", 1)->stamp);
    set_fine(directory, before, "En ny, l\xc3\xa5ng en");
    assert_true(may_bind(before, "En ny, l\xc3\xa5ng en"));
    assert_false(may_bind(before, START));
    const pwr_account_t *after = read_now(directory, before);
    assert_string_not_equal(before->stamp, after->stamp);
    assert_true(after->password_changed > apr_time_now() - apr_time_from_sec(60));
    assert_true(after->password_changed <= apr_time_now() + apr_time_from_sec(1));
}

static void a_password_is_stored_as_it_was_typed(void **state)
{
    char longest[PWR_MAX_PASSWORD_CHARS + 1] = "Aa1";
    const char *const passwords[] = {"\"Sitat\"-og-\\'1",
                                     "\\\\server\\Delt1",
                                     "\xf0\x9f\x98\x80\xf0\x9f\xa7\x82 Salt og pepper",
                                     "  Mellomrom f\xc3\xb8rst1",
                                     "Mellomrom sist1  ",
                                     "{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAAAaaa",
                                     "{CLEARTEXT}Marit1",
                                     "\xe4\xb8\xad\xe6\x96\x87\xe5\xaf\x86\xe7\xa0\x81 Aa 12",
                                     longest};
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *marit = find(directory, "marit", 1);

    (void)state;
    memset(longest + 3, 'x', sizeof longest - 4);
    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++) {
        set_fine(directory, marit, passwords[i]);
        assert_true(may_bind(marit, passwords[i]));
    }
    longest[sizeof longest - 2] = '\0';
    assert_false(may_bind(marit, longest)); /* nothing was cut off */
}

static void what_the_policy_refuses_is_named(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *berit = find(directory, "berit", 1), *ola = find(directory, "ola", 1);

    (void)state;
    set_refused(directory, berit, "Kort-1", "directory.short");
    set_refused(directory, berit, "bare sm\xc3\xa5 bokstaver", "directory.quality");
    assert_true(may_bind(berit, START));
    set_fine(directory, berit, "Lang nok 1");
    set_refused(directory, ola, "Tretten tegn.", "directory.short");
    set_fine(directory, ola, "fjorten tegn..");
}

static own_change_t change(pwr_fault_t **fault, pwr_directory_t *directory, const char *who,
                           const char *old, const char *new)
{
    return change_own(fault, directory, find(directory, who, 1), old, new);
}

static void change_refused(pwr_directory_t *directory, const char *who, const char *const both[2],
                           const char *key)
{
    pwr_fault_t *fault = NULL;
    own_change_t outcome = change(&fault, directory, who, both[0], both[1]);

    assert_int_equal(outcome.bind, PWR_BIND_RIGHT);
    assert_int_equal(outcome.write, PWR_WRITE_REFUSED);
    assert_non_null(fault);
    assert_string_equal(fault->key, key);
}

static void an_own_change_keeps_to_history_and_age(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_fault_t *fault = NULL;

    (void)state;
    own_change_t outcome = change(&fault, directory, "svein", START, "Nytt-passord-2");
    expect_fine(fault);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
    assert_true(may_bind(find(directory, "svein", 1), "Nytt-passord-2"));
    change_refused(directory, "svein", (const char *[]){"Nytt-passord-2", START},
                   "directory.history");
    change_refused(directory, "svein", (const char *[]){"Nytt-passord-2", "Kort-1"},
                   "directory.short");
    outcome = change(&fault, directory, "svein", "feil", "Nytt-passord-3");
    assert_null(fault);
    assert_int_equal(outcome.bind, PWR_BIND_WRONG);
    assert_int_equal(outcome.write, PWR_WRITE_NOT_SENT);
    set_fine(directory, find(directory, "odd", 1), "for ung til endring");
    change_refused(directory, "odd", (const char *[]){"for ung til endring", "eldre enn i sted"},
                   "directory.young");
}

static void who_must_change_can(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_fault_t *fault = NULL;
    own_change_t outcome = change(&fault, directory, "eva", START, "Nytt-passord-2");

    (void)state;
    expect_fine(fault);
    assert_int_equal(outcome.bind, PWR_BIND_MUST_CHANGE);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
    assert_false(find(directory, "eva", 1)->must_change);
    assert_true(may_bind(find(directory, "eva", 1), "Nytt-passord-2"));
}

static void whose_password_is_too_old_can_change_it(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_fault_t *fault = NULL;

    (void)state;
    assert_true(find(directory, "hans", 1)->must_change);
    own_change_t outcome = change(&fault, directory, "hans", START, "Nytt-passord-2");
    expect_fine(fault);
    assert_int_equal(outcome.bind, PWR_BIND_EXPIRED);
    assert_int_equal(outcome.write, PWR_WRITE_DONE);
    assert_false(find(directory, "hans", 1)->must_change);
    assert_true(may_bind(find(directory, "hans", 1), "Nytt-passord-2"));
}

static pwr_bind_outcome_t bind_with(pwr_directory_t *directory, const char *who,
                                    const char *password)
{
    return try_password(directory, find(directory, who, 1), password);
}

static void the_ends_of_a_sign_in_are_told_apart(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    assert_int_equal(bind_with(directory, "arne", START), PWR_BIND_RIGHT);
    assert_int_equal(bind_with(directory, "arne", "feil"), PWR_BIND_WRONG);
    assert_int_equal(bind_with(directory, "gunnar", START), PWR_BIND_INELIGIBLE);
    assert_int_equal(bind_with(directory, "per", START), PWR_BIND_INELIGIBLE);
    assert_int_equal(bind_with(directory, "gunnar", "feil"), PWR_BIND_WRONG);
}

static void a_reset_ends_a_lock(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *lars = find(directory, "lars", 1);

    (void)state;
    assert_int_equal(bind_with(directory, "lars", START), PWR_BIND_LOCKED);
    set_fine(directory, lars, "Husket det ikke 1");
    assert_true(may_bind(lars, "Husket det ikke 1"));
    assert_false(find(directory, "lars", 1)->is_locked);
}

static void an_unlock_leaves_the_password_alone(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *gerd = find(directory, "gerd", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_false(may_bind(gerd, "feil"));
    }
    pwr_account_t *locked = find(directory, "gerd", 1);
    assert_true(locked->is_locked);
    assert_string_equal(locked->stamp, gerd->stamp);
    expect_fine(pwr_directory_unlock(&outcome, directory, locked, pool));
    assert_int_equal(outcome, PWR_WRITE_DONE);
    assert_true(may_bind(gerd, START));
    assert_string_equal(find(directory, "gerd", 1)->stamp, gerd->stamp);
}

static void a_change_at_the_next_login_can_be_ordered(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *knut = find(directory, "knut", 1);

    (void)state;
    settings.must_change = true;
    set_fine(directory, knut, "Midlertidig-1");
    assert_int_equal(bind_with(directory, "knut", "Midlertidig-1"), PWR_BIND_MUST_CHANGE);
    const pwr_account_t *ordered = read_now(directory, knut);
    assert_true(ordered->must_change);
    /* pwdLastSet is 0 before and after; the stamp moves all the same. */
    set_fine(directory, knut, "Midlertidig-2");
    assert_string_not_equal(read_now(directory, knut)->stamp, ordered->stamp);
}

static void a_password_set_elsewhere_stops_the_write(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);
    pwr_account_t *randi = find(directory, "randi", 1);
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    set_fine(directory, randi, "Satt et annet sted 1");
    expect_fine(set(&outcome, directory, randi, "For sent ute 1"));
    assert_int_equal(outcome, PWR_WRITE_STALE);
    assert_true(may_bind(randi, "Satt et annet sted 1"));
}

static void the_delegated_account_passes_the_self_checks(void **state)
{
    pwr_directory_t *directory = open_ad(NULL);

    (void)state;
    expect_fine(pwr_directory_check_bind(directory, pool));
    expect_fine(pwr_directory_check_rights(directory, pool));
}

static void an_administrators_account_does_not(void **state)
{
    pwr_directory_t *directory = open_ad("administrator");
    pwr_fault_t *fault = pwr_directory_check_bind(directory, pool);

    (void)state;
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_string_equal(fault->tag, "PWR0458");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(it_is_known_by_its_root),
        PROMISE(finds_by_each_name_in_any_case),
        PROMISE(finds_nobody_and_says_so),
        PROMISE(a_shared_address_names_both),
        PROMISE(an_address_of_everybodys_is_nobodys),
        PROMISE(exchange_addresses_lose_their_prefix),
        PROMISE(the_ineligible_are_told_apart),
        PROMISE(groups_in_groups_count),
        PROMISE(an_account_is_read_again_by_its_id),
        PROMISE(rules_come_from_the_domain_or_the_own_policy),
        PROMISE(a_new_password_holds_and_moves_the_stamp),
        PROMISE(a_password_is_stored_as_it_was_typed),
        PROMISE(what_the_policy_refuses_is_named),
        PROMISE(an_own_change_keeps_to_history_and_age),
        PROMISE(who_must_change_can),
        PROMISE(whose_password_is_too_old_can_change_it),
        PROMISE(the_ends_of_a_sign_in_are_told_apart),
        PROMISE(a_reset_ends_a_lock),
        PROMISE(an_unlock_leaves_the_password_alone),
        PROMISE(a_change_at_the_next_login_can_be_ordered),
        PROMISE(a_password_set_elsewhere_stops_the_write),
        PROMISE(the_delegated_account_passes_the_self_checks),
        PROMISE(an_administrators_account_does_not),
    };

    return RUN_LIVE(tests, argc, argv);
}
