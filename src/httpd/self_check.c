/*
 * The checks run in a child process with the rights of the server's user, so they also find what
 * that user may not read. Lines go to standard output, one per check, so that they can be read by
 * people and by a monitoring job.
 */
#include "httpd/self_check.h"

#include <stdio.h>
#include <stdlib.h>

#include <http_config.h>
#include <http_core.h>

#include "flow/check.h"
#include "httpd/lifecycle.h"
#include "httpd/location.h"
#include "httpd/private.h"
#include "httpd/site_opening.h"
#include "httpd/state.h"
#include "httpd/user_process.h"

static void print(pwr_check_end_t end, const char *name, const pwr_fault_t *fault, void *data)
{
    static const char *const words[] = {"ok     ", "WARNING", "FAILED "};

    (void)data;
    printf("%s %s\n", words[end], name);
    if (fault != NULL) {
        printf("        %s: %s\n", fault->tag, fault->detail);
    }
}

static void print_preparation(const char *name, const pwr_fault_t *fault)
{
    print(fault != NULL ? PWR_CHECK_FAILED : PWR_CHECK_OK, name, fault, NULL);
}

/* Runs in the child. What it prints leaves before the child ends. */
static void check_parts(void *answer, void *data, apr_pool_t *pool)
{
    pwr_site_t *site = data;
    int *faults = answer;

    (void)pwr_site_opening_take_keys(site, pool);
    pwr_fault_t *fault = pwr_parts_open(&site->parts, site->audit, pool);
    if (fault != NULL) {
        print_preparation("database and directory settings make sense", fault);
        *faults = 1;
    } else {
        *faults = pwr_check_run(&site->parts, print, NULL, pool);
    }
    fflush(stdout);
}

static int check_location(const pwr_site_t *site, apr_pool_t *pool)
{
    const char *path = site->base_path[0] != '\0' ? site->base_path : "/";
    const pwr_fault_t *fault = NULL;

    if (!pwr_location_serves_site(site)) {
        fault = pwr_fault_broken(pool, "PWR0942",
                                 "no <Location> hands it to the module. Write into its virtual "
                                 "host: <Location \"%s\"> SetHandler pwreset </Location>, on three "
                                 "lines.",
                                 path);
    }
    print_preparation("the address of PwResetBaseURL is served", fault);
    return fault != NULL ? 1 : 0;
}

static int check_site(pwr_site_t *site, apr_pool_t *pool)
{
    const pwr_user_captcha_t captcha = {.name = "the self-check",
                                        .server = site->server,
                                        .work = check_parts,
                                        .data = site,
                                        .size = sizeof(int)};
    pwr_fault_t *fault = pwr_lifecycle_prepare_site(site, pool, pool);
    int faults = 0, found = 0;

    if (fault == NULL) {
        fault = pwr_state_prepare(site, pool);
    }
    print_preparation("key file, database file and audit log can be made and read", fault);
    if (fault != NULL) {
        return 1;
    }
    faults = check_location(site, pool);
    fflush(stdout); /* or the child would print it again */
    fault = pwr_user_process_run(&found, &captcha, pool);
    if (fault != NULL) {
        print_preparation("the self-check runs as the server's user", fault);
        return 1;
    }
    return faults + found;
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
        fflush(stdout);
        faults += check_site(site, pool);
    }
    apr_pool_destroy(pool); /* closes what was opened: exit runs no pool cleanup */
    fflush(stdout);
    if (faults > 0) {
        exit(EXIT_FAILURE);
    }
}
