/*
 * The values that parts hand to each other through the flows, so that no part needs another's
 * header. Plain data in the pool of whoever made it; read-only for everybody else.
 */
#ifndef PWR_BASE_MODEL_H
#define PWR_BASE_MODEL_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

/* One person's entry in the directory, as read now. */
typedef struct {
    const char
        *id; /* entryUUID, nsUniqueId or objectGUID as text: survives renames, never reused */
    const char *dn;
    const char *login;           /* what the person signs in with */
    const char *name;            /* displayName or cn; NULL when there is none */
    const char *mail;            /* where mail goes: the stored bytes; NULL when there is none */
    apr_array_header_t *mails;   /* const char *: every stored address, `mail` first */
    const char *stamp;           /* changes whenever the password does; opaque */
    apr_time_t password_changed; /* 0 when the directory does not say */
    const char *barred; /* NULL when the account may reset, else a word for the trail: "disabled",
                           "locked", ... */
} pwr_account_t;

/* What a password must satisfy. 0 means: no such rule. */
typedef struct {
    int min_length;              /* code points */
    int max_length;              /* code points */
    int history;                 /* earlier passwords that may not be used again */
    apr_interval_time_t min_age; /* since the last change */
    bool has_quality_check;      /* the directory checks more than it tells */
} pwr_rules_t;

#endif
