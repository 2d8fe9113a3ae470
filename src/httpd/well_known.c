/* It tells nothing but where the flow is, so it asks for no login and answers without TLS too: the
 * address that it gives is https. */
#include "httpd/well_known.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "httpd/private.h"

#define CHANGE_PASSWORD "/.well-known/change-password"
#define NO_SUCH "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"

int pwr_well_known(request_rec *request, int is_lookup)
{
    const pwr_site_t *site = pwr_site_of(request->server);
    const char *path = request->uri;
    const char *form = "/";

    if (is_lookup || site == NULL || !site->settings->is_well_known || path == NULL
        || request->method_number != M_GET) {
        return DECLINED;
    }
    if (strcmp(path, NO_SUCH) == 0) {
        return HTTP_NOT_FOUND;
    }
    if (strcmp(path, CHANGE_PASSWORD) != 0) {
        return DECLINED;
    }
    apr_table_setn(request->err_headers_out, "Cache-Control", "no-store");
    /* A person who comes from a password manager knows the password; one who does not finds the way
     * there. */
    if (site->settings->parts.flow.may_change) {
        form = "/change";
    }
    apr_table_setn(request->headers_out, "Location",
                   apr_pstrcat(request->pool, site->settings->parts.flow.base_url, form, NULL));
    return HTTP_SEE_OTHER;
}
