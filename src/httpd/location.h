/* What the configuration says of an address before any request comes. Any process, any thread. */
#ifndef PWR_HTTPD_LOCATION_H
#define PWR_HTTPD_LOCATION_H

#include "httpd/private.h"

/* Is `SetHandler pwreset` in force for this path of this virtual host? True also where that depends
 * on a request. */
bool pwr_location_is_served(const server_rec *server, const char *path);

/* Does a virtual host of the site, at least one, serve its form? */
bool pwr_location_serves_site(const pwr_site_t *site);

/* Is there a <Location> of exactly this path? */
bool pwr_location_is_named(const server_rec *server, const char *path);

#endif
