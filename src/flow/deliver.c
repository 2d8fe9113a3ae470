/*
 * One row from taken to ended. Every way out of work() goes through one of three doors: sent(),
 * give_up() or retry(), so a row is never left without a next step. The token is derived from the
 * row's seed and the key, hence every try mails the same link in the same bytes, and a mail that
 * arrives twice shows up once.
 */
#include "flow/deliver.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "flow/compose.h"
#include "store/outbox.h"
#include "store/tokens.h"
#include "token/token.h"

#define FIRST_PAUSE apr_time_from_sec(1)
#define LONGEST_PAUSE apr_time_from_sec(20)
#define TURN_PAUSE apr_time_from_msec(500) /* and by chance up to twice that */

/* One row under work. */
typedef struct {
    const pwr_deliverer_t *by;
    pwr_parts_t *parts;
    const pwr_outbox_row_t *row;
    const char *account_digest; /* "" until the account is known */
    const char *relay;          /* the last one tried */
    pwr_facts_t facts;
    apr_pool_t *pool;
} job_t;

static void tell(job_t *job, pwr_event_t event, const char *detail)
{
    job->facts.detail = detail;
    pwr_events_raise(job->parts->events, event, &job->facts, job->pool);
    job->facts.tag = NULL;
}

static pwr_fault_t *give_up(job_t *job, pwr_event_t event, const char *detail)
{
    bool is_held = false;

    PWR_TRY(
        pwr_outbox_give_up(&is_held, job->parts->store, job->row->id, job->by->owner, job->pool));
    if (is_held) {
        tell(job, event, detail);
    }
    return NULL;
}

static pwr_fault_t *sent(job_t *job, const char *detail)
{
    bool is_held = false;

    PWR_TRY(pwr_outbox_done(&is_held, job->parts->store, job->row->id, job->by->owner,
                            job->account_digest, job->pool));
    if (is_held) {
        tell(job, PWR_EVENT_MAIL_SENT, detail);
    }
    return NULL;
}

/* A mail that late would only puzzle: the person has long asked again, or given up. */
static bool is_too_old(const job_t *job)
{
    return pwr_clock_now() - job->row->created > job->parts->settings->flow.link_life;
}

/* Doubles from one second to twenty, a quarter up or down by chance, so that many rows do not come
 * back at once. */
static apr_interval_time_t pause_after(int tries)
{
    apr_interval_time_t pause = LONGEST_PAUSE;
    unsigned char chance = 0;

    if (tries < 5) {
        pause = FIRST_PAUSE << (tries > 0 ? tries - 1 : 0);
    }
    pwr_crypto_random(&chance, 1);
    return pause * 3 / 4 + pause * chance / 512;
}

static pwr_fault_t *retry(job_t *job, const pwr_fault_t *fault)
{
    bool is_held = false;

    pwr_log_fault(fault);
    job->facts.tag = fault->tag;
    if (is_too_old(job)) {
        return give_up(job, PWR_EVENT_MAIL_GIVEN_UP, fault->detail);
    }
    PWR_TRY(pwr_outbox_later(&is_held, job->parts->store, job->row->id, job->by->owner,
                             pwr_clock_now() + pause_after(job->row->tries), job->pool));
    if (is_held) {
        tell(job, PWR_EVENT_MAIL_RETRY, fault->detail);
    }
    return NULL;
}

/* The account the row is about, NULL when there is none; `matches` says how many there are. */
static pwr_fault_t *find_account(pwr_account_t **account, int *matches, job_t *job)
{
    pwr_parts_t *parts = job->parts;
    const char *id = job->row->subject;
    apr_array_header_t *accounts = NULL;

    *account = NULL;
    *matches = 0;
    if (job->row->kind == PWR_ROW_LINK) {
        PWR_TRY(pwr_directory_find(&accounts, parts->directory, job->row->subject, job->pool));
        *matches = accounts->nelts;
        *account = *matches == 1 ? APR_ARRAY_IDX(accounts, 0, pwr_account_t *) : NULL;
        return NULL;
    }
    if (job->row->kind == PWR_ROW_AGAIN) {
        pwr_token_row_t *token = NULL;
        PWR_TRY(pwr_tokens_find(&token, parts->store, parts->realm, job->row->subject, job->pool));
        if (token == NULL) {
            return NULL;
        }
        id = token->account_id;
    }
    PWR_TRY(pwr_directory_read(account, parts->directory, id, job->pool));
    *matches = *account != NULL ? 1 : 0;
    return NULL;
}

/* Why no more mails may go out after so many; NULL when one may. */
static const char *judge_mails(const pwr_flow_settings_t *flow, int in_hour, int in_day)
{
    if (in_hour >= flow->mails_per_hour) {
        return "mails in an hour";
    }
    return in_day >= flow->mails_per_day ? "mails in a day" : NULL;
}

