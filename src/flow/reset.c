/*
 * Order matters here, and each step says what is true if the process dies after it:
 *   look     nothing is changed
 *   judge    nothing is changed
 *   claim    the account's links are CLAIMED: no other call can write
 *   write    the directory has the password, or refused it, or its answer was lost
 *   end      the links are burnt or released: they say what happened
 *   confirm  the outbox row for the mail that tells the owner
 */
#include "flow/reset.h"

#include <string.h>

#include "base/log.h"
#include "flow/attempt_cap.h"
#include "store/return_urls.h"

/* One posted form under work. */
typedef struct {
    pwr_reset_answer_t *answer;
    pwr_parts_t *parts;
    const pwr_reset_form_t *form;
    char claim_id[PWR_CLAIM_CHARS + 1];
    apr_pool_t *pool;
} reset_run_t;

static void raise_event(reset_run_t *run, pwr_event_t event, const char *detail)
{
    const pwr_facts_t facts = {.client = run->form->client, .detail = detail};

    pwr_reset_link_tell(event, run->parts, &run->answer->link, &facts, run->pool);
}

static void set_refusal(pwr_reset_answer_t *answer, const char *key, bool is_about_second)
{
    answer->outcome = PWR_RESET_REFUSED;
    answer->key = key;
    answer->is_about_second = is_about_second;
}

/* Judges what was typed; NULL when it is refused. */
static pwr_secret_t *check_password(pwr_reset_answer_t *answer, const pwr_parts_t *parts,
                                    const pwr_reset_form_t *form, apr_pool_t *pool)
{
    const char *key = NULL;
    const char *first = form->first != NULL ? form->first : "";
    const char *second = form->second != NULL ? form->second : "";
    pwr_secret_t *password = pwr_policy_prepare(&key, first, pool);

    if (password == NULL) {
        set_refusal(answer, key, false);
        return NULL;
    }
    pwr_policy_context_t context
        = {.policy = parts->policy, .rules = &answer->link.rules, .account = answer->link.account};
    answer->verdict = pwr_policy_judge(&context, password, pool);
    if (answer->verdict.key != NULL) {
        set_refusal(answer, answer->verdict.key, false);
        return NULL;
    }
    if (strcmp(first, second) != 0) {
        set_refusal(answer, "password.different", true);
        return NULL;
    }
    return password;
}

/* Every link of the account is burnt first. Should the store fail now, a new password's stamp kills
 * them too. */
static void finish(reset_run_t *run, pwr_event_t event, pwr_row_kind_t kind)
{
    const pwr_reset_link_t *link = &run->answer->link;
    bool is_unlocked = kind == PWR_ROW_UNLOCKED;
    const pwr_outbox_row_t row = {.id = run->claim_id,
                                  .kind = kind,
                                  .client = run->form->client,
                                  .language = run->form->language};

    pwr_reset_link_burn(run->parts, link->row->account_id,
                        is_unlocked ? PWR_TOKEN_UNLOCKED : PWR_TOKEN_USED, run->pool);
    run->answer->outcome = PWR_RESET_DONE;
    raise_event(run, event, NULL);
    pwr_reset_link_confirm(run->parts, link, row, run->pool);
}

/* The account was changed elsewhere between the look and the write here: that ends the link,
 * whatever the directory says later. */
static void end_stale(reset_run_t *run)
{
    pwr_reset_link_t *link = &run->answer->link;

    pwr_log_fault(pwr_reset_link_ask(link, run->parts, run->pool));
    if (link->state == PWR_RESET_LINK_LIVE) {
        link->state = PWR_RESET_LINK_CHANGED;
    }
    pwr_reset_link_burn(run->parts, link->row->account_id, PWR_TOKEN_USED, run->pool);
    run->answer->outcome = PWR_RESET_DEAD;
    raise_event(run, PWR_EVENT_LINK_DEAD, "stale");
}

/* The directory said no, or was not reached: the same link works again. */
static void let_go(reset_run_t *run, const pwr_fault_t *why, const char *key_of_later)
{
    bool is_refusal = why != NULL && why->kind == PWR_REFUSED;

    pwr_reset_link_release(run->parts, run->claim_id, run->pool);
    set_refusal(run->answer, is_refusal ? why->key : key_of_later, false);
}

