/*
 * Landlock by its numbers: the headers of a distribution are older than the kernels it runs on. The
 * kernel says which ABI it has, and what an older one does not know is not asked of it.
 *
 *     ABI 1  files and folders       ABI 4  TCP ports          ABI 6  signals, abstract sockets
 *     ABI 2  renaming across         ABI 5  ioctl of devices
 *     ABI 3  truncating
 *
 * Outgoing TCP connections stay free: directory, database and relay may have any port.
 */
#include "httpd/worker_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_tables.h>
#include <linux/capability.h>

#include "httpd/worker_syscalls.h"

#define LAST_CAPABILITY 63

/* The same numbers on every processor (linux/landlock.h, asm-generic/unistd.h). */
#define CREATE_RULESET 444
#define ADD_RULE 445
#define RESTRICT_SELF 446
#define CLOSE_RANGE 436
#define ASK_VERSION 1U
#define PATH_BENEATH 1

#define FILES_OF_ABI_1 ((1ULL << 13) - 1) /* all that it knows */
#define FILES_EXECUTE (1ULL << 0)
#define FILES_WRITE (1ULL << 1)
#define FILES_READ (1ULL << 2)
#define FILES_LIST (1ULL << 3)
#define FILES_REMOVE (1ULL << 5)
#define FILES_MAKE (1ULL << 8)
#define FILES_REFER (1ULL << 13)
#define FILES_TRUNCATE (1ULL << 14)
#define FILES_IOCTL_DEVICE (1ULL << 15)
#define NET_BIND_TCP (1ULL << 0)
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

#define READ_ONLY (FILES_READ | FILES_LIST)
#define READ_WRITE (READ_ONLY | FILES_WRITE | FILES_REMOVE | FILES_MAKE | FILES_TRUNCATE)
#define OF_A_FILE (FILES_EXECUTE | FILES_WRITE | FILES_READ | FILES_TRUNCATE)

#define ABI_TCP 4
#define ABI_SCOPES 6

typedef struct {
    uint64_t files;
    uint64_t net;
    uint64_t scopes;
} ruleset_t;

typedef struct {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed)) rule_t;

typedef struct {
    const char *path;
    uint64_t allowed;
} grant_t;

struct pwr_sandbox_t {
    apr_pool_t *pool;
    apr_array_header_t *grants; /* grant_t */
    apr_array_header_t *kept;   /* int */
};

pwr_sandbox_t *pwr_sandbox_make(apr_pool_t *pool)
{
    pwr_sandbox_t *sandbox = apr_palloc(pool, sizeof *sandbox);

    *sandbox = (pwr_sandbox_t){.pool = pool,
                               .grants = apr_array_make(pool, 32, sizeof(grant_t)),
                               .kept = apr_array_make(pool, 8, sizeof(int))};
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        pwr_sandbox_keep(sandbox, fd);
    }
    return sandbox;
}

void pwr_sandbox_keep(pwr_sandbox_t *sandbox, int fd)
{
    APR_ARRAY_PUSH(sandbox->kept, int) = fd;
}

/* --- files --- */

static void grant(pwr_sandbox_t *sandbox, const char *path, uint64_t allowed)
{
    APR_ARRAY_PUSH(sandbox->grants, grant_t)
        = (grant_t){.path = apr_pstrdup(sandbox->pool, path), .allowed = allowed};
}

/* The folder that a path is in, or the folder that it is, with all links resolved; false when there
 * is none. A file in the root folder stands for itself: the root folder is all there is. */
static bool folder_of(char found[PATH_MAX], const char *path, apr_pool_t *pool)
{
    struct stat about;
    char *copy = apr_pstrdup(pool, path);

    if (realpath(path, found) != NULL && stat(found, &about) == 0) {
        char *slash = strrchr(found, '/');
        if (!S_ISDIR(about.st_mode) && slash != found) {
            *slash = '\0';
        }
        return true;
    }
    char *slash = strrchr(copy, '/');
    if (slash == NULL || slash == copy) {
        return false;
    }
    *slash = '\0';
    return realpath(copy, found) != NULL && strcmp(found, "/") != 0;
}

