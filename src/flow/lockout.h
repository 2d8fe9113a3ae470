/*
 * Whether an old password may be tried without bringing the account near its lock: the arithmetic
 * alone. No state; any thread.
 */
#ifndef PWR_FLOW_LOCKOUT_H
#define PWR_FLOW_LOCKOUT_H

#include <limits.h>

#include "base/model.h"
#include "store/attempts.h"

/* Our attempts leave the count two short of the number that locks: the owner may mistype once at a
 * login, and log in at the next. */
#define PWR_LOCKOUT_MARGIN 2

/* The number that is taken to lock, and for ever, where the policy cannot be read: the smallest
 * that leaves room for one attempt, and what 389-DS has unless told otherwise. */
#define PWR_LOCKOUT_UNKNOWN 3

/* An attempt that has no end after this has none any more: it has come to the directory or has not.
 */
#define PWR_LOCKOUT_FLIGHT apr_time_from_sec(3600)

/* At this moment. */
typedef struct {
    pwr_lockout_t policy;
    pwr_failures_t failures;            /* read after `attempts` */
    const apr_array_header_t *attempts; /* pwr_attempt_row_t: all others of ours, newest first */
    apr_time_t now;
} pwr_lockout_view_t;

/* The policy to go by: what is hidden counts as the narrowest. */
pwr_lockout_t pwr_lockout_policy(const pwr_lockout_view_t *view);

/* How many failed logins the account may have after an attempt of ours; 0: none of ours, INT_MAX:
 * no number locks. */
int pwr_lockout_room(const pwr_lockout_t *policy);

/* How many failed logins the account has at worst. */
int pwr_lockout_worst(const pwr_lockout_view_t *view);

/* Whether one more would be too many. */
bool pwr_lockout_is_near(const pwr_lockout_view_t *view);

/* Failed attempts that ended up to this time were forgotten by the directory, as it counts fewer
 * now than there were; 0: none, or it cannot be told. */
apr_time_t pwr_lockout_forgotten(const pwr_lockout_view_t *view);

/* Until when an attempt of now is to be remembered. */
apr_time_t pwr_lockout_keep(const pwr_lockout_t *policy, apr_time_t now);

/* How many failed attempts the policy leaves room for in a span of time. */
int pwr_lockout_room_in(const pwr_lockout_t *policy, apr_interval_time_t span);

#endif
