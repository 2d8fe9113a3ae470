/*
 * One libldap handle: made with its options, connected, put under TLS; and waiting for its answers.
 * bind.h says who it is. Only this directory includes this header. A handle belongs to one thread
 * at a time.
 */
#ifndef PWR_DIRECTORY_LDAP_HANDLE_H
#define PWR_DIRECTORY_LDAP_HANDLE_H

#include <ldap.h>

#include "directory/answers.h"
#include "directory/settings.h"

typedef struct {
    LDAP *ld;         /* NULL while closed */
    apr_pool_t *pool; /* closes the handle when it goes */
    apr_interval_time_t timeout;
    apr_time_t deadline;  /* of the running operation, by apr_time_now's clock */
    apr_off_t bytes_left; /* that the running operation may bring */
    bool is_reached;      /* the socket is connected: what fails next is TLS */
    struct ldap_conncb on_connect;
} pwr_ldap_handle_t;

/* Connects to `uri` and starts TLS as the settings say; nobody is bound yet. `handle->pool` is set
 * by the caller, and the handle stays where it is while it is open. After a fault the caller closes
 * it. LATER: not reached, or no answer in time. BROKEN: a certificate was refused. */
pwr_fault_t *pwr_ldap_handle_connect(pwr_ldap_handle_t *handle, const char *uri,
                                     const pwr_directory_settings_t *settings,
                                     apr_pool_t *scratch) PWR_MUST_USE;

/* May be called on a closed one. */
void pwr_ldap_handle_close(pwr_ldap_handle_t *handle);

/* Begins an operation: it may take the timeout from now on, and bring PWR_MAX_DIRECTORY_TRAFFIC. */
void pwr_ldap_handle_begin(pwr_ldap_handle_t *handle);

/* Waits for a message that answers `id`, until the operation's deadline. LDAP_SUCCESS, or a code
 * for which pwr_answer_is_lost is true. `all` as in ldap_result. The message is freed with
 * `scratch`. */
int pwr_ldap_handle_wait(LDAPMessage **message, const pwr_ldap_handle_t *handle, int id, int all,
                         apr_pool_t *scratch);

/* Waits for the one answer to a request of an operation that was begun; `code` is what sending it
 * returned. Returns answer->code. */
int pwr_ldap_handle_answer(pwr_answer_t *answer, const pwr_ldap_handle_t *handle, int code, int id,
                           apr_pool_t *scratch);

#endif
