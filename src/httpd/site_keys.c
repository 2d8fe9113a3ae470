/*
 * Two places for the keys: the one that the number's last bit names is read, the other one is
 * written, and then the number goes up. A reader that was overtaken by two writes sees another
 * number and reads again.
 */
#include "httpd/site_keys.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

struct pwr_site_keys_t {
    _Atomic apr_uint32_t number; /* of puts; 0: there was none */
    _Atomic apr_uint32_t is_withdrawn;
    _Atomic apr_uint32_t is_refused;
    pwr_keys_t places[2];
};

pwr_fault_t *pwr_site_keys_open(pwr_site_keys_t **shared, const char *base_url,
                                apr_pool_t *process_pool)
{
    /* The size tells this module's from another version's that was loaded before. */
    const char *name
        = apr_psprintf(process_pool, "pwreset %d keys %s", (int)sizeof **shared, base_url);
    apr_shm_t *memory = NULL;
    void *kept = NULL;

    apr_pool_userdata_get(&kept, name, process_pool);
    if (kept == NULL) {
        apr_status_t status = apr_shm_create(&memory, sizeof **shared, NULL, process_pool);
        if (status != APR_SUCCESS) {
            return pwr_fault_broken(process_pool, "PWR0975",
                                    "no shared memory of %d bytes for the keys of a site: %s. Give "
                                    "httpd more memory.",
                                    (int)sizeof **shared, pwr_fault_status(status, process_pool));
        }
        kept = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
        pwr_crypto_lock(kept, sizeof **shared);
        apr_pool_userdata_set(kept, name, apr_pool_cleanup_null, process_pool);
    }
    *shared = kept;
    return NULL;
}

void pwr_site_keys_put(pwr_site_keys_t *shared, const pwr_keys_t *keys)
{
    apr_uint32_t number = atomic_load(&shared->number);

    if (number == 0 || memcmp(&shared->places[number % 2], keys, sizeof *keys) != 0) {
        memcpy(&shared->places[(number + 1) % 2], keys, sizeof *keys);
        atomic_store(&shared->number, number + 1);
        atomic_store(&shared->is_refused, 0);
    }
    atomic_store(&shared->is_withdrawn, 0);
}

void pwr_site_keys_withdraw(pwr_site_keys_t *shared)
{
    atomic_store(&shared->is_withdrawn, 1);
}

void pwr_site_keys_refuse(pwr_site_keys_t *shared, bool is_refused)
{
    atomic_store(&shared->is_refused, is_refused ? 1 : 0);
}

unsigned pwr_site_keys_number(const pwr_site_keys_t *shared)
{
    return atomic_load(&shared->is_withdrawn) != 0 ? 0 : atomic_load(&shared->number);
}

bool pwr_site_keys_is_refused(const pwr_site_keys_t *shared)
{
    return atomic_load(&shared->is_refused) != 0;
}

unsigned pwr_site_keys_take(pwr_keys_t *keys, const pwr_site_keys_t *shared)
{
    unsigned number = pwr_site_keys_number(shared);
    unsigned seen = 0;

    while (number != 0 && number != seen) {
        seen = number;
        *keys = shared->places[number % 2];
        number = pwr_site_keys_number(shared);
    }
    return number;
}
