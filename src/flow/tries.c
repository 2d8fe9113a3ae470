/*
 * A try is one INSERT, made before it is counted, so of any number at once no more than the cap can
 * see themselves within it. Its account is written into the row before it is counted, too. What is
 * beyond the cap is not made and does not count on: else whoever goes on trying would shut the
 * owner out for ever. What was right is forgiven by the caller.
 */
#include "flow/tries.h"

#include "base/clock.h"
#include "store/outbox.h"
#include "token/token.h"

static pwr_fault_t *judge_caps(const char **why, pwr_parts_t *parts, const pwr_outbox_row_t *row,
                               apr_pool_t *scratch)
{
    const pwr_flow_settings_t *flow = &parts->settings->flow;
    int in_hour = 0, in_day = 0;

    *why = NULL;
    PWR_TRY(pwr_outbox_count_tries(&in_hour, parts->store, row,
                                   row->created - apr_time_from_sec(3600), scratch));
    PWR_TRY(pwr_outbox_count_tries(&in_day, parts->store, row,
                                   row->created - apr_time_from_sec(86400), scratch));
    if (in_hour <= flow->tries_per_hour && in_day <= flow->tries_per_day) {
        return NULL;
    }
    *why = in_hour > flow->tries_per_hour ? "tries in an hour" : "tries in a day";
    return pwr_outbox_forgive_try(parts->store, row->id, scratch);
}

/* What the row of a try says; `of_name` and `of_account` are filled in. */
static pwr_outbox_row_t row_of(char *of_name, char *of_account, const pwr_parts_t *parts,
                               const pwr_try_t *attempt, const char *account_id)
{
    apr_time_t now = pwr_clock_now();
    apr_interval_time_t window = pwr_challenge_window(&parts->settings->abuse);
    const char *id = account_id != NULL ? account_id : attempt->name;

    pwr_token_digest(of_name, parts->key, "try:name", parts->realm, attempt->name);
    pwr_token_digest(of_account, parts->key, "try:account", parts->realm, id);
    return (pwr_outbox_row_t){
        .id = attempt->nonce,
        .kind = PWR_ROW_TRY,
        .realm = parts->realm,
        .subject = "",
        .subject_digest = of_name,
        .account_digest = of_account,
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

pwr_fault_t *pwr_try_put(bool *is_new, const char **why, pwr_parts_t *parts,
                         const pwr_try_t *attempt, apr_pool_t *scratch)
{
    char of_name[PWR_DIGEST_CHARS + 1], of_account[PWR_DIGEST_CHARS + 1];
    const pwr_outbox_row_t row = row_of(of_name, of_account, parts, attempt, NULL);

    PWR_TRY(pwr_outbox_put_ended(is_new, parts->store, &row, PWR_ROW_GIVEN_UP, scratch));
    return *is_new ? judge_caps(why, parts, &row, scratch) : NULL;
}

pwr_fault_t *pwr_try_put_account(const char **why, pwr_parts_t *parts, const pwr_try_t *attempt,
                                 const char *account_id, apr_pool_t *scratch)
{
    char of_name[PWR_DIGEST_CHARS + 1], of_account[PWR_DIGEST_CHARS + 1];
    const pwr_outbox_row_t row = row_of(of_name, of_account, parts, attempt, account_id);

    PWR_TRY(pwr_outbox_set_try_account(parts->store, row.id, of_account, scratch));
    return judge_caps(why, parts, &row, scratch);
}
