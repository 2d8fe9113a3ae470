/* How a write, and a bind as a person, ended. */
#ifndef PWR_DIRECTORY_OUTCOME_H
#define PWR_DIRECTORY_OUTCOME_H

typedef struct pwr_directory_t pwr_directory_t; /* what was asked; server.h knows it */

/* How a write ended. */
typedef enum {
    PWR_WRITE_DONE,
    PWR_WRITE_REFUSED,  /* the directory said no; nothing was changed; the fault carries the message
                           key */
    PWR_WRITE_NOT_SENT, /* nothing was changed */
    PWR_WRITE_STALE,    /* not sent: the account is no longer what `account` says */
    PWR_WRITE_UNKNOWN   /* the request was sent and no answer came: it may or may not have been
                           changed */
} pwr_write_outcome_t;

/* How a bind as a person ended. */
typedef enum {
    PWR_BIND_RIGHT,       /* the password is right and may be used */
    PWR_BIND_WRONG,       /* or there is no such account: servers do not tell */
    PWR_BIND_EXPIRED,     /* right, and expired: to be changed first */
    PWR_BIND_MUST_CHANGE, /* right, and to be changed first */
    PWR_BIND_LOCKED,      /* the server says no more than that */
    PWR_BIND_INELIGIBLE   /* disabled, expired account, not at this hour, ... */
} pwr_bind_outcome_t;

#endif
