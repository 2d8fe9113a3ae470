/*
 * What keeps this from being an oracle, step by step:
 *   - what can be said of the form alone is said before anybody is looked up;
 *   - a form is one try, counted before it is made;
 *   - each try is one bind: to the account, or, where that may not be, to a DN that nobody has;
 *   - the new password is judged by the person's own rules whatever comes of it, but who hears the
 *     verdict has bound rightly. One bind and no more, as an expired password may have but one
 * left;
 *   - who is wrong is answered at the next full second, within which all the above is hidden.
 */
#include "flow/change.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "flow/tries.h"
#include "store/tokens.h"

#define BEAT apr_time_from_sec(1)
#define COST_OF_WRONG 20 /* quarters of a request */
#define NAME_BYTES 18

/* One form under work. */
typedef struct {
    pwr_change_answer_t *answer;
    pwr_parts_t *parts;
    const pwr_change_form_t *form;
    pwr_secret_t *old_password, *new_password;
    const char *nonce;            /* the form's, and the id of the try */
    const pwr_account_t *account; /* NULL when there is none that may be tried */
    const char *why;              /* for the audit log: why there is none */
    pwr_rules_t rules;            /* the person's */
    pwr_verdict_t verdict;        /* of the new password, by those */
    apr_pool_t *pool;
} job_t;

static void tell(job_t *job, pwr_event_t event, const char *detail)
{
    pwr_facts_t facts = {
        .realm = job->parts->realm,
        .request_id = job->nonce,
        .account = job->account != NULL ? job->account->login : NULL,
        .client = job->form->form.client,
        .detail = detail,
    };
    pwr_events_raise(job->parts->events, event, &facts, job->pool);
}

static void refuse(job_t *job, pwr_change_end_t outcome, pwr_change_field_t field, const char *key)
{
    job->answer->outcome = outcome;
    job->answer->field = field;
    job->answer->key = key;
}

/* --- the form --------------------------------------------------------------------------------- */

pwr_rules_t pwr_change_rules(pwr_parts_t *parts, apr_pool_t *scratch)
{
    pwr_rules_t rules = {0};
    pwr_fault_t *fault = pwr_directory_rules(&rules, parts->directory, NULL, scratch);

    if (fault != NULL) {
        pwr_log_fault(fault);
        rules = (pwr_rules_t){0};
    }
    return pwr_policy_merge(&parts->settings->policy, &rules);
}

/* The robot check, which counts the form against its client. */
static bool is_let_in(job_t *job)
{
    pwr_change_answer_t *answer = job->answer;
    const char *key = NULL;
    pwr_challenge_verdict_t verdict
        = pwr_challenge_judge(&job->parts->request.challenge, &job->form->form, job->pool);

    job->nonce = verdict.nonce;
    answer->level = verdict.level;
    answer->retry_after = verdict.retry_after;
    switch (pwr_request_outcome(&key, verdict.outcome)) {
    case PWR_REQUEST_ACCEPTED:
        return true;
    case PWR_REQUEST_MORE:
        answer->outcome = PWR_CHANGE_MORE;
        break;
    case PWR_REQUEST_TOO_MANY:
        answer->outcome = PWR_CHANGE_TOO_MANY;
        break;
    default:
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, key);
        answer->is_form_spent = verdict.outcome == PWR_CHALLENGE_STALE;
        break;
    }
    return false;
}

static const char *text_of(const char *field)
{
    return field != NULL ? field : "";
}

static bool has_name(job_t *job)
{
    const char *key = NULL;

    job->answer->typed = pwr_request_clean_name(&key, job->form->name, job->pool);
    if (key != NULL && job->answer->outcome != PWR_CHANGE_TOO_MANY) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, key);
    }
    return key == NULL;
}

/* What can be said of the passwords without asking whose they are. */
static bool is_filled_in(job_t *job)
{
    const pwr_change_form_t *form = job->form;
    const char *old = text_of(form->old);
    const char *key = NULL;

    if (old[0] == '\0' || strlen(old) > PWR_MAX_PASSWORD) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_OLD,
               old[0] == '\0' ? "change.old_empty" : "change.old_long");
    } else if ((job->new_password = pwr_policy_prepare(&key, text_of(form->first), job->pool))
               == NULL) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_FIRST, key);
    } else if (strcmp(form->first, text_of(form->second)) != 0) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_SECOND, "password.different");
    } else if (strcmp(form->first, old) == 0) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_FIRST, "change.same");
    } else {
        job->old_password = pwr_secret_make(old, strlen(old), job->pool);
        return true;
    }
    return false;
}

