/*
 * What a stranger may learn here is what the form says about itself. So:
 *   1. Form, robot check, nonce and the caps of the typed name are judged before the directory is
 *      asked for an account. A form that was sent before costs no operation there.
 *   2. The directory is asked whether it answers at all, without a name. If it does not, every name
 *      gets that fault.
 *   3. The account is found and judged, and its nearness to the directory's lock is read, by the
 *      same operations for every name, and one bind follows: as the account, or as a dummy where
 * the account may not be tried, or where one more failed login could bring it near its lock.
 *   4. What does not end in a right bind, faults included, ends in end_wrong. A fault is logged.
 *   5. The bind begins at a time slot of its own, and its answer leaves at the next one. A server
 *      hashes a password for known names alone, and this time lies within one slot.
 * The account's rules, the verdict about the new password and the write come after the proof. It is
 * one bind and no more: an expired password may have one left.
 */
#include "flow/change.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "directory/attempt.h"
#include "flow/attempt_cap.h"
#include "store/attempts.h"
#include "store/tokens.h"

#define READING_SLOT apr_time_from_msec(250)
#define BIND_SLOT apr_time_from_sec(1)
#define COST_OF_WRONG 20 /* quarters of a request */

/* One form under work. */
typedef struct {
    pwr_change_answer_t *answer;
    pwr_parts_t *parts;
    const pwr_change_form_t *form;
    pwr_secret_t *old_password, *new_password;
    const char *nonce;          /* the form's, and the id of the attempt */
    pwr_counted_attempt_t mark; /* what the store is told of it */
    pwr_attempt_t attempt;      /* whom the old password is tried for */
    pwr_lockout_t lockout;      /* by the rules for everybody */
    pwr_attempt_cap_target_t target;
    pwr_proof_t proof;
    pwr_rules_t rules;     /* the person's, once the proof is right; else those for everybody */
    pwr_verdict_t verdict; /* of the new password, by those */
    apr_pool_t *pool;
} change_run_t;

static void raise_event(change_run_t *run, pwr_event_t event, const char *detail)
{
    const pwr_account_t *account = run->attempt.account;
    pwr_facts_t facts = {
        .site = run->parts->site,
        .request_id = run->nonce,
        .account = account != NULL ? account->login : NULL,
        .client = run->form->form.client,
        .tag = run->attempt.fault != NULL ? run->attempt.fault->tag : NULL,
        .detail = detail,
    };
    pwr_events_raise(run->parts->events, event, &facts, run->pool);
}

static void set_refusal(change_run_t *run, pwr_change_end_t outcome, pwr_change_field_t field,
                        const char *key)
{
    run->answer->outcome = outcome;
    run->answer->field = field;
    run->answer->key = key;
}

/* --- the form --------------------------------------------------------------------------------- */

/* Those for everybody; none after a fault. */
static pwr_fault_t *read_rules(pwr_rules_t *merged, pwr_lockout_t *lockout, pwr_parts_t *parts,
                               apr_pool_t *scratch)
{
    pwr_rules_t rules = {0};
    pwr_fault_t *fault = pwr_directory_rules(&rules, parts->directory, NULL, scratch);

    if (fault != NULL) {
        rules = (pwr_rules_t){0};
    }
    *lockout = rules.lockout;
    *merged = pwr_policy_merge(&parts->settings->policy, &rules);
    return fault;
}

pwr_rules_t pwr_change_rules(pwr_parts_t *parts, apr_pool_t *scratch)
{
    pwr_rules_t rules = {0};
    pwr_lockout_t lockout = {0};

    pwr_log_fault(read_rules(&rules, &lockout, parts, scratch));
    return rules;
}

