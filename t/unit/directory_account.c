/* Filters, the second comparison, and what an entry says, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "directory/account.h"
#include "directory/filter.h"
#include "directory/rules.h"

static apr_pool_t *pool;
static pwr_directory_settings_t settings = {.filter = "(objectClass=person)"};
static pwr_directory_t directory = {.settings = &settings};

/* An entry from "name", "value", ..., NULL; a name may come again. */
static pwr_entry_t make_entry(const char *name, ...)
{
    pwr_entry_t entry = {.dn = "uid=anna,dc=example",
                         .attributes = apr_array_make(pool, 4, sizeof(pwr_attribute_t))};
    va_list rest;

    va_start(rest, name);
    for (; name != NULL; name = va_arg(rest, const char *)) {
        apr_array_header_t *values = (apr_array_header_t *)pwr_entry_values(&entry, name);
        if (values == NULL) {
            values = apr_array_make(pool, 2, sizeof(const char *));
            APR_ARRAY_PUSH(entry.attributes, pwr_attribute_t)
                = (pwr_attribute_t){.name = name, .values = values};
        }
        APR_ARRAY_PUSH(values, const char *) = va_arg(rest, const char *);
    }
    va_end(rest);
    return entry;
}

static void use_policy(bool is_kept)
{
    static pwr_entry_t root;

    root = make_entry("supportedControl", "1.2.3", "supportedControl",
                      is_kept ? LDAP_CONTROL_PASSWORDPOLICYREQUEST : "1.2.4", NULL);
    directory.context = (pwr_backend_context_t){
        .backend = &pwr_backend_openldap, .settings = &settings, .root = &root};
}

static pwr_account_t *account_of(const pwr_entry_t *entry, const char *typed)
{
    pwr_account_t *account = NULL;
    assert_null(pwr_account_from_entry(&account, entry, &directory, typed, pool));
    return account;
}

#define BASICS "entryUUID", "11", "uid", "anna", "modifyTimestamp", "20260101000000Z"

static void a_name_reaches_the_filter_escaped(void **state)
{
    (void)state;
    assert_string_equal(pwr_account_filter(&directory, "anna@example.org", pool),
                        "(&(objectClass=person)(|(mail=anna@example.org)(uid=anna@example.org)))");
    assert_string_equal(pwr_filter_escape("*", pool), "\\2a");
    assert_string_equal(pwr_filter_escape("a)(|(uid=*", pool), "a\\29\\28\\7c\\28uid\\3d\\2a");
    assert_string_equal(pwr_filter_escape("\\61nna", pool), "\\5c61nna");
    assert_string_equal(pwr_filter_escape(" \x01\x7f", pool), "\\20\\01\\7f");
    assert_string_equal(pwr_filter_escape("\xc3\xa5\xff", pool), "\\c3\\a5\\ff");
    assert_string_equal(pwr_filter_escape("a.b_c-d@e9", pool), "a.b_c-d@e9");
    assert_string_equal(pwr_filter_escape("", pool), "");
}

static void what_is_empty_or_too_long_is_no_name(void **state)
{
    char text[PWR_MAX_TYPED + 2];

    (void)state;
    memset(text, 'a', sizeof text);
    text[PWR_MAX_TYPED] = '\0';
    assert_true(pwr_account_is_name(text));
    text[PWR_MAX_TYPED] = 'a';
    text[PWR_MAX_TYPED + 1] = '\0';
    assert_false(pwr_account_is_name(text));
    assert_false(pwr_account_is_name(""));
    assert_false(pwr_account_is_name(NULL));
}

