/* The files are few, so a search walks an array. */
#include "httpd/assets.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/limits.h"

#define DIGEST_CHARS 12

static const struct {
    const char *name;
    const char *type;
} known[] = {
    {"pwreset.css", "text/css; charset=utf-8"},
    {"pwreset.svg", "image/svg+xml"},
    {"pwreset.js", "text/javascript; charset=utf-8"},
    {"pwreset-worker.js", "text/javascript; charset=utf-8"},
};

/* What a logo may be, by the ending of its name. */
static const struct {
    const char *ending;
    const char *type;
} pictures[] = {
    {".svg", "image/svg+xml"}, {".png", "image/png"},   {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},   {".webp", "image/webp"}, {".avif", "image/avif"},
    {".gif", "image/gif"},
};

enum { KNOWN = sizeof known / sizeof known[0], STYLE = KNOWN, LOGO, COUNT };

struct pwr_assets_t {
    pwr_asset_t asset[COUNT];
};

static pwr_fault_t *read_file(pwr_asset_t *asset, const char *path, const char *directive,
                              apr_pool_t *pool)
{
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
        return pwr_fault_broken(pool, "PWR0905",
                                "%s: %s cannot be read as a file of less than %d bytes: %s. Name "
                                "one that is there.",
                                directive, path, PWR_MAX_TEMPLATE, pwr_fault_status(status, pool));
    }
    asset->bytes = bytes;
    return NULL;
}

typedef enum { OPEN, ENDS_LINE, ENDS_WITHIN } comment_t;

/* Where the comment ends in which this line begins or is. */
static comment_t end_of_comment(const char *from, const char *end)
{
    while (end > from && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\n')) {
        end--;
    }
    for (const char *at = from; at + 1 < end; at++) {
        if (at[0] == '*' && at[1] == '/') {
            return at + 2 == end ? ENDS_LINE : ENDS_WITHIN;
        }
    }
    return OPEN;
}

/* Comments of our scripts and style sheets are for readers of the files, and a fifth of what would
 * be sent. Those that fill lines are left out; others stay. */
static void drop_comments(pwr_asset_t *asset)
{
    const char *end = asset->bytes + asset->length;
    char *kept = (char *)(apr_uintptr_t)asset->bytes;
    bool is_inside = false;

    for (const char *line = asset->bytes, *next; line < end; line = next) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *text = line;
        next = newline != NULL ? newline + 1 : end;
        while (text < next && *text == ' ') {
            text++;
        }
        bool begins = !is_inside && next - text >= 2 && text[0] == '/' && text[1] == '*';
        comment_t comment
            = begins || is_inside ? end_of_comment(text + (begins ? 2 : 0), next) : ENDS_WITHIN;
        if (comment == ENDS_WITHIN) {
            memmove(kept, line, (size_t)(next - line));
            kept += next - line;
        }
        is_inside = comment == OPEN;
    }
    asset->length = (apr_size_t)(kept - asset->bytes);
}

/* Gives what has been read an address of its own. */
static void name_asset(pwr_asset_t *asset, const char *name, const pwr_site_t *site,
                       apr_pool_t *pool)
{
    static const char no_secret[PWR_KEY_BYTES] = "the digest of an asset is public";
    const pwr_secret_t *key = pwr_secret_make(no_secret, sizeof no_secret, pool);
    char digest[PWR_DIGEST_CHARS + 1];

    pwr_crypto_digest(digest, key, "asset", asset->bytes, asset->length);
    asset->path = apr_psprintf(pool, "/a/%.*s-%s", DIGEST_CHARS, digest, name);
    asset->url = apr_pstrcat(pool, site->base_path, asset->path, NULL);
}

/* The content type of a logo's file; NULL when it is no picture. */
static const char *picture_type(const char **ending, const char *path)
{
    *ending = strrchr(path, '.');
    for (size_t i = 0; *ending != NULL && i < sizeof pictures / sizeof pictures[0]; i++) {
        if (strcasecmp(*ending, pictures[i].ending) == 0) {
            return pictures[i].type;
        }
    }
    return NULL;
}

/* The site's own style sheet or logo: `value` is as in its directive, NULL when there is none. */
static pwr_fault_t *load_own(pwr_asset_t *asset, const char *value, const pwr_site_t *site,
                             apr_pool_t *pool)
{
    const char *ending = ".css";
    const char *path = value != NULL ? value + strlen("file:") : NULL;
    bool is_logo = strcmp(asset->name, PWR_ASSET_LOGO) == 0;

    if (value == NULL || value[0] == '/') {
        asset->url = value;
        return NULL;
    }
    asset->type = is_logo ? picture_type(&ending, path) : "text/css; charset=utf-8";
    if (asset->type == NULL) {
        return pwr_fault_broken(pool, "PWR0916",
                                "PwResetLogo: the name of %s ends like no picture's. Write "
                                "PwResetLogo with a file of svg, png, jpg, webp, avif or gif.",
                                path);
    }
    PWR_TRY(read_file(asset, path, is_logo ? "PwResetLogo" : "PwResetStyle", pool));
    name_asset(asset, apr_pstrcat(pool, asset->name, ending, NULL), site, pool);
    return NULL;
}

pwr_fault_t *pwr_assets_load(pwr_assets_t **assets, const pwr_site_t *site, apr_pool_t *pool)
{
    const pwr_settings_t *settings = site->settings;

    *assets = apr_pcalloc(pool, sizeof **assets);
    for (int i = 0; i < KNOWN; i++) {
        pwr_asset_t *asset = &(*assets)->asset[i];
        asset->name = known[i].name;
        asset->type = known[i].type;
        PWR_TRY(read_file(
            asset, apr_pstrcat(pool, settings->parts.flow.files, "/assets/", asset->name, NULL),
            "PwResetFiles", pool));
        if (strncmp(asset->type, "text/", strlen("text/")) == 0) {
            drop_comments(asset);
        }
        name_asset(asset, asset->name, site, pool);
    }
    (*assets)->asset[STYLE].name = PWR_ASSET_STYLE;
    (*assets)->asset[LOGO].name = PWR_ASSET_LOGO;
    PWR_TRY(load_own(&(*assets)->asset[STYLE], settings->style, site, pool));
    return load_own(&(*assets)->asset[LOGO], settings->logo, site, pool);
}

const char *pwr_assets_url(const pwr_assets_t *assets, const char *name)
{
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(assets->asset[i].name, name) == 0) {
            return assets->asset[i].url;
        }
    }
    return NULL;
}

const pwr_asset_t *pwr_assets_find(const pwr_assets_t *assets, const char *path)
{
    for (int i = 0; i < COUNT; i++) {
        const pwr_asset_t *asset = &assets->asset[i];
        if (asset->path != NULL && strcmp(asset->path, path) == 0) {
            return asset;
        }
    }
    return NULL;
}