void pwr_sandbox_may_read(pwr_sandbox_t *sandbox, const char *path)
{
    if (path != NULL) {
        grant(sandbox, path, READ_ONLY);
    }
}

void pwr_sandbox_may_write(pwr_sandbox_t *sandbox, const char *path)
{
    if (path != NULL) {
        grant(sandbox, path, READ_WRITE);
    }
}

/* The grants as the kernel takes them: folders that are there. */
static apr_array_header_t *find_folders(const pwr_sandbox_t *sandbox, apr_pool_t *scratch)
{
    apr_array_header_t *grants = apr_array_make(scratch, 64, sizeof(grant_t));
    char found[PATH_MAX];

    for (int i = 0; i < sandbox->grants->nelts; i++) {
        const grant_t *asked = &APR_ARRAY_IDX(sandbox->grants, i, grant_t);
        if (folder_of(found, asked->path, scratch)) {
            APR_ARRAY_PUSH(grants, grant_t)
                = (grant_t){.path = apr_pstrdup(scratch, found), .allowed = asked->allowed};
        }
    }
    return grants;
}

/* What every program reads: libraries and their data, name resolution, certificates, locale, time
 * zones, random numbers. /etc is one folder because its files are replaced by renaming; file modes
 * still hold there. */
static void grant_system(apr_array_header_t *grants)
{
    static const grant_t system[] = {
        {"/usr", READ_ONLY},
        {"/lib", READ_ONLY},
        {"/lib64", READ_ONLY},
        {"/etc", READ_ONLY},
        {"/run/systemd/resolve", READ_ONLY},
        {"/run/NetworkManager", READ_ONLY},
        {"/run/resolvconf", READ_ONLY},
        {"/run/nscd", READ_ONLY},
        {"/var/lib/sss", READ_ONLY},
        {"/var/lib/ca-certificates", READ_ONLY},
        {"/var/lib/krb5", READ_ONLY},
        {"/proc/self", READ_ONLY},
        {"/proc/sys/crypto", READ_ONLY},
        {"/proc/cpuinfo", FILES_READ},
        {"/proc/meminfo", FILES_READ},
        {"/proc/stat", FILES_READ},
        {"/sys/devices/system/cpu", READ_ONLY},
        {"/dev/null", FILES_READ | FILES_WRITE},
        {"/dev/zero", FILES_READ},
        {"/dev/random", FILES_READ},
        {"/dev/urandom", FILES_READ},
    };

    for (size_t i = 0; i < sizeof system / sizeof *system; i++) {
        APR_ARRAY_PUSH(grants, grant_t) = system[i];
    }
}

