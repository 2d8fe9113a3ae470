/* Two threads may ask the server at once; what the first one learnt stays. */
#include "directory/server.h"

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
                                             NULL};
    const pwr_search_t search = {.base = "",
                                 .scope = LDAP_SCOPE_BASE,
                                 .filter = "(objectClass=*)",
                                 .attributes = attributes,
                                 .limit = 1};
    pwr_found_t found;

    PWR_TRY(pwr_search(&found, directory->connections, &search, scratch));
    if (found.entries->nelts != 1) {
        return pwr_fault_broken(scratch, "PWR0456",
                                "The server's root entry cannot be read. Let everybody who is "
                                "bound read the entry \"\".");
    }
    *root = &APR_ARRAY_IDX(found.entries, 0, pwr_entry_t);
    return NULL;
}

pwr_fault_t *pwr_directory_know(pwr_directory_t *directory, apr_pool_t *scratch)
{
    const char *name = directory->settings->backend_name;
    const pwr_entry_t *root = NULL;

    apr_thread_mutex_lock(directory->lock);
    bool is_known = directory->context.backend != NULL;
    apr_thread_mutex_unlock(directory->lock);
    if (is_known) {
        return NULL;
    }
    PWR_TRY(pwr_server_read_root(&root, directory, scratch));
    const pwr_backend_t *kind = name != NULL ? pwr_backend_named(name) : NULL;
    kind = kind != NULL ? kind : pwr_backend_of_root(root);
    apr_thread_mutex_lock(directory->lock);
    if (directory->context.backend == NULL) { /* else another thread was first */
        directory->context = (pwr_backend_context_t){.backend = kind,
                                                     .settings = directory->settings,
                                                     .connections = directory->connections,
                                                     .root = pwr_entry_copy(root, directory->pool)};
    }
    apr_thread_mutex_unlock(directory->lock);
    return NULL;
}
