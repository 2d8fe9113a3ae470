/* What the module makes of an Active Directory's attributes, bytes and answers, without a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "directory/ad_password.h"

#define NOW (apr_time_t) APR_INT64_C(1790000000000000) /* 2026-09-21T14:13:20Z */

static apr_pool_t *pool;

static int set_up(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

/* An entry of attribute, value, attribute, value, ..., NULL. */
static const pwr_entry_t *entry_of(const char *name, ...)
{
    pwr_entry_t *entry = apr_pcalloc(pool, sizeof *entry);
    va_list rest;

    entry->dn = "CN=kari";
    entry->attributes = apr_array_make(pool, 4, sizeof(pwr_attribute_t));
    va_start(rest, name);
    for (; name != NULL; name = va_arg(rest, const char *)) {
        pwr_attribute_t attribute
            = {.name = name, .values = apr_array_make(pool, 1, sizeof(const char *))};
        APR_ARRAY_PUSH(attribute.values, const char *) = va_arg(rest, const char *);
        APR_ARRAY_PUSH(entry->attributes, pwr_attribute_t) = attribute;
    }
    va_end(rest);
    return entry;
}

static void both_servers_are_known_by_their_root(void **state)
{
    (void)state;
    assert_true(
        pwr_backend_ad.is_root(entry_of("supportedCapabilities", "1.2.840.113556.1.4.800", NULL)));
    assert_false(pwr_backend_ad.is_root(entry_of("vendorName", "389 Project", NULL)));
    assert_false(pwr_backend_ad.is_root(entry_of(NULL, NULL)));
}

static void an_id_is_the_text_of_its_guid_and_back(void **state)
{
    static const char *const none[] = {"",
                                       "*",
                                       "03020100-0504-0706-0809-0a0b0c0d0e0f0",
                                       "03020100-0504-0706-0809-0a0b0c0d0e",
                                       "03020100+0504-0706-0809-0a0b0c0d0e0f",
                                       "0302010g-0504-0706-0809-0a0b0c0d0e0f",
                                       "03020100-0504-0706-0809-0A0B0C0D0E0F",
                                       "03020100050407060809-0a0b0c0d0e0f"};
    const pwr_entry_t *entry = entry_of("objectGUID", "000102030405060708090a0b0c0d0e0f", NULL);
    const char *id = pwr_backend_ad.id_of(entry, pool);

    (void)state;
    assert_string_equal(id, "03020100-0504-0706-0809-0a0b0c0d0e0f");
    assert_string_equal(
        pwr_backend_ad.id_filter(id, pool),
        "(objectGUID=\\00\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f)");
    assert_null(pwr_backend_ad.id_of(entry_of("objectGUID", "0001", NULL), pool));
    assert_null(pwr_backend_ad.id_of(entry_of(NULL, NULL), pool));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_null(pwr_backend_ad.id_filter(none[i], pool));
    }
}

