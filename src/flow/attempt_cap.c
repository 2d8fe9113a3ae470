/*
 * An attempt is one INSERT, made before it is counted, so of any number at once no more than the
 * cap can see themselves within it. Its account is written into the row before it is counted, too.
 * An attempt beyond the cap is not made, and does not count later: otherwise a stranger who goes on
 * trying would shut the owner out for ever.
 *
 * Three steps in this order keep an account from the directory's lock: the attempt is marked as one
 * that may reach the account, then the other attempts of the account are read, then the directory's
 * count. Of two attempts at once, on whatever node, the one that is marked later sees the other one
 * as open, or its failure in the directory's count.
 *
 * A dummy's row takes the same steps by the same statements: they set it to what it is already.
 */
#include "flow/attempt_cap.h"

#include "base/clock.h"
#include "base/log.h"
#include "flow/lockout.h"
#include "store/attempts.h"
#include "token/token.h"

static pwr_fault_t *check_caps(const char **why, pwr_parts_t *parts, const pwr_outbox_row_t *row,
                               apr_pool_t *scratch)
{
    const pwr_flow_settings_t *flow = &parts->settings->flow;
    int in_hour = 0, in_day = 0;

    *why = NULL;
    PWR_TRY(pwr_attempts_count(&in_hour, parts->store, row, row->created - apr_time_from_sec(3600),
                               scratch));
    PWR_TRY(pwr_attempts_count(&in_day, parts->store, row, row->created - apr_time_from_sec(86400),
                               scratch));
    if (in_hour <= flow->attempts_per_hour && in_day <= flow->attempts_per_day) {
        return NULL;
    }
    *why = in_hour > flow->attempts_per_hour ? "attempts in an hour" : "attempts in a day";
    return pwr_attempts_drop(parts->store, row->id, scratch);
}

/* The digests of an attempt. */
typedef struct {
    char of_name[PWR_DIGEST_CHARS + 1], of_account[PWR_DIGEST_CHARS + 1];
} digests_t;

/* What the row of an attempt says; `digests` are filled in. */
static pwr_outbox_row_t row_of(digests_t *digests, const pwr_parts_t *parts,
                               const pwr_counted_attempt_t *attempt)
{
    apr_time_t now = pwr_clock_now();
    apr_interval_time_t window = pwr_challenge_window(&parts->settings->abuse);
    const char *id = attempt->account_id != NULL ? attempt->account_id : attempt->name;

    pwr_token_digest(digests->of_name, parts->count_key, "try:name", parts->site, attempt->name);
    pwr_token_digest(digests->of_account, parts->count_key, "try:account", parts->site, id);
    return (pwr_outbox_row_t){
        .id = attempt->nonce,
        .kind = PWR_ROW_ATTEMPT,
        .site = parts->site,
        .typed_name = "",
        .typed_name_digest = digests->of_name,
        .account_digest = digests->of_account,
        .language = attempt->language,
        .client = attempt->client,
        .support_code = "",
        .seed = "",
        .created = now,
        .due = now,
        .needed = now + (window > PWR_LONGEST_CAP ? window : PWR_LONGEST_CAP),
        .life = PWR_LIFE_SHORT,
    };
}

pwr_fault_t *pwr_attempt_cap_put(bool *is_new, const char **why, pwr_parts_t *parts,
                                 const pwr_counted_attempt_t *attempt, apr_pool_t *scratch)
{
    digests_t digests;
    const pwr_outbox_row_t row = row_of(&digests, parts, attempt);

    PWR_TRY(pwr_outbox_put_ended(is_new, parts->store, &row, PWR_ROW_GIVEN_UP, scratch));
    return *is_new ? check_caps(why, parts, &row, scratch) : NULL;
}

pwr_fault_t *pwr_attempt_cap_put_account(const char **why, pwr_parts_t *parts,
                                         const pwr_counted_attempt_t *attempt, apr_pool_t *scratch)
{
    digests_t digests;
    const pwr_outbox_row_t row = row_of(&digests, parts, attempt);

    PWR_TRY(pwr_attempts_set_account(parts->store, row.id, row.account_digest, scratch));
    return check_caps(why, parts, &row, scratch);
}

/* --- the lock --------------------------------------------------------------------------------- */

