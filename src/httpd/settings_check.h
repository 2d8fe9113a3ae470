/* What only the whole configuration shows: checked under `apachectl configtest`, before anything is
 * opened. */
#ifndef PWR_HTTPD_SETTINGS_CHECK_H
#define PWR_HTTPD_SETTINGS_CHECK_H

#include <httpd.h>

/* The check_config hook: makes the site of every server that has a PwResetBaseURL, loads words and
 * templates, and logs what is missing or contradictory with file and line. OK, or
 * HTTP_INTERNAL_SERVER_ERROR, which stops the server. */
int pwr_settings_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *main_server);

#endif
