/* A folder and a pool of one test's own, for the tests of src/text/. */
#ifndef PWR_TEST_TEXT_SCRATCH_H
#define PWR_TEST_TEXT_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

#include "base/fault.h"

typedef struct {
    apr_pool_t *pool;
    char folder[64];
} scratch_t;

static inline int scratch_open(void **state)
{
    scratch_t *scratch = calloc(1, sizeof *scratch);

    apr_pool_create(&scratch->pool, NULL);
    apr_cpystrn(scratch->folder, "/tmp/pwr-text-XXXXXX", sizeof scratch->folder);
    *state = scratch;
    return mkdtemp(scratch->folder) != NULL ? 0 : -1;
}

static inline int scratch_close(void **state)
{
    scratch_t *scratch = *state;
    apr_dir_t *dir;
    apr_finfo_t facts;

    apr_dir_open(&dir, scratch->folder, scratch->pool);
    while (apr_dir_read(&facts, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        if (strcmp(facts.name, ".") != 0 && strcmp(facts.name, "..") != 0) {
            apr_file_remove(apr_pstrcat(scratch->pool, scratch->folder, "/", facts.name, NULL),
                            scratch->pool);
        }
    }
    apr_dir_close(dir);
    apr_dir_remove(scratch->folder, scratch->pool);
    apr_pool_destroy(scratch->pool);
    free(scratch);
    return 0;
}

static inline void scratch_write_bytes(const scratch_t *scratch, const char *name,
                                       const char *bytes, apr_size_t length)
{
    apr_file_t *file;
    apr_size_t written = 0;
    const char *path = apr_pstrcat(scratch->pool, scratch->folder, "/", name, NULL);

    assert_int_equal(apr_file_open(&file, path, APR_WRITE | APR_CREATE | APR_TRUNCATE,
                                   APR_OS_DEFAULT, scratch->pool),
                     APR_SUCCESS);
    assert_int_equal(apr_file_write_full(file, bytes, length, &written), APR_SUCCESS);
    apr_file_close(file);
}

static inline void scratch_write(const scratch_t *scratch, const char *name, const char *text)
{
    scratch_write_bytes(scratch, name, text, strlen(text));
}

static inline void assert_fine(const pwr_fault_t *fault)
{
    if (fault != NULL) {
        fail_msg("%s %s", fault->tag, fault->detail);
    }
}

/* The fault is BROKEN, with this tag, and its detail holds `words`. */
static inline void assert_broken(const pwr_fault_t *fault, const char *tag, const char *words)
{
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    if (strcmp(fault->tag, tag) != 0 || strstr(fault->detail, words) == NULL) {
        fail_msg("%s: %s", fault->tag, fault->detail);
    }
}

/* Where messages come from; every language of the folder is offered. */
#define SOURCE(in, own, zone)                                                                      \
    (&(const pwr_translations_source_t){.folder = (in), .fallback = (own), .time_zone = (zone)})

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_open, scratch_close)

#endif
