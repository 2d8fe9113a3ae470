/*
 * The library's lines reach httpd's error log here, at the level that LogLevel pwreset:... allows:
 * in the ErrorLog of the virtual host that the thread works for, each with the request's id and
 * support code where there is one.
 */
#ifndef PWR_HTTPD_LOG_BRIDGE_H
#define PWR_HTTPD_LOG_BRIDGE_H

#include <httpd.h>

#include "base/log.h"

/* Sets the library's writer. The place of a log context is a server_rec; lines without one go to
 * the log of `server`. */
void pwr_log_bridge_open(server_rec *server);

#endif
