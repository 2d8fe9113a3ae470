/* The NT hash is as good as the password for a login by NTLM: it is written where PwResetLDAPSamba
 * asks for it and nowhere else. */
#include "directory/hashes.h"

#include <apr_cstr.h>
#include <apr_md4.h>
#include <apr_strings.h>

#include "base/clock.h"
#include "directory/changes.h"
#include "text/characters.h"

#define SECONDS_OF_A_DAY 86400

static bool has_class(const pwr_entry_t *entry, const char *name)
{
    const apr_array_header_t *classes = pwr_entry_values(entry, "objectClass");

    for (int i = 0; classes != NULL && i < classes->nelts; i++) {
        if (apr_cstr_casecmp(APR_ARRAY_IDX(classes, i, const char *), name) == 0) {
            return true;
        }
    }
    return false;
}

const char *pwr_hashes_argon2(const pwr_secret_t *password, apr_pool_t *pool)
{
    const char *hash = pwr_crypto_argon2id(password, pool);
    return hash != NULL ? apr_pstrcat(pool, "{ARGON2}", hash, NULL) : NULL;
}

/* MD4 of UTF-16LE in capital hexadecimal digits (MS-NLMP, 3.3.1); NULL for what is no UTF-8. */
static const char *nt_hash(const pwr_secret_t *password, apr_pool_t *pool)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char digest[APR_MD4_DIGESTSIZE];
    apr_size_t length = 0;
    unsigned char *wide = pwr_characters_utf16le(&length, pwr_secret_bytes(password), pool);
    char *text = apr_palloc(pool, 2 * sizeof digest + 1);

    if (wide == NULL || apr_md4(digest, wide, length) != APR_SUCCESS) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * sizeof digest] = '\0';
    pwr_crypto_wipe(digest, sizeof digest);
    pwr_crypto_wipe_with(text, 2 * sizeof digest, pool);
    return text;
}

void pwr_hashes_add(apr_array_header_t *changes, const pwr_directory_settings_t *settings,
                    const pwr_entry_t *entry, const pwr_secret_t *password)
{
    apr_pool_t *pool = changes->pool;
    apr_time_t now = apr_time_sec(pwr_clock_now());

    if (settings->writes_samba && has_class(entry, "sambaSamAccount")) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, "sambaNTPassword", nt_hash(password, pool));
        pwr_changes_add(changes, LDAP_MOD_REPLACE, "sambaPwdLastSet",
                        apr_psprintf(pool, "%" APR_TIME_T_FMT, now));
    }
    if (settings->writes_shadow && has_class(entry, "shadowAccount")) {
        pwr_changes_add(changes, LDAP_MOD_REPLACE, "shadowLastChange",
                        apr_psprintf(pool, "%" APR_TIME_T_FMT, now / SECONDS_OF_A_DAY));
    }
}
