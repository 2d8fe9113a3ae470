/*
 * An apr_reslist of slots, not of handles: the list's lock is held while it makes a resource, so a
 * server that hangs would hold up every thread there. A slot is empty when it is made, and the
 * thread that took it connects outside the lock. When one connection to a server is lost, the
 * others are not trusted: each server counts its losses, and a connection made before the last loss
 * is closed when its turn comes. So the connection taken after a loss is always a new one.
 *
 * A server may be down, or up and a read-only copy: it rests from everything, or from writes.
 */
#include "directory/ldap_connection.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_reslist.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

typedef struct {
    const char *uri;
    volatile apr_uint32_t rests_until;      /* seconds since 1970 */
    volatile apr_uint32_t reads_only_until; /* the same */
    volatile apr_uint32_t losses;
} ldap_server_t;

struct pwr_ldap_connections_t {
    const pwr_directory_settings_t *settings;
    ldap_server_t *servers;
    int server_count;
    apr_reslist_t *slots;
    struct pwr_tickets_t *tickets; /* with GSSAPI */
};

/* What a connection is wanted for. */
typedef struct {
    bool is_write;
    apr_uint32_t refused; /* a bit for each server that has refused this write */
} purpose_t;

static const purpose_t reading = {.is_write = false};

static apr_status_t make_slot(void **resource, void *data, apr_pool_t *pool)
{
    apr_pool_t *own = NULL;
    apr_status_t status = apr_pool_create(&own, pool);

    (void)data;
    if (status == APR_SUCCESS) {
        pwr_ldap_connection_t *connection = apr_pcalloc(own, sizeof *connection);
        connection->handle.pool = own;
        *resource = connection;
    }
    return status;
}

static apr_status_t free_slot(void *resource, void *data, apr_pool_t *pool)
{
    pwr_ldap_connection_t *connection = resource;

    (void)data, (void)pool;
    apr_pool_destroy(connection->handle.pool);
    return APR_SUCCESS;
}

pwr_fault_t *pwr_ldap_connections_open(pwr_ldap_connections_t **connections,
                                       const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    pwr_ldap_connections_t *self = apr_pcalloc(pool, sizeof *self);
    apr_size_t count = (apr_size_t)settings->uris->nelts;

    self->settings = settings;
    if (settings->bind == PWR_BIND_GSSAPI) {
        PWR_TRY(pwr_gssapi_open(&self->tickets, settings, pool));
    }
    self->server_count = settings->uris->nelts;
    self->servers = apr_pcalloc(pool, count * sizeof *self->servers);
    for (int i = 0; i < self->server_count; i++) {
        self->servers[i].uri = APR_ARRAY_IDX(settings->uris, i, const char *);
    }
    apr_status_t status
        = apr_reslist_create(&self->slots, 0, settings->connections, settings->connections,
                             PWR_CONNECTION_IDLE, make_slot, free_slot, NULL, pool);
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0430", "No list of %d connections can be made: %s.",
                                settings->connections, pwr_fault_status(status, pool));
    }
    /* Slots live in sub-pools, which would be gone before an ordinary cleanup. */
    apr_reslist_cleanup_order_set(self->slots, APR_RESLIST_CLEANUP_FIRST);
    apr_reslist_timeout_set(self->slots, settings->timeout);
    *connections = self;
    return NULL;
}

static apr_uint32_t rest_from_now(void)
{
    return (apr_uint32_t)apr_time_sec(pwr_clock_now() + PWR_SERVER_REST);
}

static void put_to_rest(ldap_server_t *server)
{
    apr_atomic_set32(&server->rests_until, rest_from_now());
}

static bool is_resting(ldap_server_t *server, bool is_write)
{
    apr_time_t now = apr_time_sec(pwr_clock_now());

    return now < (apr_time_t)apr_atomic_read32(&server->rests_until)
           || (is_write && now < (apr_time_t)apr_atomic_read32(&server->reads_only_until));
}

static apr_uint32_t bit_of(int server)
{
    return (apr_uint32_t)1 << server;
}

/* The servers in the order of the settings, those that rest behind the others, without those that
 * have refused. How many there are. */