/* 0: no Landlock. */
static int landlock_abi(void)
{
    long abi = syscall(CREATE_RULESET, NULL, 0UL, ASK_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static ruleset_t handled(int abi)
{
    ruleset_t ruleset = {.files = FILES_OF_ABI_1};

    ruleset.files |= abi >= 2 ? FILES_REFER : 0;
    ruleset.files |= abi >= 3 ? FILES_TRUNCATE : 0;
    ruleset.files |= abi >= 5 ? FILES_IOCTL_DEVICE : 0;
    ruleset.net = abi >= ABI_TCP ? NET_BIND_TCP : 0;
    ruleset.scopes = abi >= ABI_SCOPES ? SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL : 0;
    return ruleset;
}

static bool add_rule(int domain, const grant_t *given, const ruleset_t *ruleset)
{
    struct stat about;
    int fd = open(given->path, O_PATH | O_CLOEXEC);

    if (fd < 0) {
        return true; /* not there, or not for this user */
    }
    rule_t rule = {.allowed = given->allowed & ruleset->files, .fd = fd};
    if (fstat(fd, &about) == 0 && !S_ISDIR(about.st_mode)) {
        rule.allowed &= OF_A_FILE;
    }
    bool is_added = syscall(ADD_RULE, domain, PATH_BENEATH, &rule, 0U) == 0;
    close(fd);
    return is_added;
}

static pwr_fault_t *refused(const char *what, apr_pool_t *pool)
{
    return pwr_fault_broken(pool, "PWR0920",
                            "the kernel refused the worker's sandbox (%s): %s. Report this as a "
                            "defect, and until it is fixed write PwResetWorkerSandbox off.",
                            what, pwr_fault_status(errno, pool));
}

static pwr_fault_t *close_files(const pwr_sandbox_t *sandbox, int abi, apr_pool_t *scratch)
{
    const ruleset_t ruleset = handled(abi);
    apr_array_header_t *grants = find_folders(sandbox, scratch);
    int domain = (int)syscall(CREATE_RULESET, &ruleset, sizeof ruleset, 0U);

    if (domain < 0) {
        return refused("landlock_create_ruleset", scratch);
    }
    grant_system(grants);
    bool is_done = true;
    for (int i = 0; i < grants->nelts && is_done; i++) {
        is_done = add_rule(domain, &APR_ARRAY_IDX(grants, i, grant_t), &ruleset);
    }
    pwr_fault_t *fault = is_done ? NULL : refused("landlock_add_rule", scratch);
    if (fault == NULL && syscall(RESTRICT_SELF, domain, 0U) != 0) {
        fault = refused("landlock_restrict_self", scratch);
    }
    close(domain);
    return fault;
}

const char *pwr_sandbox_lacks(apr_pool_t *pool)
{
    int abi = landlock_abi();
    const char *files = abi > 0 ? "" : ", files (Landlock, Linux 5.13 and in the list of lsm=)";
    const char *ports = abi >= ABI_TCP ? "" : ", TCP ports (Landlock, Linux 6.7)";
    const char *scopes = abi >= ABI_SCOPES ? "" : ", signals (Landlock, Linux 6.12)";
    const char *calls = pwr_syscalls_can_filter() ? "" : ", system calls (seccomp)";
    const char *all = apr_pstrcat(pool, files, ports, scopes, calls, NULL);

    return all[0] != '\0' ? all + 2 : NULL;
}

/* --- privileges and descriptors --- */

void pwr_sandbox_drop_bounds(void)
{
    for (unsigned long i = 0; i <= LAST_CAPABILITY; i++) {
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    }
}

static int by_number(const void *one, const void *other)
{
    return *(const int *)one - *(const int *)other;
}

/* Closes from `first` to `last`. Linux 5.9 does it in one call. */
static void close_between(unsigned first, unsigned last)
{
    struct rlimit limit = {.rlim_cur = 0};

    if (first > last || syscall(CLOSE_RANGE, first, last, 0U) == 0) {
        return;
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++) {
        close((int)fd);
    }
}

static void close_descriptors(const pwr_sandbox_t *sandbox, apr_pool_t *pool)
{
    apr_array_header_t *kept = apr_array_copy(pool, sandbox->kept);
    unsigned next = 0;

    closelog(); /* the C library opens it anew; its old number must not be another file's */
    qsort(kept->elts, (size_t)kept->nelts, sizeof(int), by_number);
    for (int i = 0; i < kept->nelts; i++) {
        int fd = APR_ARRAY_IDX(kept, i, int);
        if (fd < (int)next) {
            continue; /* twice in the list, or -1 */
        }
        if (fd > 0) {
            close_between(next, (unsigned)fd - 1);
        }
        next = (unsigned)fd + 1;
    }
    close_between(next, INT_MAX);
}

pwr_fault_t *pwr_sandbox_confine(const pwr_sandbox_t *sandbox, apr_pool_t *pool)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct empty[_LINUX_CAPABILITY_U32S_3] = {{0}};

    close_descriptors(sandbox, pool);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* not before Linux 4.3 */
    if (syscall(SYS_capset, &header, empty) != 0) {
        return refused("capset", pool);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refused("PR_SET_NO_NEW_PRIVS", pool);
    }
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return refused("PR_SET_DUMPABLE", pool);
    }
    return NULL;
}

pwr_fault_t *pwr_sandbox_enter(const pwr_sandbox_t *sandbox, apr_pool_t *scratch)
{
    int abi = landlock_abi();

    if (abi > 0) {
        PWR_TRY(close_files(sandbox, abi, scratch));
    }
    if (pwr_syscalls_can_filter() && !pwr_syscalls_filter()) {
        return refused("seccomp", scratch);
    }
    return NULL;
}
