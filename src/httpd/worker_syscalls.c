/*
 * A list of what is refused, not of what is allowed: libraries of directory, database, TLS and
 * Kerberos differ from one system to the next, and one that is refused a call which it needs on one
 * of them would stop the mail. A refused call fails with EPERM, as without the right to it.
 *
 * The filter sees numbers, not what pointers point at. So bind() is left to Landlock, which knows
 * TCP ports, and listen() is refused here. clone3() hides its flags behind a pointer: it is said to
 * be missing, and the C library takes clone().
 */
#include "httpd/worker_syscalls.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#if defined __x86_64__ && !defined __ILP32__
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__ && !defined __AARCH64EB__
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv && __riscv_xlen == 64
#define OUR_ARCH AUDIT_ARCH_RISCV64
#else
#define OUR_ARCH 0 /* the order of clone's arguments and of a word's halves differ: no filter */
#endif

#define X32_CALLS 0x40000000U
#define NAMESPACES                                                                                 \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID    \
     | CLONE_NEWNET)
#define MOST_STEPS 256

static const int refused[] = {
    /* programs and processes */
    SYS_execve,
    SYS_execveat,
#ifdef SYS_fork
    SYS_fork,
    SYS_vfork,
#endif
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
#ifdef SYS_pidfd_getfd
    SYS_pidfd_getfd,
#endif
    SYS_personality,
    /* a server of its own */
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    /* another view of the system */
    SYS_setns,
    SYS_unshare,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
#ifdef SYS_fsopen
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
#endif
#ifdef SYS_mount_setattr
    SYS_mount_setattr,
#endif
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_mknodat,
#ifdef SYS_mknod
    SYS_mknod,
#endif
    /* the kernel itself */
    SYS_bpf,
    SYS_perf_event_open,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_userfaultfd,
#ifdef SYS_io_uring_setup
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
#endif
    SYS_syslog,
    SYS_acct,
    SYS_quotactl,
    SYS_swapon,
    SYS_swapoff,
    SYS_reboot,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
#ifdef SYS_ioperm
    SYS_ioperm,
    SYS_iopl,
#endif
};

/* Netlink is how getaddrinfo learns of IPv6. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

typedef struct {
    struct sock_filter steps[MOST_STEPS];
    unsigned short count;
} filter_t;

static void add(filter_t *filter, struct sock_filter step)
{
    filter->steps[filter->count++] = step;
}

static void load(filter_t *filter, size_t offset)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void end(filter_t *filter, unsigned outcome)
{
    add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, outcome));
}

static unsigned fail_with(int error)
{
    return SECCOMP_RET_ERRNO | (unsigned)error;
}

/* Ends with `outcome` when `test` holds for the loaded word and `value`. */
static void end_if(filter_t *filter, unsigned short test, unsigned value, unsigned outcome)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | test, value, 0, 1));
    end(filter, outcome);
}

/* Ends with `outcome` unless the loaded word is the value. */
static void end_unless(filter_t *filter, unsigned value, unsigned outcome)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | BPF_JEQ, value, 1, 0));
    end(filter, outcome);
}

/* `length` steps further when the call is another one. */
static void skip_unless_call(filter_t *filter, int call, unsigned char length)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | BPF_JEQ, (unsigned)call, 0, length));
}

/* Threads, and no processes. */
static void filter_clone(filter_t *filter)
{
    skip_unless_call(filter, SYS_clone, 6);
    load(filter, offsetof(struct seccomp_data, args[0]));
    end_if(filter, BPF_JSET, NAMESPACES, fail_with(EPERM));
    end_if(filter, BPF_JSET, CLONE_THREAD, SECCOMP_RET_ALLOW);
    end(filter, fail_with(EPERM));
}

static void filter_socket(filter_t *filter)
{
    const size_t count = sizeof families / sizeof *families;

    skip_unless_call(filter, SYS_socket, (unsigned char)(2 * count + 2));
    load(filter, offsetof(struct seccomp_data, args[0]));
    for (size_t i = 0; i < count; i++) {
        end_if(filter, BPF_JEQ, (unsigned)families[i], SECCOMP_RET_ALLOW);
    }
    end(filter, fail_with(EAFNOSUPPORT));
}

static void write_filter(filter_t *filter)
{
    load(filter, offsetof(struct seccomp_data, arch));
    end_unless(filter, OUR_ARCH, fail_with(EPERM));
    load(filter, offsetof(struct seccomp_data, nr));
    end_if(filter, BPF_JGE, X32_CALLS, fail_with(EPERM));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        end_if(filter, BPF_JEQ, (unsigned)refused[i], fail_with(EPERM));
    }
#ifdef SYS_clone3
    end_if(filter, BPF_JEQ, SYS_clone3, fail_with(ENOSYS));
#endif
    filter_clone(filter);
    load(filter, offsetof(struct seccomp_data, nr));
    filter_socket(filter);
    end(filter, SECCOMP_RET_ALLOW);
}

bool pwr_syscalls_can_filter(void)
{
    const unsigned action = SECCOMP_RET_ERRNO;

    return OUR_ARCH != 0 && syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0U, &action) == 0;
}

bool pwr_syscalls_filter(void)
{
    filter_t filter = {.count = 0};

    write_filter(&filter);
    const struct sock_fprog program = {.len = filter.count, .filter = filter.steps};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
