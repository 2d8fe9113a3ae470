/* Ended rows, dead links and trails are kept for the helpdesk as long as the site says, then
 * deleted. */
#include "flow/maintain.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/outbox.h"
#include "store/tokens.h"
#include "store/trail.h"

#define STEP 200

pwr_fault_t *pwr_maintain_step(bool *is_more, pwr_parts_t *parts, apr_pool_t *scratch)
{
    apr_time_t before = pwr_clock_now() - parts->settings->flow.keep;
    int rows = 0, tokens = 0, trail = 0;

    PWR_TRY(pwr_outbox_expire(&rows, parts->store, before, STEP, scratch));
    PWR_TRY(pwr_tokens_expire(&tokens, parts->store, before, STEP, scratch));
    PWR_TRY(pwr_trail_expire(&trail, parts->store, before, STEP, scratch));
    *is_more = rows == STEP || tokens == STEP || trail == STEP;
    return NULL;
}

pwr_fault_t *pwr_maintain_queue(pwr_parts_t *parts, apr_pool_t *scratch)
{
    apr_time_t oldest = 0;
    int waiting = 0;

    PWR_TRY(pwr_outbox_backlog(&waiting, &oldest, parts->store, parts->realm, scratch));
    bool is_full = waiting >= parts->settings->flow.backlog;
    if (is_full != pwr_client_limit_is_full(parts->limit)) {
        pwr_log(is_full ? PWR_LOG_WARNING : PWR_LOG_NOTICE, "PWR0802",
                is_full ? "%d requests wait: no more are taken until the worker has caught up"
                        : "%d requests wait: new ones are taken again",
                waiting);
        pwr_client_limit_set_full(parts->limit, is_full);
    }
    return NULL;
}
