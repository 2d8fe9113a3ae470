/*
 * exec: runs without a shell, its words split as the configuration's are, its output bounded, its
 * time bounded: a command that hangs must not hang the start of the server.
 */
#include "httpd/secret.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "base/limits.h"
#include "httpd/trusted_path.h"

#define EXEC_TIMEOUT apr_time_from_sec(5)

/* Takes the bytes as a secret, less one line end; wipes them. */
static const char *keep(const pwr_secret_t **secret, char *bytes, apr_size_t length,
                        const char *whence, apr_pool_t *pool)
{
    apr_size_t all = length;

    if (length > 0 && bytes[length - 1] == '\n') {
        length--;
    }
    if (length > 0 && bytes[length - 1] == '\r') {
        length--;
    }
    bool is_good = length > 0 && memchr(bytes, '\0', length) == NULL;
    if (is_good) {
        *secret = pwr_secret_make(bytes, length, pool);
    }
    pwr_crypto_wipe(bytes, all);
    return is_good ? NULL : apr_psprintf(pool, "%s gave nothing, or a NUL byte", whence);
}

/* NULL, or why root must not read or run what stands at `path`: the server's user could have put
 * it there. */
static const char *find_untrusted(const char *path, apr_pool_t *pool)
{
    char *whole = NULL;

    if (apr_filepath_merge(&whole, NULL, path, APR_FILEPATH_NATIVE, pool) != APR_SUCCESS) {
        return apr_psprintf(pool, "%s is no path", path);
    }
    const char *open_folder = pwr_trusted_path_find_open(whole, pool);
    return open_folder == NULL
               ? NULL
               : apr_psprintf(pool,
                              "root does not use %s, because it lies in %s. Move it to a folder "
                              "that root alone may write",
                              path, open_folder);
}

static const char *take_file(const pwr_secret_t **secret, const char *path, apr_pool_t *pool)
{
    char bytes[PWR_MAX_SECRET_FILE];
    struct stat about;
    const char *untrusted = find_untrusted(path, pool);

    if (untrusted != NULL) {
        return untrusted;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &about) != 0) {
        const char *why = pwr_fault_status(apr_get_os_error(), pool);
        if (fd >= 0) {
            close(fd);
        }
        return apr_psprintf(pool, "the file %s cannot be read: %s", path, why);
    }
    ssize_t length = read(fd, bytes, sizeof bytes);
    close(fd);
    if (!S_ISREG(about.st_mode) || length < 0 || length == (ssize_t)sizeof bytes) {
        return apr_psprintf(pool, "%s is no file of less than %d bytes", path, PWR_MAX_SECRET_FILE);
    }
    if ((about.st_mode & S_IRWXO) != 0) {
        pwr_crypto_wipe(bytes, sizeof bytes);
        return apr_psprintf(pool, "everybody can read the file %s: run chmod 0600 on it", path);
    }
    return keep(secret, bytes, (apr_size_t)length, path, pool);
}

/* Reads the command's output until it ends or time is up. Output that fills `size` is too long. */
static apr_status_t read_all(apr_file_t *from, char *bytes, apr_size_t *length, apr_size_t size,
                             apr_time_t end)
{
    apr_status_t status = APR_SUCCESS;

    *length = 0;
    while (status == APR_SUCCESS && *length < size) {
        apr_size_t part = size - *length;
        apr_time_t left = end - apr_time_now();
        if (left <= 0) {
            return APR_TIMEUP;
        }
        apr_file_pipe_timeout_set(from, left);
        status = apr_file_read(from, bytes + *length, &part);
        *length += status == APR_SUCCESS ? part : 0;
    }
    return status == APR_EOF ? APR_SUCCESS : APR_ENOSPC;
}

/* Waits for the command, which may live on after its output has ended, and kills it at `end`. */
static bool has_ended_well(apr_proc_t *process, apr_time_t end)
{
    int code = 0;
    apr_exit_why_e why = APR_PROC_EXIT;

    while (apr_proc_wait(process, &code, &why, APR_NOWAIT) == APR_CHILD_NOTDONE) {
        if (apr_time_now() >= end) {
            apr_proc_kill(process, SIGKILL);
            apr_proc_wait(process, &code, &why, APR_WAIT);
            return false;
        }
        apr_sleep(apr_time_from_msec(2));
    }
    return why == APR_PROC_EXIT && code == 0;
}

/* Splits the command into words. NULL, or what is wrong. */
static const char *split_command(char ***words, const char *command, apr_pool_t *pool)
{
    *words = NULL;
    if (apr_tokenize_to_argv(command, words, pool) != APR_SUCCESS || (*words)[0] == NULL) {
        return "the command '' cannot be run";
    }
    return find_untrusted((*words)[0], pool);
}

static const char *take_command(const pwr_secret_t **secret, const char *command, apr_pool_t *pool)
{
    char bytes[PWR_MAX_SECRET_FILE];
    apr_size_t length = 0;
    apr_procattr_t *attributes = NULL;
    apr_proc_t process;
    char **words = NULL;
    apr_time_t end = apr_time_now() + EXEC_TIMEOUT;
    const char *wrong = split_command(&words, command, pool);

    if (wrong != NULL) {
        return wrong;
    }
    if (apr_procattr_create(&attributes, pool) != APR_SUCCESS
        || apr_procattr_io_set(attributes, APR_NO_PIPE, APR_FULL_BLOCK, APR_NO_PIPE) != APR_SUCCESS
        || apr_procattr_cmdtype_set(attributes, APR_PROGRAM) != APR_SUCCESS
        || apr_procattr_error_check_set(attributes, 1) != APR_SUCCESS
        || apr_proc_create(&process, words[0], (const char *const *)words, NULL, attributes, pool)
               != APR_SUCCESS) {
        return apr_psprintf(pool, "the command '%s' cannot be run", words[0]);
    }
    apr_pool_note_subprocess(pool, &process, APR_KILL_ALWAYS);
    apr_status_t status = read_all(process.out, bytes, &length, sizeof bytes, end);
    if (!has_ended_well(&process, status == APR_SUCCESS ? end : 0) || status != APR_SUCCESS) {
        pwr_crypto_wipe(bytes, sizeof bytes);
        return apr_psprintf(pool,
                            "the command '%s' did not end well within five seconds, or said more "
                            "than %d bytes",
                            words[0], PWR_MAX_SECRET_FILE - 1);
    }
    return keep(secret, bytes, length, words[0], pool);
}

const char *pwr_secret_take(const pwr_secret_t **secret, const char *word, apr_pool_t *pool)
{
    if (strncmp(word, "file:", 5) == 0) {
        return take_file(secret, word + 5, pool);
    }
    if (strncmp(word, "exec:", 5) == 0) {
        return take_command(secret, word + 5, pool);
    }
    char *copy = apr_pstrdup(pool, word);
    return keep(secret, copy, strlen(copy), "the value", pool);
}
