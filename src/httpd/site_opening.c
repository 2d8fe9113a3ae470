/*
 * Opening makes a copy of the site and puts it in place by one write of a pointer. Threads that
 * work with the copy before are not disturbed, so that one is never taken down: keys change a few
 * times in a process's life, if at all.
 */
#include "httpd/site_opening.h"

#include <stdatomic.h>

#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/clock.h"
#include "base/log.h"

#define PAUSE apr_time_from_sec(2) /* after an opening that failed */

struct pwr_opening_t {
    pwr_site_t *_Atomic open;  /* NULL: not open yet */
    apr_thread_mutex_t *mutex; /* held by the thread that opens; the rest is its own */
    apr_pool_t *pool;
    apr_time_t next;
};

bool pwr_site_opening_take_keys(pwr_site_t *site, apr_pool_t *pool)
{
    const char *base_url = site->settings->parts.flow.base_url;
    pwr_keys_t keys;

    site->key_number = pwr_site_keys_take(&keys, site->keys);
    if (site->key_number != 0) {
        site->parts.key = pwr_keys_secrets(&keys, NULL, NULL, pool);
        site->parts.count_key = pwr_keys_counting(&keys, pool);
        site->parts.seal_key = pwr_keys_secrets(&keys, "seals of a site", base_url, pool);
        site->key = site->parts.seal_key;
        pwr_crypto_wipe(&keys, sizeof keys);
    }
    return site->key_number != 0;
}

static void open_copy(const pwr_site_t *site, pwr_opening_t *opening)
{
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, opening->pool);
    pwr_site_t *copy = apr_pmemdup(pool, site, sizeof *site);
    if (!pwr_site_opening_take_keys(copy, pool)) {
        apr_pool_destroy(pool);
        return;
    }
    pwr_fault_t *fault = pwr_parts_open(&copy->parts, copy->audit, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        opening->next = pwr_clock_now() + PAUSE;
        apr_pool_destroy(pool);
        return;
    }
    atomic_store(&opening->open, copy);
}

/* A pool that other threads do not use: its allocator is its own. */
static apr_pool_t *make_pool(apr_pool_t *pchild)
{
    apr_allocator_t *allocator = NULL;
    apr_thread_mutex_t *mutex = NULL;
    apr_pool_t *pool = NULL;

    if (apr_allocator_create(&allocator) != APR_SUCCESS
        || apr_pool_create_ex(&pool, pchild, NULL, allocator) != APR_SUCCESS) {
        return pchild;
    }
    apr_allocator_owner_set(allocator, pool);
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pool) == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
    }
    return pool;
}

void pwr_site_opening_begin(pwr_site_t *site, apr_pool_t *pchild)
{
    pwr_opening_t *opening = apr_pcalloc(pchild, sizeof *opening);

    opening->pool = make_pool(pchild);
    apr_thread_mutex_create(&opening->mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    site->opening = opening;
    open_copy(site, opening);
}

pwr_site_t *pwr_site_opening_find(const pwr_site_t *site)
{
    pwr_opening_t *opening = site->opening;
    unsigned number = opening != NULL ? pwr_site_keys_number(site->keys) : 0;

    if (number == 0 || pwr_site_keys_is_refused(site->keys)) {
        return NULL;
    }
    const pwr_site_t *open = atomic_load(&opening->open);
    if ((open == NULL || open->key_number != number)
        && apr_thread_mutex_trylock(opening->mutex) == APR_SUCCESS) {
        if (pwr_clock_now() >= opening->next) {
            open_copy(site, opening);
        }
        apr_thread_mutex_unlock(opening->mutex);
    }
    return atomic_load(&opening->open);
}
