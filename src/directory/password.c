/*
 * A connection that has lain idle may be dead without knowing it, and a write sent over it would
 * end in doubt. So an old one must answer a small read first; the doubt that is left is a true one.
 * libldap keeps a copy of the request, with the password, in its own memory until the answer is
 * there; it frees that without wiping, and nothing can be done about it from outside.
 */
#include "directory/password.h"

#include <string.h>

#include "directory/search.h"

static pwr_fault_t *check(const pwr_secret_t *password, apr_pool_t *pool)
{
    size_t length = pwr_secret_length(password);

    if (length == 0 || memchr(pwr_secret_bytes(password), '\0', length) != NULL) {
        return pwr_fault_refused(pool, "PWR0480", "password.empty",
                                 "An empty password, or one with NUL, was not sent.");
    }
    return NULL;
}

static pwr_fault_t *take_alive(pwr_connection_t **connection, pwr_connections_t *connections,
                               apr_pool_t *pool)
{
    PWR_TRY(pwr_connection_take(connection, connections, pool));
    if ((*connection)->is_fresh || pwr_search_is_alive(*connection, pool)) {
        return NULL;
    }
    pwr_connection_drop(connections, *connection, false);
    return pwr_connection_take(connection, connections, pool); /* a new one, after a loss */
}

static apr_status_t free_control(void *data)
{
    ldap_control_free(data);
    return APR_SUCCESS;
}

/* Sends the request. The libldap code of the sending. */
static int send_request(int *id, const pwr_handle_t *handle, const char *dn,
                        const pwr_secret_t *password, apr_pool_t *pool)
{
    struct berval who = {.bv_len = strlen(dn), .bv_val = (char *)dn};
    struct berval what
        = {.bv_len = pwr_secret_length(password), .bv_val = (char *)pwr_secret_bytes(password)};
    LDAPControl *policy = NULL;
    int code = ldap_create_passwordpolicy_control(handle->ld, &policy);

    if (code != LDAP_SUCCESS) {
        return code;
    }
    apr_pool_cleanup_register(pool, policy, free_control, apr_pool_cleanup_null);
    LDAPControl *controls[] = {policy, NULL};
    return ldap_passwd(handle->ld, &who, NULL, &what, controls, NULL, id);
}

/* No answer, or none that can be understood. An answer that the server is busy is one. */
static bool is_unknown(int code)
{
    return pwr_answer_is_lost(code) && code != LDAP_BUSY && code != LDAP_UNAVAILABLE;
}

pwr_fault_t *pwr_password_write(pwr_write_outcome_t *outcome, pwr_connections_t *connections,
                                const char *dn, const pwr_secret_t *password, apr_pool_t *pool)
{
    pwr_connection_t *connection = NULL;
    pwr_answer_t answer;
    int id = 0;

    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(check(password, pool));
    PWR_TRY(take_alive(&connection, connections, pool));
    pwr_handle_begin(&connection->handle);
    int code = send_request(&id, &connection->handle, dn, password, pool);
    if (code != LDAP_SUCCESS) {
        pwr_connection_drop(connections, connection, true);
        return pwr_fault_later(pool, "PWR0481",
                               "The new password could not be sent (%s); nothing was changed.",
                               ldap_err2string(code));
    }
    code = pwr_handle_answer(&answer, &connection->handle, LDAP_SUCCESS, id, pool);
    if (is_unknown(code)) {
        *outcome = PWR_WRITE_UNKNOWN;
        pwr_connection_drop(connections, connection, true);
        return pwr_fault_later(pool, "PWR0482",
                               "The new password was sent and no answer came (%s): it may or may "
                               "not hold. It is not sent again.",
                               ldap_err2string(code));
    }
    pwr_connection_give(connections, connection);
    pwr_fault_t *fault = pwr_answer_to_write(&answer, pool);
    *outcome = fault == NULL                ? PWR_WRITE_DONE
               : fault->kind == PWR_REFUSED ? PWR_WRITE_REFUSED
                                            : PWR_WRITE_NOT_SENT;
    return fault;
}
