/*
 * Two addresses outside the flow's own path, by which password managers find the way to it (W3C, "A
 * Well-Known URL for Changing Passwords"), and make sure that the server does not say 200 to
 * everything.
 */
#ifndef PWR_HTTPD_WELL_KNOWN_H
#define PWR_HTTPD_WELL_KNOWN_H

#include <httpd.h>

/* The quick_handler hook: before a proxy, a rewrite or a login of the site's could answer for these
 * two paths. DECLINED for every other one. */
int pwr_well_known(request_rec *request, int is_lookup);

#endif
