/*
 * The ways to bind, what settings each needs, and what to do when the server refuses.
 */
#include "directory/bind.h"

#include <string.h>

#include <apr_file_info.h>

/* --- the settings --- */

static bool is_local(const char *uri)
{
    return strncmp(uri, "ldapi:", 6) == 0;
}

/* Whether some server is reached over the network without TLS. */
static bool has_bare_server(const pwr_directory_settings_t *settings)
{
    for (int i = 0; i < settings->uris->nelts; i++) {
        const char *uri = APR_ARRAY_IDX(settings->uris, i, const char *);
        if (!is_local(uri) && settings->tls == PWR_TLS_NONE && strncmp(uri, "ldaps:", 6) != 0) {
            return true;
        }
    }
    return false;
}

static bool has_local_server(const pwr_directory_settings_t *settings)
{
    for (int i = 0; i < settings->uris->nelts; i++) {
        if (is_local(APR_ARRAY_IDX(settings->uris, i, const char *))) {
            return true;
        }
    }
    return false;
}

static bool is_missing(const char *path, apr_pool_t *pool)
{
    apr_finfo_t info;
    return path != NULL && apr_stat(&info, path, APR_FINFO_TYPE, pool) != APR_SUCCESS;
}

static pwr_fault_t *check_simple(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    const pwr_secret_t *password = settings->bind_password;

    if (settings->keytab != NULL || settings->principal != NULL) {
        return pwr_fault_broken(pool, "PWR0490",
                                "A keytab or a principal is for a bind with Kerberos: ask for "
                                "gssapi, or leave them out.");
    }
    if (settings->bind_dn != NULL
        && (*settings->bind_dn == '\0' || password == NULL || pwr_secret_length(password) == 0)) {
        return pwr_fault_broken(pool, "PWR0416",
                                "A bind needs both a DN and a password: with one of them empty the "
                                "server would take the program for nobody, and say that all is "
                                "well (RFC 4513, 5.1.2).");
    }
    return NULL;
}

static pwr_fault_t *check_external(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    for (int i = 0; i < settings->uris->nelts; i++) {
        const char *uri = APR_ARRAY_IDX(settings->uris, i, const char *);
        if (!is_local(uri) && settings->client_certificate == NULL) {
            return pwr_fault_broken(pool, "PWR0491",
                                    "%s would not learn who binds: an external bind needs a client "
                                    "certificate, or ldapi://.",
                                    uri);
        }
    }
    return NULL;
}

static pwr_fault_t *check_gssapi(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    if (!pwr_gssapi_is_here()) {
        return pwr_fault_broken(pool, "PWR0446",
                                "This mod_pwreset was built without GSSAPI. Write simple or "
                                "external, or build it with Kerberos (configure --with-gssapi).");
    }
    if (has_local_server(settings)) {
        return pwr_fault_broken(pool, "PWR0492",
                                "Kerberos knows a server by its name, and ldapi:// has none: use "
                                "an external bind there.");
    }
    if (has_bare_server(settings)) {
        return pwr_fault_broken(pool, "PWR0493",
                                "A bind with Kerberos needs TLS below it: without it everybody on "
                                "the way could read the new passwords. Use StartTLS or ldaps://.");
    }
    if (is_missing(settings->keytab, pool)) {
        return pwr_fault_broken(pool, "PWR0494",
                                "The keytab %s cannot be found. Name a file that the server's user "
                                "may read, and nobody else.",
                                settings->keytab);
    }
    return NULL;
}

pwr_fault_t *pwr_bind_check_settings(const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    if (is_missing(settings->client_certificate, pool) || is_missing(settings->client_key, pool)) {
        return pwr_fault_broken(pool, "PWR0499",
                                "The client certificate %s or its key cannot be found. Name PEM "
                                "files that the server's user may read.",
                                settings->client_certificate);
    }
    if (settings->client_certificate != NULL && has_bare_server(settings)) {
        return pwr_fault_broken(pool, "PWR0496",
                                "A client certificate needs TLS to be shown in. Use StartTLS or "
                                "ldaps://.");
    }
    if (settings->bind == PWR_BIND_SIMPLE) {
        return check_simple(settings, pool);
    }
    if (settings->bind_dn != NULL || settings->bind_password != NULL) {
        return pwr_fault_broken(pool, "PWR0497",
                                "A bind DN and its password are for a simple bind. Leave them out: "
                                "the server takes the name from the certificate, the ticket, or "
                                "the process.");
    }
    return settings->bind == PWR_BIND_EXTERNAL ? check_external(settings, pool)
                                               : check_gssapi(settings, pool);
}