/* Have the account, and the name that was typed, had their share of mails and live links? Links of
 * this very row (an earlier try) do not count. Who proved more than a stranger can in bulk has a
 * share of their own, so that a flood of strangers' requests does not use it up. The name counts
 * beside the account because what it means may change; it comes last, as its rows are many in a
 * flood, which the others have ended by then. */
static pwr_fault_t *judge_caps(const char **why, job_t *job, const pwr_account_t *account)
{
    const pwr_flow_settings_t *flow = &job->parts->settings->flow;
    pwr_store_t *store = job->parts->store;
    pwr_outbox_row_t like = *job->row;
    pwr_token_row_t other
        = {.realm = job->parts->realm, .account_id = account->id, .request_id = job->row->id};
    apr_time_t hour = pwr_clock_now() - apr_time_from_sec(3600);
    apr_time_t day = pwr_clock_now() - apr_time_from_sec(86400);
    int in_hour = 0, in_day = 0, live = 0;
    int most_live = PWR_MAX_LIVE_LINKS + (job->row->is_proved ? PWR_MORE_LIVE_LINKS : 0);

    like.account_digest = job->account_digest;
    PWR_TRY(pwr_outbox_count_of_account(&in_hour, store, &like, hour, job->pool));
    PWR_TRY(pwr_outbox_count_of_account(&in_day, store, &like, day, job->pool));
    PWR_TRY(pwr_tokens_count_live(&live, store, &other, job->pool));
    *why = judge_mails(flow, in_hour, in_day);
    if (*why == NULL && live >= most_live) {
        *why = "live links";
    }
    if (*why != NULL) {
        return NULL;
    }
    PWR_TRY(pwr_outbox_count_of_subject(&in_hour, store, &like, hour, job->pool));
    PWR_TRY(pwr_outbox_count_of_subject(&in_day, store, &like, day, job->pool));
    *why = judge_mails(flow, in_hour, in_day);
    return NULL;
}

/* False when another row of the account is in hand: this one then waits, which is no failure and
 * nobody's business. */
static pwr_fault_t *take_turn(bool *has_turn, job_t *job)
{
    pwr_store_t *store = job->parts->store;
    pwr_outbox_row_t mine = *job->row;
    bool is_held = false;
    unsigned char chance = 0;

    mine.account_digest = job->account_digest;
    PWR_TRY(pwr_outbox_take_turn(has_turn, store, &mine, job->by->owner, job->pool));
    if (*has_turn) {
        return NULL;
    }
    pwr_crypto_random(&chance, 1);
    return pwr_outbox_later(&is_held, store, mine.id, job->by->owner,
                            pwr_clock_now() + TURN_PAUSE + TURN_PAUSE * chance / 255, job->pool);
}

static void digest(char out[PWR_DIGEST_CHARS + 1], job_t *job, const char *purpose,
                   const char *text)
{
    pwr_token_digest(out, job->parts->key, purpose, job->parts->realm, text);
}

/* Makes the row's link usable from now on, for the whole life of a link. */
static pwr_fault_t *put_token(job_t *job, const pwr_account_t *account, const pwr_letter_t *letter)
{
    char link[PWR_DIGEST_CHARS + 1], stop[PWR_DIGEST_CHARS + 1];
    char mail[PWR_DIGEST_CHARS + 1], stamp[PWR_DIGEST_CHARS + 1];

    digest(link, job, PWR_TOKEN_LINK, pwr_secret_bytes(letter->token));
    digest(stop, job, PWR_TOKEN_STOP, pwr_secret_bytes(letter->stop_token));
    digest(mail, job, PWR_TOKEN_MAIL, account->mail);
    digest(stamp, job, PWR_TOKEN_STAMP, account->stamp);
    pwr_token_row_t token = {
        .digest = link,
        .stop_digest = stop,
        .request_id = job->row->id,
        .realm = job->parts->realm,
        .account_id = account->id,
        .login = account->login,
        .mail_digest = mail,
        .stamp_digest = stamp,
        .language = job->row->language,
        .state = PWR_TOKEN_LIVE,
        .created = pwr_clock_now(),
        .expires = letter->until,
    };
    return pwr_tokens_put(job->parts->store, &token, job->pool);
}

/* Sends one letter; a relay's final refusal gives the row up, anything else comes again. NULL in
 * `fault`: it was taken. */
