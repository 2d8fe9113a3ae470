/*
 * The answer comes back as bytes over a pipe, so that nothing else of the child reaches the parent.
 * A child that hangs (a FIFO where a file should be, a file system that does not answer) is killed
 * when its time is over.
 */
#include "httpd/user_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_signal.h>
#include <ap_listen.h>
#include <mpm_common.h>
#include <unixd.h>

#include "base/clock.h"
#include "base/crypto.h"

static bool write_all(int fd, const char *bytes, apr_size_t size)
{
    while (size > 0) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        bytes += count > 0 ? count : 0;
        size -= count > 0 ? (apr_size_t)count : 0;
    }
    return true;
}

void pwr_user_process_become(server_rec *server, apr_pool_t *pool)
{
    apr_signal(SIGTERM, SIG_DFL);
    apr_signal(SIGINT, SIG_DFL);
    apr_signal(SIGHUP, SIG_IGN);
    apr_signal(SIGUSR1, SIG_IGN);
    apr_signal(SIGPIPE, SIG_IGN);
    ap_close_listeners();
    if (geteuid() == 0
        && (ap_run_drop_privileges(pool, server) != 0
            || (geteuid() == 0 && ap_unixd_config.user_id != 0))) {
        _exit(APEXIT_CHILDFATAL);
    }
}

/* The child's life. Does not return. */
static void run_child(void *answer, const pwr_user_captcha_t *captcha, int fd,
                      apr_pool_t *parent_pool)
{
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, parent_pool);
    pwr_user_process_become(captcha->server, pool);
    captcha->work(answer, captcha->data, pool);
    apr_pool_destroy(pool);
    bool is_written = write_all(fd, answer, captcha->size);
    pwr_crypto_wipe(answer, captcha->size);
    _exit(is_written ? 0 : 1);
}

/* Reads the whole answer. False when the pipe ended before, or at `end`. */
static bool read_answer(char *answer, int fd, apr_size_t size, apr_time_t end)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    while (size > 0) {
        apr_time_t left = end - pwr_clock_now();
        int wait = end == 0 ? -1 : (left <= 0 ? 0 : (int)apr_time_as_msec(left) + 1);
        int count = poll(&ready, 1, wait);
        if (count == 0) {
            return false;
        }
        ssize_t length = count > 0 ? read(fd, answer, size) : -1;
        if (length == 0 || (length < 0 && errno != EINTR)) {
            return false;
        }
        answer += length > 0 ? length : 0;
        size -= length > 0 ? (apr_size_t)length : 0;
    }
    return true;
}

static int wait_for(pid_t child)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}

static pwr_fault_t *take_answer(void *answer, const pwr_user_captcha_t *captcha, int fd,
                                pid_t child, apr_pool_t *pool)
{
    apr_time_t end = captcha->longest > 0 ? pwr_clock_now() + captcha->longest : 0;

    if (read_answer(answer, fd, captcha->size, end)) {
        wait_for(child);
        return NULL;
    }
    bool is_late = end != 0 && pwr_clock_now() >= end;
    kill(child, SIGKILL); /* if it has ended already, it is a zombie until the next line */
    int status = wait_for(child);
    if (is_late) {
        return pwr_fault_broken(pool, "PWR0961",
                                "%s took longer than %ld seconds and was ended. Look whether the "
                                "disk answers, and whether another process holds the file.",
                                captcha->name, (long)apr_time_sec(captcha->longest));
    }
    return pwr_fault_broken(pool, "PWR0962",
                            "the process for %s ended with status %d and without an answer. The "
                            "error log may say why; check the directives User and Group.",
                            captcha->name, status);
}

pwr_fault_t *pwr_user_process_run(void *answer, const pwr_user_captcha_t *captcha, apr_pool_t *pool)
{
    int ends[2] = {-1, -1};

    memset(answer, 0, captcha->size);
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child == 0) {
        close(ends[0]);
        run_child(answer, captcha, ends[1], pool);
    }
    apr_status_t status = apr_get_os_error();
    if (ends[1] >= 0) {
        close(ends[1]);
    }
    pwr_fault_t *fault
        = child > 0 ? take_answer(answer, captcha, ends[0], child, pool)
                    : pwr_fault_broken(pool, "PWR0960", "no process could be started for %s: %s.",
                                       captcha->name, pwr_fault_status(status, pool));
    if (ends[0] >= 0) {
        close(ends[0]);
    }
    return fault;
}
