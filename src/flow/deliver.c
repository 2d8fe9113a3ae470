/*
 * One row from taken to ended: whom it is about, and which mail that means. Making the links, the
 * caps, and the doors by which a row ends have files of their own (reset_mail, mail_quota, job).
 */
#include "flow/deliver.h"

#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "flow/reset_mail.h"
#include "flow/mail_quota.h"
#include "store/tokens.h"

/* The accounts (const pwr_account_t *) that the row is about. */
static pwr_fault_t *find_accounts(apr_array_header_t **accounts, pwr_job_t *job)
{
    pwr_parts_t *parts = job->parts;
    const char *id = job->row->typed_name;
    pwr_account_t *account = NULL;

    *accounts = apr_array_make(job->pool, 1, sizeof(const pwr_account_t *));
    if (job->row->kind == PWR_ROW_LINK) {
        return pwr_directory_find(accounts, parts->directory, job->row->typed_name, job->pool);
    }
    if (job->row->kind == PWR_ROW_AGAIN) {
        pwr_token_row_t *token = NULL;
        PWR_TRY(
            pwr_tokens_find(&token, parts->store, parts->site, job->row->typed_name, job->pool));
        if (token == NULL) {
            return NULL;
        }
        id = token->account_id;
    }
    PWR_TRY(pwr_directory_read(&account, parts->directory, id, job->pool));
    if (account != NULL) {
        APR_ARRAY_PUSH(*accounts, const pwr_account_t *) = account;
    }
    return NULL;
}

static apr_array_header_t *alone(const pwr_account_t *account, apr_pool_t *pool)
{
    apr_array_header_t *addressees = apr_array_make(pool, 1, sizeof(pwr_addressee_t));

    APR_ARRAY_PUSH(addressees, pwr_addressee_t) = (pwr_addressee_t){.account = account};
    return addressees;
}

/* What was done goes to every known address: whoever took an account over should not be the only
 * one to hear of it. */
static pwr_fault_t *send_done(pwr_job_t *job, const pwr_account_t *account)
{
    const pwr_fault_t *fault = NULL;

    if (account->mails->nelts == 0) {
        return pwr_job_give_up(job, PWR_EVENT_ACCOUNT_BARRED, PWR_BARRED_NO_MAIL);
    }
    for (int i = 0; i < account->mails->nelts && fault == NULL; i++) {
        pwr_letter_t letter = {
            .kind = job->row->kind == PWR_ROW_UNLOCKED ? PWR_LETTER_UNLOCKED : PWR_LETTER_CHANGED,
            .to = APR_ARRAY_IDX(account->mails, i, const char *),
            .addressees = alone(account, job->pool),
            .language = job->row->language,
            .changed = job->row->created,
        };
        PWR_TRY(pwr_job_post(&fault, job, &letter, i));
    }
    return pwr_job_end(job, fault);
}

/* An account that may not be reset. Where the site says so its owner hears of it, and no oftener
 * than of links. */
static pwr_fault_t *refuse(pwr_job_t *job, const pwr_account_t *account)
{
    const pwr_fault_t *fault = NULL;
    pwr_mail_quota_t quota;

    if (!job->parts->settings->flow.tells_barred || account->mail == NULL) {
        return pwr_job_give_up(job, PWR_EVENT_ACCOUNT_BARRED, account->barred);
    }
    PWR_TRY(pwr_mail_quota_ask(&quota, job, account));
    if (!quota.has_turn) {
        return pwr_job_wait(job);
    }
    if (quota.why != NULL) {
        return pwr_job_give_up(job, PWR_EVENT_ACCOUNT_BARRED, account->barred);
    }
    pwr_letter_t letter = {
        .kind = PWR_LETTER_BARRED,
        .to = account->mail,
        .addressees = alone(account, job->pool),
        .language = job->row->language,
    };
    job->account_digest = quota.account_digest;
    PWR_TRY(pwr_job_post(&fault, job, &letter, 0));
    if (fault == NULL) {
        pwr_job_tell(job, PWR_EVENT_ACCOUNT_BARRED, account->barred);
    }
    return pwr_job_end(job, fault);
}

