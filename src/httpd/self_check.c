/*
 * Runs as whoever calls apachectl, usually root: it proves that servers answer, not that the
 * server's own user may read its files. Lines go to standard output, one per check, so that they
 * can be read by people and by a monitoring job.
 */
#include "httpd/self_check.h"

#include <stdio.h>
#include <stdlib.h>

#include <http_config.h>
#include <http_core.h>
#include <unixd.h>

#include "flow/check.h"
#include "httpd/lifecycle.h"
#include "httpd/private.h"

static void print(const char *name, const pwr_fault_t *fault, void *data)
{
    (void)data;
    if (fault == NULL) {
        printf("ok      %s\n", name);
    } else {
        printf("FAILED  %s\n        %s: %s\n", name, fault->tag, fault->detail);
    }
}

static int check_site(pwr_site_t *site, apr_pool_t *pool)
{
    pwr_fault_t *fault = pwr_lifecycle_prepare_site(site, pool);

    print("key file, database file and audit log can be made and read", fault, NULL);
    if (fault != NULL) {
        return 1;
    }
    fault = pwr_parts_open(&site->parts, site->audit, pool);
    if (fault != NULL) {
        print("database and directory settings make sense", fault, NULL);
        return 1;
    }
    return pwr_check_run(&site->parts, print, NULL, pool);
}

void pwr_self_check(apr_pool_t *pconf, server_rec *main_server)
{
    apr_pool_t *pool = NULL;
    int faults = 0;

    if (!ap_exists_config_define("PWRESET_CHECK")) {
        return;
    }
    apr_pool_create(&pool, pconf);
    for (server_rec *server = main_server; server != NULL; server = server->next) {
        pwr_site_t *site = pwr_site_of(server);
        if (site == NULL || site->server != server) {
            continue;
        }
        printf("%s\n", site->settings->parts.flow.base_url);
        faults += check_site(site, pool);
    }
    apr_pool_destroy(pool); /* closes what was opened, as nobody does behind exit */
    fflush(stdout);
    if (faults > 0) {
        exit(EXIT_FAILURE);
    }
}
