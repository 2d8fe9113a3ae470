/* A language is compiled when it is first used, once, and has what it lacks from the site's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_thread_proc.h>

#include "text/language_table.h"
#include "text/pattern.h"

#define THREADS 16

static apr_pool_t *pool;
static pwr_language_table_t own, english, other;

static void make_tables(void)
{
    own = (pwr_language_table_t){.path = "nb.txt", .text = "a = norsk\nb = bare", .locale = "nb"};
    english = (pwr_language_table_t){.path = "en.txt", .text = "a = en\nc = only", .locale = "en"};
    other = (pwr_language_table_t){
        .path = "da.txt", .text = "a = dansk", .locale = "da", .fallback = &own};
    assert_null(pwr_language_tables_make(&own, &english, pool));
}

static const char *say(apr_hash_t *patterns, const char *key)
{
    const pwr_pattern_t *pattern = apr_hash_get(patterns, key, APR_HASH_KEY_STRING);
    return pattern != NULL ? pwr_pattern_format(pattern, NULL, pool) : "";
}

static void the_sites_own_and_english_are_compiled_at_start_and_fill_each_other(void **state)
{
    (void)state;
    make_tables();
    assert_non_null(own.patterns);
    assert_non_null(english.patterns);
    assert_string_equal(say(own.patterns, "a"), "norsk");
    assert_string_equal(say(own.patterns, "c"), "only");
    assert_string_equal(say(english.patterns, "b"), "bare");
}

static void another_language_is_compiled_when_it_is_first_used(void **state)
{
    (void)state;
    make_tables();
    assert_null(other.patterns);
    apr_hash_t *patterns = pwr_language_table_patterns(&other);
    assert_string_equal(say(patterns, "a"), "dansk");
    assert_string_equal(say(patterns, "b"), "bare");
    assert_string_equal(say(patterns, "c"), "only");
    assert_ptr_equal(pwr_language_table_patterns(&other), patterns);
}

static void a_wrong_text_is_told_with_file_and_line(void **state)
{
    (void)state;
    pwr_language_table_t wrong = {.path = "x.txt", .text = "a = b\n\nc = {", .locale = "nb"};
    apr_hash_t *patterns = NULL;
    pwr_fault_t *fault = pwr_language_table_compile(&patterns, &wrong, pool);

    assert_non_null(fault);
    assert_non_null(strstr(fault->detail, "x.txt:3"));
}

static void *APR_THREAD_FUNC use_it(apr_thread_t *thread, void *data)
{
    (void)thread;
    *(apr_hash_t **)data = pwr_language_table_patterns(&other);
    return NULL;
}

static void threads_that_use_it_at_once_get_one_table(void **state)
{
    (void)state;
    apr_thread_t *threads[THREADS];
    apr_hash_t *seen[THREADS];
    apr_status_t status = APR_SUCCESS;

    make_tables();
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, use_it, &seen[i], pool), APR_SUCCESS);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_thread_join(&status, threads[i]);
        assert_ptr_equal(seen[i], seen[0]);
    }
    assert_string_equal(say(seen[0], "b"), "bare");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sites_own_and_english_are_compiled_at_start_and_fill_each_other),
        cmocka_unit_test(another_language_is_compiled_when_it_is_first_used),
        cmocka_unit_test(a_wrong_text_is_told_with_file_and_line),
        cmocka_unit_test(threads_that_use_it_at_once_get_one_table),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failures;
}
