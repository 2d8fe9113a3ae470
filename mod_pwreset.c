/* The module file: the module record and the list of hooks. Each hook is one function of src/httpd.
 */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <ap_expr.h>
#include <http_request.h>

#include "httpd/answer_headers.h"
#include "httpd/claim.h"
#include "httpd/handler.h"
#include "httpd/lifecycle.h"
#include "httpd/page_filter.h"
#include "httpd/private.h"
#include "httpd/scoreboard.h"
#include "httpd/scrub.h"
#include "httpd/scrub_early.h"
#include "httpd/self_check.h"
#include "httpd/settings_check.h"
#include "httpd/status.h"
#include "httpd/well_known.h"

static void register_hooks(apr_pool_t *pool)
{
    /* These write the request line down as early as they can. */
    static const char *const loggers[] = {"mod_log_forensic.c", "mod_security2.c", NULL};

    /* It sets options of libldap for the whole process. */
    static const char *const before[] = {"util_ldap.c", NULL};
    /* These read the private keys of the server, which the worker must not inherit. */
    static const char *const holders[]
        = {"mod_ssl.c", "mod_tls.c", "mod_gnutls.c", "mod_nss.c", "mod_md.c", NULL};

    (void)pool;
    ap_hook_pre_config(pwr_lifecycle_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(pwr_settings_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(pwr_self_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(pwr_lifecycle_start, before, holders, APR_HOOK_MIDDLE);
    ap_hook_child_init(pwr_lifecycle_child, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_read_request(pwr_scrub_early_read, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_create_request(pwr_scrub_early_create, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_insert_error_filter(pwr_scrub_early_answer, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_expr_lookup(pwr_scrub_early_lookup, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(pwr_scrub_early_end, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_read_request(pwr_scrub, NULL, loggers, APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(pwr_claim_translate, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(pwr_claim_map, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_type_checker(pwr_claim_type, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(pwr_claim_begin_fixups, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_fixups(pwr_claim_end_fixups, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_quick_handler(pwr_well_known, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(pwr_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(pwr_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(pwr_scrub_early_log, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(pwr_scrub_again, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_insert_filter(pwr_scoreboard_insert, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(pwr_answer_headers_insert_error, NULL, NULL, APR_HOOK_REALLY_LAST);
    pwr_answer_headers_register();
    pwr_page_filter_register();
    pwr_scoreboard_register();
}

AP_DECLARE_MODULE(pwreset) = {
    STANDARD20_MODULE_STUFF,
    NULL, /* per directory: the flow belongs to a virtual host */
    NULL,
    pwr_settings_create,
    pwr_settings_merge,
    pwr_directives,
    register_hooks,
#ifdef AP_MODULE_FLAG_NONE
    AP_MODULE_FLAG_NONE,
#endif
};