/* --- the try ---------------------------------------------------------------------------------- */

/* Who is protected, or disabled, is not to be guessed at here. No address is no hindrance to
 * whoever knows the password. */
static bool may_be_tried(const pwr_account_t *account)
{
    return account->barred == NULL || strcmp(account->barred, "no-mail") == 0;
}

static pwr_fault_t *find_account(job_t *job)
{
    apr_array_header_t *found = NULL;

    PWR_TRY(pwr_directory_find(&found, job->parts->directory, job->answer->typed, job->pool));
    if (found->nelts != 1) {
        job->why = found->nelts == 0 ? "no account" : "several accounts";
        return NULL;
    }
    job->account = APR_ARRAY_IDX(found, 0, const pwr_account_t *);
    if (!may_be_tried(job->account)) {
        job->why = job->account->barred;
    }
    return NULL;
}

/* By the rules of the person, where there is one. */
static pwr_fault_t *judge_password(job_t *job)
{
    const pwr_account_t nobody = {.login = job->answer->typed};
    pwr_rules_t rules = {0};

    PWR_TRY(pwr_directory_rules(&rules, job->parts->directory, job->account, job->pool));
    job->rules = pwr_policy_merge(&job->parts->settings->policy, &rules);
    pwr_policy_context_t context = {
        .policy = job->parts->policy,
        .rules = &job->rules,
        .account = job->account != NULL ? job->account : &nobody,
    };
    job->verdict = pwr_policy_judge(&context, job->new_password, job->pool);
    return NULL;
}

/* A DN that nobody has, beside those that people have. */
static const pwr_account_t *make_nobody(job_t *job)
{
    const pwr_directory_settings_t *settings = &job->parts->settings->directory;
    const char *attribute = settings->login_attribute;
    pwr_account_t *nobody = apr_pcalloc(job->pool, sizeof *nobody);
    unsigned char bytes[NAME_BYTES];
    char name[PWR_BASE64URL_CHARS(NAME_BYTES) + 1];

    pwr_crypto_random(bytes, sizeof bytes);
    pwr_encode_base64url(name, bytes, sizeof bytes);
    nobody->id = nobody->login = nobody->stamp = apr_pstrdup(job->pool, name);
    nobody->dn = apr_pstrcat(job->pool, attribute != NULL ? attribute : "cn", "=", name, ",",
                             settings->base, NULL);
    return nobody;
}

static bool is_right(pwr_bind_outcome_t bind)
{
    return bind == PWR_BIND_RIGHT || bind == PWR_BIND_EXPIRED || bind == PWR_BIND_MUST_CHANGE;
}

/* The one bind of a try, and the write behind it where nothing speaks against it. Where the account
 * may not be tried, the outcome is WRONG whatever was asked. */
static pwr_fault_t *bind_once(pwr_change_outcome_t *outcome, const pwr_fault_t **refusal,
                              job_t *job)
{
    pwr_directory_t *directory = job->parts->directory;
    const pwr_secret_t *const passwords[2] = {job->old_password, job->new_password};
    bool is_real = job->why == NULL;
    pwr_fault_t *fault = NULL;

    *outcome = (pwr_change_outcome_t){.bind = PWR_BIND_WRONG, .write = PWR_WRITE_NOT_SENT};
    if (is_real && job->verdict.key == NULL) {
        fault
            = pwr_directory_change_password(outcome, directory, job->account, passwords, job->pool);
    } else {
        const pwr_account_t *account = is_real ? job->account : make_nobody(job);
        fault = pwr_directory_try_password(&outcome->bind, directory, account, job->old_password,
                                           job->pool);
    }
    if (!is_real) {
        outcome->bind = PWR_BIND_WRONG;
    } else if (!is_right(outcome->bind)) {
        job->why = outcome->bind == PWR_BIND_LOCKED ? "locked" : "wrong password";
    }
    *refusal = fault;
    return is_right(outcome->bind) ? NULL : fault;
}

/* --- the end ---------------------------------------------------------------------------------- */

