/*
 * How much each client, and all together, have asked lately: a table of fixed size in memory that
 * all processes of the server share, one GCRA cell (ITU-T I.371, "virtual scheduling") of 8 bytes
 * per client. Made in the parent before the fork; the rest from any thread of any process,
 * lock-free.
 */
#ifndef PWR_ABUSE_CLIENT_LIMIT_H
#define PWR_ABUSE_CLIENT_LIMIT_H

#include <stdbool.h>

#include "abuse/abuse.h"
#include "base/crypto.h"
#include "base/fault.h"

typedef struct pwr_client_limit_t pwr_client_limit_t;

typedef struct {
    pwr_level_t level;               /* the higher of the client's and the site's */
    apr_interval_time_t retry_after; /* REFUSE: when this client may come again */
} pwr_pressure_t;

/* The table, in shared memory that goes with `pool`. */
pwr_fault_t *pwr_client_limit_open(pwr_client_limit_t **limit, const pwr_abuse_settings_t *settings,
                                   apr_pool_t *pool) PWR_MUST_USE;

/* The client's name for the table: its address cut to the settings' prefix. `address` is 4 or 16
 * bytes; an IPv4-mapped IPv6 address counts as IPv4. Writes text such as "192.0.2.1" or
 * "2001:db8:1:2::/64" to `text` (at least 50 bytes). */
void pwr_client_name(char *text, const unsigned char *address, int bytes,
                     const pwr_abuse_settings_t *settings);

/* What the client would meet now; counts nothing. */
pwr_pressure_t pwr_client_limit_look(const pwr_client_limit_t *limit, const char *client);

/* What the load of all clients together would ask of anybody now. */
pwr_level_t pwr_client_limit_look_at_site(const pwr_client_limit_t *limit);

/* Counts `cost` quarters of a request (a request without work costs 4 times one with work) and says
 * what this one meets. A REFUSEd one is not counted further, so that a flood ends when it ends. */
pwr_pressure_t pwr_client_limit_count(pwr_client_limit_t *limit, const char *client, int cost);

/* Whether so many requests wait that no more are taken: found by the worker now and then, told to
 * the web children through the same memory. */
void pwr_client_limit_set_full(pwr_client_limit_t *limit, bool is_full);
bool pwr_client_limit_is_full(const pwr_client_limit_t *limit);

#endif
