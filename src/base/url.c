/*
 * libcurl's parser is made for what people type: it takes one slash for two, undoes the encoding of
 * a host, and hides the difference between no port and an empty one. So the text is checked before
 * it, and the parts after it.
 */
#include "base/url.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>

#define SCHEME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-."
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_"

static apr_status_t free_handle(void *data)
{
    curl_url_cleanup(data);
    return APR_SUCCESS;
}

/* Every byte may stand in a URL, and no browser reads one as another. */
static bool is_plain_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f || strchr("\\\"<>^`{|}", *at) != NULL) {
            return false;
        }
    }
    return true;
}

/* What follows "scheme://"; NULL when the text does not begin so. A later "://" is none: libcurl
 * takes "https:/host" for "https://host". */
static const char *after_scheme(const char *text)
{
    size_t length = strspn(text, SCHEME_CHARACTERS);

    return length > 0 && strncmp(text + length, "://", 3) == 0 ? text + length + 3 : NULL;
}

/* The authority, as written; NULL when there is none. */
static const char *authority_of(const char *text, apr_pool_t *pool)
{
    const char *start = after_scheme(text);
    size_t length = start != NULL ? strcspn(start, "/?#") : 0;

    return length > 0 ? apr_pstrmemdup(pool, start, length) : NULL;
}

/* Each "%" has two hexadecimal digits behind it. */
static bool is_well_encoded(const char *text)
{
    for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at + 1, '%')) {
        if (!apr_isxdigit(at[1]) || !apr_isxdigit(at[2])) {
            return false;
        }
    }
    return true;
}

/* A part of the URL, copied; NULL when there is none. False in `is_good` when it is wrong. */
static const char *part_of(bool *is_good, CURLU *handle, CURLUPart part, apr_pool_t *pool)
{
    char *text = NULL;
    unsigned flags = part == CURLUPART_USER ? CURLU_URLDECODE : 0;
    CURLUcode code = curl_url_get(handle, part, &text, flags);
    bool is_absent = code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_PORT
                     || code == CURLUE_NO_QUERY || code == CURLUE_NO_FRAGMENT;
    const char *copy = code == CURLUE_OK ? apr_pstrdup(pool, text) : NULL;

    *is_good = *is_good && (code == CURLUE_OK || is_absent);
    curl_free(text);
    return copy;
}

static const char *lower_case(const char *text, apr_pool_t *pool)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *at = copy; *at != '\0'; at++) {
        *at = (char)apr_tolower(*at);
    }
    return copy;
}

bool pwr_url_is_host_name(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= PWR_MAX_HOST && strspn(text, NAME_CHARACTERS) == length
           && text[0] != '-' && text[0] != '.';
}

/* A name, an IPv4 address, or an IPv6 address in brackets. */
static bool is_host(const char *host)
{
    size_t length = strlen(host);

    if (host[0] != '[') {
        return pwr_url_is_host_name(host);
    }
    return strchr(host, ':') != NULL && host[length - 1] == ']'
           && strspn(host + 1, "0123456789abcdef:.") == length - 2;
}

/* Host and port as written are plain: libcurl takes an empty port or user for none, undoes the
 * encoding of a host, and drops leading zeros. */
static bool is_plain_server(const char *authority)
{
    const char *at = strrchr(authority, '@');
    const char *server = at != NULL ? at + 1 : authority;
    const char *port = strrchr(server, ':');

    return at != authority && server[0] != '\0' && strchr(server, '%') == NULL
           && (port == NULL || (port[1] != '\0' && port[1] != '0'));
}

static const char *make_origin(const pwr_url_t *url, const char *host, apr_pool_t *pool)
{
    static const struct {
        const char *scheme;
        int port;
    } usual[] = {{"https", 443}, {"http", 80}};
    int port = url->port;

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (strcmp(url->scheme, usual[i].scheme) == 0 && port == usual[i].port) {
            port = 0;
        }
    }
    return port == 0 ? apr_pstrcat(pool, url->scheme, "://", host, NULL)
                     : apr_psprintf(pool, "%s://%s:%d", url->scheme, host, port);
}

static bool read_authority(pwr_url_t *url, CURLU *handle, apr_pool_t *pool)
{
    bool is_good = true;
    const char *user = part_of(&is_good, handle, CURLUPART_USER, pool);
    const char *password = part_of(&is_good, handle, CURLUPART_PASSWORD, pool);
    const char *host = part_of(&is_good, handle, CURLUPART_HOST, pool);
    const char *port = part_of(&is_good, handle, CURLUPART_PORT, pool);

    if (!is_good || host == NULL || (port != NULL && strcmp(port, "0") == 0)) {
        return false;
    }
    host = lower_case(host, pool);
    url->user = user;
    url->has_password = password != NULL;
    url->port = port != NULL ? (int)apr_atoi64(port) : 0;
    url->host = host[0] == '[' ? apr_pstrmemdup(pool, host + 1, strlen(host) - 2) : host;
    url->origin = make_origin(url, host, pool);
    return is_host(host);
}

/* As written: libcurl would give "/" for no path. */
static void read_path(pwr_url_t *url, const char *text, apr_pool_t *pool)
{
    const char *start = after_scheme(text);

    start += strcspn(start, "/?#");
    size_t length = strcspn(start, "?#");
    const char *query = start[length] == '?' ? start + length + 1 : NULL;
    const char *fragment = strchr(start, '#');
    url->path = apr_pstrmemdup(pool, start, length);
    url->query = query != NULL ? apr_pstrmemdup(pool, query, strcspn(query, "#")) : NULL;
    url->fragment = fragment != NULL ? apr_pstrdup(pool, fragment + 1) : NULL;
}

bool pwr_url_parse(pwr_url_t *url, const char *text, apr_pool_t *pool)
{
    const char *authority = authority_of(text, pool);
    bool is_good = true;

    if (authority == NULL || !is_plain_text(text) || !is_well_encoded(authority)
        || !is_plain_server(authority)) {
        return false;
    }
    CURLU *handle = curl_url();
    if (handle == NULL) {
        return false;
    }
    apr_pool_cleanup_register(pool, handle, free_handle, apr_pool_cleanup_null);
    is_good = curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS)
              == CURLUE_OK;
    if (is_good) {
        const char *scheme = part_of(&is_good, handle, CURLUPART_SCHEME, pool);
        url->scheme = scheme != NULL ? lower_case(scheme, pool) : "";
        is_good = read_authority(url, handle, pool) && is_good;
        read_path(url, text, pool);
    }
    apr_pool_cleanup_run(pool, handle, free_handle);
    return is_good;
}

/* The byte that "%xx" stands for; -1 when `at` does not begin with one. */
static int encoded_byte(const char *at)
{
    static const char digits[] = "0123456789abcdef";

    if (at[0] != '%' || !apr_isxdigit(at[1]) || !apr_isxdigit(at[2])) {
        return -1;
    }
    return (int)(16 * (strchr(digits, apr_tolower(at[1])) - digits)
                 + (strchr(digits, apr_tolower(at[2])) - digits));
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

bool pwr_url_is_plain_path(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        bool is_double = at[0] == '/' && (at[1] == '/' || at[1] == '.');
        if (is_double || at[0] == ';' || (at[0] == '%' && !is_plain_encoding(at))) {
            return false;
        }
    }
    return true;
}

const char *pwr_url_path_behind(const char *base, const char *path)
{
    size_t length = strlen(base);
    bool is_below
        = strncmp(path, base, length) == 0 && (path[length] == '/' || path[length] == '\0');

    return is_below ? path + length : NULL;
}
