/* A new file is complete before it has its name: two starts at once end up with one key. */
#include "httpd/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/limits.h"

bool pwr_key_file_is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static apr_status_t write_new(const char *path, apr_pool_t *pool)
{
    unsigned char key[PWR_KEY_BYTES];
    const char *temporary = apr_psprintf(pool, "%s.%" APR_PID_T_FMT, path, getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return apr_get_os_error();
    }
    pwr_crypto_random(key, sizeof key);
    bool is_written = write(fd, key, sizeof key) == (ssize_t)sizeof key && fsync(fd) == 0;
    apr_status_t status = is_written ? APR_SUCCESS : apr_get_os_error();
    pwr_crypto_wipe(key, sizeof key);
    close(fd);
    if (is_written && link(temporary, path) != 0 && errno != EEXIST) {
        status = apr_get_os_error();
    }
    unlink(temporary);
    return status;
}

pwr_fault_t *pwr_key_file_make(const char *path, apr_pool_t *pool)
{
    apr_status_t status = write_new(path, pool);

    if (status != APR_SUCCESS) {
        return pwr_fault_broken(pool, "PWR0901",
                                "the key file %s cannot be made: %s. Make its folder, or name "
                                "another place with PwResetKeyFile.",
                                path, pwr_fault_status(status, pool));
    }
    return NULL;
}

pwr_fault_t *pwr_key_file_read(pwr_keys_t *keys, const char *path, apr_pool_t *pool)
{
    char bytes[PWR_MAX_SECRET_FILE];
    struct stat about = {.st_mode = 0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t length = fd >= 0 && fstat(fd, &about) == 0 ? read(fd, bytes, sizeof bytes) : -1;
    apr_status_t status = apr_get_os_error();

    if (fd >= 0) {
        close(fd);
    }
    const char *wrong = length < 0 ? pwr_fault_status(status, pool) : "it is too long";
    if (length >= 0 && length < (ssize_t)sizeof bytes) {
        wrong = pwr_keys_parse(keys, bytes, (size_t)length, pool);
    }
    pwr_crypto_wipe(bytes, sizeof bytes);
    if (wrong != NULL) {
        return pwr_fault_broken(pool, "PWR0902",
                                "the key file %s cannot be used: %s. Restore it from backup, or "
                                "copy it from another node.",
                                path, wrong);
    }
    if ((about.st_mode & (S_IRWXO | S_IRWXG)) != 0) {
        pwr_crypto_wipe(keys, sizeof *keys);
        return pwr_fault_broken(
            pool, "PWR0903", "others than its owner can read the key file %s: run chmod 0600 on it",
            path);
    }
    return NULL;
}
