/*
 * Order matters here, and each step says what is true if the process dies after it:
 *   look     nothing is changed
 *   judge    nothing is changed
 *   claim    the account's links are CLAIMED: no other call can write; a process that dies leaves
 * them dead, and the person asks for a new one write    the directory has the password, or refused
 * it, or nobody knows burn / release   the links say what happened confirm  the outbox row for the
 * mail that tells the owner
 */
#include "flow/reset.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/returns.h"
#include "token/token.h"

#define CLAIM_BYTES 24

static void tell(pwr_event_t event, pwr_parts_t *parts, const pwr_reset_answer_t *answer,
                 const pwr_reset_form_t *form, const char *detail, apr_pool_t *scratch)
{
    const pwr_token_row_t *row = answer->link.row;
    pwr_facts_t facts = {
        .realm = parts->realm,
        .request_id = row != NULL ? row->request_id : NULL,
        .account = row != NULL ? row->login : NULL,
        .client = form->client,
        .detail = detail,
    };
    pwr_events_raise(parts->events, event, &facts, scratch);
}

const char *pwr_reset_digest_of(const pwr_parts_t *parts, const char *token, apr_pool_t *pool)
{
    char digest[PWR_DIGEST_CHARS + 1];

    if (token == NULL || !pwr_token_is_canonical(token)) {
        return NULL;
    }
    pwr_token_digest(digest, parts->key, PWR_TOKEN_LINK, parts->realm, token);
    return apr_pstrdup(pool, digest);
}

/* What the row alone says. */
static pwr_link_state_t state_of(const pwr_token_row_t *row, apr_time_t now)
{
    switch (row->state) {
    case PWR_TOKEN_USED:
        return PWR_LINK_SPENT;
    case PWR_TOKEN_REVOKED:
        return PWR_LINK_STOPPED;
    case PWR_TOKEN_CLAIMED:
        return PWR_LINK_BUSY;
    case PWR_TOKEN_LIVE:
        break;
    }
    return now >= row->expires ? PWR_LINK_EXPIRED : PWR_LINK_LIVE;
}

static bool is_same(const pwr_parts_t *parts, const char *purpose, const char *text,
                    const char *digest)
{
    char now[PWR_DIGEST_CHARS + 1];

    pwr_token_digest(now, parts->key, purpose, parts->realm, text);
    return strcmp(now, digest) == 0;
}

/* Is the account still the one the link was mailed for? A password set elsewhere, another address,
 * or an account that may no longer reset ends the link. */
static void compare_account(pwr_link_t *link, const pwr_parts_t *parts)
{
    const pwr_account_t *account = link->account;
    bool has_mail = false;

    if (account == NULL || account->barred != NULL) {
        link->state = PWR_LINK_CHANGED;
        return;
    }
    for (int i = 0; i < account->mails->nelts; i++) {
        const char *mail = APR_ARRAY_IDX(account->mails, i, const char *);
        has_mail = has_mail || is_same(parts, PWR_TOKEN_MAIL, mail, link->row->mail_digest);
    }
    if (!has_mail) {
        link->state = PWR_LINK_CHANGED;
    } else if (!is_same(parts, PWR_TOKEN_STAMP, account->stamp, link->row->stamp_digest)) {
        link->state = account->password_changed != 0 ? PWR_LINK_SPENT : PWR_LINK_CHANGED;
        link->ended = account->password_changed;
    }
}

/* Reads the account and its rules again. */
static pwr_fault_t *ask_directory(pwr_link_t *link, pwr_parts_t *parts, apr_pool_t *pool)
{
    pwr_rules_t rules = {0};
    pwr_account_t *account = NULL;

    PWR_TRY(pwr_directory_read(&account, parts->directory, link->row->account_id, pool));
    link->account = account;
    compare_account(link, parts);
    if (link->state == PWR_LINK_LIVE) {
        PWR_TRY(pwr_directory_rules(&rules, parts->directory, account, pool));
        link->rules = pwr_policy_merge(&parts->settings->policy, &rules);
    }
    return NULL;
}

