/*
 * Files are checked for UTF-8 here, once, so that later code need not. A byte order mark is
 * accepted, because some editors write it and do not show it.
 */
#include "text/whole_file.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "text/unicode.h"

/* The line, from 1, in which the first bad byte stands. */
static int bad_line(const char *text, apr_size_t length)
{
    int line = 1;

    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        apr_size_t size = end != NULL ? (apr_size_t)(end + 1 - text) : length;
        if (!pwr_unicode_is_valid(text, size)) {
            break;
        }
        text += size;
        length -= size;
        line++;
    }
    return line;
}

pwr_fault_t *pwr_whole_file_take(pwr_whole_file_t *file, const char *path, const char *bytes,
                                 apr_size_t length, apr_pool_t *pool)
{
    static const char mark[] = "\xef\xbb\xbf";

    if (!pwr_unicode_is_valid(bytes, length)) {
        return pwr_fault_broken(pool, "PWR0302", "%s:%d: not UTF-8. Save the file as UTF-8.", path,
                                bad_line(bytes, length));
    }
    if (length >= 3 && memcmp(bytes, mark, 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    *file = (pwr_whole_file_t){.text = bytes, .length = length};
    return NULL;
}

pwr_fault_t *pwr_whole_file_read(pwr_whole_file_t *file, const char *path, apr_size_t ceiling,
                                 apr_pool_t *pool)
{
    apr_file_t *handle;
    apr_finfo_t facts;
    apr_size_t length = 0;
    char *bytes = NULL;
    apr_status_t status = apr_file_open(&handle, path, APR_READ, APR_OS_DEFAULT, pool);

    if (status == APR_SUCCESS) { /* the pool closes it, should anything fail below */
        status = apr_file_info_get(&facts, APR_FINFO_SIZE | APR_FINFO_TYPE, handle);
        if (status == APR_SUCCESS && facts.filetype == APR_REG
            && facts.size <= (apr_off_t)ceiling) {
            bytes = apr_pcalloc(pool, (apr_size_t)facts.size + 1);
            status = apr_file_read_full(handle, bytes, (apr_size_t)facts.size, &length);
        }
        apr_file_close(handle);
    }
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return pwr_fault_broken(pool, "PWR0300", "%s cannot be read: %s.", path,
                                pwr_fault_status(status, pool));
    }
    if (bytes == NULL) {
        return pwr_fault_broken(pool, "PWR0301",
                                "%s is no plain file of at most %" APR_SIZE_T_FMT " bytes.", path,
                                ceiling);
    }
    bytes[length] = '\0';
    return pwr_whole_file_take(file, path, bytes, length, pool);
}
