/* The handler "pwreset": which address leads to which use case. */
#ifndef PWR_HTTPD_HANDLER_H
#define PWR_HTTPD_HANDLER_H

#include <httpd.h>

/* Two hooks that keep httpd from looking for a file behind an address of the flow, as there is
 * none: translate_name sees that a <Location> gives the request to us, map_to_storage then ends the
 * search. So <Directory>, <Files> and .htaccess have no say here; <Location> and <If> have. */
int pwr_handler_claim(request_rec *request);
int pwr_handler_map(request_rec *request);

/* The handler hook. Answers every request under SetHandler pwreset itself, errors included. */
int pwr_handler(request_rec *request);

#endif