/* The row of a token and what it alone says. */
static pwr_fault_t *find_row(pwr_link_t *link, pwr_parts_t *parts, const char *token,
                             apr_pool_t *pool)
{
    const pwr_rules_t none = {0};
    const char *digest = pwr_reset_digest_of(parts, token, pool);
    pwr_token_row_t *row = NULL;

    *link = (pwr_link_t){.state = PWR_LINK_UNKNOWN};
    link->rules = pwr_policy_merge(&parts->settings->policy, &none);
    if (digest == NULL) {
        return NULL;
    }
    PWR_TRY(pwr_tokens_find(&row, parts->store, parts->realm, digest, pool));
    if (row != NULL) {
        link->row = row;
        link->state = state_of(row, pwr_clock_now());
        link->ended = row->ended;
    }
    return NULL;
}

pwr_fault_t *pwr_reset_look(pwr_link_t *link, pwr_parts_t *parts, const char *token,
                            apr_pool_t *pool)
{
    PWR_TRY(find_row(link, parts, token, pool));
    if (link->state == PWR_LINK_LIVE) {
        pwr_fault_t *fault = ask_directory(link, parts, pool);
        if (fault != NULL) {
            pwr_log_fault(fault);
        }
    }
    return NULL;
}

static void refuse(pwr_reset_answer_t *answer, const char *key, bool is_about_second)
{
    answer->outcome = PWR_RESET_REFUSED;
    answer->key = key;
    answer->is_about_second = is_about_second;
}

/* Judges what was typed; NULL when it is refused. */
static pwr_secret_t *judge(pwr_reset_answer_t *answer, const pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool)
{
    const char *key = NULL;
    const char *first = form->first != NULL ? form->first : "";
    const char *second = form->second != NULL ? form->second : "";
    pwr_secret_t *password = pwr_policy_prepare(&key, first, pool);

    if (password == NULL) {
        refuse(answer, key, false);
        return NULL;
    }
    pwr_policy_context_t context
        = {.policy = parts->policy, .rules = &answer->link.rules, .account = answer->link.account};
    answer->verdict = pwr_policy_judge(&context, password, pool);
    if (answer->verdict.key != NULL) {
        refuse(answer, answer->verdict.key, false);
        return NULL;
    }
    if (strcmp(first, second) != 0) {
        refuse(answer, "password.different", true);
        return NULL;
    }
    return password;
}

/* Puts the row of the confirmation mail. The password is set already, so a fault here is logged and
 * stops nothing. */
