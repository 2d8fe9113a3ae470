/*
 * Accounts: how one is searched for, when an entry counts as the one that was named, and what is
 * read from it. No state but the connections; any thread. What an OpenLDAP server calls things
 * stands in account.c in one place.
 */
#ifndef PWR_DIRECTORY_ACCOUNT_H
#define PWR_DIRECTORY_ACCOUNT_H

#include "directory/rules.h"

struct pwr_directory_t {
    const pwr_directory_settings_t *settings;
    pwr_connections_t *connections;
    pwr_policies_t *policies;
};

/* As pwr_directory_find and pwr_directory_read. */
pwr_fault_t *pwr_account_find(pwr_account_t **account, int *matches, pwr_directory_t *directory,
                              const char *typed, apr_pool_t *pool) PWR_MUST_USE;
pwr_fault_t *pwr_account_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                              apr_pool_t *pool) PWR_MUST_USE;

/* A value as it stands in a filter (RFC 4515, 3). All but letters, digits and @ . _ - is escaped.
 */
const char *pwr_account_escape(const char *value, apr_pool_t *pool);

/* "(&FILTER(|(mail=TYPED)(uid=TYPED)))". */
const char *pwr_account_filter(const pwr_directory_settings_t *settings, const char *typed,
                               apr_pool_t *pool);

/* True for something that may be searched for: not empty, not longer than PWR_MAX_TYPED. */
bool pwr_account_is_name(const char *typed);

/* True when a value of a match attribute equals `typed`, ASCII letters folded, no other leniency.
 */
bool pwr_account_is_named(const pwr_entry_t *entry, const pwr_directory_settings_t *settings,
                          const char *typed);

/* What an entry says, without its stamp. `typed` (may be NULL) chooses among several addresses or
 * logins. BROKEN when it lacks what the service account must be allowed to read. */
pwr_fault_t *pwr_account_from_entry(pwr_account_t **account, const pwr_entry_t *entry,
                                    const pwr_directory_settings_t *settings, const char *typed,
                                    apr_pool_t *pool) PWR_MUST_USE;

/* The stamp; `has_policy` as pwr_policies_are_kept says. NULL when what it needs is hidden. */
const char *pwr_account_stamp(const pwr_entry_t *entry, bool has_policy, apr_pool_t *pool);

/* A GeneralizedTime in UTC (RFC 4517, 3.3.13: "20261122093000Z", fraction allowed); 0 for anything
 * else. */
apr_time_t pwr_account_time(const char *text);

#endif
