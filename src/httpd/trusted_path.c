/*
 * Goes through the path folder by folder, as the kernel does, and holds a descriptor of each folder
 * while it looks at the next name. It stops at the first folder that the server's user may write.
 * So a name that was looked at cannot be another one when it is opened, and symbolic links are
 * followed only where that user cannot have put them. In a folder with the sticky bit, such as
 * /tmp, a name that belongs to another user is safe.
 */
#include "httpd/trusted_path.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif
#include <unistd.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>

#include <mpm_common.h>
#include <unixd.h>

enum { MAX_GROUPS = 256, MAX_LINKS = 32 };

typedef struct {
    uid_t uid;
    gid_t gid;
    const char *name;
    gid_t groups[MAX_GROUPS];
    int group_count;
} run_user_t;

typedef enum {
    WALK_ON,
    WALK_END,     /* the whole path is there */
    WALK_MISSING, /* a name is not there, or cannot be passed */
    WALK_OPEN     /* the server's user may write in the folder */
} walk_state_t;

typedef struct {
    run_user_t user;
    int fd; /* of the folder that was reached */
    struct stat about;
    const char *reached; /* its path */
    const char *name;    /* the name in it that was looked at last */
    const char *rest;    /* what comes after `name` */
    int links;
    int error; /* for WALK_MISSING */
    apr_pool_t *pool;
} walk_t;

/* The value of a directive of the main server. While directives are read, mod_unixd may not have
 * taken its own yet, but the whole tree is there. */
static const char *find_directive(const char *name)
{
    const char *value = NULL;

    for (const ap_directive_t *at = ap_conftree; at != NULL; at = at->next) {
        value = ap_cstr_casecmp(at->directive, name) == 0 ? at->args : value;
    }
    return value;
}

static void find_user(run_user_t *user, apr_pool_t *pool)
{
    const char *user_word = find_directive("User");
    const char *group_word = find_directive("Group");

    *user = (run_user_t){.uid = ap_unixd_config.user_id, .gid = ap_unixd_config.group_id};
    if (user_word != NULL) {
        user->uid = ap_uname2id(ap_getword_conf(pool, &user_word));
    }
    if (group_word != NULL) {
        user->gid = ap_gname2id(ap_getword_conf(pool, &group_word));
    }
    const struct passwd *known = getpwuid(user->uid);
    user->name = known != NULL ? apr_pstrdup(pool, known->pw_name)
                               : apr_psprintf(pool, "#%lu", (unsigned long)user->uid);
    user->group_count = MAX_GROUPS;
    if (known == NULL
        || getgrouplist(user->name, user->gid, user->groups, &user->group_count) < 0) {
        user->groups[0] = user->gid;
        user->group_count = 1;
    }
}

/* Where an ACL grants writing, the group's bit is set too, so the ACL itself need not be read: a
 * folder with an ACL whose group may write counts as one that everybody may write. */
static bool has_acl(int fd)
{
#ifdef __linux__
    return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
#else
    (void)fd;
    return true;
#endif
}

static bool may_write(const walk_t *walk)
{
    const run_user_t *user = &walk->user;
    const struct stat *about = &walk->about;

    if (about->st_uid == user->uid || (about->st_mode & S_IWOTH) != 0) {
        return true;
    }
    if ((about->st_mode & S_IWGRP) == 0) {
        return false;
    }
    for (int i = 0; i < user->group_count; i++) {
        if (about->st_gid == user->groups[i]) {
            return true;
        }
    }
    return has_acl(walk->fd);
}

/* Whether the user could put something else in the place of `entry`, which is in the folder. */
static bool may_replace(const walk_t *walk, const struct stat *entry)
{
    uid_t uid = walk->user.uid;
    bool is_kept
        = (walk->about.st_mode & S_ISVTX) != 0 && walk->about.st_uid != uid && entry->st_uid != uid;

    return may_write(walk) && !is_kept;
}

static walk_state_t stop_missing(walk_t *walk, int error)
{
    walk->error = error;
    return error == ENOENT && may_write(walk) ? WALK_OPEN : WALK_MISSING;
}

/* Goes to `fd`, which is closed when the walk ends. */
static walk_state_t enter(walk_t *walk, int fd, const char *path)
{
    int before = walk->fd;

    if (fd < 0 || fstat(fd, &walk->about) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return stop_missing(walk, error);
    }
    walk->fd = fd;
    walk->reached = path;
    if (before >= 0) {
        close(before);
    }
    return WALK_ON;
}

