/* Calls what other modules registered for a new password (mod_pwreset.h). The hook is an optional
 * one, because the module exports its record alone: no other module can link against a function of
 * ours. */
#include "httpd/mod_pwreset.h"

void ap_run_pwreset_password_changed(request_rec *r, const char *site, const char *account,
                                     const char *how)
{
    const apr_array_header_t *hooks = apr_optional_hook_get("pwreset_password_changed");

    for (int i = 0; hooks != NULL && i < hooks->nelts; i++) {
        APR_ARRAY_IDX(hooks, i, ap_LINK_pwreset_password_changed_t).pFunc(r, site, account, how);
    }
}
