/*
 * A link is what its row says, and what the directory says of the account it was mailed for: a
 * password set elsewhere, another address, or an account that may no longer reset ends it. The
 * claim picks one winner of all that may happen at once to the links of one account; a process that
 * dies after it leaves them dead, and the person asks for a new one.
 */
#include "flow/reset_link.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "token/token.h"

/* What the row alone says. */
static pwr_reset_link_state_t state_of(const pwr_token_row_t *row, apr_time_t now)
{
    switch (row->state) {
    case PWR_TOKEN_USED:
        return PWR_RESET_LINK_SPENT;
    case PWR_TOKEN_UNLOCKED:
        return PWR_RESET_LINK_UNLOCKED;
    case PWR_TOKEN_REVOKED:
        return PWR_RESET_LINK_STOPPED;
    case PWR_TOKEN_CLAIMED:
        return PWR_RESET_LINK_BUSY;
    case PWR_TOKEN_LIVE:
        break;
    }
    return now >= row->expires ? PWR_RESET_LINK_EXPIRED : PWR_RESET_LINK_LIVE;
}

static bool is_same(const pwr_reset_link_t *link, const char *purpose, const char *text,
                    const char *digest)
{
    char now[PWR_DIGEST_CHARS + 1];

    pwr_token_digest(now, link->key, purpose, link->row->site, text);
    return strcmp(now, digest) == 0;
}

/* Is the account still the one the link was mailed for? A password set elsewhere, another address,
 * or an account that may no longer reset ends the link. */
static void compare_account(pwr_reset_link_t *link)
{
    const pwr_account_t *account = link->account;
    bool has_mail = false;

    if (account == NULL || account->ineligible != NULL) {
        link->state = PWR_RESET_LINK_CHANGED;
        return;
    }
    for (int i = 0; i < account->mails->nelts; i++) {
        const char *mail = APR_ARRAY_IDX(account->mails, i, const char *);
        has_mail = has_mail || is_same(link, PWR_TOKEN_MAIL, mail, link->row->mail_digest);
    }
    if (!has_mail) {
        link->state = PWR_RESET_LINK_CHANGED;
    } else if (!is_same(link, PWR_TOKEN_STAMP, account->stamp, link->row->stamp_digest)) {
        link->state
            = account->password_changed != 0 ? PWR_RESET_LINK_SPENT : PWR_RESET_LINK_CHANGED;
        link->ended = account->password_changed;
    }
}

pwr_fault_t *pwr_reset_link_ask(pwr_reset_link_t *link, pwr_parts_t *parts, apr_pool_t *pool)
{
    pwr_rules_t rules = {0};
    pwr_account_t *account = NULL;

    PWR_TRY(pwr_directory_read(&account, parts->directory, link->row->account_id, pool));
    link->account = account;
    compare_account(link);
    if (link->state == PWR_RESET_LINK_LIVE) {
        PWR_TRY(pwr_directory_rules(&rules, parts->directory, account, pool));
        link->rules = pwr_policy_merge(&parts->settings->policy, &rules);
    }
    return NULL;
}

/* The row of a token, under the first key that knows it. `link->row` is NULL when none does. */
static pwr_fault_t *find_row(pwr_reset_link_t *link, pwr_parts_t *parts, const char *token,
                             apr_pool_t *pool)
{
    char digest[PWR_DIGEST_CHARS + 1];
    pwr_token_row_t *row = NULL;
    apr_time_t now = pwr_clock_now();

    for (const pwr_secret_t *key = parts->key; key != NULL && row == NULL;
         key = pwr_secret_next(key, now)) {
        pwr_token_digest(digest, key, PWR_TOKEN_LINK, parts->site, token);
        PWR_TRY(pwr_tokens_find(&row, parts->store, parts->site, digest, pool));
        link->key = key;
    }
    link->row = row;
    return NULL;
}

