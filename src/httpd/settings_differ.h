/* Whether two virtual hosts that show one site say the same of it. When the server starts. */
#ifndef PWR_HTTPD_SETTINGS_DIFFER_H
#define PWR_HTTPD_SETTINGS_DIFFER_H

#include "httpd/settings.h"

/* NULL, or a sentence about the first directive that differs, with both its places. The base URL is
 * not compared. */
const char *pwr_settings_differ(const pwr_settings_t *one, const pwr_settings_t *other,
                                apr_pool_t *pool);

#endif
