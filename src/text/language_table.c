/* One lock for all tables: a language is compiled once in the life of a process, in some 10 ms. */
#include "text/language_table.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "text/catalogue.h"

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

pwr_fault_t *pwr_language_table_compile(apr_hash_t **patterns, const pwr_language_table_t *table,
                                        apr_pool_t *pool)
{
    const pwr_locale_t *locale = pwr_locale_make(table->locale, table->time_zone, pool);

    if (locale == NULL) {
        return pwr_fault_broken(pool, "PWR0323",
                                "ICU does not know the time zone '%s'. Write PwResetTimeZone with "
                                "a name such as Europe/Oslo.",
                                table->time_zone != NULL ? table->time_zone : "of the system");
    }
    return pwr_catalogue_compile(patterns, table->path, table->text, locale, pool);
}

/* Puts what `patterns` lacks into it. */
static void fill_from(apr_hash_t *fallback, apr_hash_t *patterns, apr_pool_t *pool)
{
    for (apr_hash_index_t *at = apr_hash_first(pool, fallback); at != NULL;
         at = apr_hash_next(at)) {
        const char *key = apr_hash_this_key(at);
        if (apr_hash_get(patterns, key, APR_HASH_KEY_STRING) == NULL) {
            apr_hash_set(patterns, key, APR_HASH_KEY_STRING, apr_hash_this_val(at));
        }
    }
}

pwr_fault_t *pwr_language_tables_make(pwr_language_table_t *own, pwr_language_table_t *english,
                                      apr_pool_t *pool)
{
    apr_hash_t *patterns = NULL;

    PWR_TRY(pwr_language_table_compile(&patterns, own, pool));
    atomic_store(&own->patterns, patterns);
    if (english != NULL && english != own) {
        apr_hash_t *others = NULL;
        PWR_TRY(pwr_language_table_compile(&others, english, pool));
        fill_from(others, patterns, pool);
        fill_from(patterns, others, pool);
        atomic_store(&english->patterns, others);
    }
    return NULL;
}

/* Compiles a language into a pool of its own, which lives as long as the process: a table of the
 * parent is made at start alone, and a child ends with its configuration. */
static apr_hash_t *make_patterns(const pwr_language_table_t *table)
{
    apr_pool_t *pool = NULL;
    apr_hash_t *patterns = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    const pwr_fault_t *fault = pwr_language_table_compile(&patterns, table, pool);
    if (fault != NULL) {
        pwr_log_fault(fault);
        patterns = apr_hash_make(pool);
    }
    fill_from(atomic_load(&table->fallback->patterns), patterns, pool);
    return patterns;
}

apr_hash_t *pwr_language_table_patterns(pwr_language_table_t *table)
{
    apr_hash_t *patterns = atomic_load_explicit(&table->patterns, memory_order_acquire);

    if (patterns != NULL) {
        return patterns;
    }
    pthread_mutex_lock(&making);
    patterns = atomic_load_explicit(&table->patterns, memory_order_acquire);
    if (patterns == NULL) {
        patterns = make_patterns(table);
        atomic_store_explicit(&table->patterns, patterns, memory_order_release);
    }
    pthread_mutex_unlock(&making);
    return patterns;
}
