/* Ended rows, dead links and trails are kept for the helpdesk as long as the site says, then
 * deleted. */
#include "flow/maintain.h"

#include "base/clock.h"
#include "base/log.h"
#include "events/metrics.h"
#include "store/outbox.h"
#include "store/returns.h"
#include "store/tokens.h"
#include "store/trail.h"

#define STEP 200
#define CALM apr_time_from_sec(60) /* a flood that comes in waves is told once */

pwr_fault_t *pwr_maintain_step(bool *is_more, pwr_parts_t *parts, apr_pool_t *scratch)
{
    apr_time_t before = pwr_clock_now() - parts->settings->flow.keep;
    int rows = 0, tokens = 0, trail = 0, returns = 0;

    PWR_TRY(pwr_outbox_expire(&rows, parts->store, before, STEP, scratch));
    PWR_TRY(pwr_tokens_expire(&tokens, parts->store, before, STEP, scratch));
    PWR_TRY(pwr_trail_expire(&trail, parts->store, before, STEP, scratch));
    PWR_TRY(pwr_returns_expire(&returns, parts->store, before, STEP, scratch));
    *is_more = rows == STEP || tokens == STEP || trail == STEP || returns == STEP;
    return NULL;
}

pwr_fault_t *pwr_maintain_queue(pwr_parts_t *parts, apr_pool_t *scratch)
{
    apr_time_t oldest = 0;
    int waiting = 0;

    PWR_TRY(pwr_outbox_backlog(&waiting, &oldest, parts->store, parts->realm, scratch));
    if (parts->metrics != NULL) {
        pwr_metrics_set_queue(parts->metrics, waiting, oldest);
    }
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

static void tell_rise(pwr_level_t level, const pwr_abuse_settings_t *settings)
{
    bool is_task = level >= PWR_LEVEL_TASK;

    pwr_log(PWR_LOG_WARNING, "PWR0803",
            "a flood: more than %d requests a minute by all clients together, so everybody is "
            "asked for %s. Names are tried out, or PwResetSiteLimits is too low for this site",
            is_task ? settings->site_busy : settings->site_calm, is_task ? "a task" : "more work");
}

static void tell_fall(pwr_level_t level)
{
    pwr_log(PWR_LOG_NOTICE, "PWR0804", "the flood %s",
            level > PWR_LEVEL_SILENT ? "has gone down: everybody is asked for more work, no task"
                                     : "is over: nobody is asked for anything because of it");
}

void pwr_maintain_flood(pwr_flood_t *told, const pwr_parts_t *parts)
{
    pwr_level_t level = pwr_client_limit_look_at_site(parts->limit);
    apr_time_t now = pwr_clock_now();

    if (level < told->level && now < told->until) {
        return;
    }
    if (level > told->level) {
        tell_rise(level, &parts->settings->abuse);
    } else if (level < told->level) {
        tell_fall(level);
    }
    *told = (pwr_flood_t){.level = level, .until = now + CALM};
}
