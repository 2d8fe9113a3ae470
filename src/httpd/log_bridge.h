/* The library's lines reach httpd's error log here, at the level that LogLevel pwreset:... allows.
 */
#ifndef PWR_HTTPD_LOG_BRIDGE_H
#define PWR_HTTPD_LOG_BRIDGE_H

#include <httpd.h>

#include "base/log.h"

/* Sets the library's writer. Lines that belong to no request go to the log of `server`. */
void pwr_log_bridge_open(server_rec *server);

#endif
