/*
 * Hashes that a site wants beside, or in place of, what the server makes of a password. Each is
 * wiped with its pool. Any thread.
 */
#ifndef PWR_DIRECTORY_HASHES_H
#define PWR_DIRECTORY_HASHES_H

#include "directory/backend.h"

/* "{ARGON2}$argon2id$...", as OpenLDAP's argon2 module reads it (slapd-pw-argon2(5)); NULL when
 * there is no memory for it. */
const char *pwr_hashes_argon2(const pwr_secret_t *password, apr_pool_t *pool);

/* Adds what an entry of these classes keeps of its password: sambaNTPassword and sambaPwdLastSet of
 * a sambaSamAccount, shadowLastChange of a shadowAccount (RFC 2307, 4), where the settings say so.
 */
void pwr_hashes_add(apr_array_header_t *changes, const pwr_directory_settings_t *settings,
                    const pwr_entry_t *entry, const pwr_secret_t *password);

#endif