static void only_ascii_letters_are_folded(void **state)
{
    static const char *const same[]
        = {"anna@example.org", "ANNA@EXAMPLE.ORG", "Anna@Example.org", "anna"};
    static const char *const other[] = {"anna@example.org ",
                                        " anna@example.org",
                                        "\xc3\xa0nna@example.org",
                                        "\xc5\x86nna@example.org",
                                        "anna@example\xef\xbc\x8eorg",
                                        "ann",
                                        "anna@",
                                        "anna@example.or",
                                        "[nna@example.org"};
    pwr_entry_t entry = make_entry("mail", "anna@example.org", "uid", "anna", "cn", "else", NULL);

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_true(pwr_account_is_named(&entry, &directory, same[i]));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        assert_false(pwr_account_is_named(&entry, &directory, other[i]));
    }
    assert_false(pwr_account_is_named(&entry, &directory, "else")); /* cn is not matched */
    entry = make_entry("mail", "{|}@example.org", "uid",
                       "stra\xc3\x9f"
                       "e",
                       NULL);
    assert_false(pwr_account_is_named(&entry, &directory, "[\\]@example.org"));
    assert_false(pwr_account_is_named(&entry, &directory, "strasse"));
    assert_false(pwr_account_is_named(&entry, &directory,
                                      "stra\xe1\xba\x9e"
                                      "e"));
}

static void mail_goes_to_the_stored_bytes(void **state)
{
    pwr_entry_t entry
        = make_entry(BASICS, "mail", "Anna@Example.org", "mail", "a2@example.org", NULL);

    (void)state;
    assert_string_equal(account_of(&entry, "ANNA@example.ORG")->mail, "Anna@Example.org");
    pwr_account_t *account = account_of(&entry, "A2@example.org");
    assert_string_equal(account->mail, "a2@example.org");
    assert_int_equal(account->mails->nelts, 2);
    assert_string_equal(APR_ARRAY_IDX(account->mails, 0, const char *), "a2@example.org");
    assert_string_equal(APR_ARRAY_IDX(account->mails, 1, const char *), "Anna@Example.org");
    assert_string_equal(account_of(&entry, "anna")->mail, "Anna@Example.org");
    assert_string_equal(account_of(&entry, NULL)->mail, "Anna@Example.org");
}