static void confirm(pwr_parts_t *parts, const pwr_link_t *link, const pwr_reset_form_t *form,
                    const char *claim_id, apr_pool_t *pool)
{
    bool is_new = false;
    apr_time_t now = pwr_clock_now();
    pwr_outbox_row_t row = {
        .id = claim_id,
        .kind = PWR_ROW_CHANGED,
        .realm = parts->realm,
        .subject = link->row->account_id,
        .subject_digest = "",
        .account_digest = "",
        .language = form->language,
        .client = form->client,
        .support_code = "",
        .seed = "",
        .created = now,
        .due = now,
    };
    pwr_fault_t *fault = pwr_outbox_put(&is_new, parts->store, &row, pool);

    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

/* After DONE: every link of the account is burnt. Its new stamp alone kills them too, should the
 * store fail now. */
static void finish(pwr_reset_answer_t *answer, pwr_parts_t *parts, const pwr_reset_form_t *form,
                   const char *claim_id, apr_pool_t *pool)
{
    pwr_fault_t *fault = pwr_tokens_burn(parts->store, answer->link.row, pool);

    if (fault != NULL) {
        pwr_log_fault(fault);
    }
    answer->outcome = PWR_RESET_DONE;
    tell(PWR_EVENT_PASSWORD_SET, parts, answer, form, NULL, pool);
    confirm(parts, &answer->link, form, claim_id, pool);
}

/* The directory said no, or was not reached: the same link works again. */
static void let_go(pwr_reset_answer_t *answer, pwr_parts_t *parts, const pwr_fault_t *why,
                   const char *claim_id, apr_pool_t *pool)
{
    pwr_fault_t *fault = pwr_tokens_release(parts->store, claim_id, pool);

    if (fault != NULL) {
        pwr_log_fault(fault);
    }
    pwr_log_fault(why);
    refuse(answer, why->kind == PWR_REFUSED ? why->key : "directory.temporary", false);
}

static void write_password(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, const pwr_secret_t *password,
                           const char *claim_id, apr_pool_t *pool)
{
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;
    pwr_fault_t *fault = pwr_directory_set_password(&outcome, parts->directory,
                                                    answer->link.account, password, pool);

    switch (outcome) {
    case PWR_WRITE_DONE:
        finish(answer, parts, form, claim_id, pool);
        break;
    case PWR_WRITE_STALE: /* the links stay claimed: they were for an account that has changed */
        answer->outcome = PWR_RESET_DEAD;
        answer->link.state = PWR_LINK_CHANGED;
        tell(PWR_EVENT_LINK_DEAD, parts, answer, form, NULL, pool);
        break;
    case PWR_WRITE_REFUSED:
    case PWR_WRITE_NOT_SENT:
        let_go(answer, parts, fault, claim_id, pool);
        tell(PWR_EVENT_PASSWORD_REFUSED, parts, answer, form, answer->key, pool);
        break;
    case PWR_WRITE_UNKNOWN:
        pwr_log_fault(fault);
        answer->outcome = PWR_RESET_UNSURE;
        tell(PWR_EVENT_PASSWORD_UNKNOWN, parts, answer, form, fault->detail, pool);
        break;
    }
}

/* Takes the account's links for this call alone. */
static pwr_fault_t *claim(bool *is_won, char *claim_id, pwr_reset_answer_t *answer,
                          pwr_parts_t *parts, apr_pool_t *pool)
{
    unsigned char bytes[CLAIM_BYTES];

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(claim_id, bytes, sizeof bytes);
    return pwr_tokens_claim(is_won, parts->store, answer->link.row, claim_id, pool);
}

pwr_fault_t *pwr_reset_set(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool)
{
    char claim_id[PWR_BASE64URL_CHARS(CLAIM_BYTES) + 1];
    bool is_won = false;

    *answer = (pwr_reset_answer_t){.outcome = PWR_RESET_DEAD};
    PWR_TRY(find_row(&answer->link, parts, form->token, pool));
    if (answer->link.state == PWR_LINK_LIVE) {
        pwr_fault_t *fault = ask_directory(&answer->link, parts, pool);
        if (fault != NULL) {
            pwr_log_fault(fault);
            refuse(answer, "directory.temporary", false);
            return NULL;
        }
    }
    if (answer->link.state != PWR_LINK_LIVE) {
        tell(PWR_EVENT_LINK_DEAD, parts, answer, form, NULL, pool);
        return NULL;
    }
    const pwr_secret_t *password = judge(answer, parts, form, pool);
    if (password == NULL) {
        tell(PWR_EVENT_PASSWORD_REFUSED, parts, answer, form, answer->key, pool);
        return NULL;
    }
    PWR_TRY(claim(&is_won, claim_id, answer, parts, pool));
    if (!is_won) {
        return find_row(&answer->link, parts, form->token, pool);
    }
    write_password(answer, parts, form, password, claim_id, pool);
    return NULL;
}

pwr_fault_t *pwr_reset_return_of(const char **url, pwr_parts_t *parts, const pwr_link_t *link,
                                 apr_pool_t *pool)
{
    return pwr_returns_find(url, parts->store, link->row->request_id, pool);
}