static walk_state_t enter_root(walk_t *walk)
{
    return enter(walk, open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "");
}

/* Puts what the link says before the rest of the path. */
static walk_state_t follow_link(walk_t *walk)
{
    char target[APR_PATH_MAX];
    ssize_t length = readlinkat(walk->fd, walk->name, target, sizeof target - 1);

    if (length < 0 || ++walk->links > MAX_LINKS) {
        return stop_missing(walk, length < 0 ? errno : ELOOP);
    }
    target[length] = '\0';
    walk->rest = apr_pstrcat(walk->pool, target, "/", walk->rest, NULL);
    return target[0] == '/' ? enter_root(walk) : WALK_ON;
}

/* Looks at one name, and enters it when it is a folder. */
static walk_state_t step(walk_t *walk)
{
    const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct stat entry;

    walk->rest += strspn(walk->rest, "/");
    if (*walk->rest == '\0') {
        return WALK_END;
    }
    apr_size_t length = strcspn(walk->rest, "/");
    walk->name = apr_pstrmemdup(walk->pool, walk->rest, length);
    walk->rest += length;
    if (may_write(walk) && (walk->about.st_mode & S_ISVTX) == 0) {
        return WALK_OPEN;
    }
    if (fstatat(walk->fd, walk->name, &entry, AT_SYMLINK_NOFOLLOW) != 0) {
        return stop_missing(walk, errno);
    }
    if (may_replace(walk, &entry)) {
        return WALK_OPEN;
    }
    if (S_ISLNK(entry.st_mode)) {
        return follow_link(walk);
    }
    if (!S_ISDIR(entry.st_mode)) {
        return walk->rest[strspn(walk->rest, "/")] == '\0' ? WALK_END : stop_missing(walk, ENOTDIR);
    }
    return enter(walk, openat(walk->fd, walk->name, how),
                 apr_pstrcat(walk->pool, walk->reached, "/", walk->name, NULL));
}

static walk_state_t go(walk_t *walk, const char *path, apr_pool_t *pool)
{
    *walk = (walk_t){.fd = -1, .rest = path, .name = "", .pool = pool};
    find_user(&walk->user, pool);
    walk_state_t state = enter_root(walk);
    while (state == WALK_ON) {
        state = step(walk);
    }
    return state;
}

static void leave(const walk_t *walk)
{
    if (walk->fd >= 0) {
        close(walk->fd);
    }
}

const char *pwr_trusted_path_find_open(const char *path, apr_pool_t *pool)
{
    walk_t walk;

    if (geteuid() != 0) {
        return NULL;
    }
    walk_state_t state = go(&walk, path, pool);
    /* The path may end at a folder that was not looked into yet. */
    bool is_open = state == WALK_OPEN
                   || (state == WALK_END && walk.fd >= 0 && may_write(&walk)
                       && (walk.about.st_mode & S_ISVTX) == 0);
    leave(&walk);
    return is_open ? apr_psprintf(pool, "the folder %s, in which the server's user %s may write",
                                  walk.reached[0] == '\0' ? "/" : walk.reached, walk.user.name)
                   : NULL;
}

static apr_status_t make_here(const walk_t *walk)
{
    struct stat about;

    if (mkdirat(walk->fd, walk->name, 0700) != 0) {
        return errno == EEXIST ? APR_SUCCESS : apr_get_os_error();
    }
    int fd = openat(walk->fd, walk->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    apr_status_t status = APR_SUCCESS;
    if (fd < 0 || fstat(fd, &about) != 0
        || (about.st_uid == 0 && fchown(fd, walk->user.uid, walk->user.gid) != 0)) {
        status = apr_get_os_error();
    }
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

pwr_fault_t *pwr_trusted_path_make_folder(const char *path, apr_pool_t *pool)
{
    walk_t walk;
    apr_status_t status = APR_SUCCESS;

    if (geteuid() != 0) {
        return NULL;
    }
    walk_state_t state = go(&walk, path, pool);
    if (state == WALK_MISSING) {
        bool is_last = walk.error == ENOENT && walk.rest[strspn(walk.rest, "/")] == '\0';
        status = is_last ? make_here(&walk) : walk.error;
    }
    leave(&walk);
    if (status != APR_SUCCESS) {
        return pwr_fault_broken(
            pool, "PWR0912",
            "the folder %s cannot be made: %s. Make it by hand, owned by the server's "
            "user, mode 0700.",
            path, pwr_fault_status(status, pool));
    }
    return NULL;
}
