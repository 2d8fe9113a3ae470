/*
 * Asks one provider about one response, as the environment says, and prints what was made of it: a
 * program for t/web/test_captcha_remote.py, which starts the servers. Without PWR_REMOTE_PROVIDER
 * it has nothing to do.
 *
 *   PWR_REMOTE_PROVIDER, PWR_REMOTE_URL, PWR_REMOTE_CA, PWR_REMOTE_SECRET, PWR_REMOTE_SITE_KEY,
 *   PWR_REMOTE_HOSTNAME, PWR_REMOTE_ACTION, PWR_REMOTE_SCORE, PWR_REMOTE_RESPONSE,
 *   PWR_REMOTE_CLIENT, PWR_REMOTE_MS
 *   PWR_REMOTE_THREADS   so many threads ask at once; a line for each
 *
 * A line: verdict, kind of fault, its tag, milliseconds, detail; by tabs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "fault_name.h"

#include "abuse/captcha_remote.h"

enum { MOST_THREADS = 16 };

static const char *const verdicts[]
    = {[PWR_REMOTE_YES] = "YES", [PWR_REMOTE_NO] = "NO", [PWR_REMOTE_DOWN] = "DOWN"};

static long number(const char *name, long otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? strtol(value, NULL, 10) : otherwise;
}

static pwr_remote_settings_t read_settings(apr_pool_t *pool)
{
    const char *secret = getenv("PWR_REMOTE_SECRET");

    return (pwr_remote_settings_t){
        .provider = getenv("PWR_REMOTE_PROVIDER"),
        .site_key = getenv("PWR_REMOTE_SITE_KEY"),
        .secret = secret != NULL ? pwr_secret_make(secret, strlen(secret), pool) : NULL,
        .hostname = getenv("PWR_REMOTE_HOSTNAME"),
        .action = getenv("PWR_REMOTE_ACTION"),
        .least_score = (int)number("PWR_REMOTE_SCORE", 50),
        .verify_url = getenv("PWR_REMOTE_URL"),
        .trusted_ca = getenv("PWR_REMOTE_CA"),
        .timeout = apr_time_from_msec(number("PWR_REMOTE_MS", 5000)),
    };
}

static void *APR_THREAD_FUNC check(apr_thread_t *thread, void *data)
{
    const pwr_remote_settings_t *settings = data;
    apr_pool_t *pool = NULL;
    pwr_fault_t *fault = NULL;
    apr_time_t start = apr_time_now();

    (void)thread;
    apr_pool_create(&pool, NULL);
    pwr_remote_verdict_t verdict = pwr_remote_check(&fault, settings, getenv("PWR_REMOTE_RESPONSE"),
                                                    getenv("PWR_REMOTE_CLIENT"), pool);
    printf("%s\t%s\t%s\t%d\t%s\n", verdicts[verdict],
           fault != NULL ? name_of_kind(fault->kind) : "-", fault != NULL ? fault->tag : "-",
           (int)apr_time_as_msec(apr_time_now() - start), fault != NULL ? fault->detail : "");
    apr_pool_destroy(pool);
    return NULL;
}

int main(void)
{
    apr_thread_t *threads[MOST_THREADS];
    apr_pool_t *pool = NULL;
    apr_status_t ended = APR_SUCCESS;
    long count = number("PWR_REMOTE_THREADS", 1);

    if (getenv("PWR_REMOTE_PROVIDER") == NULL) {
        fputs("PWR_REMOTE_PROVIDER is not set: nobody to ask.\n", stderr);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    apr_initialize();
    apr_pool_create(&pool, NULL);
    if (count > MOST_THREADS || pwr_crypto_start(pool) != NULL) {
        return 1;
    }
    pwr_remote_settings_t settings = read_settings(pool);
    for (long i = 0; i < count; i++) {
        if (apr_thread_create(&threads[i], NULL, check, &settings, pool) != APR_SUCCESS) {
            return 1;
        }
    }
    for (long i = 0; i < count; i++) {
        apr_thread_join(&ended, threads[i]);
    }
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
