/*
 * Judged by its parts, never by how its text begins: browsers forgive much, so whatever a browser
 * could read in another way than we do is refused (backslashes, controls, white space, a user,
 * encoded dots and slashes, an origin spelt in any but the plain way).
 */
#include "httpd/return_url.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "abuse/seal.h"
#include "base/clock.h"
#include "base/limits.h"

#define SEAL "seal:return" /* for a URL that was allowed */
#define SCHEME "https://"
#define USUAL_PORT ":443"
#define NAME "return="

/* Every byte one that stands in a URL, and none that a browser reads as another. */
static bool is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f || strchr("\\\"<>^`{|}", *at) != NULL) {
            return false;
        }
    }
    return true;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit != '\0' ? strchr(digits, apr_tolower(digit)) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* The byte that "%xx" stands for; -1 when `at` does not begin with one. */
static int encoded_byte(const char *at)
{
    int high = at[0] == '%' ? hex_value(at[1]) : -1;
    int low = high >= 0 ? hex_value(at[2]) : -1;
    return low >= 0 ? high * 16 + low : -1;
}

/* Is what is encoded here harmless in a path? No control, those of C1 in UTF-8 (c2 80 to c2 9f)
 * among them; nothing that could make a segment that leads up; and it is encoded well. */
static bool is_plain_encoding(const char *at)
{
    int byte = encoded_byte(at);
    int next = byte == 0xc2 ? encoded_byte(at + 3) : -1;

    return byte >= ' ' && byte != 0x7f && strchr("./\\", byte) == NULL
           && (next < 0x80 || next > 0x9f);
}

/* No segment that leads up, nothing encoded that could make one, no second slash, no control. */
static bool is_plain_path(const char *path)
{
    size_t length = strcspn(path, "?#");
    const char *end = path + length;

    for (const char *at = path; at < end; at++) {
        bool is_double = at[0] == '/' && (at[1] == '/' || at[1] == '.');
        if (is_double || at[0] == ';' || (at[0] == '%' && !is_plain_encoding(at))) {
            return false;
        }
    }
    return true;
}

/* "host" or "host:port", letters, digits, dots and hyphens alone; without the usual port. */
static const char *origin_of(const char *authority, size_t length, apr_pool_t *pool)
{
    static const char letters[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
    char *origin = apr_pstrmemdup(pool, authority, length);
    size_t host = strspn(origin, letters);
    size_t digits = origin[host] == ':' ? strspn(origin + host + 1, "0123456789") : 0;

    if (host == 0 || origin[0] == '-' || origin[0] == '.' || digits > 5
        || (origin[host] != '\0' && (digits == 0 || origin[host + 1 + digits] != '\0'))) {
        return NULL;
    }
    if (strcmp(origin + host, USUAL_PORT) == 0) {
        origin[host] = '\0';
    }
    for (char *at = origin; *at != '\0'; at++) {
        *at = (char)apr_tolower(*at);
    }
    return apr_pstrcat(pool, SCHEME, origin, NULL);
}

/* False when the text is neither a path on this server nor an https URL that is plain. */
static bool split(pwr_return_t *parts, const char *text, apr_pool_t *pool)
{
    *parts = (pwr_return_t){.path = text};
    if (strlen(text) > PWR_MAX_RETURN || !is_plain(text)) {
        return false;
    }
    if (text[0] != '/') {
        if (strncmp(text, SCHEME, strlen(SCHEME)) != 0) {
            return false;
        }
        const char *authority = text + strlen(SCHEME);
        size_t length = strcspn(authority, "/?#");
        parts->origin = origin_of(authority, length, pool);
        parts->path = authority[length] == '/' ? authority + length
                                               : apr_pstrcat(pool, "/", authority + length, NULL);
        if (parts->origin == NULL) {
            return false;
        }
    }
    return is_plain_path(parts->path);
}

const char *pwr_return_parse(pwr_return_t *allowed, const char *word, apr_pool_t *pool)
{
    if (!split(allowed, word, pool) || strpbrk(word, "?#") != NULL) {
        return apr_psprintf(pool, "'%s' is neither a path nor an https URL, each without a query",
                            word);
    }
    allowed->path = apr_pstrdup(pool, allowed->path);
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

/* Undoes the encoding of a query's value. NULL when it is badly encoded, or hides a NUL. */
static const char *decoded(const char *value, size_t length, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, length + 1);
    char *out = text;

    for (const char *at = value; at < value + length; at++) {
        int byte = at[0] == '%' ? encoded_byte(at) : (unsigned char)at[0];
        if (byte <= 0) {
            return NULL;
        }
        *out++ = (char)byte;
        at += at[0] == '%' ? 2 : 0;
    }
    *out = '\0';
    return text;
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
    const char *value = args + strlen(NAME);
    return pwr_return_check(context->site,
                            decoded(value, strcspn(value, "&"), context->request->pool),
                            context->request->pool);
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
