/*
 * Bounded form, robot check, one INSERT. A form that was sent before with the same name (a double
 * click, a reload) finds its row and gets the same answer, so the support code is made from the
 * row's id and not by chance. The same form with another name (Back, correct, send) is another
 * request. The form's nonce has PWR_MAX_FORM_NAMES places for rows: a request takes the first place
 * that is free or has its own name. So two posts of one name at the same moment meet at one place,
 * and one proof of work is good for that many names and no more.
 */
#include "flow/request.h"

#include <string.h>

#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/return_urls.h"
#include "text/unicode.h"

#define SUPPORT_CODE_CHARS 8
#define SEED_BYTES 32

static const char *support_code(const pwr_request_parts_t *parts, const char *nonce,
                                apr_pool_t *pool)
{
    char digest[PWR_DIGEST_CHARS + 1];
    unsigned char bytes[PWR_DIGEST_BYTES];
    size_t length = 0;
    char code[SUPPORT_CODE_CHARS + 1];

    pwr_crypto_digest(digest, parts->key, "support code", nonce, strlen(nonce));
    pwr_decode_base64url(bytes, &length, sizeof bytes, digest, PWR_DIGEST_CHARS);
    pwr_encode_spoken(code, SUPPORT_CODE_CHARS, bytes);
    return apr_psprintf(pool, "%.4s-%s", code, code + 4);
}

pwr_request_outcome_t pwr_request_outcome(const char **key, pwr_challenge_outcome_t outcome)
{
    switch (outcome) {
    case PWR_CHALLENGE_MORE:
        return PWR_REQUEST_MORE;
    case PWR_CHALLENGE_REFUSED:
        return PWR_REQUEST_TOO_MANY;
    case PWR_CHALLENGE_TOO_QUICK:
        *key = "request.too_quick";
        return PWR_REQUEST_AGAIN;
    case PWR_CHALLENGE_STALE:
        *key = "request.renewed";
        return PWR_REQUEST_AGAIN;
    case PWR_CHALLENGE_ROBOT:
        *key = "request.refused";
        return PWR_REQUEST_AGAIN;
    case PWR_CHALLENGE_PASSED:
        break;
    }
    return PWR_REQUEST_ACCEPTED;
}

const char *pwr_request_clean_name(const char **key, const char *typed, apr_pool_t *pool)
{
    typed = typed != NULL ? typed : "";
    const char *clean = strlen(typed) <= PWR_MAX_BODY ? pwr_unicode_typed_name(typed, pool) : NULL;
    if (clean == NULL || strlen(clean) > PWR_MAX_TYPED) {
        *key = "request.invalid";
        return NULL;
    }
    if (clean[0] == '\0') {
        *key = "request.empty";
        return NULL;
    }
    return clean;
}

const char *pwr_request_fold_name(const char *name, apr_pool_t *pool)
{
    char *folded = apr_pstrdup(pool, name);

    for (char *at = folded; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at + ('a' - 'A'));
        }
    }
    return folded;
}

static void raise_event(pwr_event_t event, const pwr_request_parts_t *parts,
                        const pwr_outbox_row_t *row, const char *detail, apr_pool_t *scratch)
{
    pwr_facts_t facts = {
        .site = parts->site,
        .request_id = row->id,
        .support_code = row->support_code,
        .client = row->client,
        .detail = detail,
    };
    pwr_events_raise(parts->events, event, &facts, scratch);
}

/* Puts the row at the first place of the form that is free or has this very request already.
 * `is_put` false: all places have other ones. */
static pwr_fault_t *put_at_place(bool *is_put, bool *is_new, const pwr_request_parts_t *parts,
                                 pwr_outbox_row_t *row, apr_pool_t *pool)
{
    const char *nonce = row->id;

    *is_put = false;
    for (int place = 0; place < PWR_MAX_FORM_NAMES && !*is_put; place++) {
        row->id = place == 0 ? nonce : apr_psprintf(pool, "%s.%d", nonce, place);
        row->support_code = support_code(parts, row->id, pool);
        pwr_log_set_request(row->id, row->support_code);
        PWR_TRY(pwr_outbox_put(is_new, parts->store, row, pool));
        *is_put = *is_new;
        if (!*is_new) {
            PWR_TRY(pwr_outbox_is_same(is_put, parts->store, row, pool));
        }
    }
    return NULL;
}

