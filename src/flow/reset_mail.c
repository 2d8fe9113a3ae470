/*
 * The tokens are derived from the row's seed, the account and the key, hence every delivery mails
 * the same links in the same bytes, and a mail that arrives twice shows up once. All links of a row
 * have one "not me" link, as they have one request.
 */
#include "flow/reset_mail.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "flow/mail_quota.h"
#include "store/tokens.h"
#include "token/token.h"

static void digest(char out[PWR_DIGEST_CHARS + 1], pwr_delivery_t *delivery, const char *purpose,
                   const char *text)
{
    pwr_token_digest(out, delivery->parts->key, purpose, delivery->parts->site, text);
}

static const pwr_secret_t *derive_link(pwr_delivery_t *delivery, const pwr_account_t *account)
{
    char *seed = apr_pstrcat(delivery->pool, delivery->row->seed, account->id, NULL);

    pwr_crypto_wipe_with(seed, strlen(seed), delivery->pool);
    return pwr_token_derive(delivery->parts->key, PWR_TOKEN_LINK, seed, delivery->pool);
}

/* Makes the account's link usable from now on, for the whole life of a link. */
static pwr_fault_t *put_token(pwr_delivery_t *delivery, const pwr_mail_values_t *values,
                              const pwr_addressee_t *addressee)
{
    const pwr_account_t *account = addressee->account;
    char link[PWR_DIGEST_CHARS + 1], stop[PWR_DIGEST_CHARS + 1];
    char mail[PWR_DIGEST_CHARS + 1], stamp[PWR_DIGEST_CHARS + 1];

    digest(link, delivery, PWR_TOKEN_LINK, pwr_secret_bytes(addressee->token));
    digest(stop, delivery, PWR_TOKEN_STOP, pwr_secret_bytes(values->stop_token));
    digest(mail, delivery, PWR_TOKEN_MAIL, account->mail);
    digest(stamp, delivery, PWR_TOKEN_STAMP, account->stamp);
    pwr_token_row_t token = {
        .digest = link,
        .stop_digest = stop,
        .request_id = delivery->row->id,
        .site = delivery->parts->site,
        .account_id = account->id,
        .login = account->login,
        .mail_digest = mail,
        .stamp_digest = stamp,
        .language = delivery->row->language,
        .state = PWR_TOKEN_LIVE,
        .created = pwr_clock_now(),
        .expires = values->until,
    };
    return pwr_tokens_put(delivery->parts->store, &token, delivery->pool);
}

/* Whether an earlier delivery of this row got so far. What it was granted then, it has. */
static pwr_fault_t *has_token(bool *has, pwr_delivery_t *delivery, const pwr_secret_t *link_token)
{
    pwr_token_row_t *row = NULL;
    char link[PWR_DIGEST_CHARS + 1];

    digest(link, delivery, PWR_TOKEN_LINK, pwr_secret_bytes(link_token));
    PWR_TRY(
        pwr_tokens_find(&row, delivery->parts->store, delivery->parts->site, link, delivery->pool));
    *has = row != NULL;
    return NULL;
}

static void add(apr_array_header_t *addressees, const pwr_addressee_t *one)
{
    APR_ARRAY_PUSH(addressees, pwr_addressee_t) = *one;
}

/* The row's only account: the row itself counts against its caps. */
static pwr_fault_t *grant_one(pwr_mail_quota_t *quota, pwr_delivery_t *delivery,
                              const pwr_mail_values_t *values, const pwr_account_t *account,
                              apr_array_header_t *granted)
{
    const pwr_addressee_t one = {.account = account, .token = derive_link(delivery, account)};

    PWR_TRY(pwr_mail_quota_ask(quota, delivery, account));
    if (quota->has_turn && quota->why == NULL) {
        delivery->account_digest = quota->account_digest;
        PWR_TRY(put_token(delivery, values, &one));
        add(granted, &one);
    }
    return NULL;
}

/* One of several: its token and a note hold what it was granted, so that the row can go on to the
 * next account. */
