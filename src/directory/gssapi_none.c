/* A build without Kerberos: a site that asks for GSSAPI is told so by configtest (bind.c). */
#include "directory/gssapi.h"

bool pwr_gssapi_is_here(void)
{
    return false;
}

static pwr_fault_t *refuse_gssapi(apr_pool_t *pool)
{
    return pwr_fault_broken(pool, "PWR0447",
                            "This mod_pwreset was built without GSSAPI. Bind with a password or a "
                            "certificate, or build it with Kerberos (configure --with-gssapi).");
}

pwr_fault_t *pwr_gssapi_open(struct pwr_tickets_t **tickets,
                             const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    (void)settings;
    *tickets = NULL;
    return refuse_gssapi(pool);
}

pwr_fault_t *pwr_gssapi_bind(pwr_answer_t *answer, pwr_ldap_handle_t *handle, const char *uri,
                             struct pwr_tickets_t *tickets, apr_pool_t *scratch)
{
    (void)answer;
    (void)handle;
    (void)uri;
    (void)tickets;
    return refuse_gssapi(scratch);
}
