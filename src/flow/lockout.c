/*
 * Two counts of the same thing. The directory's own knows all failed logins, and when a right one
 * ended them; it may be hidden, and another server may count more. Ours knows our attempts alone.
 *
 * - One server, and its count is seen: its count, and what of ours is still on the way to it.
 * - Else ours must fit by itself, too. Some servers count a failure as long as the next one follows
 *   within the interval (AD), so ours are counted as far back as none is further from the next one.
 */
#include "flow/lockout.h"

#include "base/limits.h"

#define FOREVER (APR_INT64_MAX / 2) /* so that a test may move it */

pwr_lockout_t pwr_lockout_policy(const pwr_lockout_view_t *view)
{
    bool is_known = view->policy.is_known && !view->failures.is_policy_hidden;

    return is_known ? view->policy : (pwr_lockout_t){.threshold = PWR_LOCKOUT_UNKNOWN};
}

int pwr_lockout_room(const pwr_lockout_t *policy)
{
    int room = policy->threshold - PWR_LOCKOUT_MARGIN;

    if (policy->threshold == 0) {
        return INT_MAX;
    }
    /* No more attempts than that are read, so more could not be told from fewer. */
    return room < 0 ? 0 : room < PWR_MAX_ATTEMPTS ? room : PWR_MAX_ATTEMPTS;
}

static int count_own(const pwr_lockout_view_t *view, apr_interval_time_t interval)
{
    apr_time_t next = view->now;
    int count = 0;

    for (; count < view->attempts->nelts; count++) {
        apr_time_t at = APR_ARRAY_IDX(view->attempts, count, pwr_attempt_row_t).at;
        if (interval != 0 && next - at > interval + PWR_CLOCK_SKEW) {
            break;
        }
        next = at;
    }
    return count;
}

static int count_open(const pwr_lockout_view_t *view)
{
    int count = 0;

    for (int i = 0; i < view->attempts->nelts; i++) {
        const pwr_attempt_row_t *attempt = &APR_ARRAY_IDX(view->attempts, i, pwr_attempt_row_t);
        count += attempt->is_open && view->now - attempt->at < PWR_LOCKOUT_FLIGHT ? 1 : 0;
    }
    return count;
}

int pwr_lockout_worst(const pwr_lockout_view_t *view)
{
    const pwr_failures_t *failures = &view->failures;
    int open = count_open(view);
    int own = count_own(view, pwr_lockout_policy(view).interval);
    int counted = !failures->is_known                ? 0
                  : failures->count > INT_MAX - open ? INT_MAX
                                                     : failures->count + open;

    if (failures->is_known && failures->is_whole) {
        return counted;
    }
    return counted > own ? counted : own;
}

bool pwr_lockout_is_near(const pwr_lockout_view_t *view)
{
    pwr_lockout_t policy = pwr_lockout_policy(view);
    int room = pwr_lockout_room(&policy);

    return room != INT_MAX && pwr_lockout_worst(view) >= room;
}

apr_time_t pwr_lockout_forgotten(const pwr_lockout_view_t *view)
{
    const pwr_failures_t *failures = &view->failures;
    int failed = 0;

    if (!failures->is_known || !failures->is_whole) {
        return 0;
    }
    for (int i = 0; i < view->attempts->nelts; i++) {
        const pwr_attempt_row_t *attempt = &APR_ARRAY_IDX(view->attempts, i, pwr_attempt_row_t);
        failed += attempt->is_open ? 0 : 1;
        if (failed > failures->count) {
            return attempt->at;
        }
    }
    return 0;
}

apr_time_t pwr_lockout_keep(const pwr_lockout_t *policy, apr_time_t now)
{
    apr_interval_time_t step = policy->interval + PWR_CLOCK_SKEW;
    bool is_for_ever = policy->interval == 0 || step > FOREVER / (PWR_MAX_ATTEMPTS + 1) - now;

    if (policy->is_known && policy->threshold == 0) {
        return now;
    }
    return is_for_ever || !policy->is_known ? FOREVER : now + step * (PWR_MAX_ATTEMPTS + 1);
}

int pwr_lockout_room_in(const pwr_lockout_t *policy, apr_interval_time_t span)
{
    int room = pwr_lockout_room(policy);
    apr_int64_t times = policy->interval == 0 ? 1 : (span - 1) / policy->interval + 1;

    return room == 0 ? 0 : times > INT_MAX / room ? INT_MAX : (int)(room * times);
}