/* --- the binds --- */

static apr_status_t free_control(void *data)
{
    ldap_control_free(data);
    return APR_SUCCESS;
}

/* With the password policy control: it tells more of a bind than right or wrong. */
static void bind_simply(pwr_person_t *person, pwr_ldap_handle_t *handle, apr_pool_t *scratch)
{
    struct berval secret = {.bv_len = pwr_secret_length(person->password),
                            .bv_val = (char *)pwr_secret_bytes(person->password)};
    LDAPControl *policy = NULL;
    int id = 0;

    pwr_ldap_handle_begin(handle);
    int code = ldap_create_passwordpolicy_control(handle->ld, &policy);
    if (code == LDAP_SUCCESS) {
        apr_pool_cleanup_register(scratch, policy, free_control, apr_pool_cleanup_null);
        LDAPControl *controls[] = {policy, NULL};
        code = ldap_sasl_bind(handle->ld, person->dn, LDAP_SASL_SIMPLE, &secret, controls, NULL,
                              &id);
    }
    pwr_ldap_handle_answer(&person->answer, handle, code, id, scratch);
}

static int bind_without_password(pwr_answer_t *answer, pwr_ldap_handle_t *handle,
                                 const char *mechanism, apr_pool_t *scratch)
{
    struct berval nothing = {.bv_len = 0, .bv_val = (char *)""};
    int id = 0;

    pwr_ldap_handle_begin(handle);
    int code = ldap_sasl_bind(handle->ld, NULL, mechanism, &nothing, NULL, NULL, &id);
    return pwr_ldap_handle_answer(answer, handle, code, id, scratch);
}

static pwr_fault_t *check_silence(const pwr_answer_t *answer, const char *uri, apr_pool_t *pool)
{
    return pwr_answer_is_lost(answer->code)
               ? pwr_fault_later(pool, "PWR0426", "%s: no answer to the bind (%s).", uri,
                                 ldap_err2string(answer->code))
               : NULL;
}

/* Whom the server was told, and what to look at when it does not agree. */
static pwr_fault_t *check_answer(const pwr_answer_t *answer, const char *uri, const char *who,
                                 const char *remedy, apr_pool_t *pool)
{
    PWR_TRY(check_silence(answer, uri, pool));
    return answer->code == LDAP_SUCCESS
               ? NULL
               : pwr_fault_broken(pool, "PWR0427", "%s: the bind as %s was refused (%s; %s). %s.",
                                  uri, who, ldap_err2string(answer->code), answer->words, remedy);
}

pwr_fault_t *pwr_bind_person(pwr_person_t *person, pwr_ldap_handle_t *handle, const char *uri,
                             apr_pool_t *scratch)
{
    bind_simply(person, handle, scratch);
    return check_silence(&person->answer, uri, scratch);
}

pwr_fault_t *pwr_bind_service(pwr_ldap_handle_t *handle, const char *uri,
                              const pwr_directory_settings_t *settings,
                              struct pwr_tickets_t *tickets, apr_pool_t *scratch)
{
    const bool is_by_user = is_local(uri);
    pwr_answer_t answer;

    if (settings->bind == PWR_BIND_GSSAPI) {
        PWR_TRY(pwr_gssapi_bind(&answer, handle, uri, tickets, scratch));
        return check_answer(
            &answer, uri, "the keytab's principal",
            "Check that the server has a keytab for ldap/ and the name in the URL, and "
            "maps our principal to an account",
            scratch);
    }
    if (settings->bind == PWR_BIND_EXTERNAL || (settings->bind_dn == NULL && is_by_user)) {
        bind_without_password(&answer, handle, "EXTERNAL", scratch);
        return check_answer(
            &answer, uri, is_by_user ? "this process's user" : "the client certificate",
            is_by_user ? "Let the server map its uid to an account (authz-regexp)"
                       : "Let the server ask for client certificates, trust their CA, and "
                         "map the subject to an account (authz-regexp, certmap)",
            scratch);
    }
    if (settings->bind_dn == NULL) {
        bind_without_password(&answer, handle, LDAP_SASL_SIMPLE, scratch);
        return check_answer(&answer, uri, "nobody", "Name a service account", scratch);
    }
    pwr_person_t service = {.dn = settings->bind_dn, .password = settings->bind_password};
    bind_simply(&service, handle, scratch);
    return check_answer(&service.answer, uri, settings->bind_dn,
                        "Check the bind DN and its password, and that the account is not locked",
                        scratch);
}