static void write_password(reset_run_t *run, const pwr_secret_t *password)
{
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;
    const pwr_fault_t *fault = pwr_directory_set_password(
        &outcome, run->parts->directory, run->answer->link.account, password, run->pool);

    pwr_log_fault(fault);
    switch (outcome) {
    case PWR_WRITE_DONE:
        pwr_log_fault(pwr_attempt_cap_forget(run->parts, run->answer->link.account->id, run->pool));
        finish(run, PWR_EVENT_PASSWORD_SET, PWR_ROW_CHANGED);
        break;
    case PWR_WRITE_STALE:
        end_stale(run);
        break;
    case PWR_WRITE_REFUSED:
    case PWR_WRITE_NOT_SENT:
        let_go(run, fault, "directory.temporary");
        raise_event(run, PWR_EVENT_PASSWORD_REFUSED, run->answer->key);
        break;
    case PWR_WRITE_UNKNOWN:
        run->answer->outcome = PWR_RESET_UNSURE;
        raise_event(run, PWR_EVENT_PASSWORD_UNKNOWN, fault != NULL ? fault->detail : NULL);
        break;
    }
}

/* Unlocking twice does what unlocking once does, so an answer that was lost leaves the link alive.
 */
static void write_unlock(reset_run_t *run)
{
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;
    const pwr_fault_t *fault = pwr_directory_unlock(&outcome, run->parts->directory,
                                                    run->answer->link.account, run->pool);

    pwr_log_fault(fault);
    if (outcome == PWR_WRITE_DONE) {
        finish(run, PWR_EVENT_ACCOUNT_UNLOCKED, PWR_ROW_UNLOCKED);
    } else if (outcome == PWR_WRITE_STALE) {
        end_stale(run);
    } else {
        let_go(run, fault, "unlock.temporary");
        raise_event(run, PWR_EVENT_UNLOCK_REFUSED, fault != NULL ? fault->detail : NULL);
    }
}

/* Is the link alive, and its account still the one it was mailed for? The answer says why not. */
static pwr_fault_t *open_link(bool *is_open, reset_run_t *run)
{
    pwr_reset_answer_t *answer = run->answer;

    *is_open = false;
    *answer = (pwr_reset_answer_t){.outcome = PWR_RESET_DEAD};
    PWR_TRY(pwr_reset_link_find(&answer->link, run->parts, run->form->token, run->pool));
    if (answer->link.state == PWR_RESET_LINK_LIVE) {
        const pwr_fault_t *fault = pwr_reset_link_ask(&answer->link, run->parts, run->pool);
        if (fault != NULL) {
            pwr_log_fault(fault);
            set_refusal(answer, "directory.temporary", false);
            return NULL;
        }
    }
    *is_open = answer->link.state == PWR_RESET_LINK_LIVE;
    if (!*is_open) {
        raise_event(run, PWR_EVENT_LINK_DEAD, NULL);
    }
    return NULL;
}

/* Takes the account's links for this call alone; a later call is told what became of them. */
static pwr_fault_t *claim(bool *is_won, reset_run_t *run)
{
    pwr_reset_link_t *link = &run->answer->link;

    PWR_TRY(pwr_reset_link_claim(is_won, run->claim_id, link, run->parts, run->pool));
    return *is_won ? NULL : pwr_reset_link_find(link, run->parts, run->form->token, run->pool);
}

pwr_fault_t *pwr_reset_set(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool)
{
    reset_run_t run = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    bool is_open = false;
    bool is_won = false;

    PWR_TRY(open_link(&is_open, &run));
    if (!is_open) {
        return NULL;
    }
    const pwr_secret_t *password = check_password(answer, parts, form, pool);
    if (password == NULL) {
        raise_event(&run, PWR_EVENT_PASSWORD_REFUSED, answer->key);
        return NULL;
    }
    PWR_TRY(claim(&is_won, &run));
    if (is_won) {
        write_password(&run, password);
    }
    return NULL;
}

pwr_fault_t *pwr_reset_unlock(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                              const pwr_reset_form_t *form, apr_pool_t *pool)
{
    reset_run_t run = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    bool is_open = false;
    bool is_won = false;

    PWR_TRY(open_link(&is_open, &run));
    if (!is_open) {
        return NULL;
    }
    if (!pwr_reset_link_may_unlock(&answer->link, parts)) {
        set_refusal(answer, "unlock.not_locked", false);
        return NULL;
    }
    PWR_TRY(claim(&is_won, &run));
    if (is_won) {
        write_unlock(&run);
    }
    return NULL;
}

pwr_fault_t *pwr_reset_return_of(const char **url, pwr_parts_t *parts, const pwr_reset_link_t *link,
                                 apr_pool_t *pool)
{
    return pwr_return_urls_find(url, parts->store, link->row->request_id, pool);
}
