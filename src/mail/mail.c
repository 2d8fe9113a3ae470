/*
 * The two judgements that need no connection: what may stand in an envelope, and what the
 * operator meant by a relay's URL. Both are strict on purpose: libcurl hands an address to the
 * server as it is (line breaks too), and a URL that was understood half-way would send reset links
 * to a place nobody chose. No detail repeats the URL's user part, where people put passwords.
 */
#include "mail/mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_escape.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "text/unicode.h"

bool pwr_mail_is_address(const char *address)
{
    size_t length = strlen(address);
    const char *at = strchr(address, '@');

    if (length > PWR_MAX_ADDRESS || at == NULL || at == address || at[1] == '\0'
        || strchr(at + 1, '@') != NULL) {
        return false;
    }
    for (const unsigned char *byte = (const unsigned char *)address; *byte != '\0'; byte++) {
        if (*byte <= ' ' || *byte == 0x7f || strchr("<>,;:()[]\\\"", *byte) != NULL) {
            return false;
        }
        if (byte[0] == 0xc2 && byte[1] <= 0xa0) { /* U+0080 to U+009F, and the hard space */
            return false;
        }
    }
    return pwr_unicode_is_valid(address, length);
}

/* Takes "user@" off the front of `authority`. */
static pwr_fault_t *parse_user(const char **user, const char **host, const char *authority,
                               apr_pool_t *pool)
{
    const char *at = strrchr(authority, '@');

    *user = NULL;
    *host = authority;
    if (at == NULL) {
        return NULL;
    }
    const char *written = apr_pstrmemdup(pool, authority, (apr_size_t)(at - authority));
    *host = at + 1;
    if (strchr(written, ':') != NULL) {
        return pwr_fault_broken(pool, "PWR0501",
                                "The relay's URL holds a password. Write smtp://user@host and keep "
                                "the password in a file of its own.");
    }
    *user = apr_punescape_url(pool, written, NULL, NULL, 0);
    if (*user == NULL || **user == '\0') {
        return pwr_fault_broken(pool, "PWR0502",
                                "The relay's user name is empty or its %%-escapes are wrong. Write "
                                "%%40 for an @ in it: smtp://mailer%%40example.org@host.");
    }
    for (const char *byte = *user; *byte != '\0'; byte++) {
        if (apr_iscntrl(*byte)) {
            return pwr_fault_broken(pool, "PWR0503",
                                    "The relay's user name holds a control character.");
        }
    }
    return NULL;
}

static pwr_fault_t *parse_port(int *port, const char *text, apr_pool_t *pool)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 5 || text[digits] != '\0' || strtol(text, NULL, 10) < 1
        || strtol(text, NULL, 10) > 65535) {
        return pwr_fault_broken(pool, "PWR0504",
                                "After the relay's host there may be a port from 1 to 65535 and "
                                "nothing else, as in smtp://mail.example.org:587.");
    }
    *port = (int)strtol(text, NULL, 10);
    return NULL;
}

/* `text` is "name", "name:port", "[IPv6]" or "[IPv6]:port". */
static pwr_fault_t *parse_host(pwr_relay_t *relay, const char *text, apr_pool_t *pool)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    bool is_literal = *text == '[';
    const char *start = text + (is_literal ? 1 : 0);
    size_t length = is_literal ? strspn(start, "0123456789abcdefABCDEF:.")
                               : strspn(start, apr_pstrcat(pool, letters, "0123456789.-_", NULL));
    const char *end = start + length;
    bool is_good = length > 0 && length <= 253 && *start != '-' && *start != '.';

    if (is_literal) {
        is_good = is_good && *end == ']' && memchr(start, ':', length) != NULL;
        end += is_good ? 1 : 0;
    }
    if (!is_good || (*end != '\0' && *end != ':')) {
        return pwr_fault_broken(pool, "PWR0505",
                                "The relay's host is not understood. Write smtp://host:port with a "
                                "name in ASCII, an IPv4 address, or an IPv6 address in brackets, "
                                "and nothing after the port.");
    }
    relay->host = apr_pstrmemdup(pool, start, length);
    return *end == ':' ? parse_port(&relay->port, end + 1, pool) : NULL;
}

static pwr_fault_t *parse_server(pwr_relay_t *relay, const char *url, const char *tls,
                                 apr_pool_t *pool)
{
    bool is_smtps = strncasecmp(url, "smtps:", 6) == 0;
    const char *host = NULL;

    if (tls != NULL
        && (is_smtps || (strcasecmp(tls, "STARTTLS") != 0 && strcasecmp(tls, "NONE") != 0))) {
        return pwr_fault_broken(pool, "PWR0506",
                                "After smtp://... write STARTTLS (the default) or NONE; after "
                                "smtps://... write nothing, for it is TLS from the first byte.");
    }
    bool is_plain = tls != NULL && strcasecmp(tls, "NONE") == 0;
    relay->kind = is_smtps ? PWR_RELAY_SMTPS : is_plain ? PWR_RELAY_PLAIN : PWR_RELAY_STARTTLS;
    relay->port = is_smtps ? 465 : is_plain ? 25 : 587;
    PWR_TRY(parse_user(&relay->user, &host, strstr(url, "://") + 3, pool));
    PWR_TRY(parse_host(relay, host, pool));
    if (is_plain && relay->user != NULL) {
        return pwr_fault_broken(pool, "PWR0507",
                                "A password would cross the network in clear. Use STARTTLS or "
                                "smtps:// with a user, or leave the user out.");
    }
    relay->name = apr_pstrcat(pool, is_smtps ? "smtps://" : "smtp://", host, NULL);
    return NULL;
}

static pwr_fault_t *parse_folder(pwr_relay_t *relay, const char *url, const char *tls,
                                 apr_pool_t *pool)
{
    const char *path = url + strlen("folder:");

    if (*path != '/' || tls != NULL) {
        return pwr_fault_broken(pool, "PWR0508",
                                "Write folder:/path with an absolute path, and nothing after it.");
    }
    *relay = (pwr_relay_t){.kind = PWR_RELAY_FOLDER, .name = url, .host = path};
    return NULL;
}

pwr_fault_t *pwr_mail_parse_relay(pwr_relay_t **relay, const char *url, const char *tls,
                                  apr_pool_t *pool)
{
    const char *own = apr_pstrdup(pool, url);

    *relay = apr_pcalloc(pool, sizeof **relay);
    if (strncasecmp(own, "smtp://", 7) == 0 || strncasecmp(own, "smtps://", 8) == 0) {
        return parse_server(*relay, own, tls, pool);
    }
    if (strncasecmp(own, "folder:", 7) == 0) {
        return parse_folder(*relay, own, tls, pool);
    }
    return pwr_fault_broken(pool, "PWR0509",
                            "A relay is written smtp://[user@]host[:port], "
                            "smtps://[user@]host[:port] or folder:/path.");
}
