/* What a configuration may say is checked here, so that no other file of the component need ask. */
#include "directory/check_settings.h"

#include <string.h>

#include <apr_file_info.h>

#include "base/limits.h"
#include "directory/bind.h"
#include "directory/backend.h"

bool pwr_directory_is_backend(const char *name)
{
    return pwr_backend_named(name) != NULL;
}

const char *pwr_directory_backend_names(apr_pool_t *pool)
{
    return pwr_backend_names(pool);
}

static pwr_fault_t *check_servers(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    if (settings->uris == NULL || settings->uris->nelts == 0) {
        return pwr_fault_broken(pool, "PWR0410", "No directory server is named. %s.",
                                pwr_directory_url_hint);
    }
    if (settings->uris->nelts > PWR_MAX_SERVERS) {
        return pwr_fault_broken(pool, "PWR0498", "More than %d directory servers are named.",
                                PWR_MAX_SERVERS);
    }
    for (int i = 0; i < settings->uris->nelts; i++) {
        const char *uri = APR_ARRAY_IDX(settings->uris, i, const char *);
        if (!pwr_directory_is_server(uri)) {
            return pwr_fault_broken(pool, "PWR0411", "\"%s\" is no directory server. %s.", uri,
                                    pwr_directory_url_hint);
        }
        if (settings->tls == PWR_TLS_LDAPS && strncmp(uri, "ldap:", 5) == 0) {
            return pwr_fault_broken(pool, "PWR0412",
                                    "%s would not be encrypted from the start. Write ldaps://, or "
                                    "ask for StartTLS.",
                                    uri);
        }
    }
    return NULL;
}

static bool are_attributes(const apr_array_header_t *names)
{
    for (int i = 0; names != NULL && i < names->nelts; i++) {
        if (!pwr_directory_is_attribute(APR_ARRAY_IDX(names, i, const char *))) {
            return false;
        }
    }
    return true;
}

static bool are_dns(const apr_array_header_t *texts)
{
    for (int i = 0; texts != NULL && i < texts->nelts; i++) {
        if (!pwr_directory_is_dn(APR_ARRAY_IDX(texts, i, const char *))) {
            return false;
        }
    }
    return true;
}

static pwr_fault_t *check_search(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    bool is_fine = (settings->login_attribute == NULL
                    || pwr_directory_is_attribute(settings->login_attribute))
                   && settings->mail_attributes != NULL && settings->mail_attributes->nelts > 0
                   && are_attributes(settings->mail_attributes) && are_attributes(settings->match);

    if (!is_fine) {
        return pwr_fault_broken(pool, "PWR0413",
                                "Attributes to match, the login and the mail attribute must be "
                                "attribute names, as mail and uid.");
    }
    if (!pwr_directory_is_dn(settings->base) || !pwr_directory_is_filter(settings->filter)
        || settings->scope < 0 || settings->scope > LDAP_SCOPE_SUBTREE) {
        return pwr_fault_broken(pool, "PWR0414",
                                "The directory's base, scope or filter is wrong. %s.",
                                pwr_directory_url_hint);
    }
    if (!are_dns(settings->more_bases) || !are_dns(settings->allow_groups)
        || !are_dns(settings->deny_groups)
        || (settings->protected_filter != NULL
            && !pwr_directory_is_filter(settings->protected_filter))) {
        return pwr_fault_broken(pool, "PWR0419",
                                "Further bases and groups must be DNs, and the filter of the "
                                "protected must be a filter in brackets (RFC 4515).");
    }
    if (settings->policy_dn != NULL && !pwr_directory_is_dn(settings->policy_dn)) {
        return pwr_fault_broken(pool, "PWR0415",
                                "\"%s\" is no DN. Write the one that ppolicy_default holds.",
                                settings->policy_dn);
    }
    return NULL;
}

static pwr_fault_t *check_access(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    apr_finfo_t info;

    if (settings->trusted_ca != NULL
        && apr_stat(&info, settings->trusted_ca, APR_FINFO_TYPE, pool) != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0417",
                                "The file %s with the directory's CA cannot be read. Name a PEM "
                                "file that the server's user may read.",
                                settings->trusted_ca);
    }
    if (settings->timeout <= 0 || settings->connections < 1) {
        return pwr_fault_broken(pool, "PWR0418",
                                "The directory's time-out must be more than 0, and at least one "
                                "connection must be allowed.");
    }
    return NULL;
}

pwr_fault_t *pwr_directory_check_settings(const pwr_directory_settings_t *settings,
                                          apr_pool_t *pool)
{
    PWR_TRY(check_servers(settings, pool));
    PWR_TRY(check_search(settings, pool));
    PWR_TRY(check_access(settings, pool));
    return pwr_bind_check_settings(settings, pool);
}
