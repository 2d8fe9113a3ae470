/*
 * The use case of "not me": the second link of the mail shows a button; pressing it kills the links
 * of that request. It sets no password and tells nothing. Called in web children, any thread.
 */
#ifndef PWR_FLOW_REVOKE_H
#define PWR_FLOW_REVOKE_H

#include "flow/parts.h"

typedef enum {
    PWR_REVOKE_GONE,    /* nothing to stop: unknown, expired, used */
    PWR_REVOKE_LIVE,    /* there is a link to stop */
    PWR_REVOKE_STOPPED, /* it was stopped before */
} pwr_revoke_state_t;

/* GET: is there anything left to stop? Changes nothing. */
pwr_fault_t *pwr_revoke_look(pwr_revoke_state_t *state, pwr_parts_t *parts, const char *stop_token,
                             apr_pool_t *scratch) PWR_MUST_USE;

/* POST: kills the links of the request; `is_stopped` is false when there was none left. */
pwr_fault_t *pwr_revoke_stop(bool *is_stopped, pwr_parts_t *parts, const char *stop_token,
                             const char *client, apr_pool_t *scratch) PWR_MUST_USE;

#endif