/* The robot check, which counts the form against its client. */
static bool is_let_in(change_run_t *run)
{
    pwr_change_answer_t *answer = run->answer;
    const char *key = NULL;
    pwr_challenge_verdict_t verdict
        = pwr_challenge_judge(&run->parts->request.challenge, &run->form->form, run->pool);

    run->nonce = verdict.nonce;
    answer->level = verdict.level;
    answer->retry_after = verdict.retry_after;
    switch (pwr_request_outcome(&key, verdict.outcome)) {
    case PWR_REQUEST_ACCEPTED:
        return true;
    case PWR_REQUEST_MORE:
        answer->outcome = PWR_CHANGE_MORE;
        break;
    case PWR_REQUEST_TOO_MANY:
        answer->outcome = PWR_CHANGE_TOO_MANY;
        break;
    default:
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, key);
        answer->is_form_spent = verdict.outcome == PWR_CHALLENGE_STALE;
        break;
    }
    return false;
}

static const char *text_of(const char *field)
{
    return field != NULL ? field : "";
}

static bool has_name(change_run_t *run)
{
    const char *key = NULL;

    run->answer->typed = pwr_request_clean_name(&key, run->form->name, run->pool);
    if (key != NULL && run->answer->outcome != PWR_CHANGE_TOO_MANY) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, key);
    }
    return key == NULL;
}

/* What can be said of the passwords without asking whose they are. */
static bool is_filled_in(change_run_t *run)
{
    const pwr_change_form_t *form = run->form;
    const char *old = text_of(form->old);
    const char *key = NULL;

    if (old[0] == '\0' || strlen(old) > PWR_MAX_PASSWORD) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_OLD,
                    old[0] == '\0' ? "change.old_empty" : "change.old_long");
    } else if ((run->new_password = pwr_policy_prepare(&key, text_of(form->first), run->pool))
               == NULL) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_FIRST, key);
    } else if (strcmp(form->first, text_of(form->second)) != 0) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_SECOND, "password.different");
    } else if (strcmp(form->first, old) == 0) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_FIRST, "change.same");
    } else {
        run->old_password = pwr_secret_make(old, strlen(old), run->pool);
        return true;
    }
    return false;
}

/* --- the attempt
 * ---------------------------------------------------------------------------------- */

/* Sleeps until the time since `begun` is a multiple of `slot`. */
static void wait_for_time_slot(apr_time_t begun, apr_interval_time_t slot)
{
    apr_interval_time_t spent = pwr_clock_now() - begun;

    apr_sleep(slot - (spent > 0 ? spent % slot : 0));
}

/* The first fault is kept for the end, and stops the account from being tried; others are logged.
 */
static void note_fault(change_run_t *run, const pwr_fault_t *fault, const char *why)
{
    if (run->attempt.fault != NULL) {
        pwr_log_fault(fault);
    } else {
        run->attempt.fault = fault;
    }
    if (fault != NULL && run->attempt.why == NULL) {
        run->attempt.why = why;
    }
}

/* Finds the account and counts the attempt against it. `capped`: the name has had its attempts. */
static void find_account(change_run_t *run, const char *capped)
{
    pwr_attempt_t *found = &run->attempt;
    const char *why = NULL;

    pwr_attempt_find(found, run->parts->directory, run->answer->typed, run->pool);
    run->mark.account_id = found->account != NULL ? found->account->id : NULL;
    note_fault(run, pwr_attempt_cap_put_account(&why, run->parts, &run->mark, run->pool), "store");
    if (found->why == NULL) {
        found->why = capped != NULL ? capped : why;
    }
}

/* The account, or the dummy where the account may not be tried. */
static void aim(change_run_t *run)
{
    const pwr_attempt_t *attempt = &run->attempt;

    run->target.is_dummy = attempt->why != NULL;
    run->target.account = run->target.is_dummy ? attempt->dummy : attempt->account;
}

/* Chooses whom the bind is made at. Every fault on the way ends in the dummy, and so does a bind
 * that could bring the account near its lock. */
