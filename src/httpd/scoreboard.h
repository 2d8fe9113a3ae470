/*
 * The scoreboard, which mod_status shows to operators, must not show the secret of a link. Over
 * HTTP/1.1 scrub.c is early enough. Over HTTP/2, mod_http2 writes lines of its own for the primary
 * connection: one before any module sees the request, one after all have.
 */
#ifndef PWR_HTTPD_SCOREBOARD_H
#define PWR_HTTPD_SCOREBOARD_H

#include <httpd.h>

/* Writes the request's scrubbed line over the one that mod_http2 wrote. Nothing to do over
 * HTTP/1.1. */
void pwr_scoreboard_overwrite(request_rec *request);

/* Registers the filter of pwr_scoreboard_insert. */
void pwr_scoreboard_register(void);

/* The insert_filter hook: mod_status's page goes through a filter that cuts every address of the
 * flow short, so that the moments between mod_http2's lines and ours are not seen either. */
void pwr_scoreboard_insert(request_rec *request);

#endif
