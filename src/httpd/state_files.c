/*
 * The kernel protects what this user may not change: nothing here runs as root. These checks are
 * there so that the start says what is wrong, in a sentence, and uses nothing that another program
 * has put there.
 */
#include "httpd/state_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static const char *name_of(uid_t uid, apr_pool_t *pool)
{
    const struct passwd *known = getpwuid(uid);

    return known != NULL ? apr_pstrdup(pool, known->pw_name)
                         : apr_psprintf(pool, "#%lu", (unsigned long)uid);
}

static const char *kind_of(mode_t mode)
{
    if (S_ISLNK(mode)) {
        return "a symbolic link";
    }
    if (S_ISDIR(mode)) {
        return "a folder";
    }
    return S_ISFIFO(mode) ? "a FIFO" : "no regular file";
}

pwr_fault_t *pwr_state_files_check_folder(const char *file, apr_pool_t *pool)
{
    char *folder = apr_pstrdup(pool, file);
    char *slash = strrchr(folder, '/');
    struct stat about;

    if (slash == NULL || slash == folder) {
        return NULL;
    }
    *slash = '\0';
    bool is_there = lstat(folder, &about) == 0;
    if (!is_there && (errno != ENOENT || mkdir(folder, 0700) != 0 || lstat(folder, &about) != 0)) {
        return pwr_fault_broken(
            pool, "PWR0963",
            "the server's user %s cannot make or reach the folder %s: %s. Make it by hand, owned "
            "by that user, mode 0700, and let the user pass the folders above it.",
            name_of(geteuid(), pool), folder, pwr_fault_status(apr_get_os_error(), pool));
    }
    if (S_ISLNK(about.st_mode) && about.st_uid == 0 && stat(folder, &about) != 0) {
        return pwr_fault_broken(pool, "PWR0964", "the symbolic link %s leads nowhere: %s.", folder,
                                pwr_fault_status(apr_get_os_error(), pool));
    }
    if (!S_ISDIR(about.st_mode)) {
        return pwr_fault_broken(pool, "PWR0965",
                                "%s is %s of the user %s, where a folder must be. Find out who put "
                                "it there, move it away and start again.",
                                folder, kind_of(about.st_mode), name_of(about.st_uid, pool));
    }
    if ((about.st_uid != geteuid() && about.st_uid != 0)
        || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return pwr_fault_broken(pool, "PWR0966",
                                "the folder %s (owner %s, mode %04o) may be written by others than "
                                "the server's user. Run chown %s and chmod 0700 on it.",
                                folder, name_of(about.st_uid, pool),
                                (unsigned)about.st_mode & 07777, name_of(geteuid(), pool));
    }
    return NULL;
}

pwr_fault_t *pwr_state_files_check(const char *path, const char *what, apr_pool_t *pool)
{
    struct stat about;

    if (lstat(path, &about) != 0) {
        if (errno == ENOENT) {
            return NULL;
        }
        return pwr_fault_broken(pool, "PWR0967", "%s %s cannot be looked at: %s.", what, path,
                                pwr_fault_status(apr_get_os_error(), pool));
    }
    if (!S_ISREG(about.st_mode)) {
        return pwr_fault_broken(pool, "PWR0968",
                                "%s %s is %s. It must be a regular file. Find out who put it "
                                "there, move it away and start again.",
                                what, path, kind_of(about.st_mode));
    }
    if (about.st_uid != geteuid()) {
        return pwr_fault_broken(pool, "PWR0969",
                                "%s %s belongs to the user %s, and the server's user %s would have "
                                "to use it. If the file is right, run chown %s on it; if not, move "
                                "it away.",
                                what, path, name_of(about.st_uid, pool), name_of(geteuid(), pool),
                                name_of(geteuid(), pool));
    }
    return NULL;
}

/* A rollback journal may end with the name of a super-journal, which SQLite deletes. SQLite writes
 * one only where a transaction spans several databases, and this program never does that. */
static pwr_fault_t *check_journal(const char *path, apr_pool_t *pool)
{
    static const unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char end[sizeof magic];
    struct stat about;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return NULL;
    }
    bool has_name
        = fstat(fd, &about) == 0 && about.st_size > (off_t)sizeof end
          && pread(fd, end, sizeof end, about.st_size - (off_t)sizeof end) == (ssize_t)sizeof end
          && memcmp(end, magic, sizeof end) == 0;
    close(fd);
    if (has_name) {
        return pwr_fault_broken(pool, "PWR0970",
                                "the SQLite journal %s names another file that SQLite would "
                                "delete. This program writes no such journal. Find out who put it "
                                "there, move it away and start again.",
                                path);
    }
    return NULL;
}

static pwr_fault_t *make_file(const char *path, apr_pool_t *pool)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST) {
        return pwr_fault_broken(
            pool, "PWR0913",
            "the database file %s cannot be made: %s. Make its folder for the server's "
            "user %s, or name another place with PwResetStore.",
            path, pwr_fault_status(apr_get_os_error(), pool), name_of(geteuid(), pool));
    }
    if (fd >= 0) {
        close(fd);
    }
    return NULL;
}

pwr_fault_t *pwr_state_files_make_database(const char *path, apr_pool_t *pool)
{
    static const char *const beside[] = {"-journal", "-wal", "-shm"};

    PWR_TRY(pwr_state_files_check_folder(path, pool));
    PWR_TRY(pwr_state_files_check(path, "the database file", pool));
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        PWR_TRY(pwr_state_files_check(apr_pstrcat(pool, path, beside[i], NULL),
                                      "SQLite's file beside the database", pool));
    }
    PWR_TRY(check_journal(apr_pstrcat(pool, path, "-journal", NULL), pool));
    return make_file(path, pool);
}