static void keep_first(pwr_fault_t **first, pwr_fault_t *fault)
{
    if (*first == NULL) {
        *first = fault;
    } else if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

/* Both are read whatever the first one brought. */
static pwr_fault_t *read_view(pwr_lockout_view_t *view, pwr_parts_t *parts,
                              const pwr_outbox_row_t *row, const pwr_attempt_cap_target_t *target,
                              apr_pool_t *scratch)
{
    apr_array_header_t *attempts = NULL;
    pwr_fault_t *first = NULL;

    *view = (pwr_lockout_view_t){.policy = target->lockout};
    keep_first(&first, pwr_attempts_read(&attempts, parts->store, row, scratch));
    keep_first(&first, pwr_directory_failures(&view->failures, parts->directory, target->account,
                                              &target->lockout, scratch));
    view->attempts = attempts;
    view->now = pwr_clock_now();
    return first;
}

/* Moves a real attempt's row. One that may have reached the account is needed as long as the
 * directory may count it. `is_moved` false: the row is not in `from`, or was set to what it was. */
static pwr_fault_t *move(bool *is_moved, pwr_parts_t *parts, const pwr_outbox_row_t *row,
                         const pwr_attempt_cap_target_t *target, const int from_to[2],
                         apr_pool_t *scratch)
{
    int to = target->is_dummy ? (int)PWR_ROW_GIVEN_UP : from_to[1];
    bool may_count = to == PWR_ATTEMPT_OPEN || to == PWR_ATTEMPT_FAILED;
    apr_time_t counted = pwr_lockout_keep(&target->lockout, row->created);
    const pwr_attempt_move_t move = {
        .id = row->id,
        .from = target->is_dummy ? (int)PWR_ROW_GIVEN_UP : from_to[0],
        .to = to,
        .keep = may_count && counted > row->needed ? counted : row->needed,
        .at = row->created,
        .account_digest = row->account_digest,
    };
    return pwr_attempts_move(is_moved, parts->store, &move, scratch);
}

/* What the directory has forgotten is forgotten here, so that rows do not pile up; but the site's
 * own caps count an attempt as long as they look back, whether the directory counts failures or
 * not. */
static apr_time_t forgotten_of(const pwr_lockout_view_t *view)
{
    apr_time_t forgotten = pwr_lockout_forgotten(view);
    apr_time_t counted_since = view->now - PWR_LONGEST_CAP;

    return forgotten < counted_since ? forgotten : counted_since;
}

pwr_fault_t *pwr_attempt_cap_check_lockout(bool *is_near, pwr_parts_t *parts,
                                           const pwr_counted_attempt_t *attempt,
                                           const pwr_attempt_cap_target_t *target,
                                           apr_pool_t *scratch)
{
    digests_t digests;
    const pwr_outbox_row_t row = row_of(&digests, parts, attempt);
    pwr_lockout_view_t view;
    pwr_fault_t *first = NULL;
    bool is_open = false, is_moved = false;

    keep_first(&first, move(&is_open, parts, &row, target,
                            (int[]){PWR_ROW_GIVEN_UP, PWR_ATTEMPT_OPEN}, scratch));
    keep_first(&first, read_view(&view, parts, &row, target, scratch));
    bool is_fine = first == NULL;
    /* A row that is not as it was put is another's, or gone: no attempt is made on it. */
    *is_near = !target->is_dummy && is_fine && (!is_open || pwr_lockout_is_near(&view));
    int to = *is_near  ? (int)PWR_ROW_DONE /* not made, and not counted, as one beyond a cap */
             : is_fine ? (int)PWR_ATTEMPT_OPEN
                       : (int)PWR_ROW_GIVEN_UP;
    keep_first(&first,
               move(&is_moved, parts, &row, target, (int[]){PWR_ATTEMPT_OPEN, to}, scratch));
    apr_time_t forgotten = is_fine && !target->is_dummy ? forgotten_of(&view) : 0;
    keep_first(&first, pwr_attempts_forgive(parts->store, &row, forgotten, 0, scratch));
    return first;
}

static int state_after(const pwr_bind_outcome_t *bind)
{
    if (bind == NULL) {
        return PWR_ATTEMPT_OPEN;
    }
    bool is_right
        = *bind == PWR_BIND_RIGHT || *bind == PWR_BIND_EXPIRED || *bind == PWR_BIND_MUST_CHANGE;
    return is_right ? (int)PWR_ROW_DONE : (int)PWR_ATTEMPT_FAILED;
}

pwr_fault_t *pwr_attempt_cap_end(pwr_parts_t *parts, const pwr_counted_attempt_t *attempt,
                                 const pwr_attempt_cap_target_t *target,
                                 const pwr_bind_outcome_t *bind, apr_pool_t *scratch)
{
    digests_t digests;
    const pwr_outbox_row_t row = row_of(&digests, parts, attempt);
    bool is_moved = false;

    PWR_TRY(move(&is_moved, parts, &row, target, (int[]){PWR_ATTEMPT_OPEN, state_after(bind)},
                 scratch));
    /* One that is expired or must be changed is right, too, but not every server forgets the failed
     * ones then. */
    bool ends_count = !target->is_dummy && bind != NULL && *bind == PWR_BIND_RIGHT;
    return ends_count ? pwr_attempts_forgive(parts->store, &row, row.created,
                                             row.created - PWR_LOCKOUT_FLIGHT, scratch)
                      : NULL;
}

pwr_fault_t *pwr_attempt_cap_forget(pwr_parts_t *parts, const char *account_id, apr_pool_t *scratch)
{
    const pwr_counted_attempt_t attempt = {.name = "", .account_id = account_id};
    digests_t digests;
    const pwr_outbox_row_t row = row_of(&digests, parts, &attempt);

    return pwr_directory_ends_count(parts->directory) ? pwr_attempts_forgive(
               parts->store, &row, row.created, row.created - PWR_LOCKOUT_FLIGHT, scratch)
                                                      : NULL;
}
