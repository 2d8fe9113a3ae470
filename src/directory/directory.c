/* The public functions, made of the component's parts. */
#include "directory/directory.h"

#include <apr_cstr.h>

#include "directory/account.h"
#include "directory/check_settings.h"
#include "directory/failures.h"
#include "directory/password.h"
#include "directory/server.h"
#include "directory/rights_check.h"

pwr_fault_t *pwr_directory_open(pwr_directory_t **directory,
                                const pwr_directory_settings_t *settings, apr_pool_t *pool)
{
    pwr_directory_t *self = apr_pcalloc(pool, sizeof *self);
    apr_status_t status = apr_thread_mutex_create(&self->lock, APR_THREAD_MUTEX_DEFAULT,
                                                  pool); /* cleans up itself */

    PWR_TRY(pwr_directory_check_settings(settings, pool));
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0455", "No mutex can be made: %s.",
                                pwr_fault_status(status, pool));
    }
    self->settings = settings;
    apr_pool_create(&self->pool, pool); /* other threads use theirs of `pool` meanwhile */
    PWR_TRY(pwr_ldap_connections_open(&self->connections, settings, pool));
    PWR_TRY(pwr_policies_open(&self->policies, pool));
    *directory = self;
    return NULL;
}

/* --- the verbs --- */

pwr_fault_t *pwr_directory_find(apr_array_header_t **accounts, pwr_directory_t *directory,
                                const char *typed, apr_pool_t *pool)
{
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_account_find(accounts, directory, typed, pool);
}

pwr_fault_t *pwr_directory_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                                apr_pool_t *pool)
{
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_account_read(account, directory, id, pool);
}

pwr_fault_t *pwr_directory_rules(pwr_rules_t *rules, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch)
{
    PWR_TRY(pwr_directory_know(directory, scratch));
    PWR_TRY(pwr_policies_rules(rules, directory->policies, &directory->context,
                               account != NULL ? account->dn : NULL, scratch));
    rules->words
        = account != NULL ? directory->context.backend->words_of(account, rules, scratch) : NULL;
    return NULL;
}

pwr_rules_t pwr_directory_last_rules(pwr_directory_t *directory)
{
    return pwr_policies_last(directory->policies);
}

pwr_fault_t *pwr_directory_set_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                        const pwr_account_t *account, const pwr_secret_t *password,
                                        apr_pool_t *pool)
{
    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_password_set(outcome, directory, account, password, pool);
}

pwr_fault_t *pwr_directory_reach(pwr_directory_t *directory, apr_pool_t *scratch)
{
    const pwr_entry_t *root = NULL;

    PWR_TRY(pwr_directory_know(directory, scratch));
    return pwr_server_read_root(&root, directory, scratch);
}

pwr_fault_t *pwr_directory_failures(pwr_failures_t *failures, pwr_directory_t *directory,
                                    const pwr_account_t *account, const pwr_lockout_t *lockout,
                                    apr_pool_t *scratch)
{
    *failures = (pwr_failures_t){0};
    PWR_TRY(pwr_directory_know(directory, scratch));
    return pwr_failures_read(failures, &directory->context, account->dn, lockout, scratch);
}

bool pwr_directory_ends_count(const pwr_directory_t *directory)
{
    return directory->context.backend != NULL && directory->context.backend->password_ends_count;
}

pwr_fault_t *pwr_directory_unlock(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                  const pwr_account_t *account, apr_pool_t *pool)
{
    *outcome = PWR_WRITE_NOT_SENT;
    PWR_TRY(pwr_directory_know(directory, pool));
    return pwr_password_unlock(outcome, directory, account, pool);
}

pwr_fault_t *pwr_directory_probe(pwr_directory_t *directory, int index, apr_pool_t *scratch)
{
    return pwr_ldap_connection_probe(directory->connections, index, scratch);
}

pwr_fault_t *pwr_directory_check_bind(pwr_directory_t *directory, apr_pool_t *scratch)
{
    PWR_TRY(pwr_directory_know(directory, scratch));
    return pwr_rights_check_bind(directory, scratch);
}

pwr_fault_t *pwr_directory_check_rights(pwr_directory_t *directory, apr_pool_t *scratch)
{
    PWR_TRY(pwr_directory_know(directory, scratch));
    return pwr_rights_check_account(directory, scratch);
}

pwr_fault_t *pwr_directory_check_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                         apr_pool_t *scratch)
{
    pwr_rules_t rules = {0};

    PWR_TRY(pwr_directory_rules(&rules, directory, NULL, scratch));
    *lockout = rules.lockout;
    return pwr_rights_check_lockout(lockout, directory, scratch);
}
