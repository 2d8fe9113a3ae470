/* `apachectl -t -D PWRESET_CHECK` prints what flow/check finds, with the configuration that the
 * server would use. */
#ifndef PWR_HTTPD_SELF_CHECK_H
#define PWR_HTTPD_SELF_CHECK_H

#include <httpd.h>

/* The test_config hook, run under -t alone. Ends the process with status 1 when a check found a
 * fault. */
void pwr_self_check(apr_pool_t *pconf, server_rec *main_server);

#endif
