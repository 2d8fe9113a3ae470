/*
 * Two places for a key: the one that the number's last bit names is read, the other one is written,
 * and then the number goes up. A reader that was overtaken by two writes sees another number and
 * reads again.
 */
#include "httpd/site_keys.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_shm.h>
#include <apr_strings.h>

typedef struct {
    char bytes[PWR_KEY_BYTES];
} key_place_t;

struct pwr_site_keys_t {
    _Atomic apr_uint32_t number; /* of puts; 0: there was none */
    _Atomic apr_uint32_t is_withdrawn;
    _Atomic apr_uint32_t is_refused;
    key_place_t places[2];
};

pwr_fault_t *pwr_site_keys_open(pwr_site_keys_t **keys, const char *base_url,
                                apr_pool_t *process_pool)
{
    /* The size tells this module's from another version's that was loaded before. */
    const char *name
        = apr_psprintf(process_pool, "pwreset %d keys %s", (int)sizeof **keys, base_url);
    apr_shm_t *memory = NULL;
    void *kept = NULL;

    apr_pool_userdata_get(&kept, name, process_pool);
    if (kept == NULL) {
        apr_status_t status = apr_shm_create(&memory, sizeof **keys, NULL, process_pool);
        if (status != APR_SUCCESS) {
            return pwr_fault_broken(process_pool, "PWR0975",
                                    "no shared memory of %d bytes for the key of a site: %s. Give "
                                    "httpd more memory.",
                                    (int)sizeof **keys, pwr_fault_status(status, process_pool));
        }
        kept = apr_shm_baseaddr_get(memory); /* anonymous: it comes as zeros */
        pwr_crypto_lock(kept, sizeof **keys);
        apr_pool_userdata_set(kept, name, apr_pool_cleanup_null, process_pool);
    }
    *keys = kept;
    return NULL;
}

void pwr_site_keys_put(pwr_site_keys_t *keys, const char key[PWR_KEY_BYTES])
{
    apr_uint32_t number = atomic_load(&keys->number);
    key_place_t *place = &keys->places[(number + 1) % 2];

    if (number == 0 || memcmp(keys->places[number % 2].bytes, key, PWR_KEY_BYTES) != 0) {
        memcpy(place->bytes, key, PWR_KEY_BYTES);
        atomic_store(&keys->number, number + 1);
        atomic_store(&keys->is_refused, 0);
    }
    atomic_store(&keys->is_withdrawn, 0);
}

void pwr_site_keys_withdraw(pwr_site_keys_t *keys)
{
    atomic_store(&keys->is_withdrawn, 1);
}

void pwr_site_keys_refuse(pwr_site_keys_t *keys, bool is_refused)
{
    atomic_store(&keys->is_refused, is_refused ? 1 : 0);
}

unsigned pwr_site_keys_number(const pwr_site_keys_t *keys)
{
    return atomic_load(&keys->is_withdrawn) != 0 ? 0 : atomic_load(&keys->number);
}

bool pwr_site_keys_is_refused(const pwr_site_keys_t *keys)
{
    return atomic_load(&keys->is_refused) != 0;
}

unsigned pwr_site_keys_take(char key[PWR_KEY_BYTES], const pwr_site_keys_t *keys)
{
    unsigned number = pwr_site_keys_number(keys);
    unsigned seen = 0;

    while (number != 0 && number != seen) {
        seen = number;
        memcpy(key, keys->places[number % 2].bytes, PWR_KEY_BYTES);
        number = pwr_site_keys_number(keys);
    }
    return number;
}