static pwr_fault_t *post(const pwr_fault_t **fault, job_t *job, const pwr_letter_t *letter,
                         int copy)
{
    pwr_mail_t mail = {.to = letter->to, .date = job->row->created, .language = job->row->language};

    mail.message_id = apr_psprintf(job->pool, "%s.%d", job->row->id, copy);
    PWR_TRY(pwr_compose(&mail, job->parts, letter, job->pool));
    *fault = pwr_relays_send(&job->relay, job->by->relays, &mail, job->pool);
    return NULL;
}

static pwr_fault_t *end_of(job_t *job, const pwr_fault_t *fault)
{
    if (fault == NULL) {
        return sent(job, job->relay);
    }
    if (fault->kind == PWR_REFUSED) {
        pwr_log_fault(fault);
        job->facts.tag = fault->tag;
        return give_up(job, PWR_EVENT_MAIL_GIVEN_UP, fault->detail);
    }
    return retry(job, fault);
}

static pwr_fault_t *send_link(job_t *job, const pwr_account_t *account)
{
    const char *why = NULL;
    const pwr_fault_t *fault = NULL;
    bool has_turn = false;

    if (account->barred != NULL) {
        return give_up(job, PWR_EVENT_ACCOUNT_BARRED, account->barred);
    }
    PWR_TRY(take_turn(&has_turn, job));
    if (!has_turn) {
        return NULL;
    }
    PWR_TRY(judge_caps(&why, job, account));
    if (why != NULL) {
        return give_up(job, PWR_EVENT_MAIL_CAPPED, why);
    }
    pwr_letter_t letter = {
        .kind = PWR_LETTER_LINK,
        .to = account->mail,
        .account = account,
        .language = job->row->language,
        .until = pwr_clock_now() + job->parts->settings->flow.link_life,
        .token = pwr_token_derive(job->parts->key, PWR_TOKEN_LINK, job->row->seed, job->pool),
        .stop_token = pwr_token_derive(job->parts->key, PWR_TOKEN_STOP, job->row->seed, job->pool),
    };
    PWR_TRY(put_token(job, account, &letter));
    PWR_TRY(post(&fault, job, &letter, 0));
    return end_of(job, fault);
}

/* The confirmation goes to every known address: whoever took an account over should not be the only
 * one to hear of it. */
static pwr_fault_t *send_changed(job_t *job, const pwr_account_t *account)
{
    const pwr_fault_t *fault = NULL;

    job->account_digest = ""; /* does not count against the caps */
    if (account->mails->nelts == 0) {
        return give_up(job, PWR_EVENT_ACCOUNT_BARRED, "no-mail");
    }
    for (int i = 0; i < account->mails->nelts && fault == NULL; i++) {
        pwr_letter_t letter = {
            .kind = PWR_LETTER_CHANGED,
            .to = APR_ARRAY_IDX(account->mails, i, const char *),
            .account = account,
            .language = job->row->language,
            .changed = job->row->created,
        };
        PWR_TRY(post(&fault, job, &letter, i));
    }
    return end_of(job, fault);
}

static pwr_fault_t *work(job_t *job)
{
    pwr_account_t *account = NULL;
    char account_digest[PWR_DIGEST_CHARS + 1];
    int matches = 0;

    if (job->row->kind != PWR_ROW_CHANGED && is_too_old(job)) {
        return give_up(job, PWR_EVENT_MAIL_GIVEN_UP, "the request is older than a link may be");
    }
    const pwr_fault_t *fault = find_account(&account, &matches, job);
    if (fault != NULL) {
        return retry(job, fault);
    }
    if (account == NULL) {
        return give_up(job, matches > 1 ? PWR_EVENT_ACCOUNT_AMBIGUOUS : PWR_EVENT_ACCOUNT_NONE,
                       NULL);
    }
    digest(account_digest, job, "account", account->id);
    job->account_digest = account_digest;
    job->facts.account = account->login;
    return job->row->kind == PWR_ROW_CHANGED ? send_changed(job, account) : send_link(job, account);
}

pwr_fault_t *pwr_deliver_next(bool *is_worked, apr_time_t *next, const pwr_deliverer_t *by,
                              apr_pool_t *scratch)
{
    pwr_outbox_row_t *row = NULL;

    PWR_TRY(pwr_outbox_take_due(&row, next, by->parts->store, by->parts->realm, by->owner,
                                PWR_LEASE, scratch));
    *is_worked = row != NULL;
    if (row == NULL) {
        return NULL;
    }
    job_t job = {
        .by = by,
        .parts = by->parts,
        .row = row,
        .account_digest = "",
        .relay = "",
        .facts = {.realm = row->realm,
                  .request_id = row->id,
                  .support_code = row->support_code,
                  .client = row->client},
        .pool = scratch,
    };
    pwr_fault_t *fault = work(&job);
    return fault != NULL ? retry(&job, fault) : NULL;
}
