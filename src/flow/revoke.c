/* A "not me" token has its own purpose: as a link it is unknown, and a link is unknown here. */
#include "flow/revoke.h"

#include "base/clock.h"
#include "store/tokens.h"
#include "token/token.h"

static pwr_fault_t *find(pwr_token_row_t **row, pwr_parts_t *parts, const char *stop_token,
                         apr_pool_t *scratch)
{
    char digest[PWR_DIGEST_CHARS + 1];
    apr_time_t now = pwr_clock_now();

    *row = NULL;
    if (stop_token == NULL || !pwr_token_is_canonical(stop_token)) {
        return NULL;
    }
    for (const pwr_secret_t *key = parts->key; key != NULL && *row == NULL;
         key = pwr_secret_next(key, now)) {
        pwr_token_digest(digest, key, PWR_TOKEN_STOP, parts->site, stop_token);
        PWR_TRY(pwr_tokens_find_stop(row, parts->store, parts->site, digest, scratch));
    }
    return NULL;
}

pwr_fault_t *pwr_revoke_look(pwr_revoke_state_t *state, pwr_parts_t *parts, const char *stop_token,
                             apr_pool_t *scratch)
{
    pwr_token_row_t *row = NULL;

    PWR_TRY(find(&row, parts, stop_token, scratch));
    *state = PWR_REVOKE_GONE;
    if (row != NULL && row->state == PWR_TOKEN_REVOKED) {
        *state = PWR_REVOKE_STOPPED;
    } else if (row != NULL && row->state == PWR_TOKEN_LIVE && row->expires > pwr_clock_now()) {
        *state = PWR_REVOKE_LIVE;
    }
    return NULL;
}

pwr_fault_t *pwr_revoke_stop(bool *is_stopped, pwr_parts_t *parts, const char *stop_token,
                             const char *client, apr_pool_t *scratch)
{
    pwr_token_row_t *row = NULL;
    int count = 0;

    *is_stopped = false;
    PWR_TRY(find(&row, parts, stop_token, scratch));
    if (row == NULL) {
        return NULL;
    }
    PWR_TRY(pwr_tokens_revoke(&count, parts->store, parts->site, row->request_id, scratch));
    *is_stopped = count > 0;
    if (count > 0) {
        pwr_facts_t facts = {
            .site = parts->site,
            .request_id = row->request_id,
            .account = row->login,
            .client = client,
        };
        pwr_events_raise(parts->events, PWR_EVENT_LINK_REVOKED, &facts, scratch);
    }
    return NULL;
}
