/* Two threads may ask the server at once; what the first one learnt stays. */
#include "directory/server.h"

#include "directory/filter.h"

pwr_fault_t *pwr_server_read_root(const pwr_entry_t **root, pwr_directory_t *directory,
                                  apr_pool_t *scratch)
{
    static const char *const attributes[] = {"objectClass",
                                             "supportedControl",
                                             "supportedExtension",
                                             "supportedCapabilities",
                                             "namingContexts",
                                             "defaultNamingContext",
                                             "vendorName",
                                             "vendorVersion",
                                             "forestFunctionality",
                                             "domainFunctionality",
                                             "rootDomainNamingContext",
                                             "schemaNamingContext",
                                             "subschemaSubentry",
                                             "tokenGroups",
                                             NULL};
    const pwr_search_t search = {.base = "", .attributes = attributes};

    PWR_TRY(pwr_search_entry(root, directory->connections, &search, scratch));
    if (*root == NULL) {
        return pwr_fault_broken(scratch, "PWR0456",
                                "The server's root entry cannot be read. Let everybody who is "
                                "bound read the entry \"\".");
    }
    return NULL;
}

static void add_filter(apr_array_header_t *names, const char *filter)
{
    if (filter != NULL) {
        apr_array_cat(names, pwr_filter_attributes(filter, names->pool));
    }
}

static void add_names(apr_array_header_t *names, const char *const *more)
{
    for (; more != NULL && *more != NULL; more++) {
        APR_ARRAY_PUSH(names, const char *) = *more;
    }
}

/* The attributes that the settings and the backend name. */
static apr_array_header_t *names_to_know(const pwr_backend_context_t *context, apr_pool_t *pool)
{
    const pwr_directory_settings_t *settings = context->settings;
    const pwr_backend_t *backend = context->backend;
    apr_array_header_t *names = apr_array_make(pool, 32, sizeof(const char *));

    add_names(names, backend->state_attributes);
    add_names(names, backend->group_attributes);
    add_names(names, backend->member_attributes);
    add_names(names, backend->match);
    add_filter(names, settings->filter);
    add_filter(names, settings->protected_filter);
    add_filter(names, backend->person_filter);
    apr_array_cat(names, settings->mail_attributes);
    if (settings->match != NULL) {
        apr_array_cat(names, settings->match);
    }
    if (settings->login_attribute != NULL) {
        APR_ARRAY_PUSH(names, const char *) = settings->login_attribute;
    }
    return names;
}

/* Fills in what the server tells of itself; `pool` keeps it. */
static pwr_fault_t *learn(pwr_backend_context_t *context, pwr_directory_t *directory,
                          apr_pool_t *pool, apr_pool_t *scratch)
{
    const char *name = directory->settings->backend_name;
    const pwr_entry_t *root = NULL;

    PWR_TRY(pwr_server_read_root(&root, directory, scratch));
    const pwr_backend_t *named = name != NULL ? pwr_backend_named(name) : NULL;
    *context = (pwr_backend_context_t){.backend = named != NULL ? named : pwr_backend_of_root(root),
                                       .settings = directory->settings,
                                       .connections = directory->connections,
                                       .root = pwr_entry_copy(root, pool),
                                       .schema = {.pool = pool}};
    const char *dn = pwr_entry_first(root, context->backend->schema_attribute);
    return context->backend->read_schema(&context->schema, directory->connections, dn,
                                         names_to_know(context, scratch), scratch);
}

pwr_fault_t *pwr_directory_know(pwr_directory_t *directory, apr_pool_t *scratch)
{
    pwr_backend_context_t context = {.backend = NULL};
    apr_pool_t *pool = NULL;

    apr_thread_mutex_lock(directory->lock);
    bool is_known = directory->context.backend != NULL;
    if (!is_known) {
        apr_pool_create(&pool, directory->pool);
    }
    apr_thread_mutex_unlock(directory->lock);
    if (is_known) {
        return NULL;
    }
    pwr_fault_t *fault = learn(&context, directory, pool, scratch);
    apr_thread_mutex_lock(directory->lock);
    if (fault == NULL && directory->context.backend == NULL) { /* else another thread was first */
        directory->context = context;
    } else {
        apr_pool_destroy(pool);
    }
    apr_thread_mutex_unlock(directory->lock);
    return fault;
}
