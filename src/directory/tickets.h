/*
 * Kerberos tickets of the service account, got from its keytab and kept in this process's memory.
 * Nothing of the environment is changed, as a process may hold other users of Kerberos. libkrb5
 * waits for a KDC as long as it likes, so a thread of its own asks, and the caller waits for that
 * one no longer than its timeout. Only this directory includes this header; any thread.
 */
#ifndef PWR_DIRECTORY_TICKETS_H
#define PWR_DIRECTORY_TICKETS_H

#include <gssapi/gssapi.h>

#include "directory/settings.h"

typedef struct pwr_tickets_t pwr_tickets_t;

/* A security context that was begun. */
typedef struct {
    gss_ctx_id_t context;
    gss_cred_id_t credential;
    gss_name_t target;
    gss_buffer_desc token; /* the first to send; later ones stand here too */
    OM_uint32 major, minor;
    struct gss_channel_bindings_struct binding; /* no data: none */
} pwr_ticket_use_t;

/* Contacts no KDC yet. The keytab is read whenever a ticket is needed, so a renewed one is used.
 * Lives in `pool`. */
pwr_fault_t *pwr_tickets_open(pwr_tickets_t **tickets, const pwr_directory_settings_t *settings,
                              apr_pool_t *pool) PWR_MUST_USE;

/* Begins a context with the service ldap/`host`, bound to the TLS channel that `binding` (may be
 * "") describes. Gone with `pool`. LATER: no KDC answered within `timeout`. BROKEN: keytab,
 * principal or host are not what the KDC knows. */
pwr_fault_t *pwr_tickets_use(pwr_ticket_use_t **use, pwr_tickets_t *tickets, const char *host,
                             const gss_buffer_desc *binding, apr_interval_time_t timeout,
                             apr_pool_t *pool) PWR_MUST_USE;

/* The next step after the server's `answer`: use->major, use->token. */
void pwr_ticket_step(pwr_ticket_use_t *use, const gss_buffer_desc *answer);

/* The words for use->major and use->minor. */
const char *pwr_ticket_words(const pwr_ticket_use_t *use, apr_pool_t *pool);

#endif