static void who_is_ineligible_and_who_is_not(void **state)
{
    static const struct {
        const char *name, *value, *ineligible;
    } cases[] = {
        {"pwdAccountLockedTime", "000001010000Z", "disabled"},
        {"pwdAccountLockedTime", "20260101000000Z", NULL},
        {"loginDisabled", "TRUE", "disabled"},
        {"loginDisabled", "FALSE", NULL},
        {"pwdEndTime", "20260101000000Z", "expired"},
        {"pwdEndTime", "99990101000000Z", NULL},
        {"pwdStartTime", "99990101000000Z", "expired"},
        {"pwdStartTime", "20260101000000Z", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pwr_entry_t entry
            = make_entry(BASICS, "mail", "a@example.org", cases[i].name, cases[i].value, NULL);
        const char *ineligible = account_of(&entry, NULL)->ineligible;
        if (cases[i].ineligible == NULL) {
            assert_null(ineligible);
        } else {
            assert_string_equal(ineligible, cases[i].ineligible);
        }
    }
    pwr_entry_t entry = make_entry(BASICS, NULL);
    pwr_account_t *account = account_of(&entry, NULL);
    assert_string_equal(account->ineligible, "no-mail");
    assert_null(account->mail);
    assert_int_equal(account->mails->nelts, 0);
}

static const char *stamp_of(const pwr_entry_t *entry)
{
    return pwr_backend_openldap.stamp_of(entry, &directory.context, pool);
}

static void the_stamp_follows_the_password(void **state)
{
    pwr_entry_t entry = make_entry(BASICS, NULL);
    pwr_entry_t changed = make_entry(BASICS, "pwdChangedTime", "20260101000000Z", NULL);
    pwr_entry_t bare = make_entry("uid", "anna", NULL);

    (void)state;
    assert_string_equal(stamp_of(&entry), "modified 20260101000000Z");
    assert_string_equal(stamp_of(&changed), "changed 20260101000000Z");
    assert_null(stamp_of(&bare));
    assert_int_equal(account_of(&entry, NULL)->password_changed, 0);
    assert_int_equal(account_of(&changed, NULL)->password_changed, apr_time_from_sec(1767225600));
    /* Where a policy is kept, a failed login moves modifyTimestamp; that must not count. */
    use_policy(true);
    assert_string_equal(stamp_of(&entry), "never changed");
    assert_string_equal(stamp_of(&changed), "changed 20260101000000Z");
    use_policy(false);
}

static void the_preferred_address_comes_first_and_its_prefix_goes(void **state)
{
    pwr_entry_t entry
        = make_entry(BASICS, "mail", "anna@example.org", "proxyAddresses", "smtp:a2@example.org",
                     "proxyAddresses", "SMTP:a1@example.org", "proxyAddresses",
                     "x500:/o=example/cn=anna", "privateMail", "anna@home.example", NULL);
    apr_array_header_t *usual = settings.mail_attributes;

    (void)state;
    settings.mail_attributes = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(settings.mail_attributes, const char *) = "proxyAddresses";
    APR_ARRAY_PUSH(settings.mail_attributes, const char *) = "mail";
    assert_string_equal(account_of(&entry, NULL)->mail, "a1@example.org");
    assert_string_equal(account_of(&entry, "A2@example.org")->mail, "a2@example.org");
    assert_int_equal(account_of(&entry, NULL)->mails->nelts, 3);
    APR_ARRAY_IDX(settings.mail_attributes, 0, const char *) = "privateMail";
    /* What was typed chooses within the preferred attribute, never another one. */
    assert_string_equal(account_of(&entry, "anna@example.org")->mail, "anna@home.example");
    settings.mail_attributes = usual;
    settings.match = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(settings.match, const char *) = "proxyAddresses";
    assert_string_equal(pwr_account_filter(&directory, "a2@example.org", pool),
                        "(&(objectClass=person)(|(proxyAddresses=smtp:a2@example.org)))");
    assert_true(pwr_account_is_named(&entry, &directory, "a2@example.org"));
    assert_false(pwr_account_is_named(&entry, &directory, "smtp:a2@example.org"));
    assert_false(pwr_account_is_named(&entry, &directory, "/o=example/cn=anna"));
    settings.match = NULL;
}

static void an_entry_that_hides_what_is_needed_is_the_operators(void **state)
{
    pwr_entry_t entries[] = {
        make_entry("uid", "anna", "modifyTimestamp", "20260101000000Z", NULL),
        make_entry("entryUUID", "11", "modifyTimestamp", "20260101000000Z", NULL),
    };

    (void)state;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        pwr_account_t *account = NULL;
        pwr_fault_t *fault = pwr_account_from_entry(&account, &entries[i], &directory, NULL, pool);
        assert_non_null(fault);
        assert_int_equal(fault->kind, PWR_BROKEN);
        assert_null(account);
    }
}

static void times_that_are_none_are_zero(void **state)
{
    static const char *const wrong[]
        = {"", "20260101", "20260101000000", "20261301Z", "20260101000000+", "x0260101000000Z"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(pwr_entry_time(wrong[i]), 0);
    }
    assert_int_equal(pwr_entry_time(NULL), 0);
    assert_int_equal(pwr_entry_time("20260101000000.123456Z"), apr_time_from_sec(1767225600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_reaches_the_filter_escaped),
        cmocka_unit_test(what_is_empty_or_too_long_is_no_name),
        cmocka_unit_test(only_ascii_letters_are_folded),
        cmocka_unit_test(mail_goes_to_the_stored_bytes),
        cmocka_unit_test(who_is_ineligible_and_who_is_not),
        cmocka_unit_test(the_stamp_follows_the_password),
        cmocka_unit_test(an_entry_that_hides_what_is_needed_is_the_operators),
        cmocka_unit_test(times_that_are_none_are_zero),
        cmocka_unit_test(the_preferred_address_comes_first_and_its_prefix_goes),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    settings.match = apr_array_make(pool, 2, sizeof(const char *));
    APR_ARRAY_PUSH(settings.match, const char *) = "mail";
    APR_ARRAY_PUSH(settings.match, const char *) = "uid";
    settings.mail_attributes = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(settings.mail_attributes, const char *) = "mail";
    use_policy(false);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
