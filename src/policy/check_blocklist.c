/*
 * Kept as the sorted hashes of its lines, eight bytes each, so that a list of a million lines costs
 * eight megabytes that all processes share and no word of it stays in memory. Two lines with one
 * hash would refuse a good password once in 2^64 divided by the length of the list.
 */
#include "policy/check_blocklist.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "text/characters.h"
#include "text/unicode.h"

#define MOST_TRAILING 6
#define READ_BUFFER 65536

struct pwr_blocklist_t {
    unsigned char key[PWR_SHORT_KEY_BYTES];
    apr_uint64_t *hashes; /* rising */
    size_t count;
};

static apr_uint64_t hash_of(const pwr_blocklist_t *list, const char *folded, size_t length)
{
    return pwr_crypto_short_hash(list->key, folded, length);
}

static int compare(const void *one, const void *other)
{
    apr_uint64_t left = *(const apr_uint64_t *)one;
    apr_uint64_t right = *(const apr_uint64_t *)other;
    return left < right ? -1 : left > right;
}

static pwr_fault_t *refuse_line(const char *path, size_t number, const char *why, apr_pool_t *pool)
{
    return pwr_fault_broken(pool, "PWR0370",
                            "%s:%" APR_SIZE_T_FMT ": %s. Write one password a line, in UTF-8, at "
                            "most %d lines.",
                            path, number, why, PWR_MAX_BLOCKLIST);
}

static pwr_fault_t *take_line(pwr_blocklist_t *list, char *line, const char *path, apr_pool_t *pool)
{
    size_t length = strcspn(line, "\r\n");

    if (line[length] == '\0' && length + 1 >= PWR_MAX_BLOCKLIST_LINE) {
        return refuse_line(path, list->count + 1, "this line is too long for a password", pool);
    }
    line[length] = '\0';
    const char *folded = pwr_characters_folded(line, pool);
    if (folded == NULL) {
        return refuse_line(path, list->count + 1, "this is not UTF-8", pool);
    }
    list->hashes[list->count++] = hash_of(list, folded, strlen(folded));
    return NULL;
}

/* Lines of the file, ended or not; at most one more than may be. */
static size_t count_lines(apr_file_t *file)
{
    char buffer[4096];
    size_t lines = 1;
    apr_size_t length = sizeof buffer;

    while (apr_file_read(file, buffer, &length) == APR_SUCCESS && lines <= PWR_MAX_BLOCKLIST) {
        for (apr_size_t i = 0; i < length; i++) {
            lines += buffer[i] == '\n';
        }
        length = sizeof buffer;
    }
    return lines;
}

static pwr_fault_t *read_lines(pwr_blocklist_t *list, apr_file_t *file, const char *path,
                               apr_pool_t *pool)
{
    char line[PWR_MAX_BLOCKLIST_LINE];
    apr_off_t start = 0;
    apr_pool_t *scratch = NULL;
    size_t most = count_lines(file);
    pwr_fault_t *fault = NULL;

    if (most > PWR_MAX_BLOCKLIST) {
        return refuse_line(path, most, "there are more lines than that", pool);
    }
    list->hashes = apr_palloc(pool, most * sizeof *list->hashes);
    apr_file_seek(file, APR_SET, &start);
    apr_pool_create(&scratch, pool);
    while (fault == NULL && list->count < most
           && apr_file_gets(line, sizeof line, file) == APR_SUCCESS) {
        fault = take_line(list, line, path, scratch);
        fault = fault != NULL ? pwr_fault_broken(pool, fault->tag, "%s", fault->detail) : NULL;
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return fault;
}

pwr_fault_t *pwr_blocklist_open(pwr_blocklist_t **opened, const char *path, apr_pool_t *pool)
{
    pwr_blocklist_t *list = apr_pcalloc(pool, sizeof *list);
    apr_file_t *file = NULL;
    apr_status_t status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BUFFERED,
                                        APR_FPROT_OS_DEFAULT, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0371",
                                "The list of passwords %s cannot be read: %s. Write "
                                "PwResetBlocklist with a file that is there, or PwResetBlocklist "
                                "none.",
                                path, pwr_fault_status(status, pool));
    }
    apr_file_buffer_set(file, apr_palloc(pool, READ_BUFFER), READ_BUFFER);
    pwr_crypto_random(list->key, sizeof list->key);
    pwr_fault_t *fault = read_lines(list, file, path, pool);
    apr_file_close(file);
    qsort(list->hashes, list->count, sizeof *list->hashes, compare);
    *opened = list;
    return fault;
}

static bool has_hash(const pwr_blocklist_t *list, const char *folded, size_t length)
{
    apr_uint64_t hash = hash_of(list, folded, length);

    return length > 0 && bsearch(&hash, list->hashes, list->count, sizeof hash, compare) != NULL;
}

/* Without what people put behind a word to please a rule. */
static size_t stem_of(const char *folded)
{
    size_t length = strlen(folded);

    for (int i = 0; i < MOST_TRAILING && length > 0; i++) {
        unsigned char last = (unsigned char)folded[length - 1];
        if (last >= 0x80 || (last >= 'a' && last <= 'z')) {
            break;
        }
        length--;
    }
    return length;
}

bool pwr_blocklist_has(const pwr_blocklist_t *list, const char *password, apr_pool_t *scratch)
{
    const char *folded = pwr_characters_folded(password, scratch);

    return folded != NULL
           && (has_hash(list, folded, strlen(folded)) || has_hash(list, folded, stem_of(folded)));
}
