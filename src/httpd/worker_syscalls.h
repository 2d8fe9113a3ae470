/*
 * The system calls that the worker does without, refused by a seccomp filter. For a process of one
 * thread; threads made later have it too. Nothing undoes it.
 */
#ifndef PWR_HTTPD_WORKER_SYSCALLS_H
#define PWR_HTTPD_WORKER_SYSCALLS_H

#include <stdbool.h>

/* Whether kernel and processor are ones that we have a filter for. */
bool pwr_syscalls_can_filter(void);

/* Refuses them from now on. Needs PR_SET_NO_NEW_PRIVS. False with errno when the kernel refuses. */
bool pwr_syscalls_filter(void);

#endif
