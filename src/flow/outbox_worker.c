/*
 * One row from taken to ended: whom it is about, and which mail that means. Making the links, the
 * caps, and the ways in which a row ends have files of their own (reset_mail, mail_quota,
 * delivery).
 */
#include "flow/outbox_worker.h"

#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "base/log.h"
#include "flow/reset_mail.h"
#include "flow/mail_quota.h"
#include "store/tokens.h"

/* The accounts (const pwr_account_t *) that the row is about. */
static pwr_fault_t *find_accounts(apr_array_header_t **accounts, pwr_delivery_t *delivery)
{
    pwr_parts_t *parts = delivery->parts;
    const char *id = delivery->row->typed_name;
    pwr_account_t *account = NULL;

    *accounts = apr_array_make(delivery->pool, 1, sizeof(const pwr_account_t *));
    if (delivery->row->kind == PWR_ROW_LINK) {
        return pwr_directory_find(accounts, parts->directory, delivery->row->typed_name,
                                  delivery->pool);
    }
    if (delivery->row->kind == PWR_ROW_AGAIN) {
        pwr_token_row_t *token = NULL;
        PWR_TRY(pwr_tokens_find(&token, parts->store, parts->site, delivery->row->typed_name,
                                delivery->pool));
        if (token == NULL) {
            return NULL;
        }
        id = token->account_id;
    }
    PWR_TRY(pwr_directory_read(&account, parts->directory, id, delivery->pool));
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

/* The confirmation goes to every known address: otherwise a thief of the account could be the only
 * one to get it. */
static pwr_fault_t *send_done(pwr_delivery_t *delivery, const pwr_account_t *account)
{
    const pwr_fault_t *fault = NULL;

    if (account->mails->nelts == 0) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_ACCOUNT_INELIGIBLE, PWR_INELIGIBLE_NO_MAIL);
    }
    for (int i = 0; i < account->mails->nelts && fault == NULL; i++) {
        pwr_mail_values_t values = {
            .kind = delivery->row->kind == PWR_ROW_UNLOCKED ? PWR_MAIL_TEMPLATE_UNLOCKED
                                                            : PWR_MAIL_TEMPLATE_CHANGED,
            .to = APR_ARRAY_IDX(account->mails, i, const char *),
            .addressees = alone(account, delivery->pool),
            .language = delivery->row->language,
            .changed = delivery->row->created,
        };
        PWR_TRY(pwr_delivery_post(&fault, delivery, &values, i));
    }
    return pwr_delivery_end(delivery, fault);
}

/* An account that may not be reset. Where the site says so its owner hears of it, and no oftener
 * than of links. */
static pwr_fault_t *tell_ineligible(pwr_delivery_t *delivery, const pwr_account_t *account)
{
    const pwr_fault_t *fault = NULL;
    pwr_mail_quota_t quota;

    if (!delivery->parts->settings->flow.tells_ineligible || account->mail == NULL) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_ACCOUNT_INELIGIBLE, account->ineligible);
    }
    PWR_TRY(pwr_mail_quota_ask(&quota, delivery, account));
    if (!quota.has_turn) {
        return pwr_delivery_wait(delivery);
    }
    if (quota.why != NULL) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_ACCOUNT_INELIGIBLE, account->ineligible);
    }
    pwr_mail_values_t values = {
        .kind = PWR_MAIL_TEMPLATE_INELIGIBLE,
        .to = account->mail,
        .addressees = alone(account, delivery->pool),
        .language = delivery->row->language,
    };
    delivery->account_digest = quota.account_digest;
    PWR_TRY(pwr_delivery_post(&fault, delivery, &values, 0));
    if (fault == NULL) {
        pwr_delivery_tell(delivery, PWR_EVENT_ACCOUNT_INELIGIBLE, account->ineligible);
    }
    return pwr_delivery_end(delivery, fault);
}

/* Of several accounts those that may be reset get their links, and of the others nothing is told.
 */
static pwr_fault_t *answer_request(pwr_delivery_t *delivery, const apr_array_header_t *accounts)
{
    apr_array_header_t *open = apr_array_make(delivery->pool, 2, sizeof(const pwr_account_t *));
    const char *logins = NULL;

    bool may_be_several
        = delivery->parts->settings->directory.may_be_several
          && accounts->nelts < PWR_MAX_MATCHES; /* PWR_MAX_MATCHES means that many or more */

    if (accounts->nelts > 1 && !may_be_several) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_ACCOUNT_AMBIGUOUS, NULL);
    }
    for (int i = 0; i < accounts->nelts; i++) {
        const pwr_account_t *account = APR_ARRAY_IDX(accounts, i, const pwr_account_t *);
        if (account->ineligible == NULL) {
            APR_ARRAY_PUSH(open, const pwr_account_t *) = account;
            logins = logins == NULL
                         ? account->login
                         : apr_pstrcat(delivery->pool, logins, ", ", account->login, NULL);
        }
    }
    if (open->nelts == 0) {
        const pwr_account_t *first = APR_ARRAY_IDX(accounts, 0, const pwr_account_t *);
        delivery->facts.account = first->login;
        return tell_ineligible(delivery, first);
    }
    delivery->facts.account = logins;
    return pwr_reset_mail_send(delivery, open);
}

static pwr_fault_t *work_row(pwr_delivery_t *delivery)
{
    bool is_request = delivery->row->kind == PWR_ROW_LINK || delivery->row->kind == PWR_ROW_AGAIN;
    apr_array_header_t *accounts = NULL;

    if (is_request && pwr_delivery_is_too_old(delivery)) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_MAIL_GIVEN_UP,
                                    "the request is older than a link may be");
    }
    const pwr_fault_t *fault = find_accounts(&accounts, delivery);
    if (fault != NULL) {
        return pwr_delivery_retry(delivery, fault);
    }
    pwr_log(PWR_LOG_DEBUG, "PWR0811", "the directory has %d accounts of this name",
            accounts->nelts);
    if (accounts->nelts == 0) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_ACCOUNT_NONE, NULL);
    }
    if (is_request) {
        return answer_request(delivery, accounts);
    }
    const pwr_account_t *account = APR_ARRAY_IDX(accounts, 0, const pwr_account_t *);
    delivery->facts.account = account->login;
    return send_done(delivery, account);
}

pwr_fault_t *pwr_outbox_worker_next(bool *is_worked, apr_time_t *next,
                                    const pwr_outbox_worker_t *by, apr_pool_t *scratch)
{
    pwr_outbox_row_t *row = NULL;

    PWR_TRY(pwr_outbox_take_due(&row, next, by->parts->store, by->parts->site, by->owner, PWR_LEASE,
                                scratch));
    *is_worked = row != NULL;
    if (row == NULL) {
        return NULL;
    }
    pwr_delivery_t delivery = {
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
    pwr_fault_t *fault = work_row(&delivery);
    if (fault != NULL) {
        fault = pwr_delivery_retry(&delivery, fault);
    }
    pwr_log_set_request(NULL, NULL);
    return fault;
}
