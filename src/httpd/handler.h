/* The handler "pwreset": which address leads to which use case. */
#ifndef PWR_HTTPD_HANDLER_H
#define PWR_HTTPD_HANDLER_H

#include <httpd.h>

/* The handler hook. Answers every request under SetHandler pwreset itself, errors included. */
int pwr_handler(request_rec *request);

#endif
