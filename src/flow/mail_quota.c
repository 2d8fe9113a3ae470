/*
 * Exact, because of the rows about one account one is worked at a time, and what it was granted
 * stands in the store before the next one counts. A row about several accounts goes through them
 * one after the other; what it was granted for each is a row of its own, made to be counted.
 */
#include "flow/mail_quota.h"

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/tokens.h"
#include "token/token.h"

/* Why no more mails may go out after so many; NULL when one may. */
static const char *check_mails(const pwr_flow_settings_t *flow, int in_hour, int in_day)
{
    if (in_hour >= flow->mails_per_hour) {
        return "mails in an hour";
    }
    return in_day >= flow->mails_per_day ? "mails in a day" : NULL;
}

/* Have the account, and the name that was typed, used up their quota of mails and live links? Links
 * of this very row (an earlier delivery) do not count. Who proved more than a stranger can in bulk
 * has a quota of their own, so that a flood of strangers' requests does not use it up. The name
 * counts beside the account because what it means may change; it comes last, as its rows are many
 * in a flood, which the others have ended by then. */
static pwr_fault_t *check_caps(pwr_mail_quota_t *quota, pwr_delivery_t *delivery,
                               const pwr_account_t *account)
{
    const pwr_flow_settings_t *flow = &delivery->parts->settings->flow;
    pwr_store_t *store = delivery->parts->store;
    pwr_outbox_row_t like = *delivery->row;
    pwr_token_row_t other = {
        .site = delivery->parts->site, .account_id = account->id, .request_id = delivery->row->id};
    apr_time_t hour = pwr_clock_now() - apr_time_from_sec(3600);
    apr_time_t day = pwr_clock_now() - apr_time_from_sec(86400);
    int in_hour = 0, in_day = 0, live = 0;
    int most_live = PWR_MAX_LIVE_LINKS + (delivery->row->is_proved ? PWR_MORE_LIVE_LINKS : 0);

    like.account_digest = quota->account_digest;
    PWR_TRY(pwr_outbox_count_of_account(&in_hour, store, &like, hour, delivery->pool));
    PWR_TRY(pwr_outbox_count_of_account(&in_day, store, &like, day, delivery->pool));
    PWR_TRY(pwr_tokens_count_live(&live, store, &other, delivery->pool));
    quota->why = check_mails(flow, in_hour, in_day);
    if (quota->why == NULL && live >= most_live) {
        quota->why = "live links";
    }
    if (quota->why != NULL) {
        return NULL;
    }
    PWR_TRY(pwr_outbox_count_of_typed_name(&in_hour, store, &like, hour, delivery->pool));
    PWR_TRY(pwr_outbox_count_of_typed_name(&in_day, store, &like, day, delivery->pool));
    quota->why = check_mails(flow, in_hour, in_day);
    return NULL;
}

static void digest_account(char out[PWR_DIGEST_CHARS + 1], const pwr_parts_t *parts,
                           const pwr_account_t *account)
{
    pwr_token_digest(out, parts->count_key, "account", parts->site, account->id);
}

pwr_fault_t *pwr_mail_quota_ask(pwr_mail_quota_t *quota, pwr_delivery_t *delivery,
                                const pwr_account_t *account)
{
    pwr_outbox_row_t mine = *delivery->row;
    char digest[PWR_DIGEST_CHARS + 1];

    *quota = (pwr_mail_quota_t){.has_turn = false};
    digest_account(digest, delivery->parts, account);
    quota->account_digest = mine.account_digest = apr_pstrdup(delivery->pool, digest);
    PWR_TRY(pwr_outbox_take_turn(&quota->has_turn, delivery->parts->store, &mine,
                                 delivery->by->owner, delivery->pool));
    return quota->has_turn ? check_caps(quota, delivery, account) : NULL;
}

pwr_fault_t *pwr_mail_quota_note(pwr_delivery_t *delivery, const pwr_account_t *account)
{
    pwr_outbox_row_t note = *delivery->row;
    char digest[PWR_DIGEST_CHARS + 1];
    bool is_new = false;

    digest_account(digest, delivery->parts, account);
    note.id = apr_psprintf(delivery->pool, "%s.%.16s", delivery->row->id, digest);
    note.typed_name = note.typed_name_digest = note.seed = "";
    note.account_digest = digest;
    note.created = note.due = pwr_clock_now();
    note.needed = note.created + PWR_LONGEST_CAP;
    note.life = PWR_LIFE_KEPT;
    return pwr_outbox_put_ended(&is_new, delivery->parts->store, &note, PWR_ROW_DONE,
                                delivery->pool);
}
