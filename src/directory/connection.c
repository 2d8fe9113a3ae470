/*
 * An apr_reslist of slots, not of handles: the list's lock is held while it makes a resource, so a
 * server that hangs would hold up every thread there. A slot is empty when it is made, and whoever
 * took it connects outside the lock. One lost connection tells on its siblings: each server counts
 * its losses, and a connection made before the last one is not trusted again. So the connection
 * taken after a loss is always a new one.
 */
#include "directory/connection.h"

#include <string.h>

#include <apr_atomic.h>
#include <apr_reslist.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "base/log.h"

typedef struct {
    const char *uri;
    volatile apr_uint32_t rests_until; /* seconds since 1970 */
    volatile apr_uint32_t losses;
} server_t;

struct pwr_connections_t {
    const pwr_directory_settings_t *settings;
    server_t *servers;
    int server_count;
    apr_reslist_t *slots;
};

static apr_status_t make_slot(void **resource, void *data, apr_pool_t *pool)
{
    apr_pool_t *own = NULL;
    apr_status_t status = apr_pool_create(&own, pool);

    (void)data;
    if (status == APR_SUCCESS) {
        pwr_connection_t *connection = apr_pcalloc(own, sizeof *connection);
        connection->handle.pool = own;
        *resource = connection;
    }
    return status;
}

static apr_status_t free_slot(void *resource, void *data, apr_pool_t *pool)
{
    pwr_connection_t *connection = resource;

    (void)data, (void)pool;
    apr_pool_destroy(connection->handle.pool);
    return APR_SUCCESS;
}

pwr_fault_t *pwr_connections_open(pwr_connections_t **connections,
                                  const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    pwr_connections_t *self = apr_pcalloc(pool, sizeof *self);
    apr_size_t count = (apr_size_t)settings->uris->nelts;

    self->settings = settings;
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

static void put_to_rest(server_t *server)
{
    apr_time_t until = pwr_clock_now() + PWR_SERVER_REST;
    apr_atomic_set32(&server->rests_until, (apr_uint32_t)apr_time_sec(until));
}

/* The servers in the order of the settings, those that rest behind the others. */
static void order_servers(server_t **order, const pwr_connections_t *connections)
{
    apr_time_t now = apr_time_sec(pwr_clock_now());
    int count = connections->server_count;
    int first = 0, last = count;

    for (int i = count - 1; i >= 0; i--) {
        if (now < (apr_time_t)apr_atomic_read32(&connections->servers[i].rests_until)) {
            order[--last] = &connections->servers[i];
        }
    }
    for (int i = 0; i < count && first < last; i++) {
        bool is_resting = false;
        for (int j = last; j < count; j++) {
            is_resting = is_resting || order[j] == &connections->servers[i];
        }
        if (!is_resting) {
            order[first++] = &connections->servers[i];
        }
    }
}

static pwr_fault_t *open_one(pwr_connection_t *connection, const pwr_connections_t *connections,
                             server_t *server, apr_pool_t *scratch)
{
    connection->server = (int)(server - connections->servers);
    connection->losses = apr_atomic_read32(&server->losses);
    connection->opened_at = pwr_clock_now();
    connection->is_fresh = true;
    pwr_fault_t *fault
        = pwr_handle_open(&connection->handle, server->uri, connections->settings, scratch);
    if (fault != NULL) {
        pwr_handle_close(&connection->handle);
    }
    return fault;
}

/* The fault of the last server, or the last that an operator must mend. */
static pwr_fault_t *open_any(pwr_connection_t *connection, const pwr_connections_t *connections,
                             apr_pool_t *scratch)
{
    int count = connections->server_count;
    server_t **order = apr_palloc(scratch, (apr_size_t)count * sizeof *order);
    pwr_fault_t *worst = NULL;

    order_servers(order, connections);
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

static bool may_be_used(const pwr_connection_t *connection, const pwr_connections_t *connections)
{
    return connection->handle.ld != NULL
           && connection->losses
                  == apr_atomic_read32(&connections->servers[connection->server].losses)
           && pwr_clock_now() - connection->opened_at < PWR_CONNECTION_LIFE;
}

pwr_fault_t *pwr_connection_take(pwr_connection_t **connection, pwr_connections_t *connections,
                                 apr_pool_t *scratch)
{
    void *slot = NULL;
    apr_status_t status = apr_reslist_acquire(connections->slots, &slot);

    if (status != APR_SUCCESS) {
        return pwr_fault_later(scratch, "PWR0431",
                               "All %d connections to the directory are busy. Allow more of them "
                               "if this lasts.",
                               connections->settings->connections);
    }
    pwr_connection_t *taken = slot;
    taken->is_fresh = false;
    if (!may_be_used(taken, connections)) {
        pwr_handle_close(&taken->handle);
        pwr_fault_t *fault = open_any(taken, connections, scratch);
        if (fault != NULL) {
            apr_reslist_release(connections->slots, slot);
            return fault;
        }
    }
    *connection = taken;
    return NULL;
}

void pwr_connection_give(pwr_connections_t *connections, pwr_connection_t *connection)
{
    apr_reslist_release(connections->slots, connection);
}

void pwr_connection_drop(pwr_connections_t *connections, pwr_connection_t *connection,
                         bool is_server_ill)
{
    server_t *server = &connections->servers[connection->server];

    apr_atomic_inc32(&server->losses);
    if (is_server_ill) {
        put_to_rest(server);
    }
    pwr_handle_close(&connection->handle);
    apr_reslist_release(connections->slots, connection);
}

pwr_fault_t *pwr_connection_open_as(pwr_connection_t **connection,
                                    const pwr_connections_t *connections, pwr_person_t *person,
                                    apr_pool_t *pool)
{
    int count = connections->server_count;
    server_t **order = apr_palloc(pool, (apr_size_t)count * sizeof *order);
    pwr_connection_t *made = apr_pcalloc(pool, sizeof *made);
    pwr_fault_t *fault = NULL;

    made->handle.pool = pool;
    order_servers(order, connections);
    for (int i = 0; i < count; i++) {
        fault
            = pwr_handle_open_as(&made->handle, order[i]->uri, connections->settings, person, pool);
        if (fault == NULL) {
            *connection = made;
            return NULL;
        }
        pwr_handle_close(&made->handle);
        put_to_rest(order[i]);
    }
    return fault;
}

pwr_fault_t *pwr_connection_probe(const pwr_connections_t *connections, int server,
                                  apr_pool_t *scratch)
{
    if (server < 0 || server >= connections->server_count) {
        return pwr_fault_broken(scratch, "PWR0432", "There is no directory server number %d.",
                                server + 1);
    }
    pwr_connection_t connection = {.handle.pool = scratch};
    pwr_fault_t *fault = open_one(&connection, connections, &connections->servers[server], scratch);
    pwr_handle_close(&connection.handle);
    return fault;
}
