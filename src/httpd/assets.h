/*
 * Style sheet, icon and script: read once at start, served from memory under a name that holds
 * their digest, so that a browser may keep them for ever. Read-only after start; any thread.
 */
#ifndef PWR_HTTPD_ASSETS_H
#define PWR_HTTPD_ASSETS_H

#include "httpd/private.h"

/* What the site brings itself. */
#define PWR_ASSET_STYLE "style"
#define PWR_ASSET_LOGO "logo"

typedef struct {
    const char *name;
    const char *type;
    const char *path; /* behind the base path: "/a/<digest>-<name>"; NULL: not served by us */
    const char *url;  /* with it; NULL: there is none */
    const char *bytes;
    apr_size_t length;
} pwr_asset_t;

/* Reads the files. BROKEN when one is missing or over PWR_MAX_TEMPLATE bytes. */
pwr_fault_t *pwr_assets_load(pwr_assets_t **assets, const pwr_site_t *site,
                             apr_pool_t *pool) PWR_MUST_USE;

/* The path of an asset for a page: pwr_assets_url(assets, "pwreset.css"). NULL when the site has
 * none. */
const char *pwr_assets_url(const pwr_assets_t *assets, const char *name);

/* The asset that is served under "/a/<digest>-<name>"; NULL when there is none. */
const pwr_asset_t *pwr_assets_find(const pwr_assets_t *assets, const char *path);

#endif
