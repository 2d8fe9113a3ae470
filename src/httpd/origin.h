/* Did this POST come from a page of this site? */
#ifndef PWR_HTTPD_ORIGIN_H
#define PWR_HTTPD_ORIGIN_H

#include "httpd/private.h"

/* By Sec-Fetch-Site (Fetch Metadata) where the browser sends it, else by Origin (RFC 6454). Without
 * either it is a plain program or an old browser, and the form's seal decides. */
bool pwr_origin_is_ours(const pwr_request_context_t *context);

#endif
