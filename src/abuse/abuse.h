/*
 * Settings of the front gate. What the gate decides depends on the form and the client alone, never
 * on the account.
 */
#ifndef PWR_ABUSE_ABUSE_H
#define PWR_ABUSE_ABUSE_H

#include <apr_time.h>

typedef struct {
    apr_interval_time_t
        form_age; /* a form posted sooner after it was fetched was not filled in by a person */
    apr_interval_time_t form_life; /* an older form is renewed, with nothing lost */
} pwr_abuse_settings_t;

#endif
