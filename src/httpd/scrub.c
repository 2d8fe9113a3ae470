/*
 * Spellings: percent-encoding, doubled slashes, "." and ".." are undone on a copy before the path
 * is compared, so that an odd spelling of a link is hidden too. One that is badly encoded is hidden
 * and leads nowhere. Whatever else of the site's addresses, and of a Referer, looks like a token
 * (43 characters or more of base64url, outside the sealed addresses of "sent") is replaced as well.
 * A request that httpd refuses while it reads it never comes here: scrub_early.c has it.
 */
#include "httpd/scrub.h"

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "base/url.h"
#include "httpd/private.h"
#include "httpd/scoreboard.h"
#include "httpd/handle_language.h"
#include "token/hide.h"

#define LEAST_SEALED_RETURN 64 /* characters: a token has fewer */
#define SEEN_NOTE "pwreset-scrubbed"

static const char *const secret_paths[] = {"/r/", "/stop/"};
static const char *const sealed_paths[] = {"/sent/", "/c/", "/challenge"};

/* The path as the server may come to see it. False in `is_clean` when it is badly encoded, or hides
 * a slash or a NUL. */
static char *plain_path(bool *is_clean, const char *path, apr_pool_t *pool)
{
    char *plain = apr_pstrdup(pool, path);

    *is_clean = ap_unescape_url(plain) == OK;
    ap_normalize_path(plain, AP_NORMALIZE_MERGE_SLASHES);
    return plain;
}

void pwr_scrub_readdress(request_rec *request, char *path, char *query)
{
    apr_pool_t *pool = request->pool;
    const char *target = query != NULL ? apr_pstrcat(pool, path, "?", query, NULL) : path;

    request->uri = path;
    request->args = query;
    request->parsed_uri.path = path;
    request->parsed_uri.query = query;
    request->unparsed_uri = apr_pstrdup(pool, target);
    request->the_request = apr_pstrcat(pool, request->method, " ", target, " ",
                                       request->protocol != NULL ? request->protocol : "", NULL);
}

void pwr_scrub_header(request_rec *request, const char *name)
{
    const char *value = apr_table_get(request->headers_in, name);

    if (value != NULL) {
        apr_table_setn(request->headers_in, name, pwr_token_hide(value, request->pool));
    }
}

/* Takes the secret out of the address, of which `behind` is the plain form. False when it is no
 * link's. */
static bool take_secret(request_rec *request, const pwr_site_t *site, const char *behind,
                        bool is_clean)
{
    const char *path = behind;

    pwr_handle_language_take(&path, site);
    const char *language = apr_pstrmemdup(request->pool, behind, (size_t)(path - behind));
    for (size_t i = 0; i < sizeof secret_paths / sizeof secret_paths[0]; i++) {
        size_t length = strlen(secret_paths[i]);
        if (strncmp(path, secret_paths[i], length) != 0) {
            continue;
        }
        char *secret = apr_pstrdup(request->pool, is_clean ? path + length : "");
        pwr_crypto_wipe_with(secret, strlen(secret), request->pool);
        ap_set_module_config(request->request_config, &pwreset_module, secret);
        pwr_scrub_readdress(
            request,
            apr_pstrcat(request->pool, site->base_path, language, secret_paths[i], "-", NULL),
            NULL);
        return true;
    }
    return false;
}

/* Addresses that hold something long of ours which is no secret. */
static bool is_sealed(const pwr_site_t *site, const char *behind)
{
    static const char done[] = "/done/";

    pwr_handle_language_take(&behind, site);
    if (strncmp(behind, done, sizeof done - 1) == 0) {
        return strlen(behind + sizeof done - 1) >= LEAST_SEALED_RETURN;
    }
    for (size_t i = 0; i < sizeof sealed_paths / sizeof sealed_paths[0]; i++) {
        if (strncmp(behind, sealed_paths[i], strlen(sealed_paths[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Hides what looks like a token in an address that is no link's; false when nothing does. Not where
 * the flow has the whole host: there, other things may live beside it. */
static bool hide_strays(request_rec *request, const pwr_site_t *site, const char *behind)
{
    if (is_sealed(site, behind) || site->base_path[0] == '\0') {
        return false;
    }
    char *query = request->args != NULL ? pwr_token_hide(request->args, request->pool) : NULL;
    char *hidden = pwr_token_hide(request->uri, request->pool);
    if ((query == NULL || strcmp(query, request->args) == 0) && strcmp(hidden, request->uri) == 0) {
        return false;
    }
    pwr_scrub_readdress(request, hidden, query);
    return true;
}

int pwr_scrub(request_rec *request)
{
    const pwr_site_t *site = pwr_site_of(request->server);
    bool is_clean = false;
    const char *behind = NULL;

    apr_table_setn(request->notes, SEEN_NOTE, "");
    if (site != NULL && request->uri != NULL) {
        behind = pwr_url_path_behind(site->base_path,
                                     plain_path(&is_clean, request->uri, request->pool));
    }
    if (behind == NULL) {
        return DECLINED;
    }
    pwr_scrub_header(request, "Referer");
    if (take_secret(request, site, behind, is_clean) || hide_strays(request, site, behind)) {
        pwr_scoreboard_overwrite(request);
    }
    return DECLINED;
}

bool pwr_scrub_has_seen(const request_rec *request)
{
    return apr_table_get(request->notes, SEEN_NOTE) != NULL;
}

int pwr_scrub_again(request_rec *request)
{
    if (pwr_scrub_secret(request) != NULL) {
        pwr_scoreboard_overwrite(request);
    }
    return DECLINED;
}

const char *pwr_scrub_secret(request_rec *request)
{
    return ap_get_module_config(request->request_config, &pwreset_module);
}