pwr_fault_t *pwr_reset_link_find(pwr_reset_link_t *link, pwr_parts_t *parts, const char *token,
                                 apr_pool_t *pool)
{
    const pwr_rules_t none = {0};

    *link = (pwr_reset_link_t){.state = PWR_RESET_LINK_UNKNOWN};
    link->rules = pwr_policy_merge(&parts->settings->policy, &none);
    if (token == NULL || !pwr_token_is_canonical(token)) {
        return NULL;
    }
    PWR_TRY(find_row(link, parts, token, pool));
    if (link->row != NULL) {
        pwr_log_set_request(link->row->request_id, NULL);
        link->state = state_of(link->row, pwr_clock_now());
        link->ended = link->row->ended;
    }
    return NULL;
}

/* With one key nothing is asked. */
const char *pwr_reset_link_digest_of(pwr_parts_t *parts, const char *token, apr_pool_t *pool)
{
    char digest[PWR_DIGEST_CHARS + 1];
    pwr_reset_link_t link = {.row = NULL};

    if (token == NULL || !pwr_token_is_canonical(token)) {
        return NULL;
    }
    if (pwr_secret_next(parts->key, pwr_clock_now()) != NULL) {
        pwr_log_fault(find_row(&link, parts, token, pool));
    }
    pwr_token_digest(digest, link.row != NULL ? link.key : parts->key, PWR_TOKEN_LINK, parts->site,
                     token);
    return apr_pstrdup(pool, digest);
}

pwr_fault_t *pwr_reset_link_look(pwr_reset_link_t *link, pwr_parts_t *parts, const char *token,
                                 apr_pool_t *pool)
{
    PWR_TRY(pwr_reset_link_find(link, parts, token, pool));
    if (link->state == PWR_RESET_LINK_LIVE) {
        pwr_fault_t *fault = pwr_reset_link_ask(link, parts, pool);
        if (fault != NULL) {
            pwr_log_fault(fault);
        }
    }
    return NULL;
}

bool pwr_reset_link_may_unlock(const pwr_reset_link_t *link, const pwr_parts_t *parts)
{
    return parts->settings->flow.may_unlock && link->account != NULL && link->account->is_locked;
}

pwr_fault_t *pwr_reset_link_claim(bool *is_won, char claim_id[PWR_CLAIM_CHARS + 1],
                                  const pwr_reset_link_t *link, pwr_parts_t *parts,
                                  apr_pool_t *pool)
{
    unsigned char bytes[PWR_CLAIM_BYTES];

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(claim_id, bytes, sizeof bytes);
    return pwr_tokens_claim(is_won, parts->store, link->row, claim_id, pool);
}

void pwr_reset_link_release(pwr_parts_t *parts, const char *claim_id, apr_pool_t *pool)
{
    pwr_log_fault(pwr_tokens_release(parts->store, claim_id, pool));
}

void pwr_reset_link_burn(pwr_parts_t *parts, const char *account_id, pwr_token_state_t state,
                         apr_pool_t *pool)
{
    const pwr_token_row_t like = {.site = parts->site, .account_id = account_id};

    pwr_log_fault(pwr_tokens_burn(parts->store, &like, state, pool));
}

void pwr_reset_link_confirm(pwr_parts_t *parts, const pwr_reset_link_t *link, pwr_outbox_row_t row,
                            apr_pool_t *pool)
{
    bool is_new = false;

    row.site = parts->site;
    row.typed_name = link->row->account_id;
    row.typed_name_digest = row.account_digest = row.support_code = row.seed = "";
    row.created = row.due = pwr_clock_now();
    pwr_log_fault(pwr_outbox_put(&is_new, parts->store, &row, pool));
}

void pwr_reset_link_tell(pwr_event_t event, pwr_parts_t *parts, const pwr_reset_link_t *link,
                         const pwr_facts_t *facts, apr_pool_t *scratch)
{
    pwr_facts_t whole = *facts;

    whole.site = parts->site;
    if (link->row != NULL) {
        whole.request_id = link->row->request_id;
        whole.account = link->row->login;
    }
    pwr_events_raise(parts->events, event, &whole, scratch);
}
