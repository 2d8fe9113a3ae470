/* The handler "pwreset-metrics": the counters of all sites of this server, for the operator. */
#ifndef PWR_HTTPD_STATUS_H
#define PWR_HTTPD_STATUS_H

#include <httpd.h>

/* The handler hook. It asks for no login: that is for the <Location> that names it. */
int pwr_status_handler(request_rec *request);

#endif