static void the_ineligible_are_told_by_the_servers_own_attributes(void **state)
{
    static const struct {
        const char *name, *value, *ineligible;
    } cases[] = {
        {"userAccountControl", "512", NULL},
        {"userAccountControl", "66048", NULL},
        {"userAccountControl", "514", "disabled"},
        {"userAccountControl", "576", "protected"}, /* may not change the password */
        {"accountExpires", "0", NULL},
        {"accountExpires", "9223372036854775807", NULL},
        {"accountExpires", "132000000000000000", "expired"},
        {"accountExpires", "144000000000000000", NULL},
        {"accountExpires", "-1", NULL},
        {"accountExpires", "rubbish", NULL},
        {"adminCount", "1", "protected"},
        {"adminCount", "0", NULL},
        {"isCriticalSystemObject", "TRUE", "protected"},
        {"isCriticalSystemObject", "FALSE", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pwr_account_t account = {0};
        pwr_backend_ad.read_state(&account, entry_of(cases[i].name, cases[i].value, NULL), NOW);
        if (cases[i].ineligible == NULL) {
            assert_null(account.ineligible);
        } else {
            assert_non_null(account.ineligible);
            assert_string_equal(account.ineligible, cases[i].ineligible);
        }
    }
}

static void locks_and_orders_to_change_do_not_bar(void **state)
{
    static const struct {
        const char *name, *value;
        bool is_locked, must_change;
    } cases[] = {
        {"msDS-User-Account-Control-Computed", "16", true, false},
        {"msDS-User-Account-Control-Computed", "8388608", false, true},
        {"msDS-User-Account-Control-Computed", "8388624", true, true},
        {"msDS-User-Account-Control-Computed", "0", false, false},
        {"lockoutTime", "134398271942603870", true, false},
        {"lockoutTime", "0", false, false},
        {"pwdLastSet", "0", false, true},
        {"pwdLastSet", "134398271942603870", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pwr_account_t account = {0};
        pwr_backend_ad.read_state(&account, entry_of(cases[i].name, cases[i].value, NULL), NOW);
        assert_null(account.ineligible);
        assert_int_equal(account.is_locked, cases[i].is_locked);
        assert_int_equal(account.must_change, cases[i].must_change);
    }
    /* A lock that is over is still in lockoutTime. */
    pwr_account_t over = {0};
    pwr_backend_ad.read_state(&over,
                              entry_of("lockoutTime", "134398271942603870",
                                       "msDS-User-Account-Control-Computed", "0", NULL),
                              NOW);
    assert_false(over.is_locked);
}

static void windows_times_become_ours(void **state)
{
    pwr_account_t account = {0};

    (void)state;
    /* 2026-11-22T13:18:43.478266Z */
    pwr_backend_ad.read_state(&account, entry_of("pwdLastSet", "134398271234782660", NULL), NOW);
    assert_true(account.password_changed == APR_INT64_C(1795353523478266));
    pwr_backend_ad.read_state(&account, entry_of("pwdLastSet", "0", NULL), NOW);
    assert_true(account.password_changed == 0);
}

static void the_stamp_moves_with_the_password_and_with_an_order_to_change(void **state)
{
    const char *first = pwr_backend_ad.stamp_of(
        entry_of("pwdLastSet", "134398271234782660", "msDS-KeyVersionNumber", "2", NULL), NULL,
        pool);
    const char *ordered = pwr_backend_ad.stamp_of(
        entry_of("pwdLastSet", "0", "msDS-KeyVersionNumber", "2", NULL), NULL, pool);
    const char *again = pwr_backend_ad.stamp_of(
        entry_of("pwdLastSet", "0", "msDS-KeyVersionNumber", "3", NULL), NULL, pool);

    (void)state;
    assert_string_not_equal(first, ordered);
    assert_string_not_equal(ordered, again);
    assert_null(pwr_backend_ad.stamp_of(entry_of("msDS-KeyVersionNumber", "3", NULL), NULL, pool));
    assert_non_null(pwr_backend_ad.stamp_of(entry_of("pwdLastSet", "0", NULL), NULL, pool));
}

static void windows_alone_forbids_the_names(void **state)
{
    static const char *const expected[]
        = {"karin", "Kari", "Nordmann", "\xc3\xa6\xc3\xb8\xc3\xa5", "\xf0\x9f\x98\x80\xc3\xa5"};
    const pwr_account_t account = {.login = "karin",
                                   .name = "Kari J. Nordmann-Li, \xc3\xa6\xc3\xb8\xc3\xa5_"
                                           "\xf0\x9f\x98\x80\xc3\xa5#ab\tx"};
    const pwr_account_t brief = {.login = "al"};
    pwr_rules_t rules = {.classes = {.categories = 3, .counting = PWR_COUNT_UNICODE}};
    const apr_array_header_t *words = pwr_backend_ad.words_of(&account, &rules, pool);

    (void)state;
    assert_int_equal(words->nelts, 5);
    for (int i = 0; i < words->nelts; i++) {
        assert_string_equal(APR_ARRAY_IDX(words, i, const char *), expected[i]);
    }
    assert_null(pwr_backend_ad.words_of(&brief, &rules, pool));
    rules.classes.counting = PWR_COUNT_SAMBA;
    assert_null(pwr_backend_ad.words_of(&account, &rules, pool));
    rules = (pwr_rules_t){.classes = {.counting = PWR_COUNT_UNICODE}};
    assert_null(pwr_backend_ad.words_of(&account, &rules, pool));
}

static bool quotes_to(const char *password, size_t length, const char *bytes, size_t expected)
{
    struct berval value = {0};
    const pwr_secret_t *secret = pwr_secret_make(password, length, pool);

    return pwr_ad_quote(&value, secret, pool) && value.bv_len == expected
           && memcmp(value.bv_val, bytes, expected) == 0;
}

#define QUOTES_TO(password, bytes)                                                                 \
    assert_true(quotes_to(password, sizeof password - 1, bytes, sizeof bytes - 1))

static void a_password_is_quoted_in_utf16(void **state)
{
    (void)state;
    QUOTES_TO("aB1", "\"\0a\0B\0001\0\"\0");
    QUOTES_TO("\"\\", "\"\0\"\0\\\0\"\0");
    QUOTES_TO(" ", "\"\0 \0\"\0");
    QUOTES_TO("\xc3\xa6", "\"\0\xe6\0\"\0");
    QUOTES_TO("\xe4\xb8\xad", "\"\0\x2d\x4e\"\0");
    QUOTES_TO("\xf0\x9f\x98\x80", "\"\0\x3d\xd8\x00\xde\"\0");
    QUOTES_TO("\xf4\x8f\xbf\xbf", "\"\0\xff\xdb\xff\xdf\"\0");
    QUOTES_TO("\xef\xbf\xbf", "\"\0\xff\xff\"\0");
}

static void what_is_no_utf8_is_not_sent(void **state)
{
    static const char *const none[] = {"\xff",
                                       "\xc3",
                                       "\xc3x",
                                       "\xc0\x80",
                                       "\xe0\x80\x80",
                                       "\xed\xa0\x80",
                                       "\xf0\x80\x80\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "a\x80",
                                       "\xe4\xb8",
                                       "\xf0\x9f\x98"};

    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct berval value = {0};
        const pwr_secret_t *secret = pwr_secret_make(none[i], strlen(none[i]), pool);
        assert_false(pwr_ad_quote(&value, secret, pool));
    }
}

static void the_newer_control_is_used_where_both_are_offered(void **state)
{
    pwr_entry_t *both
        = (pwr_entry_t *)entry_of("supportedControl", "1.2.840.113556.1.4.2066", NULL);

    (void)state;
    assert_string_equal(pwr_ad_policy_hints(both), "1.2.840.113556.1.4.2066");
    APR_ARRAY_PUSH(APR_ARRAY_IDX(both->attributes, 0, pwr_attribute_t).values, const char *)
        = "1.2.840.113556.1.4.2239";
    assert_string_equal(pwr_ad_policy_hints(both), "1.2.840.113556.1.4.2239");
    assert_null(pwr_ad_policy_hints(entry_of("supportedControl", "1.2.840.113556.1.4.319", NULL)));
    assert_null(pwr_ad_policy_hints(entry_of(NULL, NULL)));
}

#define SAMBA "0000052D: Constraint violation - check_password_restrictions: "

static void each_refusal_has_a_sentence(void **state)
{
    static const struct {
        int code;
        const char *words, *key;
    } cases[] = {
        {0, "00000000: Success", NULL},
        {19, SAMBA "the password is too short. It should be equal or longer than 8 characters!",
         "directory.short"},
        {19, SAMBA "the password does not meet the complexity criteria!", "directory.quality"},
        {19, SAMBA "the password was already used (in history)!", "directory.history"},
        {19, SAMBA "password is too young to change!", "directory.young"},
        {19, SAMBA "password changes disabled!", "directory.not_allowed"},
        {19, SAMBA "password can't be changed on this account!", "directory.not_allowed"},
        {19, SAMBA "the password doesn't fit due to a miscellaneous restriction!",
         "directory.unexplained"},
        {53, "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
         "directory.unexplained"},
        {19, "0000052d: AtrErr: DSID-03191083, #1:\n\t0: 0000052D", "directory.unexplained"},
        {19, "00000056: AtrErr: DSID-03191083", "directory.refused"},
        {19, "00000775: Password change not permitted, account locked out!", "directory.locked"},
        {19, "", "directory.refused"},
        {53, "0000001F: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0", NULL},
        {50, "00000005: SecErr: DSID-031A11CF, problem 4003 (INSUFF_ACCESS_RIGHTS), data 0", NULL},
        {12, "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pwr_answer_t answer
            = {.code = cases[i].code, .policy_error = PWR_ANSWER_NO_ERROR, .words = cases[i].words};
        const char *key = pwr_backend_ad.key_of(&answer);
        assert_string_equal(key != NULL ? key : "", cases[i].key != NULL ? cases[i].key : "");
    }
}

static void the_ends_of_a_sign_in_are_told_apart(void **state)
{
    static const struct {
        int code;
        const char *data;
        pwr_bind_outcome_t outcome;
    } cases[] = {
        {0, "", PWR_BIND_RIGHT},           {49, "52e", PWR_BIND_WRONG},
        {49, "525", PWR_BIND_WRONG},       {49, "532", PWR_BIND_EXPIRED},
        {49, "773", PWR_BIND_MUST_CHANGE}, {49, "775", PWR_BIND_LOCKED},
        {49, "533", PWR_BIND_INELIGIBLE},  {49, "701", PWR_BIND_INELIGIBLE},
        {49, "530", PWR_BIND_INELIGIBLE},  {49, "531", PWR_BIND_INELIGIBLE},
        {49, "569", PWR_BIND_INELIGIBLE},  {49, "", PWR_BIND_WRONG},
        {49, "7730", PWR_BIND_WRONG},      {8, "", PWR_BIND_INELIGIBLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pwr_answer_t answer
            = {.code = cases[i].code,
               .policy_error = PWR_ANSWER_NO_ERROR,
               .words = apr_psprintf(pool,
                                     "80090308: LdapErr: DSID-0C0903A9, comment: "
                                     "AcceptSecurityContext error, data %s, v1db1",
                                     cases[i].data)};
        assert_int_equal(pwr_backend_ad.bind_of(&answer), cases[i].outcome);
    }
    const pwr_answer_t bare = {.code = 49, .policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    assert_int_equal(pwr_backend_ad.bind_of(&bare), PWR_BIND_WRONG);
}

static void a_lock_is_ended_after_a_reset_alone(void **state)
{
    const pwr_entry_t *locked = entry_of("lockoutTime", "134398271942603870", NULL);
    const pwr_write_t reset = {.dn = "CN=kari"};
    const pwr_write_t own = {.dn = "CN=kari", .old = pwr_secret_make("x", 1, pool)};
    LDAPMod **changes = pwr_backend_ad.after(NULL, &reset, locked, pool);

    (void)state;
    assert_non_null(changes);
    assert_string_equal(changes[0]->mod_type, "lockoutTime");
    assert_null(changes[1]);
    assert_null(pwr_backend_ad.after(NULL, &own, locked, pool));
    assert_null(pwr_backend_ad.after(NULL, &reset, entry_of("lockoutTime", "0", NULL), pool));
    assert_null(pwr_backend_ad.after(NULL, &reset, entry_of(NULL, NULL), pool));
    assert_non_null(pwr_backend_ad.unlock(locked, pool));
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(both_servers_are_known_by_their_root),
        PROMISE(an_id_is_the_text_of_its_guid_and_back),
        PROMISE(the_ineligible_are_told_by_the_servers_own_attributes),
        PROMISE(locks_and_orders_to_change_do_not_bar),
        PROMISE(windows_times_become_ours),
        PROMISE(the_stamp_moves_with_the_password_and_with_an_order_to_change),
        PROMISE(windows_alone_forbids_the_names),
        PROMISE(a_password_is_quoted_in_utf16),
        PROMISE(what_is_no_utf8_is_not_sent),
        PROMISE(the_newer_control_is_used_where_both_are_offered),
        PROMISE(each_refusal_has_a_sentence),
        PROMISE(the_ends_of_a_sign_in_are_told_apart),
        PROMISE(a_lock_is_ended_after_a_reset_alone),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    return pwr_crypto_start(pool) == NULL ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
