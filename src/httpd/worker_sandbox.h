/*
 * What the worker gives up before it talks to anybody: privileges, descriptors, files, programs.
 * It knows neither httpd nor the module's settings, so that a test can enter the same sandbox.
 * Linux only: it needs Landlock (Linux 5.13) and seccomp, and works with what the kernel has of
 * them. Everything is for a process of one thread.
 */
#ifndef PWR_HTTPD_WORKER_SANDBOX_H
#define PWR_HTTPD_WORKER_SANDBOX_H

#include <apr_pools.h>

#include "base/fault.h"

typedef struct pwr_sandbox_t pwr_sandbox_t;

/* An empty list of what stays. Lives in `pool`. Standard input, output and error always stay. */
pwr_sandbox_t *pwr_sandbox_make(apr_pool_t *pool);

/* A descriptor that stays open. */
void pwr_sandbox_keep(pwr_sandbox_t *sandbox, int fd);

/* A file or folder that may be read. For a file its folder is opened to reading: a file that is
 * replaced by renaming, as certificates and resolv.conf are, is another one to the kernel. The path
 * is looked at by pwr_sandbox_enter: symbolic links are followed, and what is not there is left
 * out. */
void pwr_sandbox_may_read(pwr_sandbox_t *sandbox, const char *path);

/* A folder in which files may be made, read, written and removed; for a file, its folder. */
void pwr_sandbox_may_write(pwr_sandbox_t *sandbox, const char *path);

/* NULL, or what this kernel does not offer, as the rest of a sentence. Any process may ask. */
const char *pwr_sandbox_lacks(apr_pool_t *pool);

/* Before the change of user, as root: no capability can come back. As another user it does
 * nothing. */
void pwr_sandbox_drop_bounds(void);

/* After the change of user: no capabilities, no new privileges, no core dump, no look at this
 * process by others of the same user, and no descriptor but those kept. BROKEN when the kernel
 * refuses. */
pwr_fault_t *pwr_sandbox_confine(const pwr_sandbox_t *sandbox, apr_pool_t *pool) PWR_MUST_USE;

/* After that: files by Landlock, system calls by seccomp. No process is forked and no program is
 * started from here on, by this process or its threads. What the kernel lacks is left out. BROKEN
 * when it has it and refuses. */
pwr_fault_t *pwr_sandbox_enter(const pwr_sandbox_t *sandbox, apr_pool_t *scratch) PWR_MUST_USE;

#endif
