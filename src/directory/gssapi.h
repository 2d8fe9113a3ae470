/*
 * SASL GSSAPI (RFC 4752) with Kerberos, with the ticket that tickets.h gets. It takes no security
 * layer: TLS is under it, and the context is bound to TLS (RFC 5929, tls-server-end-point), as
 * Active Directory may insist. A build without Kerberos has gssapi_none.c in its
 * place. Only this component includes this header; any thread.
 */
#ifndef PWR_DIRECTORY_GSSAPI_H
#define PWR_DIRECTORY_GSSAPI_H

#include <stdbool.h>

#include "directory/ldap_handle.h"

struct pwr_tickets_t; /* tickets.h */

/* Whether this build has it. */
bool pwr_gssapi_is_here(void);

/* What tickets are got with. Contacts no KDC yet. Lives in `pool`. */
pwr_fault_t *pwr_gssapi_open(struct pwr_tickets_t **tickets,
                             const pwr_directory_settings_t *settings,
                             apr_pool_t *pool) PWR_MUST_USE;

/* Binds; `answer` is the server's last word, valid when the fault is NULL. Faults: those of
 * pwr_tickets_use, and BROKEN where the server is not the one that the KDC knows. */
pwr_fault_t *pwr_gssapi_bind(pwr_answer_t *answer, pwr_ldap_handle_t *handle, const char *uri,
                             struct pwr_tickets_t *tickets, apr_pool_t *scratch) PWR_MUST_USE;

#endif
