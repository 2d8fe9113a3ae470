/*
 * Who a connection is: a simple bind, SASL EXTERNAL (the client certificate, or over ldapi the
 * kernel, tells the server), or SASL GSSAPI (gssapi.h). Only this directory includes this header.
 */
#ifndef PWR_DIRECTORY_BIND_H
#define PWR_DIRECTORY_BIND_H

#include "directory/gssapi.h"
#include "directory/ldap_handle.h"

/* BROKEN when what the settings say about the bind contradicts itself, or a file is missing. */
pwr_fault_t *pwr_bind_check_settings(const pwr_directory_settings_t *settings,
                                     apr_pool_t *pool) PWR_MUST_USE;

/* Binds the handle to the service account. `tickets` is needed for PWR_BIND_GSSAPI alone. LATER: no
 * answer in time. BROKEN: the credentials were refused. */
pwr_fault_t *pwr_bind_service(pwr_ldap_handle_t *handle, const char *uri,
                              const pwr_directory_settings_t *settings,
                              struct pwr_tickets_t *tickets, apr_pool_t *scratch) PWR_MUST_USE;

/* Who binds with a password of their own, and what the server answered. */
typedef struct {
    const char *dn;
    const pwr_secret_t *password; /* not empty: that would be an anonymous bind (RFC 4513, 5.1.2) */
    pwr_answer_t answer;
} pwr_person_t;

/* A simple bind as a person; what became of it stands in the answer, which is no fault. LATER: no
 * answer in time. */
pwr_fault_t *pwr_bind_person(pwr_person_t *person, pwr_ldap_handle_t *handle, const char *uri,
                             apr_pool_t *scratch) PWR_MUST_USE;

#endif