static int order_servers(ldap_server_t **order, const pwr_ldap_connections_t *connections,
                         const purpose_t *purpose)
{
    int count = 0;

    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < connections->server_count; i++) {
            ldap_server_t *server = &connections->servers[i];
            bool is_late = is_resting(server, purpose->is_write);
            if (is_late == (turn == 1) && (purpose->refused & bit_of(i)) == 0) {
                order[count++] = server;
            }
        }
    }
    return count;
}

static pwr_fault_t *open_one(pwr_ldap_connection_t *connection,
                             const pwr_ldap_connections_t *connections, ldap_server_t *server,
                             apr_pool_t *scratch)
{
    connection->server = (int)(server - connections->servers);
    connection->losses = apr_atomic_read32(&server->losses);
    connection->opened_at = pwr_clock_now();
    connection->is_fresh = true;
    pwr_fault_t *fault
        = pwr_ldap_handle_connect(&connection->handle, server->uri, connections->settings, scratch);
    if (fault == NULL) {
        fault = pwr_bind_service(&connection->handle, server->uri, connections->settings,
                                 connections->tickets, scratch);
    }
    if (fault != NULL) {
        pwr_ldap_handle_close(&connection->handle);
    }
    return fault;
}

static pwr_fault_t *nobody_writes(apr_pool_t *pool)
{
    return pwr_fault_broken(
        pool, "PWR0429",
        "No directory server takes writes. Write PwResetLDAPURL with one that does.");
}

/* The fault of the last server, or the last that an operator must fix. */
static pwr_fault_t *open_any(pwr_ldap_connection_t *connection,
                             const pwr_ldap_connections_t *connections, const purpose_t *purpose,
                             apr_pool_t *scratch)
{
    ldap_server_t *order[PWR_MAX_SERVERS];
    int count = order_servers(order, connections, purpose);
    pwr_fault_t *worst = NULL;

    if (count == 0) {
        return nobody_writes(scratch);
    }
    for (int i = 0; i < count; i++) {
        pwr_fault_t *fault = open_one(connection, connections, order[i], scratch);
        if (fault == NULL) {
            return NULL;
        }
        put_to_rest(order[i]);
        if (i + 1 < count) {
            pwr_log(PWR_LOG_WARNING, fault->tag, "%s Trying the next server.", fault->detail);
        }
        if (worst == NULL || worst->kind == PWR_LATER || fault->kind == PWR_BROKEN) {
            worst = fault;
        }
    }
    return worst;
}

/* A connection to a server that rests from writes takes one only where no other server does. */
static bool fits(const pwr_ldap_connection_t *connection, const pwr_ldap_connections_t *connections,
                 const purpose_t *purpose)
{
    ldap_server_t *order[PWR_MAX_SERVERS];

    if (!purpose->is_write) {
        return true;
    }
    if ((purpose->refused & bit_of(connection->server)) != 0) {
        return false;
    }
    order_servers(order, connections, purpose);
    return !is_resting(&connections->servers[connection->server], true)
           || is_resting(order[0], true);
}

static bool may_be_used(const pwr_ldap_connection_t *connection,
                        const pwr_ldap_connections_t *connections, const purpose_t *purpose)
{
    return connection->handle.ld != NULL
           && connection->losses
                  == apr_atomic_read32(&connections->servers[connection->server].losses)
           && pwr_clock_now() - connection->opened_at < PWR_CONNECTION_LIFE
           && fits(connection, connections, purpose);
}

static pwr_fault_t *take_for(pwr_ldap_connection_t **connection,
                             pwr_ldap_connections_t *connections, const purpose_t *purpose,
                             apr_pool_t *scratch)
{
    void *slot = NULL;
    apr_status_t status = apr_reslist_acquire(connections->slots, &slot);

    if (status != APR_SUCCESS) {
        return pwr_fault_later(scratch, "PWR0431",
                               "All %d connections to the directory are busy. Raise "
                               "PwResetLDAPConnections if this lasts.",
                               connections->settings->connections);
    }
    pwr_ldap_connection_t *taken = slot;
    taken->is_fresh = false;
    if (!may_be_used(taken, connections, purpose)) {
        pwr_ldap_handle_close(&taken->handle);
        pwr_fault_t *fault = open_any(taken, connections, purpose, scratch);
        if (fault != NULL) {
            apr_reslist_release(connections->slots, slot);
            return fault;
        }
    }
    *connection = taken;
    return NULL;
}

pwr_fault_t *pwr_ldap_connection_take(pwr_ldap_connection_t **connection,
                                      pwr_ldap_connections_t *connections, apr_pool_t *scratch)
{
    return take_for(connection, connections, &reading, scratch);
}

