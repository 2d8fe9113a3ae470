/*
 * RFC 4516 with several hosts; libldap takes the URL apart where it can. What a configuration may
 * say is judged here, so that the rest of the component need not ask again.
 */
#include "directory/settings.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>
#include <ldap.h>

static apr_status_t free_url(void *data)
{
    ldap_free_urldesc(data);
    return APR_SUCCESS;
}

bool pwr_directory_is_attribute(const char *name)
{
    static const char letters[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.;";
    return name != NULL && *name != '\0' && strspn(name, letters) == strlen(name);
}

/* Brackets in values are always escaped (RFC 4515), so counting brackets is exact. */
bool pwr_directory_is_filter(const char *filter)
{
    int depth = 0;

    if (filter == NULL || filter[0] != '(') {
        return false;
    }
    for (const char *at = filter; *at != '\0'; at++) {
        depth += *at == '(' ? 1 : (*at == ')' ? -1 : 0);
        if (depth < 0 || (depth == 0 && at[1] != '\0')) {
            return false;
        }
    }
    return depth == 0;
}

bool pwr_directory_is_dn(const char *text)
{
    LDAPDN dn = NULL;

    if (text == NULL || *text == '\0' || ldap_str2dn(text, &dn, LDAP_DN_FORMAT_LDAPV3) != 0) {
        return false;
    }
    ldap_dnfree(dn);
    return true;
}

/* --- the URL --- */

const char *const pwr_directory_url_hint
    = "Write it like ldap://ldap1.example.org ldap2.example.org/ou=people,dc=example,dc=org"
      "?mail,uid?sub?(objectClass=person)";

/* Length of "ldap://", "ldaps://" or "ldapi://" at the start; 0 when there is none of them. */
static size_t scheme_length(const char *url)
{
    static const char *const schemes[] = {"ldap://", "ldaps://", "ldapi://"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (apr_cstr_casecmpn(url, schemes[i], strlen(schemes[i])) == 0) {
            return strlen(schemes[i]);
        }
    }
    return 0;
}

bool pwr_directory_is_server(const char *uri)
{
    LDAPURLDesc *parts = NULL;

    if (scheme_length(uri) == 0 || ldap_url_parse(uri, &parts) != LDAP_URL_SUCCESS) {
        return false;
    }
    bool has_host = parts->lud_host != NULL && *parts->lud_host != '\0' && parts->lud_port <= 65535;
    ldap_free_urldesc(parts);
    return has_host || apr_cstr_casecmpn(uri, "ldapi:", 6) == 0;
}

static pwr_fault_t *parse_hosts(pwr_directory_settings_t *settings, const char *scheme,
                                const char *hosts, apr_pool_t *pool)
{
    char *last = NULL;

    settings->uris = apr_array_make(pool, 2, sizeof(const char *));
    for (char *host = apr_strtok(apr_pstrdup(pool, hosts), " ", &last); host != NULL;
         host = apr_strtok(NULL, " ", &last)) {
        const char *uri = apr_pstrcat(pool, scheme, host, NULL);
        if (!pwr_directory_is_server(uri)) {
            return pwr_fault_broken(pool, "PWR0401",
                                    "\"%s\" is no server. Write its name, or name:port; for ldapi "
                                    "the socket's path with each / as %%2F.",
                                    host);
        }
        APR_ARRAY_PUSH(settings->uris, const char *) = uri;
    }
    if (settings->uris->nelts == 0) {
        return pwr_fault_broken(pool, "PWR0402", "The URL names no server. %s.",
                                pwr_directory_url_hint);
    }
    return NULL;
}

static pwr_fault_t *take_attributes(pwr_directory_settings_t *settings, char **attributes,
                                    apr_pool_t *pool)
{
    settings->match = apr_array_make(pool, 2, sizeof(const char *));
    for (int i = 0; attributes != NULL && attributes[i] != NULL; i++) {
        if (!pwr_directory_is_attribute(attributes[i])) {
            return pwr_fault_broken(pool, "PWR0403",
                                    "\"%s\" is no attribute. Between the first two ? stand the "
                                    "attributes that a typed name is compared with, as mail,uid.",
                                    attributes[i]);
        }
        APR_ARRAY_PUSH(settings->match, const char *) = apr_pstrdup(pool, attributes[i]);
    }
    return NULL;
}

/* The third field as written: libldap takes "" for base, AuthLDAPURL for sub, and so do we. */
static bool has_scope(const char *fields)
{
    const char *at = strchr(fields, '?');

    at = at != NULL ? strchr(at + 1, '?') : NULL;
    return at != NULL && at[1] != '\0' && at[1] != '?';
}

static pwr_fault_t *parse_fields(pwr_directory_settings_t *settings, const char *fields,
                                 apr_pool_t *pool)
{
    LDAPURLDesc *parts = NULL;

    if (strstr(fields, "%00") != NULL
        || ldap_url_parse(apr_pstrcat(pool, "ldap:///", fields, NULL), &parts)
               != LDAP_URL_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0404", "\"%s\" is not base?attributes?scope?filter. %s.",
                                fields, pwr_directory_url_hint);
    }
    apr_pool_cleanup_register(pool, parts, free_url, apr_pool_cleanup_null);
    if (!pwr_directory_is_dn(parts->lud_dn)) {
        return pwr_fault_broken(pool, "PWR0405", "\"%s\" is no base. %s.",
                                parts->lud_dn != NULL ? parts->lud_dn : "", pwr_directory_url_hint);
    }
    if (parts->lud_exts != NULL || parts->lud_scope > LDAP_SCOPE_SUBTREE) {
        return pwr_fault_broken(pool, "PWR0406",
                                "The URL's scope is base, one or sub, and nothing comes after its "
                                "filter. %s.",
                                pwr_directory_url_hint);
    }
    PWR_TRY(take_attributes(settings, parts->lud_attrs, pool));
    settings->base = apr_pstrdup(pool, parts->lud_dn);
    settings->scope = has_scope(fields) ? parts->lud_scope : LDAP_SCOPE_SUBTREE;
    settings->filter
        = parts->lud_filter != NULL ? apr_pstrdup(pool, parts->lud_filter) : PWR_EVERYTHING;
    if (settings->filter[0] != '(') {
        settings->filter = apr_pstrcat(pool, "(", settings->filter, ")", NULL);
    }
    if (!pwr_directory_is_filter(settings->filter)) {
        return pwr_fault_broken(pool, "PWR0407",
                                "\"%s\" is no filter: its brackets do not match (RFC 4515). %s.",
                                settings->filter, pwr_directory_url_hint);
    }
    return NULL;
}

