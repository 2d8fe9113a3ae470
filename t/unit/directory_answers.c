/* What a server's answer means: for the person, for later, for the operator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>

#include "directory/backend.h"

static apr_pool_t *pool;

static pwr_fault_t *write_answer(int code, int policy_error)
{
    const pwr_answer_t answer = {.code = code, .policy_error = policy_error, .words = "its words"};
    return pwr_answer_to_write(&answer, pwr_backend_openldap.key_of(&answer), pool);
}

static pwr_fault_t *search_answer(int code)
{
    const pwr_answer_t answer = {.code = code, .policy_error = PWR_ANSWER_NO_ERROR, .words = ""};
    return pwr_answer_to_search(&answer, "dc=example", pool);
}

static void each_policy_error_has_its_message(void **state)
{
    static const char *const keys[]
        = {"directory.expired",     "directory.locked",     "directory.change_after_reset",
           "directory.not_allowed", "directory.old_needed", "directory.quality",
           "directory.short",       "directory.young",      "directory.history"};

    (void)state;
    for (int error = 0; error < 9; error++) {
        pwr_fault_t *fault = write_answer(LDAP_CONSTRAINT_VIOLATION, error);
        assert_int_equal(fault->kind, PWR_REFUSED);
        assert_string_equal(fault->key, keys[error]);
        assert_non_null(strstr(fault->detail, "its words"));
    }
}

static void a_refusal_without_reason_is_still_a_refusal(void **state)
{
    static const int unknown_errors[] = {PWR_ANSWER_NO_ERROR, 9, 65535, -7};

    (void)state;
    for (size_t i = 0; i < sizeof unknown_errors / sizeof *unknown_errors; i++) {
        pwr_fault_t *fault = write_answer(LDAP_CONSTRAINT_VIOLATION, unknown_errors[i]);
        assert_int_equal(fault->kind, PWR_REFUSED);
        assert_string_equal(fault->key, "directory.refused");
    }
}

static void success_is_no_fault(void **state)
{
    (void)state;
    assert_null(write_answer(LDAP_SUCCESS, PWR_ANSWER_NO_ERROR));
    assert_null(search_answer(LDAP_SUCCESS));
}

static void what_the_operator_must_fix_is_broken(void **state)
{
    static const int codes[]
        = {LDAP_INSUFFICIENT_ACCESS,      LDAP_NO_SUCH_OBJECT, LDAP_STRONG_AUTH_REQUIRED,
           LDAP_CONFIDENTIALITY_REQUIRED, LDAP_REFERRAL,       LDAP_UNWILLING_TO_PERFORM,
           LDAP_PROTOCOL_ERROR,           LDAP_OTHER,          4242};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        pwr_fault_t *fault = write_answer(codes[i], PWR_ANSWER_NO_ERROR);
        assert_int_equal(fault->kind, PWR_BROKEN);
        assert_null(fault->key);
    }
    assert_non_null(strstr(write_answer(LDAP_INSUFFICIENT_ACCESS, PWR_ANSWER_NO_ERROR)->detail,
                           "write access to userPassword"));
    /* The service account's own trouble is not the person's. */
    assert_int_equal(write_answer(LDAP_INSUFFICIENT_ACCESS, 2)->kind, PWR_BROKEN);
    assert_int_equal(search_answer(LDAP_INSUFFICIENT_ACCESS)->kind, PWR_BROKEN);
    assert_int_equal(search_answer(LDAP_REFERRAL)->kind, PWR_BROKEN);
    assert_int_equal(search_answer(LDAP_NO_SUCH_OBJECT)->kind, PWR_BROKEN);
}

static void a_busy_server_is_for_later(void **state)
{
    (void)state;
    assert_int_equal(write_answer(LDAP_BUSY, PWR_ANSWER_NO_ERROR)->kind, PWR_LATER);
    assert_int_equal(write_answer(LDAP_UNAVAILABLE, PWR_ANSWER_NO_ERROR)->kind, PWR_LATER);
    assert_int_equal(search_answer(LDAP_SERVER_DOWN)->kind, PWR_LATER);
    assert_int_equal(search_answer(LDAP_TIMEOUT)->kind, PWR_LATER);
    assert_int_equal(search_answer(LDAP_TIMELIMIT_EXCEEDED)->kind, PWR_LATER);
}

static void only_silence_counts_as_lost(void **state)
{
    static const int answered[]
        = {LDAP_SUCCESS,      LDAP_CONSTRAINT_VIOLATION, LDAP_NO_SUCH_OBJECT,
           LDAP_FILTER_ERROR, LDAP_INSUFFICIENT_ACCESS,  LDAP_OTHER};

    (void)state;
    for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
        assert_false(pwr_answer_is_lost(answered[i]));
    }
    assert_true(pwr_answer_is_lost(LDAP_SERVER_DOWN));
    assert_true(pwr_answer_is_lost(LDAP_TIMEOUT));
    assert_true(pwr_answer_is_lost(LDAP_DECODING_ERROR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_policy_error_has_its_message),
        cmocka_unit_test(a_refusal_without_reason_is_still_a_refusal),
        cmocka_unit_test(success_is_no_fault),
        cmocka_unit_test(what_the_operator_must_fix_is_broken),
        cmocka_unit_test(a_busy_server_is_for_later),
        cmocka_unit_test(only_silence_counts_as_lost),
    };

    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failed;
}
