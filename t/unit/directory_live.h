/*
 * What the tests of the directory component against a live server share. The server and the account
 * to bind with come from the environment (t/web/test_directory.py starts them); without them a test
 * is skipped. A test of a fault needs a server that shows it, named by PWR_TEST_LDAP_FAULT. Each
 * program includes this once; an argument selects tests, as in cmocka_set_test_filter.
 */
#ifndef PWR_TEST_DIRECTORY_LIVE_H
#define PWR_TEST_DIRECTORY_LIVE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "fault_name.h"

#include "directory/attempt.h"

#define TIMEOUT apr_time_from_sec(1)
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static apr_pool_t *pool;
static pwr_directory_settings_t settings;

static inline apr_array_header_t *one_name(const char *name)
{
    apr_array_header_t *names = apr_array_make(pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(names, const char *) = name;
    return names;
}

static inline void take_settings(void)
{
    const char *password = getenv("PWR_TEST_LDAP_BIND_PASSWORD");
    const char *tls = getenv("PWR_TEST_LDAP_TLS");
    pwr_fault_t *fault = NULL;

    settings = (pwr_directory_settings_t){.mail_attributes = one_name("mail"),
                                          .timeout = TIMEOUT,
                                          .connections = 2,
                                          .trusted_ca = getenv("PWR_TEST_LDAP_CA"),
                                          .bind_dn = getenv("PWR_TEST_LDAP_BIND_DN"),
                                          .policy_dn = getenv("PWR_TEST_LDAP_POLICY")};
    fault = pwr_directory_parse_url(&settings, getenv("PWR_TEST_LDAP_URL"), pool);
    assert_null(fault);
    if (password != NULL) {
        settings.bind_password = pwr_secret_make(password, strlen(password), pool);
    }
    if (tls != NULL && strcmp(tls, "none") == 0) {
        settings.tls = PWR_TLS_NONE;
    }
    settings.keytab = getenv("PWR_TEST_LDAP_KEYTAB");
    settings.principal = getenv("PWR_TEST_LDAP_PRINCIPAL");
    settings.bind = settings.keytab != NULL ? PWR_BIND_GSSAPI : PWR_BIND_SIMPLE;
}

static inline int set_up(void **state)
{
    apr_pool_create(&pool, NULL);
    (void)state;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

/* `fault` is what PWR_TEST_LDAP_FAULT must say; NULL for a server that is well. */
static inline pwr_directory_t *open_directory(const char *fault)
{
    pwr_directory_t *directory = NULL;
    const char *given = getenv("PWR_TEST_LDAP_FAULT");

    if (getenv("PWR_TEST_LDAP_URL") == NULL) {
        print_message("PWR_TEST_LDAP_URL is not set: run t/web/test_directory.py\n");
        skip();
    }
    if (strcmp(fault != NULL ? fault : "", given != NULL ? given : "") != 0) {
        print_message("needs PWR_TEST_LDAP_FAULT=%s\n", fault != NULL ? fault : "(unset)");
        skip();
    }
    take_settings();
    assert_null(pwr_directory_open(&directory, &settings, pool));
    return directory;
}

static inline void expect_fine(pwr_fault_t *fault)
{
    if (fault != NULL) {
        fail_msg("%s %s: %s", name_of_kind(fault->kind), fault->tag, fault->detail);
    }
}

static inline pwr_account_t *find(pwr_directory_t *directory, const char *typed, int expected)
{
    apr_array_header_t *accounts = NULL;

    expect_fine(pwr_directory_find(&accounts, directory, typed, pool));
    if (accounts->nelts != expected) {
        fail_msg("%d matches for \"%s\", not %d", accounts->nelts, typed, expected);
    }
    return expected == 1 ? APR_ARRAY_IDX(accounts, 0, pwr_account_t *) : NULL;
}

/* The account as it stands now: each write moves its stamp. */
static inline const pwr_account_t *read_now(pwr_directory_t *directory,
                                            const pwr_account_t *account)
{
    pwr_account_t *now = NULL;

    expect_fine(pwr_directory_read(&now, directory, account->id, pool));
    assert_non_null(now);
    return now;
}

static inline pwr_fault_t *set(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                               const pwr_account_t *account, const char *password)
{
    const pwr_secret_t *secret = pwr_secret_make(password, strlen(password), pool);
    return pwr_directory_set_password(outcome, directory, account, secret, pool);
}

/* How a person's own change ended. */
typedef struct {
    pwr_bind_outcome_t bind;
    pwr_write_outcome_t write;
} own_change_t;

/* Nothing is written where the old password is not right. */
static inline own_change_t change_own(pwr_fault_t **fault, pwr_directory_t *directory,
                                      const pwr_account_t *account, const char *old,
                                      const char *fresh)
{
    own_change_t change = {.write = PWR_WRITE_NOT_SENT};
    pwr_proof_t proof;

    *fault = pwr_attempt_prove(&proof, directory, account, pwr_secret_make(old, strlen(old), pool),
                               pool);
    if (*fault == NULL && pwr_proof_is_right(&proof)) {
        *fault = pwr_attempt_change_password(&change.write, directory, &proof,
                                             pwr_secret_make(fresh, strlen(fresh), pool), pool);
    }
    change.bind = proof.bind;
    return change;
}

static inline pwr_bind_outcome_t try_password(pwr_directory_t *directory,
                                              const pwr_account_t *account, const char *password)
{
    const pwr_secret_t *secret = pwr_secret_make(password, strlen(password), pool);
    pwr_proof_t proof;

    expect_fine(pwr_attempt_prove(&proof, directory, account, secret, pool));
    return proof.bind;
}

static inline void set_fine(pwr_directory_t *directory, const pwr_account_t *account,
                            const char *password)
{
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    expect_fine(set(&outcome, directory, read_now(directory, account), password));
    assert_int_equal(outcome, PWR_WRITE_DONE);
}

static inline void set_refused(pwr_directory_t *directory, const pwr_account_t *account,
                               const char *password, const char *key)
{
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    pwr_fault_t *fault = set(&outcome, directory, read_now(directory, account), password);

    assert_non_null(fault);
    assert_int_equal(outcome, PWR_WRITE_REFUSED);
    assert_int_equal(fault->kind, PWR_REFUSED);
    assert_string_equal(fault->key, key);
}

/* Whether the person could sign in with this password. */
static inline bool may_bind(const pwr_account_t *account, const char *password)
{
    pwr_directory_settings_t own = settings;
    pwr_directory_t *directory = NULL;

    own.bind = PWR_BIND_SIMPLE;
    own.keytab = own.principal = NULL;
    own.bind_dn = account->dn;
    own.bind_password = pwr_secret_make(password, strlen(password), pool);
    expect_fine(pwr_directory_open(&directory, &own, pool));
    return pwr_directory_probe(directory, 0, pool) == NULL;
}

/* Runs what the argument selects. */
#define RUN_LIVE(tests, argc, argv)                                                                \
    (start_live(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 1)

static inline bool start_live(int argc, char **argv)
{
    apr_pool_t *root = NULL;

    signal(SIGPIPE, SIG_IGN); /* as httpd does */
    apr_initialize();
    apr_pool_create(&root, NULL);
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return pwr_crypto_start(root) == NULL;
}

#endif
