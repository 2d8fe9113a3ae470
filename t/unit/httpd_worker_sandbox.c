/*
 * Promises of httpd/worker_sandbox.h. Each test forks a child, which enters the very sandbox of the
 * worker and then tries what it must not do, or what it must still be able to do. Run by root, the
 * child becomes another user first, as the worker does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <cmocka.h>

#include "httpd/worker_sandbox.h"

#define OTHER_USER 65534
#define SOME_TEXT "something"

typedef struct {
    apr_pool_t *pool;
    char folder[64]; /* holds the others; itself granted to nobody */
    const char *state, *readable, *hidden;
    int listener, port; /* ours, outside of the sandbox */
    int kept, other;    /* descriptors */
} place_t;

static const char *in(const place_t *place, const char *folder, const char *name)
{
    return apr_pstrcat(place->pool, folder, "/", name, NULL);
}

static void write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(SOME_TEXT, file) >= 0);
    assert_int_equal(0, fclose(file));
    assert_int_equal(0, chmod(path, 0644));
}

static const char *make_folder(place_t *place, const char *name)
{
    const char *folder = in(place, place->folder, name);
    assert_int_equal(0, mkdir(folder, 0755));
    assert_int_equal(0, chmod(folder, 0755));
    write_file(in(place, folder, "file"));
    return folder;
}

static int set_up(void **state)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, NULL);
    place_t *place = apr_pcalloc(pool, sizeof *place);
    place->pool = pool;
    apr_cpystrn(place->folder, "/tmp/pwreset-sandbox.XXXXXX", sizeof place->folder);
    assert_non_null(mkdtemp(place->folder));
    assert_int_equal(0, chmod(place->folder, 0755));
    place->state = make_folder(place, "state");
    place->readable = make_folder(place, "readable");
    place->hidden = make_folder(place, "hidden");
    if (geteuid() == 0) {
        assert_int_equal(0, chown(place->state, OTHER_USER, OTHER_USER));
        assert_int_equal(0, chown(in(place, place->state, "file"), OTHER_USER, OTHER_USER));
    }
    place->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, bind(place->listener, (struct sockaddr *)&address, sizeof address));
    assert_int_equal(0, listen(place->listener, 8));
    assert_int_equal(0, getsockname(place->listener, (struct sockaddr *)&address, &length));
    place->port = ntohs(address.sin_port);
    place->kept = open("/dev/null", O_RDONLY);
    place->other = open("/dev/null", O_RDONLY);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    place_t *place = *state;
    const char *folders[] = {place->state, place->readable, place->hidden};

    for (size_t i = 0; i < 3; i++) {
        unlink(in(place, folders[i], "file"));
        rmdir(folders[i]);
    }
    rmdir(place->folder);
    close(place->listener);
    close(place->kept);
    close(place->other);
    apr_pool_destroy(place->pool);
    return 0;
}

/* --- the child --- */

/* What a child says of the first thing that is not as promised goes to its standard error. */
#define PROMISE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)
#define REFUSED(call, error) PROMISE((call) < 0 && errno == (error))

static void enter(place_t *place)
{
    pwr_sandbox_t *sandbox = pwr_sandbox_make(place->pool);

    pwr_sandbox_keep(sandbox, place->kept);
    pwr_sandbox_keep(sandbox, -1); /* as of a log that is none */
    pwr_sandbox_may_read(sandbox, in(place, place->readable, "file"));
    pwr_sandbox_may_read(sandbox, "/nowhere/at/all");
    pwr_sandbox_may_read(sandbox, NULL);
    pwr_sandbox_may_write(sandbox, in(place, place->state, "file"));
    pwr_sandbox_drop_bounds();
    if (geteuid() == 0) {
        PROMISE(setgid(OTHER_USER) == 0 && setuid(OTHER_USER) == 0);
    }
    PROMISE(pwr_sandbox_confine(sandbox, place->pool) == NULL);
    PROMISE(pwr_sandbox_enter(sandbox, place->pool) == NULL);
}

static void in_sandbox(place_t *place, void (*try)(place_t *place))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        enter(place);
        try(place);
        _exit(0);
    }
    assert_int_equal(child, waitpid(child, &status, 0));
    assert_int_equal(0, status);
}

/* Without Landlock files, ports and signals are not refused; then that must be told. */
static bool has_landlock(place_t *place)
{
    const char *lacks = pwr_sandbox_lacks(place->pool);
    return lacks == NULL || strstr(lacks, "Landlock") == NULL;
}

static void try_files(place_t *place)
{
    bool is_closed = has_landlock(place);

    PROMISE(open(in(place, place->readable, "file"), O_RDONLY) >= 0);
    PROMISE(open("/etc/hosts", O_RDONLY) >= 0);
    PROMISE(open("/dev/null", O_RDWR) >= 0);
    PROMISE(open("/dev/urandom", O_RDONLY) >= 0);
    PROMISE(open("/proc/self/status", O_RDONLY) >= 0);
    if (is_closed) {
        REFUSED(open(in(place, place->hidden, "file"), O_RDONLY), EACCES);
        REFUSED(open(place->folder, O_RDONLY | O_DIRECTORY), EACCES);
        REFUSED(open("/", O_RDONLY | O_DIRECTORY), EACCES);
        REFUSED(open("/proc/1/status", O_RDONLY), EACCES);
        REFUSED(open("/tmp/pwreset-sandbox.new", O_WRONLY | O_CREAT, 0600), EACCES);
    }
}

static void reads_what_it_was_given_and_no_other_file(void **state)
{
    in_sandbox(*state, try_files);
}

