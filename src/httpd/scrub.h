/*
 * The secret in the address of a link is taken out of the request before any log, any other module,
 * or the scoreboard (mod_status) sees it. What stays is "/r/-".
 */
#ifndef PWR_HTTPD_SCRUB_H
#define PWR_HTTPD_SCRUB_H

#include <stdbool.h>

#include <httpd.h>

/* The post_read_request hook, to run first of all. */
int pwr_scrub(request_rec *request);

/* The log_transaction hook that runs last: over HTTP/2 the primary connection's scoreboard line is
 * written again.
 */
int pwr_scrub_again(request_rec *request);

/* What was taken out, or NULL. */
const char *pwr_scrub_secret(request_rec *request);

/* For scrub_early.c. Has pwr_scrub had its turn with this request? */
bool pwr_scrub_has_seen(const request_rec *request);

/* Hides what looks like a token in a header of the request. */
void pwr_scrub_header(request_rec *request, const char *name);

/* Gives the request another address, in every place that a log or a module reads it from. */
void pwr_scrub_readdress(request_rec *request, char *path, char *query);

#endif
