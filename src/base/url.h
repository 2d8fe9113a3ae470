/*
 * URLs (RFC 3986) taken apart by libcurl's URL API, and the few questions that the module asks of
 * their parts. What browsers, libcurl and this module could read in different ways is refused: the
 * parser takes one spelling of each part. No state; any thread.
 */
#ifndef PWR_BASE_URL_H
#define PWR_BASE_URL_H

#include <stdbool.h>

#include <apr_pools.h>

#define PWR_MAX_HOST 253 /* characters of a host name (RFC 1035, 2.3.4) */

typedef struct {
    const char *scheme; /* lower case: "https" */
    const char *user;   /* decoded; NULL: none */
    bool has_password;
    const char *host;   /* a name in ASCII or an IPv4 address, lower case; IPv6 without brackets */
    int port;           /* 1 to 65535; 0: none is written */
    const char *origin; /* "https://host:port", lower case, without the scheme's usual port */
    const char *path;   /* as written: "", or "/" and more */
    const char *query;  /* as written, without its "?"; NULL: none */
    const char *fragment; /* as written, without its "#"; NULL: none */
} pwr_url_t;

/* Takes an absolute URL with a host apart. False, with nothing promised of `url`, for anything
 * else: a byte that stands in no URL, a scheme without "://", no host, a host that is neither a
 * name in ASCII nor an address, a wrong port, a wrong percent-encoding in the user. */
bool pwr_url_parse(pwr_url_t *url, const char *text, apr_pool_t *pool);

/* Whether the text is a host name in ASCII, or an IPv4 address. */
bool pwr_url_is_host_name(const char *text);

/* False for a path (without query) that could be read as another one: a doubled slash, a segment
 * that begins with a dot, a parameter, an encoded dot, slash, backslash or control character, or a
 * "%" without two digits. */
bool pwr_url_is_plain_path(const char *path);

/* What stands in `path` behind `base` ("" or "/passord"): "" or "/" and more; NULL when the path
 * lies elsewhere. */
const char *pwr_url_path_behind(const char *base, const char *path);

#endif