static void try_state(place_t *place)
{
    const char *wal = in(place, place->state, "file-wal"),
               *moved = in(place, place->state, "moved");
    int fd = open(wal, O_RDWR | O_CREAT | O_EXCL, 0600);

    PROMISE(fd >= 0 && write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0);
    PROMISE(rename(wal, moved) == 0 && unlink(moved) == 0);
    PROMISE(open(in(place, place->state, "file"), O_RDWR | O_TRUNC) >= 0);
    if (has_landlock(place)) {
        REFUSED(mkdir(in(place, place->state, "folder"), 0700), EACCES);
        REFUSED(symlink("/etc/passwd", in(place, place->state, "link")), EACCES);
        REFUSED(mkfifo(in(place, place->state, "fifo"), 0600), EPERM);
    }
}

static void writes_in_the_state_folder_files_alone(void **state)
{
    in_sandbox(*state, try_state);
}

static void try_programs(place_t *place)
{
    char *const argv[] = {(char *)"true", NULL};

    (void)place;
    REFUSED(execv("/bin/true", argv), EPERM);
    REFUSED(fork(), EPERM);
    REFUSED(vfork(), EPERM);
    REFUSED(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL), EPERM);
    PROMISE(posix_spawn(NULL, "/bin/true", NULL, NULL, argv, NULL) == EPERM);
}

static void starts_no_program_and_no_process(void **state)
{
    in_sandbox(*state, try_programs);
}

static void try_servers(place_t *place)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    int stream = socket(AF_INET, SOCK_STREAM, 0), unix_stream = socket(AF_UNIX, SOCK_STREAM, 0);

    REFUSED(listen(stream, 1), EPERM);
    REFUSED(accept(stream, NULL, NULL), EPERM);
    REFUSED(listen(unix_stream, 1), EPERM);
    REFUSED(socket(AF_PACKET, SOCK_DGRAM, 0), EAFNOSUPPORT);
    if (has_landlock(place)) {
        REFUSED(bind(stream, (struct sockaddr *)&address, sizeof address), EACCES);
        apr_cpystrn(local.sun_path, in(place, place->state, "socket"), sizeof local.sun_path);
        REFUSED(bind(unix_stream, (struct sockaddr *)&local, sizeof local), EACCES);
    }
}

static void opens_no_listening_socket(void **state)
{
    in_sandbox(*state, try_servers);
}

static void *answer(void *data)
{
    return data;
}

static void try_clients(place_t *place)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)place->port)};
    int stream = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET6, SOCK_DGRAM, 0);
    struct addrinfo *found = NULL;
    pthread_t thread;
    void *result = NULL;

    PROMISE(connect(stream, (struct sockaddr *)&address, sizeof address) == 0);
    PROMISE(datagram >= 0 || errno == EAFNOSUPPORT);
    PROMISE(getaddrinfo("localhost", "25", NULL, &found) == 0);
    PROMISE(pthread_create(&thread, NULL, answer, place) == 0);
    PROMISE(pthread_join(thread, &result) == 0 && result == place);
}

static void connects_resolves_names_and_makes_threads(void **state)
{
    in_sandbox(*state, try_clients);
}

static void try_kernel(place_t *place)
{
    static const long calls[] = {SYS_ptrace,      SYS_mount,       SYS_unshare,
                                 SYS_setns,       SYS_bpf,         SYS_keyctl,
                                 SYS_userfaultfd, SYS_personality, SYS_perf_event_open,
                                 SYS_init_module, SYS_kexec_load,  SYS_process_vm_readv};

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        REFUSED(syscall(calls[i], 0, 0, 0, 0, 0, 0), EPERM);
    }
    if (has_landlock(place)) {
        REFUSED(kill(getppid(), 0), EPERM);
    }
    PROMISE(kill(getpid(), 0) == 0);
}

static void asks_nothing_rare_of_the_kernel_and_signals_nobody(void **state)
{
    in_sandbox(*state, try_kernel);
}

/* A field of /proc/self/status, as a number to this base. */
static unsigned long long status_field(const char *name, int base)
{
    char line[256];
    unsigned long long value = ~0ULL;
    FILE *file = fopen("/proc/self/status", "r");

    PROMISE(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            value = strtoull(line + strlen(name) + 1, NULL, base);
        }
    }
    fclose(file);
    return value;
}

static void try_privileges(place_t *place)
{
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};
    struct rlimit core;

    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        PROMISE(status_field(sets[i], 16) == 0);
    }
    PROMISE(status_field("NoNewPrivs", 10) == 1);
    PROMISE(status_field("Seccomp", 10) == 2);
    PROMISE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    PROMISE(getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0);
    PROMISE(fcntl(place->kept, F_GETFD) >= 0);
    REFUSED(fcntl(place->other, F_GETFD), EBADF);
    REFUSED(fcntl(place->listener, F_GETFD), EBADF);
}

static void has_no_privilege_and_no_foreign_descriptor(void **state)
{
    in_sandbox(*state, try_privileges);
}

static void try_bounds(place_t *place)
{
    (void)place;
    PROMISE(status_field("CapBnd", 16) == 0);
}

/* Only root can lower it; others cannot use it, as there are no new privileges. */
static void root_leaves_no_capability_in_the_bounding_set(void **state)
{
    if (geteuid() == 0) {
        in_sandbox(*state, try_bounds);
    } else {
        in_sandbox(*state, try_privileges);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_it_was_given_and_no_other_file, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(writes_in_the_state_folder_files_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(starts_no_program_and_no_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(opens_no_listening_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(connects_resolves_names_and_makes_threads, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(asks_nothing_rare_of_the_kernel_and_signals_nobody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(has_no_privilege_and_no_foreign_descriptor, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(root_leaves_no_capability_in_the_bounding_set, set_up,
                                        tear_down),
    };

    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