static pwr_fault_t *grant_of_several(pwr_mail_quota_t *quota, pwr_delivery_t *delivery,
                                     const pwr_mail_values_t *values, const pwr_account_t *account,
                                     apr_array_header_t *granted)
{
    const pwr_addressee_t one = {.account = account, .token = derive_link(delivery, account)};
    bool has = false;

    *quota = (pwr_mail_quota_t){.has_turn = true};
    PWR_TRY(has_token(&has, delivery, one.token));
    if (!has) {
        PWR_TRY(pwr_mail_quota_ask(quota, delivery, account));
    }
    if (quota->has_turn && quota->why == NULL) {
        PWR_TRY(put_token(delivery, values, &one));
        PWR_TRY(pwr_mail_quota_note(delivery, account));
        add(granted, &one);
    }
    return NULL;
}

/* Two rows about the same accounts ask for them in the same order, so that they do not wait for
 * each other for ever. */
static int compare_ids(const void *one, const void *other)
{
    const pwr_account_t *const *a = one;
    const pwr_account_t *const *b = other;
    return strcmp((*a)->id, (*b)->id);
}

static apr_array_header_t *in_order(const apr_array_header_t *accounts, apr_pool_t *pool)
{
    apr_array_header_t *sorted = apr_array_copy(pool, accounts);

    qsort(sorted->elts, (size_t)sorted->nelts, (size_t)sorted->elt_size, compare_ids);
    return sorted;
}

/* Those of `granted` whose mail goes to `to`. */
static apr_array_header_t *those_at(const apr_array_header_t *granted, const char *to,
                                    apr_pool_t *pool)
{
    apr_array_header_t *there = apr_array_make(pool, granted->nelts, sizeof(pwr_addressee_t));

    for (int i = 0; i < granted->nelts; i++) {
        const pwr_addressee_t *one = &APR_ARRAY_IDX(granted, i, pwr_addressee_t);
        if (strcmp(one->account->mail, to) == 0) {
            add(there, one);
        }
    }
    return there;
}

/* One mail for each address. */
static pwr_fault_t *post_all(const pwr_fault_t **fault, pwr_delivery_t *delivery,
                             pwr_mail_values_t *values, const apr_array_header_t *granted)
{
    for (int i = 0; i < granted->nelts && *fault == NULL; i++) {
        const pwr_addressee_t *one = &APR_ARRAY_IDX(granted, i, pwr_addressee_t);
        values->to = one->account->mail;
        values->addressees = those_at(granted, values->to, delivery->pool);
        if (APR_ARRAY_IDX(values->addressees, 0, pwr_addressee_t).account == one->account) {
            PWR_TRY(pwr_delivery_post(fault, delivery, values, i));
        }
    }
    return NULL;
}

pwr_fault_t *pwr_reset_mail_send(pwr_delivery_t *delivery, const apr_array_header_t *accounts)
{
    const apr_array_header_t *all = in_order(accounts, delivery->pool);
    apr_array_header_t *granted
        = apr_array_make(delivery->pool, all->nelts, sizeof(pwr_addressee_t));
    const pwr_fault_t *fault = NULL;
    pwr_mail_quota_t quota = {.has_turn = true};
    pwr_mail_values_t values = {
        .kind = PWR_MAIL_TEMPLATE_LINK,
        .language = delivery->row->language,
        .until = pwr_clock_now() + delivery->parts->settings->flow.link_life,
        .stop_token = pwr_token_derive(delivery->parts->key, PWR_TOKEN_STOP, delivery->row->seed,
                                       delivery->pool),
    };

    for (int i = 0; i < all->nelts && quota.has_turn; i++) {
        PWR_TRY((all->nelts == 1 ? grant_one : grant_of_several)(
            &quota, delivery, &values, APR_ARRAY_IDX(all, i, const pwr_account_t *), granted));
    }
    if (!quota.has_turn) {
        return pwr_delivery_wait(delivery);
    }
    if (granted->nelts == 0) {
        return pwr_delivery_give_up(delivery, PWR_EVENT_MAIL_CAPPED, quota.why);
    }
    PWR_TRY(post_all(&fault, delivery, &values, granted));
    return pwr_delivery_end(delivery, fault);
}
