/*
 * The two judgements that need no connection: what may stand in an envelope, and what the operator
 * meant by a relay's URL. Both are strict on purpose: libcurl hands an address to the server as it
 * is (line breaks too), and a URL that was half understood would send reset links to a wrong
 * server. No detail repeats the URL's user part, where people put passwords.
 */
#include "mail/mail.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "base/url.h"
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

static pwr_fault_t *check_user(const pwr_url_t *url, apr_pool_t *pool)
{
    if (url->has_password) {
        return pwr_fault_broken(pool, "PWR0501",
                                "The relay's URL holds a password. Write smtp://user@host, and the "
                                "password with PwResetRelayPassword.");
    }
    for (const char *byte = url->user; byte != NULL && *byte != '\0'; byte++) {
        if (apr_iscntrl(*byte)) {
            return pwr_fault_broken(pool, "PWR0503",
                                    "The relay's user name holds a control character.");
        }
    }
    return NULL;
}

/* An "@" in the user's name is told apart from the one behind it: people write it as it is. */
static const char *encode_user(const char *text, apr_pool_t *pool)
{
    const char *end = strrchr(text, '@');
    const char *at = strchr(text, '@');

    while (end != NULL && at < end) {
        text = apr_psprintf(pool, "%.*s%%40%s", (int)(at - text), text, at + 1);
        end = strrchr(text, '@');
        at = strchr(text, '@');
    }
    return text;
}

static pwr_fault_t *parse_server(pwr_relay_t *relay, const char *text, const char *tls,
                                 apr_pool_t *pool)
{
    bool is_smtps = strncasecmp(text, "smtps:", 6) == 0;
    pwr_url_t url;

    if (tls != NULL
        && (is_smtps || (strcasecmp(tls, "STARTTLS") != 0 && strcasecmp(tls, "NONE") != 0))) {
        return pwr_fault_broken(pool, "PWR0506",
                                "After smtp://... write STARTTLS (the default) or NONE; after "
                                "smtps://... write nothing, for it is TLS from the first byte.");
    }
    if (!pwr_url_parse(&url, encode_user(text, pool), pool) || url.path[0] != '\0'
        || url.query != NULL || url.fragment != NULL) {
        return pwr_fault_broken(pool, "PWR0505",
                                "The relay's URL is not understood. Write smtp://host:port with a "
                                "name in ASCII, an IPv4 address, or an IPv6 address in brackets, "
                                "a port from 1 to 65535, and nothing after the port. Before the "
                                "host there may be user@; write %%25 for a percent sign in it.");
    }
    PWR_TRY(check_user(&url, pool));
    bool is_plain = tls != NULL && strcasecmp(tls, "NONE") == 0;
    relay->kind = is_smtps ? PWR_RELAY_SMTPS : is_plain ? PWR_RELAY_PLAIN : PWR_RELAY_STARTTLS;
    relay->port = url.port != 0 ? url.port : is_smtps ? 465 : is_plain ? 25 : 587;
    relay->host = url.host;
    relay->user = url.user;
    relay->name = url.origin;
    if (is_plain && relay->user != NULL) {
        return pwr_fault_broken(pool, "PWR0507",
                                "A password would cross the network in clear. Use STARTTLS or "
                                "smtps:// with a user, or leave the user out.");
    }
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
