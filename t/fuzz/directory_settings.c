/*
 * The directory's URL from arbitrary bytes: refused with a reason, or taken apart into servers that
 * libldap takes, a base that is a DN, attributes and a filter.
 */
#include "fuzz.h"

#include <ldap.h>

#include "base/limits.h"
#include "directory/check_settings.h"

static void check_servers(const apr_array_header_t *uris)
{
    MUST(uris != NULL && uris->nelts > 0);
    for (int i = 0; i < uris->nelts; i++) {
        const char *uri = APR_ARRAY_IDX(uris, i, const char *);
        LDAPURLDesc *parts = NULL;
        MUST(strncmp(uri, "ldap://", 7) == 0 || strncmp(uri, "ldaps://", 8) == 0
             || strncmp(uri, "ldapi://", 8) == 0);
        MUST(strchr(uri, ' ') == NULL);
        MUST(ldap_url_parse(uri, &parts) == LDAP_URL_SUCCESS);
        ldap_free_urldesc(parts);
    }
}

static void check_taken(const pwr_directory_settings_t *settings)
{
    check_servers(settings->uris);
    MUST(pwr_directory_is_dn(settings->base));
    MUST(pwr_directory_is_filter(settings->filter));
    MUST(settings->scope >= LDAP_SCOPE_BASE && settings->scope <= LDAP_SCOPE_SUBTREE);
    for (int i = 0; i < settings->match->nelts; i++) {
        MUST(pwr_directory_is_attribute(APR_ARRAY_IDX(settings->match, i, const char *)));
    }
    bool is_ldaps = strncmp(APR_ARRAY_IDX(settings->uris, 0, const char *), "ldaps:", 6) == 0;
    MUST(is_ldaps == (settings->tls == PWR_TLS_LDAPS));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    char *url = rest_on_heap(&input);
    pwr_directory_settings_t settings = {.connections = 1, .timeout = apr_time_from_sec(1)};

    pwr_fault_t *fault = pwr_directory_parse_url(&settings, url, input.pool);
    MUST(fault == NULL || (fault->kind == PWR_BROKEN && *fault->detail != '\0'));
    if (fault == NULL) {
        check_taken(&settings);
        settings.mail_attributes = apr_array_make(input.pool, 1, sizeof(const char *));
        APR_ARRAY_PUSH(settings.mail_attributes, const char *) = "mail";
        fault = pwr_directory_check_settings(&settings, input.pool);
        MUST(fault == NULL || fault->kind == PWR_BROKEN);
    }
    free(url);
    apr_pool_destroy(input.pool);
    return 0;
}
