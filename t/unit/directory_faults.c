/* The directory component against servers that are ill. See directory_live.h. */
#include "directory_live.h"

#include "base/clock.h"

static apr_interval_time_t clock_ahead;

static apr_time_t shifted_now(void)
{
    return apr_time_now() + clock_ahead;
}

/* What the scripted server tells of everybody. */
static const pwr_account_t alice = {
    .dn = "uid=alice,ou=people,dc=example,dc=org", .id = "11", .stamp = "modified 20260101000000Z"};

static apr_interval_time_t find_faulty(pwr_directory_t *directory, pwr_fault_kind_t backend)
{
    apr_array_header_t *accounts = NULL;
    apr_time_t start = apr_time_now();
    pwr_fault_t *fault = pwr_directory_find(&accounts, directory, "alice", pool);

    assert_non_null(fault);
    if (fault->kind != backend) {
        fail_msg("%s %s: %s", name_of_kind(fault->kind), fault->tag, fault->detail);
    }
    return apr_time_now() - start;
}

static void a_stopped_server_is_for_later(void **state)
{
    pwr_directory_t *directory = open_directory("stopped");
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    assert_true(find_faulty(directory, PWR_LATER) < TIMEOUT);
    pwr_fault_t *fault = set(&outcome, directory, &alice, "a new password");
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_LATER);
    assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
}

/* Whatever the phase it hangs in: one wait for it, one more after the retry. */
static void a_server_that_hangs_is_bounded(void **state)
{
    pwr_directory_t *directory = open_directory("hung");

    (void)state;
    assert_true(find_faulty(directory, PWR_LATER) < 3 * TIMEOUT);
}

/* Too many entries, or one that says it is too long: it is over at once. */
static void an_answer_without_end_is_not_awaited(void **state)
{
    pwr_directory_t *directory = open_directory("endless");

    (void)state;
    assert_true(find_faulty(directory, PWR_LATER) < TIMEOUT);
}

static void a_referral_is_not_followed(void **state)
{
    pwr_directory_t *directory = open_directory("referral");
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;

    (void)state;
    find_faulty(directory, PWR_BROKEN);
    pwr_fault_t *fault = set(&outcome, directory, &alice, "a new password");
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_int_equal(outcome, PWR_WRITE_NOT_SENT);
}

static void a_garbled_control_does_not_hide_the_refusal(void **state)
{
    pwr_directory_t *directory = open_directory("garbled");

    (void)state;
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    pwr_fault_t *fault = set(&outcome, directory, &alice, "a new password");
    assert_non_null(fault);
    assert_int_equal(outcome, PWR_WRITE_REFUSED);
    assert_string_equal(fault->key, "directory.refused");
}

static void a_write_without_answer_is_unknown(void **state)
{
    pwr_directory_t *directory = open_directory("silent_write");
    pwr_write_outcome_t outcome = PWR_WRITE_DONE;
    apr_time_t start = apr_time_now();
    pwr_fault_t *fault = set(&outcome, directory, &alice, "a new password");

    (void)state;
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_LATER);
    assert_int_equal(outcome, PWR_WRITE_UNKNOWN);
    assert_true(apr_time_now() - start < 2 * TIMEOUT);
}

/* Every connection to this server dies after its second search. */
static void a_lost_connection_is_made_anew(void **state)
{
    pwr_directory_t *directory = open_directory("dropping");
    pwr_account_t *account = NULL;

    (void)state;
    for (int i = 0; i < 3; i++) {
        account = find(directory, "alice", 1);
    }
    pwr_write_outcome_t outcome = PWR_WRITE_UNKNOWN;
    expect_fine(set(&outcome, directory, account, "after a lost connection"));
    assert_int_equal(outcome, PWR_WRITE_DONE);
    assert_true(may_bind(account, "after a lost connection"));
}

/* The first server hangs or is gone, the second drops each connection after two searches,
 * the first of which asked for the root entry. */
static void a_server_that_failed_rests(void **state)
{
    pwr_directory_t *directory = open_directory("second");
    apr_time_t start = 0;

    (void)state;
    pwr_clock_set(shifted_now);
    find(directory, "alice", 1);
    start = apr_time_now();
    for (int i = 0; i < 4; i++) {
        find(directory, "alice", 1);
    }
    assert_true(apr_time_now() - start < TIMEOUT);
    clock_ahead = apr_time_from_sec(31);
    start = apr_time_now();
    find(directory, "alice", 1);
    assert_true(apr_time_now() - start >= TIMEOUT); /* it is tried first again */
    pwr_clock_set(NULL);
    pwr_fault_t *fault = pwr_directory_probe(directory, 0, pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_LATER);
    expect_fine(pwr_directory_probe(directory, 1, pool));
    fault = pwr_directory_probe(directory, 2, pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_stopped_server_is_for_later),
        PROMISE(a_server_that_hangs_is_bounded),
        PROMISE(an_answer_without_end_is_not_awaited),
        PROMISE(a_referral_is_not_followed),
        PROMISE(a_garbled_control_does_not_hide_the_refusal),
        PROMISE(a_write_without_answer_is_unknown),
        PROMISE(a_lost_connection_is_made_anew),
        PROMISE(a_server_that_failed_rests),
    };

    return RUN_LIVE(tests, argc, argv);
}