static void choose_target(change_run_t *run)
{
    bool is_near = false;

    aim(run);
    run->target.lockout = run->lockout;
    note_fault(run,
               pwr_attempt_lockout(&run->target.lockout, run->parts->directory, run->target.account,
                                   run->pool),
               "lockout policy unreadable");
    aim(run);
    note_fault(
        run,
        pwr_attempt_cap_check_lockout(&is_near, run->parts, &run->mark, &run->target, run->pool),
        "nearness to the lock unreadable");
    if (is_near && run->attempt.why == NULL) {
        run->attempt.why = "lockout near";
    }
    aim(run);
}

/* The one bind of an attempt. Where the account may not be tried, no answer makes it right. */
static bool prove(change_run_t *run)
{
    const pwr_attempt_t *attempt = &run->attempt;
    const pwr_attempt_cap_target_t *target = &run->target;
    bool is_real = !target->is_dummy;
    const pwr_fault_t *fault = pwr_attempt_prove(&run->proof, run->parts->directory,
                                                 target->account, run->old_password, run->pool);

    note_fault(run, fault, "no answer to the bind");
    pwr_log_fault(pwr_attempt_cap_end(run->parts, &run->mark, target,
                                      fault == NULL ? &run->proof.bind : NULL, run->pool));
    if (is_real && attempt->why == NULL && pwr_proof_is_right(&run->proof)) {
        return true;
    }
    if (attempt->why == NULL) {
        run->attempt.why = run->proof.bind == PWR_BIND_LOCKED ? "locked" : "wrong password";
    }
    return false;
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Every attempt that is not proved ends here. */
static void end_wrong(change_run_t *run, apr_time_t bind_begun)
{
    if (run->parts->limit != NULL) {
        pwr_client_limit_count(run->parts->limit, run->form->form.client, COST_OF_WRONG);
    }
    pwr_log_fault(run->attempt.fault);
    set_refusal(run, PWR_CHANGE_WRONG, PWR_CHANGE_OLD, "change.wrong");
    raise_event(run, PWR_EVENT_CHANGE_REFUSED, run->attempt.why);
    wait_for_time_slot(bind_begun, BIND_SLOT);
}

/* By the person's own rules. */
static pwr_fault_t *judge_password(change_run_t *run)
{
    const pwr_account_t *account = run->attempt.account;
    pwr_rules_t rules = {0};

    PWR_TRY(pwr_directory_rules(&rules, run->parts->directory, account, run->pool));
    run->rules = pwr_policy_merge(&run->parts->settings->policy, &rules);
    pwr_policy_context_t context
        = {.policy = run->parts->policy, .rules = &run->rules, .account = account};
    run->verdict = pwr_policy_judge(&context, run->new_password, run->pool);
    return NULL;
}

/* Judges the new password and sets it where the rules allow that. */
static pwr_fault_t *set_password(pwr_write_outcome_t *write, change_run_t *run)
{
    *write = PWR_WRITE_NOT_SENT;
    PWR_TRY(judge_password(run));
    return run->verdict.key == NULL ? pwr_attempt_change_password(
               write, run->parts->directory, &run->proof, run->new_password, run->pool)
                                    : NULL;
}

/* Every link of the account is burnt; its new stamp alone kills them too, should the store fail. */
static void finish(change_run_t *run)
{
    pwr_store_t *store = run->parts->store;
    const char *id = run->attempt.account->id;
    const pwr_token_row_t like = {.site = run->parts->site, .account_id = id};

    pwr_log_fault(pwr_tokens_burn(store, &like, PWR_TOKEN_USED, run->pool));
    pwr_log_fault(pwr_attempt_cap_forget(run->parts, id, run->pool));
    run->answer->outcome = PWR_CHANGE_DONE;
    run->answer->account = run->attempt.account;
    raise_event(run, PWR_EVENT_PASSWORD_CHANGED, NULL);
    pwr_log_fault(pwr_attempts_confirm(store, run->nonce, id, run->pool));
}

/* The person has proved the old password, so the answer says what is wrong. */
static void end_right(change_run_t *run)
{
    pwr_write_outcome_t write = PWR_WRITE_NOT_SENT;
    const pwr_fault_t *refusal = set_password(&write, run);
    const char *key = run->verdict.key;
    pwr_log_fault(refusal);
    if (write == PWR_WRITE_DONE) {
        finish(run);
        return;
    }
    if (write == PWR_WRITE_UNKNOWN) {
        run->answer->outcome = PWR_CHANGE_UNSURE;
        raise_event(run, PWR_EVENT_PASSWORD_UNKNOWN, refusal != NULL ? refusal->detail : NULL);
        return;
    }
    if (key == NULL) {
        bool has_words = refusal != NULL && refusal->kind == PWR_REFUSED;
        key = has_words ? refusal->key : "change.temporary";
    }
    run->answer->rules = run->rules;
    run->answer->account = run->attempt.account;
    run->answer->verdict = run->verdict;
    set_refusal(run, PWR_CHANGE_REFUSED, PWR_CHANGE_FIRST, key);
    raise_event(run, PWR_EVENT_CHANGE_REFUSED, key);
}

/* A form that was sent twice has the answer of the first time, if that is known. The directory is
 * not asked, so the box shows the rules that were read last. */
static pwr_fault_t *end_again(change_run_t *run)
{
    const pwr_rules_t last = pwr_directory_last_rules(run->parts->directory);
    bool is_confirmed = false;

    PWR_TRY(pwr_attempts_is_confirmed(&is_confirmed, run->parts->store, run->nonce, run->pool));
    run->answer->outcome = PWR_CHANGE_DONE;
    run->answer->rules = pwr_policy_merge(&run->parts->settings->policy, &last);
    if (!is_confirmed) {
        set_refusal(run, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, "change.used");
    }
    return NULL;
}

/* The directory answers no request: the attempt is not made, and does not count. */
static pwr_fault_t *end_unreachable(change_run_t *run, pwr_fault_t *fault, apr_time_t begun)
{
    pwr_log_fault(pwr_attempts_drop(run->parts->store, run->nonce, run->pool));
    wait_for_time_slot(begun, BIND_SLOT);
    return fault;
}

static pwr_fault_t *attempt_once(change_run_t *run, apr_time_t begun)
{
    run->mark = (pwr_counted_attempt_t){
        .nonce = run->nonce,
        .name = pwr_request_fold_name(run->answer->typed, run->pool),
        .language = run->form->language,
        .client = run->form->form.client,
    };
    const char *capped = NULL;
    bool is_new = false;

    PWR_TRY(pwr_attempt_cap_put(&is_new, &capped, run->parts, &run->mark, run->pool));
    run->answer->is_form_spent = true;
    if (!is_new) {
        return end_again(run);
    }
    pwr_fault_t *fault = pwr_directory_reach(run->parts->directory, run->pool);
    if (fault != NULL) {
        return end_unreachable(run, fault, begun);
    }
    fault = read_rules(&run->rules, &run->lockout, run->parts, run->pool);
    run->answer->rules = run->rules;
    find_account(run, capped);
    note_fault(run, fault, "policy unreadable");
    choose_target(run);
    wait_for_time_slot(begun, READING_SLOT);
    apr_time_t bind_begun = pwr_clock_now();
    if (prove(run)) {
        end_right(run);
    } else {
        end_wrong(run, bind_begun);
    }
    return NULL;
}

pwr_fault_t *pwr_change_password(pwr_change_answer_t *answer, pwr_parts_t *parts,
                                 const pwr_change_form_t *form, apr_pool_t *pool)
{
    change_run_t run = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    apr_time_t begun = pwr_clock_now();

    *answer = (pwr_change_answer_t){.outcome = PWR_CHANGE_AGAIN};
    bool is_let = is_let_in(&run);
    bool is_named = has_name(&run);
    if (!is_let || !is_named || !is_filled_in(&run)) {
        answer->rules = pwr_change_rules(parts, pool);
        raise_event(&run, PWR_EVENT_CHANGE_REFUSED, answer->key);
        return NULL;
    }
    return attempt_once(&run, begun);
}
