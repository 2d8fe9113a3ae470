/* A handful of files, found by walking a small array. */
#include "httpd/assets.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_protocol.h>

#include "base/limits.h"
#include "httpd/respond.h"

#define DIGEST_CHARS 12

typedef struct {
    const char *name;
    const char *type;
    const char *path; /* behind the base path: "/a/<digest>-<name>" */
    const char *url;  /* with it */
    const char *bytes;
    apr_size_t length;
} asset_t;

static const struct {
    const char *name;
    const char *type;
} known[] = {
    {"pwreset.css", "text/css; charset=utf-8"},
    {"pwreset.svg", "image/svg+xml"},
    {"pwreset.js", "text/javascript; charset=utf-8"},
    {"pwreset-worker.js", "text/javascript; charset=utf-8"},
};
enum { KNOWN = sizeof known / sizeof known[0] };

struct pwr_assets_t {
    asset_t asset[KNOWN];
};

static pwr_fault_t *read_file(asset_t *asset, const char *folder, apr_pool_t *pool)
{
    const char *path = apr_pstrcat(pool, folder, "/assets/", asset->name, NULL);
    apr_file_t *file = NULL;
    apr_finfo_t about = {.size = 0};
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ, 0, pool);

    if (status == APR_SUCCESS) {
        status = apr_file_info_get(&about, APR_FINFO_SIZE, file);
    }
    if (status == APR_SUCCESS && about.size > PWR_MAX_TEMPLATE) {
        status = APR_ENOSPC;
    }
    char *bytes = apr_palloc(pool, status == APR_SUCCESS ? (apr_size_t)about.size + 1 : 1);
    if (status == APR_SUCCESS) {
        status = apr_file_read_full(file, bytes, (apr_size_t)about.size, &asset->length);
        apr_file_close(file);
    }
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(
            pool, "PWR0905",
            "%s cannot be read as a file of less than %d bytes: %s. Name the folder that "
            "holds assets/ with PwResetFiles.",
            path, PWR_MAX_TEMPLATE, pwr_fault_status(status, pool));
    }
    asset->bytes = bytes;
    return NULL;
}

pwr_fault_t *pwr_assets_load(pwr_assets_t **assets, const pwr_site_t *site, apr_pool_t *pool)
{
    static const char no_secret[PWR_KEY_BYTES] = "the digest of an asset is public";
    const pwr_secret_t *key = pwr_secret_make(no_secret, sizeof no_secret, pool);
    char digest[PWR_DIGEST_CHARS + 1];

    *assets = apr_pcalloc(pool, sizeof **assets);
    for (int i = 0; i < KNOWN; i++) {
        asset_t *asset = &(*assets)->asset[i];
        asset->name = known[i].name;
        asset->type = known[i].type;
        PWR_TRY(read_file(asset, site->settings->parts.flow.files, pool));
        pwr_crypto_digest(digest, key, "asset", asset->bytes, asset->length);
        asset->path = apr_psprintf(pool, "/a/%.*s-%s", DIGEST_CHARS, digest, asset->name);
        asset->url = apr_pstrcat(pool, site->base_path, asset->path, NULL);
    }
    return NULL;
}

const char *pwr_assets_url(const pwr_assets_t *assets, const char *name)
{
    for (int i = 0; i < KNOWN; i++) {
        if (strcmp(assets->asset[i].name, name) == 0) {
            return assets->asset[i].url;
        }
    }
    return "";
}

int pwr_assets_serve(const pwr_visit_t *visit)
{
    for (int i = 0; i < KNOWN; i++) {
        const asset_t *asset = &visit->site->assets->asset[i];
        if (strcmp(asset->path, visit->path) == 0) {
            return pwr_respond_bytes(visit, asset->type, asset->bytes, asset->length);
        }
    }
    return HTTP_NOT_FOUND;
}
