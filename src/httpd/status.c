/* Reads shared memory and nothing else: a database that is down is no reason to see nothing. */
#include "httpd/status.h"

#include <string.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>

#include "events/metrics.h"
#include "httpd/private.h"

static const char *const *relay_names(const apr_array_header_t *relays, apr_pool_t *pool)
{
    const char **names = apr_pcalloc(pool, PWR_MAX_RELAYS * sizeof *names);

    for (int i = 0; i < relays->nelts; i++) {
        names[i] = APR_ARRAY_IDX(relays, i, const pwr_relay_t *)->name;
    }
    return names;
}

_Static_assert(PWR_REFUSAL_COUNT <= PWR_MAX_CAUSES, "each cause has its counter");

static const char *const *cause_names(apr_pool_t *pool)
{
    const char **names = apr_pcalloc(pool, PWR_MAX_CAUSES * sizeof *names);

    for (int i = PWR_REFUSAL_RECIPIENT; i < PWR_REFUSAL_COUNT; i++) {
        names[i] = pwr_refusal_name((pwr_refusal_t)i);
    }
    return names;
}

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
                .relay_count = site->settings->parts.mail.relays->nelts,
                .relays = relay_names(site->settings->parts.mail.relays, request->pool),
                .causes = cause_names(request->pool),
            };
        }
    }
    ap_set_content_type(request, PWR_METRICS_TYPE);
    apr_table_setn(request->headers_out, "Cache-Control", "no-store");
    ap_rputs(pwr_metrics_text((pwr_metrics_site_t *)sites->elts, sites->nelts, request->pool),
             request);
    return OK;
}
