/* Reads shared memory and nothing else: a database that is down is no reason to see nothing. */
#include "httpd/status.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>

#include "events/metrics.h"
#include "httpd/private.h"

int pwr_status_handler(request_rec *request)
{
    apr_array_header_t *sites = apr_array_make(request->pool, 1, sizeof(pwr_metrics_site_t));

    if (request->handler == NULL || strcmp(request->handler, "pwreset-metrics") != 0) {
        return DECLINED;
    }
    request->allowed = AP_METHOD_BIT << M_GET;
    if (request->method_number != M_GET) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    for (server_rec *server = ap_server_conf; server != NULL; server = server->next) {
        const pwr_site_t *site = pwr_site_of(server);
        if (site != NULL && site->server == server && site->limit != NULL) {
            APR_ARRAY_PUSH(sites, pwr_metrics_site_t) = (pwr_metrics_site_t){
                .name = site->settings->parts.flow.base_url,
                .metrics = site->parts.metrics,
                .level = pwr_client_limit_look_at_site(site->limit),
            };
        }
    }
    ap_set_content_type(request, PWR_METRICS_TYPE);
    apr_table_setn(request->headers_out, "Cache-Control", "no-store");
    ap_rputs(pwr_metrics_text((pwr_metrics_site_t *)sites->elts, sites->nelts, request->pool),
             request);
    return OK;
}
