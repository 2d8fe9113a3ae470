/*
 * The robot check: settings, and the levels of difficulty. A decision depends on the form, the
 * client and the load of the site, never on the account.
 */
#ifndef PWR_ABUSE_ABUSE_H
#define PWR_ABUSE_ABUSE_H

#include <apr_time.h>

/* A picture, a sound, and the wait of a held request are good for so long. */
#define PWR_CAPTCHA_LIFE apr_time_from_sec(3600)

/* How hard the gate makes it. */
typedef enum {
    PWR_LEVEL_SILENT = 0,  /* work that a person does not notice, or a form of some age */
    PWR_LEVEL_WORK = 1,    /* harder work, with progress shown */
    PWR_LEVEL_CAPTCHA = 2, /* pictures, sound, or waiting */
    PWR_LEVEL_REFUSE = 3   /* come back later */
} pwr_level_t;

typedef struct {
    apr_interval_time_t
        form_age; /* without work: a form posted sooner was not filled in by a person */
    apr_interval_time_t form_life; /* an older form is renewed, with nothing lost */
    apr_interval_time_t wait;      /* how long the way without any captcha takes at level CAPTCHA */
    int work;             /* mean number of hashes at level SILENT; sixteen times that at WORK */
    int prefix4, prefix6; /* bits of an address that make a client */
    int client_calm;      /* requests of one client in five minutes before level WORK, */
    int client_busy;      /* before level CAPTCHA, */
    int client_most;      /* before REFUSE */
    int site_calm;        /* requests of all clients in a minute before level WORK for all, */
    int site_busy;        /* before level CAPTCHA for all */
    int drawings;         /* pictures and sounds of captchas in a second */
    int cells;            /* clients remembered at once; fixed memory of 8 bytes each */
} pwr_abuse_settings_t;

#endif
