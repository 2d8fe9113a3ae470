/*
 * A short-lived child process that does one piece of work with the rights of the server's user and
 * then ends. The parent is root and must not touch what that user may change, so such work is done
 * here. Called in the parent, by one thread.
 */
#ifndef PWR_HTTPD_USER_PROCESS_H
#define PWR_HTTPD_USER_PROCESS_H

#include <httpd.h>

#include "base/fault.h"

typedef struct {
    const char *name; /* what is being done, for messages */
    server_rec *server;
    /* Runs in the child. `answer` points at `size` bytes, all zero. What is allocated in `pool` is
     * gone afterwards; connections to a database are closed with it. */
    void (*work)(void *answer, void *data, apr_pool_t *pool);
    void *data;
    apr_size_t size;             /* of the answer: bytes without pointers */
    apr_interval_time_t longest; /* the child is killed after this time; 0: never */
} pwr_user_captcha_t;

/* Forks, gives up root's rights in the child as httpd's children do, runs the work there and copies
 * its answer back. Where this process is not root, the child has the same user. The caller wipes
 * the answer if it holds a secret. */
pwr_fault_t *pwr_user_process_run(void *answer, const pwr_user_captcha_t *captcha,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* In a child that was just forked: gives up root's rights and httpd's signals and listeners. Ends
 * the process when that fails: it must not go on as root. */
void pwr_user_process_become(server_rec *server, apr_pool_t *pool);

#endif
