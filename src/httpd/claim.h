/*
 * Which requests are the flow's, and that they stay so: the hooks between the reading of a request
 * and its handler. In web children, any thread.
 */
#ifndef PWR_HTTPD_CLAIM_H
#define PWR_HTTPD_CLAIM_H

#include "httpd/private.h"

#define PWR_CLAIM_HANDLER "pwreset" /* SetHandler pwreset */

/* Does the handler of the request bear our name, whatever its address is? */
bool pwr_claim_has_handler(const request_rec *request);

/* Two hooks that keep httpd from looking for a file behind an address of the flow, as there is
 * none: translate_name sees that a <Location> gives the request to us, map_to_storage then ends the
 * search. So <Directory>, <Files> and .htaccess have no say here; <Location> and <If> have. */
int pwr_claim_translate(request_rec *request);
int pwr_claim_map(request_rec *request);

/* The type_checker hook: no module looks for a type, a language or a variant of it. */
int pwr_claim_type(request_rec *request);

/* The fixups hook, first and last: no module looks for files of like names, or takes it over. */
int pwr_claim_begin_fixups(request_rec *request);
int pwr_claim_end_fixups(request_rec *request);

#endif