pwr_fault_t *pwr_directory_parse_url(pwr_directory_settings_t *settings, const char *url,
                                     apr_pool_t *pool)
{
    size_t length = scheme_length(url);
    const char *slash = strchr(url + length, '/');

    if (length == 0) {
        return pwr_fault_broken(pool, "PWR0400",
                                "\"%s\" does not begin with ldap://, ldaps:// or ldapi://. %s.",
                                url, pwr_directory_url_hint);
    }
    if (slash == NULL) {
        return pwr_fault_broken(pool, "PWR0408",
                                "The URL has no base. %s. A URL with a space in it stands in "
                                "quotes.",
                                pwr_directory_url_hint);
    }
    char *scheme = apr_pstrmemdup(pool, url, length);
    for (char *at = scheme; *at != '\0'; at++) {
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    }
    const char *hosts = apr_pstrmemdup(pool, url + length, (apr_size_t)(slash - url) - length);
    if (strcmp(scheme, "ldapi://") == 0 && *hosts == '\0') {
        return pwr_fault_broken(pool, "PWR0409",
                                "ldapi:// needs the socket's path, each / as %%2F: "
                                "ldapi://%%2Frun%%2Fslapd%%2Fldapi/dc=example,dc=org.");
    }
    PWR_TRY(parse_hosts(settings, scheme, hosts, pool));
    if (strcmp(scheme, "ldap://") != 0) {
        settings->tls = strcmp(scheme, "ldaps://") == 0 ? PWR_TLS_LDAPS : PWR_TLS_NONE;
    }
    return parse_fields(settings, slash + 1, pool);
}
