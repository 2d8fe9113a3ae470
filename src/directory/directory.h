/*
 * The directory as the flows see it: find an account, read it again, read its password rules, write
 * its password. Opened once per process after the fork; calls from any thread, each on a pooled
 * connection. Every wait is bounded by the settings. Referrals are never followed. A write is never
 * repeated.
 */
#ifndef PWR_DIRECTORY_DIRECTORY_H
#define PWR_DIRECTORY_DIRECTORY_H

#include "base/model.h"
#include "directory/outcome.h"
#include "directory/settings.h"

/* Takes a settings record that stays as it is. Makes no connection yet. Lives in `pool`. */
pwr_fault_t *pwr_directory_open(pwr_directory_t **directory,
                                const pwr_directory_settings_t *settings,
                                apr_pool_t *pool) PWR_MUST_USE;

/* The accounts that `typed` names: pwr_account_t *, none, one, or several. PWR_MAX_MATCHES of them
 * stand for that many or more. Several are never guessed among: what to do is the flow's. A match
 * counts only when one stored value equals `typed` byte for byte after ASCII case folding. */
pwr_fault_t *pwr_directory_find(apr_array_header_t **accounts, pwr_directory_t *directory,
                                const char *typed, apr_pool_t *pool) PWR_MUST_USE;

/* The account of an id; NULL when it is gone. */
pwr_fault_t *pwr_directory_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                                apr_pool_t *pool) PWR_MUST_USE;

/* The rules that the directory enforces for this account. `account` NULL asks for the rules for
 * everybody. Cached per policy for a minute. */
pwr_fault_t *pwr_directory_rules(pwr_rules_t *rules, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch) PWR_MUST_USE;

/* The rules for everybody as this process read them last, however long ago; no rule when it never
 * did. The directory is not asked. */
pwr_rules_t pwr_directory_last_rules(pwr_directory_t *directory);

/* Sets a password the way the server's policy applies to it: RFC 3062 with the ppolicy control,
 * AD's unicodePwd with policy hints. Just before, on the same connection, the account is read again
 * and must still have the stamp of `account`. The fault is NULL exactly when `outcome` is DONE or
 * STALE. Message keys of REFUSED: see answers.h. */
pwr_fault_t *pwr_directory_set_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                        const pwr_account_t *account, const pwr_secret_t *password,
                                        apr_pool_t *pool) PWR_MUST_USE;

/* Asks the server for its root entry and for no account. After a fault no name can be looked up. */
pwr_fault_t *pwr_directory_reach(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;

/* The failed logins that the directory counts against the entry of `account` now, always by the
 * same number of searches: for a DN that is not there, too. `lockout` is that of its rules. */
pwr_fault_t *pwr_directory_failures(pwr_failures_t *failures, pwr_directory_t *directory,
                                    const pwr_account_t *account, const pwr_lockout_t *lockout,
                                    apr_pool_t *scratch) PWR_MUST_USE;

/* Whether a password that was set has ended the count of failed logins there. */
bool pwr_directory_ends_count(const pwr_directory_t *directory);

/* Ends a lock that failed logins brought, and leaves the password alone. */
pwr_fault_t *pwr_directory_unlock(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                  const pwr_account_t *account, apr_pool_t *pool) PWR_MUST_USE;

/* For self-checks: connects and binds to one server; NULL when that works. `index` counts from 0.
 */
pwr_fault_t *pwr_directory_probe(pwr_directory_t *directory, int index,
                                 apr_pool_t *scratch) PWR_MUST_USE;

/* For self-checks: a bind to which the server's policy does not apply (rootdn, Directory Manager,
 * Domain Admin) is a fault; and so is an account that does not show what is needed of it. */
pwr_fault_t *pwr_directory_check_bind(pwr_directory_t *directory, apr_pool_t *scratch) PWR_MUST_USE;
pwr_fault_t *pwr_directory_check_rights(pwr_directory_t *directory,
                                        apr_pool_t *scratch) PWR_MUST_USE;

/* For self-checks: when failed logins lock, for everybody. A fault where that, or the count of an
 * account, is hidden; it names the attributes. */
pwr_fault_t *pwr_directory_check_lockout(pwr_lockout_t *lockout, pwr_directory_t *directory,
                                         apr_pool_t *scratch) PWR_MUST_USE;

#endif
