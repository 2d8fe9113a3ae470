/* It tells nothing but where the flow is, so it asks for no login and answers without TLS too: the
 * address that it gives is https. Only a virtual host that serves the flow answers: another one has
 * other accounts. Where the site itself leads the address elsewhere, it goes there. */
#include "httpd/well_known.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/location.h"
#include "httpd/private.h"

#define CHANGE_PASSWORD "/.well-known/change-password"
#define NO_SUCH "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"

/* Does the virtual host itself say where people change a password? A redirect of its own is found
 * by asking the modules that map addresses, as httpd would; `status` then is theirs. */
static bool has_own_answer(int *status, request_rec *request)
{
    if (pwr_location_is_named(request->server, CHANGE_PASSWORD)) {
        *status = DECLINED;
        return true;
    }
    *status = ap_run_translate_name(request);
    return ap_is_HTTP_REDIRECT(*status);
}

static bool is_served(const server_rec *server)
{
    const pwr_site_t *site = pwr_site_of(server);

    return site != NULL && site->settings->is_well_known
           && pwr_location_is_served(server, site->form_path);
}

int pwr_well_known(request_rec *request, int is_lookup)
{
    const pwr_site_t *site = pwr_site_of(request->server);
    const char *path = request->uri;
    const char *form = "/";
    int status = DECLINED;

    if (is_lookup || path == NULL || request->method_number != M_GET
        || (strcmp(path, NO_SUCH) != 0 && strcmp(path, CHANGE_PASSWORD) != 0)
        || !is_served(request->server)) {
        return DECLINED;
    }
    if (strcmp(path, NO_SUCH) == 0) {
        return HTTP_NOT_FOUND;
    }
    if (has_own_answer(&status, request)) {
        return status;
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
