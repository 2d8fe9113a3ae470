/*
 * Order matters here, and each step says what is true if the process dies after it:
 *   look     nothing is changed
 *   judge    nothing is changed
 *   claim    the account's links are CLAIMED: no other call can write
 *   write    the directory has the password, or refused it, or nobody knows
 *   end      the links are burnt or released: they say what happened
 *   confirm  the outbox row for the mail that tells the owner
 */
#include "flow/reset.h"

#include <string.h>

#include "base/log.h"
#include "flow/attempt_cap.h"
#include "store/returns.h"

/* One posted form under work. */
typedef struct {
    pwr_reset_answer_t *answer;
    pwr_parts_t *parts;
    const pwr_reset_form_t *form;
    char claim_id[PWR_CLAIM_CHARS + 1];
    apr_pool_t *pool;
} job_t;

static void tell(job_t *job, pwr_event_t event, const char *detail)
{
    const pwr_facts_t facts = {.client = job->form->client, .detail = detail};

    pwr_reset_link_tell(event, job->parts, &job->answer->link, &facts, job->pool);
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

/* Every link of the account is burnt first. Should the store fail now, a new password's stamp kills
 * them too. */
static void finish(job_t *job, pwr_event_t event, pwr_row_kind_t kind)
{
    const pwr_reset_link_t *link = &job->answer->link;
    bool is_unlocked = kind == PWR_ROW_UNLOCKED;
    const pwr_outbox_row_t row = {.id = job->claim_id,
                                  .kind = kind,
                                  .client = job->form->client,
                                  .language = job->form->language};

    pwr_reset_link_burn(job->parts, link->row->account_id,
                        is_unlocked ? PWR_TOKEN_UNLOCKED : PWR_TOKEN_USED, job->pool);
    job->answer->outcome = PWR_RESET_DONE;
    tell(job, event, NULL);
    pwr_reset_link_confirm(job->parts, link, row, job->pool);
}

/* Somebody else changed the account between our look and our write: that ends the link, whatever
 * the directory says later. */
static void end_stale(job_t *job)
{
    pwr_reset_link_t *link = &job->answer->link;

    pwr_log_fault(pwr_reset_link_ask(link, job->parts, job->pool));
    if (link->state == PWR_RESET_LINK_LIVE) {
        link->state = PWR_RESET_LINK_CHANGED;
    }
    pwr_reset_link_burn(job->parts, link->row->account_id, PWR_TOKEN_USED, job->pool);
    job->answer->outcome = PWR_RESET_DEAD;
    tell(job, PWR_EVENT_LINK_DEAD, "stale");
}

/* The directory said no, or was not reached: the same link works again. */
static void let_go(job_t *job, const pwr_fault_t *why, const char *key_of_later)
{
    bool is_refusal = why != NULL && why->kind == PWR_REFUSED;

    pwr_reset_link_release(job->parts, job->claim_id, job->pool);
    refuse(job->answer, is_refusal ? why->key : key_of_later, false);
}

static void write_password(job_t *job, const pwr_secret_t *password)
{
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;
    const pwr_fault_t *fault = pwr_directory_set_password(
        &outcome, job->parts->directory, job->answer->link.account, password, job->pool);

    pwr_log_fault(fault);
    switch (outcome) {
    case PWR_WRITE_DONE:
        pwr_log_fault(pwr_attempt_cap_forget(job->parts, job->answer->link.account->id, job->pool));
        finish(job, PWR_EVENT_PASSWORD_SET, PWR_ROW_CHANGED);
        break;
    case PWR_WRITE_STALE:
        end_stale(job);
        break;
    case PWR_WRITE_REFUSED:
    case PWR_WRITE_NOT_SENT:
        let_go(job, fault, "directory.temporary");
        tell(job, PWR_EVENT_PASSWORD_REFUSED, job->answer->key);
        break;
    case PWR_WRITE_UNKNOWN:
        job->answer->outcome = PWR_RESET_UNSURE;
        tell(job, PWR_EVENT_PASSWORD_UNKNOWN, fault != NULL ? fault->detail : NULL);
        break;
    }
}

/* Unlocking twice does what unlocking once does, so an answer that was lost leaves the link alive.
 */
static void write_unlock(job_t *job)
{
    pwr_write_outcome_t outcome = PWR_WRITE_NOT_SENT;
    const pwr_fault_t *fault = pwr_directory_unlock(&outcome, job->parts->directory,
                                                    job->answer->link.account, job->pool);

    pwr_log_fault(fault);
    if (outcome == PWR_WRITE_DONE) {
        finish(job, PWR_EVENT_ACCOUNT_UNLOCKED, PWR_ROW_UNLOCKED);
    } else if (outcome == PWR_WRITE_STALE) {
        end_stale(job);
    } else {
        let_go(job, fault, "unlock.temporary");
        tell(job, PWR_EVENT_UNLOCK_REFUSED, fault != NULL ? fault->detail : NULL);
    }
}

/* Is the link alive, and its account still the one it was mailed for? The answer says why not. */
static pwr_fault_t *open_link(bool *is_open, job_t *job)
{
    pwr_reset_answer_t *answer = job->answer;

    *is_open = false;
    *answer = (pwr_reset_answer_t){.outcome = PWR_RESET_DEAD};
    PWR_TRY(pwr_reset_link_find(&answer->link, job->parts, job->form->token, job->pool));
    if (answer->link.state == PWR_RESET_LINK_LIVE) {
        const pwr_fault_t *fault = pwr_reset_link_ask(&answer->link, job->parts, job->pool);
        if (fault != NULL) {
            pwr_log_fault(fault);
            refuse(answer, "directory.temporary", false);
            return NULL;
        }
    }
    *is_open = answer->link.state == PWR_RESET_LINK_LIVE;
    if (!*is_open) {
        tell(job, PWR_EVENT_LINK_DEAD, NULL);
    }
    return NULL;
}

/* Takes the account's links for this call alone; whoever comes second is told what became of them.
 */
static pwr_fault_t *claim(bool *is_won, job_t *job)
{
    pwr_reset_link_t *link = &job->answer->link;

    PWR_TRY(pwr_reset_link_claim(is_won, job->claim_id, link, job->parts, job->pool));
    return *is_won ? NULL : pwr_reset_link_find(link, job->parts, job->form->token, job->pool);
}

pwr_fault_t *pwr_reset_set(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                           const pwr_reset_form_t *form, apr_pool_t *pool)
{
    job_t job = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    bool is_open = false;
    bool is_won = false;

    PWR_TRY(open_link(&is_open, &job));
    if (!is_open) {
        return NULL;
    }
    const pwr_secret_t *password = judge(answer, parts, form, pool);
    if (password == NULL) {
        tell(&job, PWR_EVENT_PASSWORD_REFUSED, answer->key);
        return NULL;
    }
    PWR_TRY(claim(&is_won, &job));
    if (is_won) {
        write_password(&job, password);
    }
    return NULL;
}

pwr_fault_t *pwr_reset_unlock(pwr_reset_answer_t *answer, pwr_parts_t *parts,
                              const pwr_reset_form_t *form, apr_pool_t *pool)
{
    job_t job = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    bool is_open = false;
    bool is_won = false;

    PWR_TRY(open_link(&is_open, &job));
    if (!is_open) {
        return NULL;
    }
    if (!pwr_reset_link_may_unlock(&answer->link, parts)) {
        refuse(answer, "unlock.not_locked", false);
        return NULL;
    }
    PWR_TRY(claim(&is_won, &job));
    if (is_won) {
        write_unlock(&job);
    }
    return NULL;
}

pwr_fault_t *pwr_reset_return_of(const char **url, pwr_parts_t *parts, const pwr_reset_link_t *link,
                                 apr_pool_t *pool)
{
    return pwr_returns_find(url, parts->store, link->row->request_id, pool);
}
