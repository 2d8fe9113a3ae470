/*
 * A module that finds no file behind an address may look for another (mod_negotiation with
 * MultiViews, mod_speling), and one that is switched on for a whole site may take the request over
 * (mod_dav, mod_rewrite in a <Location>). What may lead a request of ours elsewhere: an access
 * rule, a redirect, and a rewrite of its address with [PT].
 */
#include "httpd/claim.h"

#include <string.h>

#include <ap_expr.h>
#include <http_core.h>
#include <http_request.h>

#include "base/url.h"
#include "httpd/handle_language.h"

#define CLAIM_NOTE "pwreset-claim" /* of a request that is ours by its address */

bool pwr_claim_has_handler(const request_rec *request)
{
    return request->handler != NULL && strcmp(request->handler, PWR_CLAIM_HANDLER) == 0;
}

/* Is it `SetHandler pwreset` that holds for the request's address, as far as httpd has walked? */
static bool is_given(request_rec *request)
{
    const core_dir_config *core = ap_get_core_module_config(request->per_dir_config);
    const char *wrong = NULL;
    const char *handler = core->handler;

    if (core->expr_handler != NULL) {
        handler = ap_expr_str_exec(request, core->expr_handler, &wrong);
    }
    return wrong == NULL && handler != NULL && strcmp(handler, PWR_CLAIM_HANDLER) == 0;
}

/* Ours by its address, which loses its language: all that follows, a second walk over the Locations
 * among it, judges the plain one. */
static void claim(request_rec *request)
{
    const pwr_site_t *site = pwr_site_of(request->server);

    if (site != NULL && pwr_url_path_behind(site->base_path, request->uri) != NULL
        && is_given(request)) {
        pwr_handle_language_strip(request, site);
        request->handler = PWR_CLAIM_HANDLER;
        apr_table_setn(request->notes, CLAIM_NOTE, "");
    }
}

static bool is_claimed(const request_rec *request)
{
    return apr_table_get(request->notes, CLAIM_NOTE) != NULL;
}

int pwr_claim_translate(request_rec *request)
{
    claim(request);
    return DECLINED;
}

/* mod_rewrite may have led it elsewhere meanwhile: then it is a request like any other. Or it was
 * led to us, and its new address, on which no Location has been asked yet, has a language. */
int pwr_claim_map(request_rec *request)
{
    const pwr_site_t *site = pwr_site_of(request->server);
    bool is_behind = site != NULL && pwr_url_path_behind(site->base_path, request->uri) != NULL;
    ap_conf_vector_t *before = request->per_dir_config;

    if (is_claimed(request) && !is_behind) {
        request->handler = NULL;
        apr_table_unset(request->notes, CLAIM_NOTE);
    }
    if (!is_claimed(request) && is_behind) {
        ap_location_walk(request);
        claim(request);
        request->per_dir_config = before;
    }
    if (is_claimed(request) && request->proxyreq == PROXYREQ_REVERSE) {
        request->proxyreq = PROXYREQ_NONE; /* a ProxyPass for the whole host */
        request->handler = PWR_CLAIM_HANDLER;
    }
    return is_claimed(request) ? OK : DECLINED;
}

int pwr_claim_type(request_rec *request)
{
    return is_claimed(request) ? OK : DECLINED;
}

/* mod_speling and its like leave a file alone that is there. */
int pwr_claim_begin_fixups(request_rec *request)
{
    if (is_claimed(request)) {
        request->finfo.filetype = APR_REG;
    }
    return DECLINED;
}

/* A SetHandler within <If> that names another handler holds. */
int pwr_claim_end_fixups(request_rec *request)
{
    if (is_claimed(request) && is_given(request)) {
        request->handler = PWR_CLAIM_HANDLER;
    }
    return DECLINED;
}
