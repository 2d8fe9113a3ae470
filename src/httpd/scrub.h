/*
 * The secret in the address of a link is taken out of the request before any log, any other module,
 * or the scoreboard (mod_status) sees it. What stays is "/r/-".
 */
#ifndef PWR_HTTPD_SCRUB_H
#define PWR_HTTPD_SCRUB_H

#include <httpd.h>

/* The post_read_request hook, to run first of all. */
int pwr_scrub(request_rec *request);

/* The log_transaction hook that runs first: a request that was refused before pwr_scrub's turn. */
int pwr_scrub_late(request_rec *request);

/* The log_transaction hook that runs last: over HTTP/2 the primary connection's scoreboard line is
 * written again.
 */
int pwr_scrub_again(request_rec *request);

/* What was taken out, or NULL. */
const char *pwr_scrub_secret(request_rec *request);

#endif