static pwr_fault_t *put_row(pwr_request_answer_t *answer, const pwr_request_parts_t *parts,
                            pwr_outbox_row_t *row, apr_pool_t *pool)
{
    char typed_name_digest[PWR_DIGEST_CHARS + 1];
    unsigned char seed_bytes[SEED_BYTES];
    char seed[PWR_BASE64URL_CHARS(SEED_BYTES) + 1];
    const char *folded = row->kind == PWR_ROW_LINK ? pwr_request_fold_name(row->typed_name, pool)
                                                   : row->typed_name;
    bool is_put = false, is_new = false;

    /* The purpose keeps its old word, so that the caps go on counting. */
    pwr_crypto_digest(typed_name_digest, parts->key, "subject", folded, strlen(folded));
    pwr_crypto_random(seed_bytes, sizeof seed_bytes);
    pwr_encode_base64url(seed, seed_bytes, sizeof seed_bytes);
    row->seed = seed;
    row->typed_name_digest = typed_name_digest;
    row->created = row->due = pwr_clock_now();
    row->needed = row->created + pwr_challenge_window(parts->challenge.settings);
    PWR_TRY(put_at_place(&is_put, &is_new, parts, row, pool));
    if (!is_put) {
        answer->outcome = PWR_REQUEST_AGAIN;
        answer->key = "request.used";
        raise_event(PWR_EVENT_REQUEST_REFUSED, parts, row, answer->key, pool);
        return NULL;
    }
    answer->support_code = row->support_code;
    if (is_new) {
        raise_event(PWR_EVENT_REQUEST_ACCEPTED, parts, row, NULL, pool);
    }
    return NULL;
}

/* Without it, the last page leads to the site's own login: nothing to refuse a request for. */
static void keep_return(const pwr_request_parts_t *parts, const char *id, const char *back,
                        apr_pool_t *pool)
{
    const char *kept = NULL;
    pwr_fault_t *fault = back != NULL ? pwr_return_urls_find(&kept, parts->store, id, pool) : NULL;

    if (back != NULL && fault == NULL && kept == NULL) {
        fault = pwr_return_urls_put(parts->store, id, back, pool);
    }
    if (fault != NULL) {
        pwr_log_fault(fault);
    }
}

pwr_fault_t *pwr_request_accept(pwr_request_answer_t *answer, const pwr_request_parts_t *parts,
                                const pwr_request_form_t *form, apr_pool_t *pool)
{
    static const pwr_event_t refusals[] = {
        [PWR_REQUEST_AGAIN] = PWR_EVENT_REQUEST_REFUSED,
        [PWR_REQUEST_MORE] = PWR_EVENT_REQUEST_RAISED,
        [PWR_REQUEST_TOO_MANY] = PWR_EVENT_CLIENT_REFUSED,
        [PWR_REQUEST_FULL] = PWR_EVENT_QUEUE_FULL,
    };
    pwr_challenge_verdict_t verdict = pwr_challenge_judge(&parts->challenge, &form->form, pool);
    pwr_outbox_row_t row = {
        .id = verdict.nonce,
        .kind = form->kind,
        .site = parts->site,
        .account_digest = "",
        .language = form->language,
        .client = form->form.client,
        .is_proved = verdict.level >= PWR_LEVEL_CAPTCHA || form->kind == PWR_ROW_AGAIN,
    };

    *answer = (pwr_request_answer_t){.level = verdict.level, .retry_after = verdict.retry_after};
    answer->typed = form->kind == PWR_ROW_AGAIN
                        ? form->typed_name
                        : pwr_request_clean_name(&answer->key, form->typed_name, pool);
    answer->outcome = answer->key != NULL ? PWR_REQUEST_AGAIN
                                          : pwr_request_outcome(&answer->key, verdict.outcome);
    if (answer->outcome == PWR_REQUEST_ACCEPTED && parts->challenge.limit != NULL
        && pwr_client_limit_is_full(parts->challenge.limit)) {
        answer->outcome = PWR_REQUEST_FULL;
    }
    if (verdict.is_provider_down) {
        raise_event(PWR_EVENT_CAPTCHA_DOWN, parts, &row, parts->challenge.remote->provider, pool);
    }
    if (answer->outcome != PWR_REQUEST_ACCEPTED) {
        raise_event(refusals[answer->outcome], parts, &row, answer->key, pool);
        return NULL;
    }
    row.typed_name = answer->typed;
    PWR_TRY(put_row(answer, parts, &row, pool));
    if (answer->outcome != PWR_REQUEST_ACCEPTED) {
        return NULL;
    }
    keep_return(parts, row.id, form->back, pool);
    return NULL;
}