pwr_fault_t *pwr_ldap_connection_take_to_write(pwr_ldap_connection_t **connection,
                                               pwr_ldap_connections_t *connections,
                                               apr_uint32_t refused, apr_pool_t *scratch)
{
    const purpose_t writing = {.is_write = true, .refused = refused};
    return take_for(connection, connections, &writing, scratch);
}

bool pwr_ldap_connection_refused(apr_uint32_t *refused, const pwr_ldap_connections_t *connections,
                                 const pwr_ldap_connection_t *connection)
{
    ldap_server_t *order[PWR_MAX_SERVERS];
    ldap_server_t *server = &connections->servers[connection->server];
    purpose_t purpose = {.is_write = true};

    *refused |= bit_of(connection->server);
    purpose.refused = *refused;
    apr_atomic_set32(&server->reads_only_until, rest_from_now());
    bool has_more = order_servers(order, connections, &purpose) > 0;
    pwr_log(PWR_LOG_WARNING, "PWR0428", "%s takes no writes: it seems to be a read-only copy.%s",
            server->uri, has_more ? " Trying the next server." : "");
    return has_more;
}

void pwr_ldap_connection_give(pwr_ldap_connections_t *connections,
                              pwr_ldap_connection_t *connection)
{
    apr_reslist_release(connections->slots, connection);
}

void pwr_ldap_connection_drop(pwr_ldap_connections_t *connections,
                              pwr_ldap_connection_t *connection, bool is_server_ill)
{
    ldap_server_t *server = &connections->servers[connection->server];

    apr_atomic_inc32(&server->losses);
    if (is_server_ill) {
        put_to_rest(server);
    }
    pwr_ldap_handle_close(&connection->handle);
    apr_reslist_release(connections->slots, connection);
}

/* Whether the server may have looked at the password: it then may have counted a failed login. */
static bool may_be_counted(const pwr_answer_t *answer)
{
    return answer->code != LDAP_BUSY && answer->code != LDAP_UNAVAILABLE;
}

/* Bound as a person, to one server. `is_over` after a fault: no other server may be asked. */
static pwr_fault_t *open_one_as(pwr_ldap_connection_t *connection,
                                const pwr_ldap_connections_t *connections, ldap_server_t *server,
                                pwr_person_t *person, bool *is_over)
{
    pwr_ldap_handle_t *handle = &connection->handle;
    apr_pool_t *pool = handle->pool;

    connection->server = (int)(server - connections->servers);
    pwr_fault_t *fault = pwr_ldap_handle_connect(handle, server->uri, connections->settings, pool);
    if (fault == NULL) {
        fault = pwr_bind_person(person, handle, server->uri, pool);
        *is_over = may_be_counted(&person->answer);
    }
    if (fault != NULL) {
        pwr_ldap_handle_close(handle);
        put_to_rest(server);
    }
    return fault;
}

pwr_fault_t *pwr_ldap_connection_open_as(pwr_ldap_connection_t **connection,
                                         const pwr_ldap_connections_t *connections,
                                         pwr_person_t *person, apr_uint32_t refused,
                                         apr_pool_t *pool)
{
    const purpose_t writing = {.is_write = true, .refused = refused};
    ldap_server_t *order[PWR_MAX_SERVERS];
    int count = order_servers(order, connections, &writing);
    pwr_fault_t *fault = nobody_writes(pool);
    bool is_over = false;

    *connection = apr_pcalloc(pool, sizeof **connection);
    (*connection)->handle.pool = pool;
    for (int i = 0; i < count && fault != NULL && !is_over; i++) {
        fault = open_one_as(*connection, connections, order[i], person, &is_over);
    }
    return fault;
}

pwr_fault_t *pwr_ldap_connection_probe(const pwr_ldap_connections_t *connections, int server,
                                       apr_pool_t *scratch)
{
    if (server < 0 || server >= connections->server_count) {
        return pwr_fault_broken(scratch, "PWR0432", "There is no directory server number %d.",
                                server + 1);
    }
    pwr_ldap_connection_t connection = {.handle.pool = scratch};
    pwr_fault_t *fault = open_one(&connection, connections, &connections->servers[server], scratch);
    pwr_ldap_handle_close(&connection.handle);
    return fault;
}
