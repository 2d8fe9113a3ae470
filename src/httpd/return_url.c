/*
 * A return URL is judged by its parts, not by how its text begins. Browsers read many spellings, so
 * base/url refuses each spelling that a browser could read in another way (backslashes, controls,
 * white space, encoded dots and slashes), and a user is refused here.
 */
#include "httpd/return_url.h"

#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>

#include "abuse/seal.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/url.h"

#define SEAL "seal:return" /* for a URL that was allowed */
#define SCHEME "https://"
#define NAME "return="

/* False when the text is neither a path on this server nor an https URL that is plain. */
static bool split(pwr_return_t *parts, const char *text, apr_pool_t *pool)
{
    bool is_path = text[0] == '/';
    const char *whole = is_path ? apr_pstrcat(pool, SCHEME, "localhost", text, NULL) : text;
    pwr_url_t url;

    if (strlen(text) > PWR_MAX_RETURN || !pwr_url_parse(&url, whole, pool)
        || strcmp(url.scheme, "https") != 0 || url.user != NULL || url.has_password
        || !pwr_url_is_plain_path(url.path)) {
        return false;
    }
    const char *authority = whole + strlen(SCHEME);
    parts->origin = is_path ? NULL : url.origin;
    parts->path = apr_pstrcat(pool, url.path[0] == '\0' ? "/" : "",
                              authority + strcspn(authority, "/?#"), NULL);
    return true;
}

const char *pwr_return_parse(pwr_return_t *allowed, const char *word, apr_pool_t *pool)
{
    if (!split(allowed, word, pool) || strpbrk(word, "?#") != NULL) {
        return apr_psprintf(pool, "'%s' is neither a path nor an https URL, each without a query",
                            word);
    }
    return NULL;
}

/* Does the path lie at or below the allowed one? */
static bool is_below(const char *path, const char *allowed)
{
    size_t length = strlen(allowed);

    return strncmp(path, allowed, length) == 0
           && (allowed[length - 1] == '/' || path[length] == '\0'
               || strchr("/?#", path[length]) != NULL);
}

const char *pwr_return_check(const pwr_site_t *site, const char *typed, apr_pool_t *pool)
{
    const apr_array_header_t *list = site->settings->return_urls;
    pwr_return_t asked;

    if (list == NULL || typed == NULL || !split(&asked, typed, pool)) {
        return NULL;
    }
    const char *origin = asked.origin != NULL ? asked.origin : site->origin;
    for (int i = 0; i < list->nelts; i++) {
        const pwr_return_t *allowed = &APR_ARRAY_IDX(list, i, pwr_return_t);
        const char *other = allowed->origin != NULL ? allowed->origin : site->origin;
        if (strcasecmp(origin, other) == 0 && is_below(asked.path, allowed->path)) {
            const char *url = apr_pstrcat(pool, origin, asked.path, NULL);
            /* It is judged again when it comes back sealed. */
            return strlen(url) <= PWR_MAX_RETURN ? url : NULL;
        }
    }
    return NULL;
}

const char *pwr_return_of_query(const pwr_request_context_t *context)
{
    const char *args = context->request->args;

    while (args != NULL && strncmp(args, NAME, strlen(NAME)) != 0) {
        const char *next = strchr(args, '&');
        args = next != NULL ? next + 1 : NULL;
    }
    if (args == NULL) {
        return NULL;
    }
    apr_pool_t *pool = context->request->pool;
    const char *value = args + strlen(NAME);
    const char *encoded = apr_pstrmemdup(pool, value, strcspn(value, "&"));
    /* NULL when it is badly encoded, or hides a NUL. */
    return pwr_return_check(context->site, apr_punescape_url(pool, encoded, NULL, NULL, 0), pool);
}

const char *pwr_return_of_seal(const pwr_request_context_t *context, const char *sealed)
{
    pwr_seal_t seal;

    if (sealed == NULL
        || !pwr_seal_open(&seal, context->site->key, SEAL, sealed, context->request->pool)
        || pwr_clock_now() - seal.made > context->site->settings->parts.flow.keep) {
        return NULL;
    }
    return pwr_return_check(context->site, seal.text, context->request->pool);
}

static const char *seal_of(const pwr_request_context_t *context, const char *url)
{
    return pwr_seal_make(context->site->key, SEAL, url, context->request->pool);
}

void pwr_return_show(pwr_view_t *view, const pwr_request_context_t *context, const char *url)
{
    if (url != NULL) {
        pwr_view_text(view, "return", seal_of(context, url));
        pwr_view_text(view, "return_url", url);
    }
}

const char *pwr_return_sealed(const pwr_request_context_t *context, const char *url)
{
    return url != NULL ? apr_pstrcat(context->request->pool, "/", seal_of(context, url), NULL) : "";
}
