/* "Origin: null" is what a page in a sandbox, or behind a redirect from elsewhere, sends (RFC
 * 6454, 7.3). A page of ours does not: its Referrer-Policy lets the origin through (Fetch, 3.1).
 * Where a page of the site's own holds the form and says "no-referrer", Sec-Fetch-Site tells it
 * from others.
 */
#include "httpd/origin.h"

#include <string.h>

bool pwr_origin_is_ours(const pwr_request_context_t *context)
{
    apr_table_t *headers = context->request->headers_in;
    const char *site = apr_table_get(headers, "Sec-Fetch-Site");
    const char *origin = apr_table_get(headers, "Origin");

    if (site != NULL) {
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    }
    return origin == NULL || strcasecmp(origin, context->site->origin) == 0;
}