static void log_if(const pwr_fault_t *fault)
{
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

static void wait_for_the_beat(apr_time_t begun)
{
    apr_interval_time_t spent = pwr_clock_now() - begun;

    apr_sleep(BEAT - (spent > 0 ? spent % BEAT : 0));
}

static void end_wrong(job_t *job)
{
    if (job->parts->limit != NULL) {
        pwr_client_limit_count(job->parts->limit, job->form->form.client, COST_OF_WRONG);
    }
    refuse(job, PWR_CHANGE_WRONG, PWR_CHANGE_OLD, "change.wrong");
    tell(job, PWR_EVENT_CHANGE_REFUSED, job->why);
}

/* Every link of the account is burnt; its new stamp alone kills them too, should the store fail. */
static void finish(job_t *job)
{
    pwr_store_t *store = job->parts->store;
    const pwr_token_row_t like = {.realm = job->parts->realm, .account_id = job->account->id};

    log_if(pwr_tokens_burn(store, &like, PWR_TOKEN_USED, job->pool));
    job->answer->outcome = PWR_CHANGE_DONE;
    tell(job, PWR_EVENT_PASSWORD_CHANGED, NULL);
    log_if(pwr_outbox_confirm_try(store, job->nonce, job->account->id, job->pool));
}

/* Who gets here knows the old password, and may hear the truth. */
static void end_right(job_t *job, pwr_write_outcome_t write, const pwr_fault_t *refusal)
{
    const char *key = job->verdict.key;

    log_if(pwr_outbox_forgive_try(job->parts->store, job->nonce, job->pool));
    log_if(refusal);
    if (key == NULL && write == PWR_WRITE_DONE) {
        finish(job);
        return;
    }
    if (key == NULL && write == PWR_WRITE_UNKNOWN) {
        job->answer->outcome = PWR_CHANGE_UNSURE;
        tell(job, PWR_EVENT_PASSWORD_UNKNOWN, refusal != NULL ? refusal->detail : NULL);
        return;
    }
    if (key == NULL) {
        bool has_words = refusal != NULL && refusal->kind == PWR_REFUSED;
        key = has_words ? refusal->key : "change.temporary";
    }
    job->answer->rules = job->rules;
    job->answer->account = job->account;
    job->answer->verdict = job->verdict;
    refuse(job, PWR_CHANGE_REFUSED, PWR_CHANGE_FIRST, key);
    tell(job, PWR_EVENT_CHANGE_REFUSED, key);
}

/* A form that was sent twice has the answer of the first time, if that is known. */
static pwr_fault_t *end_again(job_t *job)
{
    bool is_confirmed = false;

    PWR_TRY(pwr_outbox_is_confirmed(&is_confirmed, job->parts->store, job->nonce, job->pool));
    job->answer->outcome = PWR_CHANGE_DONE;
    if (!is_confirmed) {
        refuse(job, PWR_CHANGE_AGAIN, PWR_CHANGE_NAME, "change.used");
    }
    return NULL;
}

/* Counts the try, and says whether the name and the account may have it. */
static pwr_fault_t *count_try(bool *is_new, job_t *job)
{
    const pwr_change_form_t *form = job->form;
    const pwr_try_t attempt = {
        .nonce = job->nonce,
        .name = pwr_request_fold_name(job->answer->typed, job->pool),
        .account_id = job->account != NULL ? job->account->id : NULL,
        .language = form->language,
        .client = form->form.client,
    };
    const char *why = NULL;

    PWR_TRY(pwr_try_put(is_new, &why, job->parts, &attempt, job->pool));
    if (why != NULL && job->why == NULL) {
        job->why = why;
    }
    return NULL;
}

static pwr_fault_t *try_once(job_t *job, apr_time_t begun)
{
    pwr_change_outcome_t outcome;
    const pwr_fault_t *refusal = NULL;
    bool is_new = false;

    PWR_TRY(find_account(job));
    PWR_TRY(judge_password(job));
    PWR_TRY(count_try(&is_new, job));
    job->answer->is_form_spent = true;
    if (!is_new) {
        return end_again(job);
    }
    PWR_TRY(bind_once(&outcome, &refusal, job));
    if (is_right(outcome.bind)) {
        end_right(job, outcome.write, refusal);
        return NULL;
    }
    end_wrong(job);
    wait_for_the_beat(begun);
    return NULL;
}

pwr_fault_t *pwr_change_password(pwr_change_answer_t *answer, pwr_parts_t *parts,
                                 const pwr_change_form_t *form, apr_pool_t *pool)
{
    job_t job = {.answer = answer, .parts = parts, .form = form, .pool = pool};
    apr_time_t begun = pwr_clock_now();

    *answer = (pwr_change_answer_t){.rules = pwr_change_rules(parts, pool)};
    bool is_let = is_let_in(&job);
    bool is_named = has_name(&job);
    if (!is_let || !is_named || !is_filled_in(&job)) {
        tell(&job, PWR_EVENT_CHANGE_REFUSED, answer->key);
        return NULL;
    }
    return try_once(&job, begun);
}
