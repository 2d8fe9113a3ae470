/*
 * The values that parts hand to each other through the flows, so that no part needs another's
 * header. Plain data in the pool of its maker; read-only for all others.
 */
#ifndef PWR_BASE_MODEL_H
#define PWR_BASE_MODEL_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

#define PWR_INELIGIBLE_NO_MAIL "no-mail" /* the one `ineligible` that forbids mails alone */

/* One person's entry in the directory, as read now. */
typedef struct {
    const char
        *id; /* entryUUID, nsUniqueId or objectGUID as text: survives renames, never reused */
    const char *dn;
    const char *login;           /* what the person signs in with */
    apr_array_header_t *logins;  /* const char *: every value that a group may list */
    const char *name;            /* displayName or cn; NULL when there is none */
    const char *mail;            /* where mail goes: the stored bytes; NULL when there is none */
    apr_array_header_t *mails;   /* const char *: every stored address, `mail` first */
    const char *stamp;           /* changes whenever the password does; opaque */
    apr_time_t password_changed; /* 0 when the directory does not say */
    const char *ineligible;      /* NULL: it may reset; else the trail's word: "disabled",
                                     "locked", "expired", "no-mail", "protected", ... */
    apr_array_header_t *unseen;  /* const char *: attributes of its state and its groups that it did
                                    not show: absent, or hidden from the bind */
    bool is_locked;              /* by failed logins: setting a password, or unlocking, ends that */
    bool must_change;            /* the directory lets the person do nothing else before */
    apr_array_header_t *names; /* const char *: login, names, local parts of addresses, organisation
                                  as they are stored: what strangers would guess first */
    apr_array_header_t *pieced; /* const char *, NULL: values of which the directory allows no piece
                                   in a password, see pwr_rules_t's piece_length */
} pwr_account_t;

/* How many characters of a class a password must have; 0: no such rule. */
typedef struct {
    int lower, upper, digits, letters, specials;
    int others;     /* BYTES (389-DS): characters outside ASCII; UNICODE (AD): letters without case;
                       SAMBA: characters outside ASCII without case */
    int categories; /* at least so many of lower, upper, digits, specials, others */
    int repeats;    /* the same character at most so often in a row */
    /* What "a lower-case letter" is; backend_ad.c says how Windows and Samba differ. */
    enum { PWR_COUNT_UNICODE, PWR_COUNT_BYTES, PWR_COUNT_SAMBA } counting;
} pwr_classes_t;

/* When failed logins lock an account. */
typedef struct {
    bool is_known;                /* false: there may be such a policy, and it cannot be read */
    int threshold;                /* so many failed logins lock; 0: no number does */
    apr_interval_time_t interval; /* how long one counts; 0: until a right login */
} pwr_lockout_t;

/* What the directory tells of an account's failed logins at this moment. */
typedef struct {
    bool is_known;         /* false: `count` is hidden from the bind DN */
    int count;             /* those that count by the policy */
    bool is_policy_hidden; /* the account may have a policy of its own that cannot be seen */
    bool is_whole; /* one server counts them; false: others may count more, or know of a right login
                    */
} pwr_failures_t;

/* How far the clocks of the directory's servers and of our nodes may be apart. */
#define PWR_CLOCK_SKEW apr_time_from_sec(300)

/* What the directory asks of a password. 0 means: no such rule. */
typedef struct {
    int min_length; /* in `lengths` */
    int max_length; /* in `lengths` */
    int max_bytes;  /* of UTF-8 */
    enum {
        PWR_LENGTH_POINTS, /* code points: 389-DS, and the site's own */
        PWR_LENGTH_BYTES,  /* of UTF-8: OpenLDAP */
        PWR_LENGTH_UTF16   /* units: Active Directory, Samba */
    } lengths;
    int history;                 /* earlier passwords that may not be used again */
    apr_interval_time_t min_age; /* since the last change */
    bool has_quality_check;      /* the directory checks more than it tells */
    pwr_classes_t classes;
    apr_array_header_t *words; /* const char *, or NULL: the directory refuses a password that holds
                                  one of these, letter case aside */
    pwr_lockout_t lockout;
    int piece_length; /* 389-DS: so many characters in a row of an account's `pieced` values are
                         such words, and only the letter case of ASCII is aside; 0: none are */
} pwr_rules_t;

#endif
