/*
 * Connections to the directory, ready to use: connected, under TLS, bound. At most so many at once
 * per process as the settings allow; a thread that finds none free waits for the timeout at most.
 * Only this directory includes this header. A connection belongs to one thread between take and
 * give.
 */
#ifndef PWR_DIRECTORY_LDAP_CONNECTION_H
#define PWR_DIRECTORY_LDAP_CONNECTION_H

#include "directory/bind.h"

#define PWR_SERVER_REST apr_time_from_sec(30)      /* a server that failed is tried last */
#define PWR_CONNECTION_IDLE apr_time_from_sec(60)  /* an unused connection is closed */
#define PWR_CONNECTION_LIFE apr_time_from_sec(300) /* then a preferred server gets its turn */

typedef struct pwr_ldap_connections_t pwr_ldap_connections_t;

typedef struct pwr_ldap_connection_t {
    pwr_ldap_handle_t handle;
    bool is_fresh; /* made by this take: it answered a moment ago */
    /* The rest is ldap_connection.c's. */
    int server;           /* index into the servers */
    apr_uint32_t losses;  /* of that server when this connection was made */
    apr_time_t opened_at; /* by the program's clock */
} pwr_ldap_connection_t;

/* Makes no connection yet. The settings stay as they are. Lives in `pool`, whose allocator must be
 * safe for threads (APR's default one is). */
pwr_fault_t *pwr_ldap_connections_open(pwr_ldap_connections_t **connections,
                                       const pwr_directory_settings_t *settings,
                                       apr_pool_t *pool) PWR_MUST_USE;

/* A connection that was used before, or a new one to the first server that takes it; servers that
 * failed within PWR_SERVER_REST come last. LATER: none could be reached, or all connections are
 * busy. BROKEN: credentials or a certificate were refused. */
pwr_fault_t *pwr_ldap_connection_take(pwr_ldap_connection_t **connection,
                                      pwr_ldap_connections_t *connections,
                                      apr_pool_t *scratch) PWR_MUST_USE;

/* The same for a write: servers that refused one within PWR_SERVER_REST because they are read-only
 * copies come last, and those in `refused`, which have refused this very write, are left out. */
pwr_fault_t *pwr_ldap_connection_take_to_write(pwr_ldap_connection_t **connection,
                                               pwr_ldap_connections_t *connections,
                                               apr_uint32_t refused,
                                               apr_pool_t *scratch) PWR_MUST_USE;

/* To be told when the server of a connection has answered a write with the word that it is a
 * read-only copy: nothing was done. It rests from writes, and its bit is set in `refused`, which
 * begins as 0. Whether there is another server that this write may be sent to. */
bool pwr_ldap_connection_refused(apr_uint32_t *refused, const pwr_ldap_connections_t *connections,
                                 const pwr_ldap_connection_t *connection);

/* Hands a healthy connection back. */
void pwr_ldap_connection_give(pwr_ldap_connections_t *connections,
                              pwr_ldap_connection_t *connection);

/* Hands back one that is lost. It is closed, and so are, when their turn comes, all others that
 * were made to its server before now. `is_server_ill` puts that server to rest. */
void pwr_ldap_connection_drop(pwr_ldap_connections_t *connections,
                              pwr_ldap_connection_t *connection, bool is_server_ill);

/* A connection outside the pool, bound as a person, to the first server that answers and takes
 * writes; closed by the caller (pwr_ldap_handle_close), or with `pool`. */
pwr_fault_t *pwr_ldap_connection_open_as(pwr_ldap_connection_t **connection,
                                         const pwr_ldap_connections_t *connections,
                                         pwr_person_t *person, apr_uint32_t refused,
                                         apr_pool_t *pool) PWR_MUST_USE;

/* Connects to one server, binds, and closes again. */
pwr_fault_t *pwr_ldap_connection_probe(const pwr_ldap_connections_t *connections, int server,
                                       apr_pool_t *scratch) PWR_MUST_USE;

#endif
