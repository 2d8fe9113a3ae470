/* With Referrer-Policy: no-referrer a browser's own form posts carry "Origin: null", so that value
 * says nothing. */
#include "httpd/origin.h"

#include <string.h>

bool pwr_origin_is_ours(const pwr_visit_t *visit)
{
    apr_table_t *headers = visit->request->headers_in;
    const char *site = apr_table_get(headers, "Sec-Fetch-Site");
    const char *origin = apr_table_get(headers, "Origin");

    if (site != NULL) {
        return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    }
    return origin == NULL || strcmp(origin, "null") == 0
           || strcasecmp(origin, visit->site->origin) == 0;
}
