/*
 * Accounts: how one is searched for, when an entry counts as the one that was named, and what is
 * read from it. No state but the connections; any thread.
 */
#ifndef PWR_DIRECTORY_ACCOUNT_H
#define PWR_DIRECTORY_ACCOUNT_H

#include "directory/server.h"

/* As pwr_directory_find and pwr_directory_read; the directory is known. */
pwr_fault_t *pwr_account_find(apr_array_header_t **accounts, pwr_directory_t *directory,
                              const char *typed, apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_account_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                              apr_pool_t *pool) PWR_MUST_USE;

/* The entries (pwr_entry_t) that a filter for `typed` finds, PWR_MAX_MATCHES at most; `typed` is a
 * name by pwr_account_is_name. */
pwr_fault_t *pwr_account_search(apr_array_header_t **entries, bool *has_more,
                                pwr_directory_t *directory, const char *typed,
                                apr_pool_t *pool) PWR_MUST_USE;

/* The entry behind an account, read on this connection; NULL when it is gone, or is another's by
 * now. */
pwr_answer_t pwr_account_read_on(const pwr_entry_t **entry, const pwr_directory_t *directory,
                                 pwr_ldap_connection_t *connection, const pwr_account_t *account,
                                 apr_pool_t *pool);

/* The attributes to ask for; closed by NULL. */
const char *const *pwr_account_attributes(const pwr_directory_t *directory, apr_pool_t *pool);

/* "(&FILTER(|(mail=TYPED)(uid=TYPED)))"; in proxyAddresses the address stands behind "smtp:". */
const char *pwr_account_filter(const pwr_directory_t *directory, const char *typed,
                               apr_pool_t *pool);

/* The attributes of `unseen` in pwr_account_t; of every account where `entry` is NULL. */
apr_array_header_t *pwr_account_unseen(const pwr_entry_t *entry, const pwr_directory_t *directory,
                                       apr_pool_t *pool);

/* True for something that may be searched for: not empty, not longer than PWR_MAX_TYPED. */
bool pwr_account_is_name(const char *typed);

/* True when a value of a match attribute equals `typed`, ASCII letters folded, no other leniency.
 */
bool pwr_account_is_named(const pwr_entry_t *entry, const pwr_directory_t *directory,
                          const char *typed);

/* What an entry says, its stamp included; groups are not asked. `typed` (may be NULL) chooses among
 * several addresses or logins. BROKEN when it lacks what the service account must be allowed to
 * read. */
pwr_fault_t *pwr_account_from_entry(pwr_account_t **account, const pwr_entry_t *entry,
                                    const pwr_directory_t *directory, const char *typed,
                                    apr_pool_t *pool) PWR_MUST_USE;

#endif
