/* libldap takes changes as pointers to records; they live in the pool of the list. */
#include "directory/changes.h"

#include <string.h>

#include <apr_strings.h>

#include "base/crypto.h"

apr_array_header_t *pwr_changes_make(apr_pool_t *pool)
{
    return apr_array_make(pool, 4, sizeof(LDAPMod *));
}

void pwr_changes_add(apr_array_header_t *changes, int op, const char *attribute, const char *value)
{
    apr_pool_t *pool = changes->pool;
    LDAPMod *change = apr_pcalloc(pool, sizeof *change);

    change->mod_op = op;
    change->mod_type = apr_pstrdup(pool, attribute);
    if (value != NULL) {
        change->mod_values = apr_pcalloc(pool, 2 * sizeof *change->mod_values);
        change->mod_values[0] = apr_pstrdup(pool, value);
        pwr_crypto_wipe_with(change->mod_values[0], strlen(value), pool); /* it may be a hash */
    }
    APR_ARRAY_PUSH(changes, LDAPMod *) = change;
}

LDAPMod **pwr_changes_finish(apr_array_header_t *changes)
{
    if (changes->nelts == 0) {
        return NULL;
    }
    APR_ARRAY_PUSH(changes, LDAPMod *) = NULL;
    return (LDAPMod **)changes->elts;
}