/* Of several accounts those that may be reset get their links, and of the others nothing is told.
 */
static pwr_fault_t *answer_request(pwr_job_t *job, const apr_array_header_t *accounts)
{
    apr_array_header_t *open = apr_array_make(job->pool, 2, sizeof(const pwr_account_t *));
    const char *logins = NULL;

    bool may_be_several = job->parts->settings->directory.may_be_several
                          && accounts->nelts < PWR_MAX_MATCHES; /* which stands for more */

    if (accounts->nelts > 1 && !may_be_several) {
        return pwr_job_give_up(job, PWR_EVENT_ACCOUNT_AMBIGUOUS, NULL);
    }
    for (int i = 0; i < accounts->nelts; i++) {
        const pwr_account_t *account = APR_ARRAY_IDX(accounts, i, const pwr_account_t *);
        if (account->barred == NULL) {
            APR_ARRAY_PUSH(open, const pwr_account_t *) = account;
            logins = logins == NULL ? account->login
                                    : apr_pstrcat(job->pool, logins, ", ", account->login, NULL);
        }
    }
    if (open->nelts == 0) {
        const pwr_account_t *first = APR_ARRAY_IDX(accounts, 0, const pwr_account_t *);
        job->facts.account = first->login;
        return refuse(job, first);
    }
    job->facts.account = logins;
    return pwr_reset_mail_send(job, open);
}

static pwr_fault_t *work(pwr_job_t *job)
{
    bool is_request = job->row->kind == PWR_ROW_LINK || job->row->kind == PWR_ROW_AGAIN;
    apr_array_header_t *accounts = NULL;

    if (is_request && pwr_job_is_too_old(job)) {
        return pwr_job_give_up(job, PWR_EVENT_MAIL_GIVEN_UP,
                               "the request is older than a link may be");
    }
    const pwr_fault_t *fault = find_accounts(&accounts, job);
    if (fault != NULL) {
        return pwr_job_retry(job, fault);
    }
    pwr_log(PWR_LOG_DEBUG, "PWR0811", "the directory has %d accounts of this name",
            accounts->nelts);
    if (accounts->nelts == 0) {
        return pwr_job_give_up(job, PWR_EVENT_ACCOUNT_NONE, NULL);
    }
    if (is_request) {
        return answer_request(job, accounts);
    }
    const pwr_account_t *account = APR_ARRAY_IDX(accounts, 0, const pwr_account_t *);
    job->facts.account = account->login;
    return send_done(job, account);
}

pwr_fault_t *pwr_deliver_next(bool *is_worked, apr_time_t *next, const pwr_deliverer_t *by,
                              apr_pool_t *scratch)
{
    pwr_outbox_row_t *row = NULL;

    PWR_TRY(pwr_outbox_take_due(&row, next, by->parts->store, by->parts->site, by->owner, PWR_LEASE,
                                scratch));
    *is_worked = row != NULL;
    if (row == NULL) {
        return NULL;
    }
    pwr_job_t job = {
        .by = by,
        .parts = by->parts,
        .row = row,
        .account_digest = "",
        .relay = "",
        .facts = {.site = row->site,
                  .request_id = row->id,
                  .support_code = row->support_code,
                  .client = row->client,
                  .accepted = row->created},
        .pool = scratch,
    };
    pwr_log_set_request(row->id, row->support_code);
    pwr_log(PWR_LOG_DEBUG, "PWR0810", "the worker has taken the request; delivery %d",
            row->deliveries);
    pwr_fault_t *fault = work(&job);
    if (fault != NULL) {
        fault = pwr_job_retry(&job, fault);
    }
    pwr_log_set_request(NULL, NULL);
    return fault;
}
