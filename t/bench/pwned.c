/*
 * Checks against a file of leaked passwords, one after another, each timed: the module's own
 * pwr_pwned_find on a file in the form of Have I Been Pwned's, and nothing else.
 *
 *     pwned FILE BYTES CHECKS
 *
 * Writes FILE first (sorted, BYTES long, the hashes of the known passwords among the others), then
 * checks as many passwords, every other one known, with the file in memory; and once more with the
 * file dropped from memory before. Prints figures in one line of words and numbers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#include "base/crypto.h"
#include "policy/check_pwned.h"

#define KNOWN 1000
#define LINE_BYTES 44

static char known[KNOWN][2 * APR_SHA1_DIGESTSIZE + 1];

static void stop(const char *what)
{
    fprintf(stderr, "pwned: %s\n", what);
    exit(1);
}

static int in_order(const void *one, const void *other)
{
    return strcmp(one, other);
}

static void make_known(void)
{
    for (int i = 0; i < KNOWN; i++) {
        unsigned char digest[APR_SHA1_DIGESTSIZE];
        char password[32];
        apr_sha1_ctx_t state;
        apr_snprintf(password, sizeof password, "leaked-%d", i);
        apr_sha1_init(&state);
        apr_sha1_update(&state, password, (unsigned)strlen(password));
        apr_sha1_final(digest, &state);
        for (int b = 0; b < APR_SHA1_DIGESTSIZE; b++) {
            apr_snprintf(known[i] + 2 * b, 3, "%02X", digest[b]);
        }
    }
    qsort(known, KNOWN, sizeof known[0], in_order);
}

/* Evenly spread beginnings, so that no sorting is needed. */
static void write_file(const char *path, apr_uint64_t bytes)
{
    FILE *file = fopen(path, "w");
    apr_uint64_t lines = bytes / LINE_BYTES;
    apr_uint64_t step = ~(apr_uint64_t)0 / lines;
    int next = 0;

    if (file == NULL) {
        stop("the file cannot be written");
    }
    for (apr_uint64_t i = 0; i < lines; i++) {
        apr_uint64_t random = (i + 1) * 0x9e3779b97f4a7c15U;
        char hash[2 * APR_SHA1_DIGESTSIZE + 1];
        snprintf(hash, sizeof hash, "%016llX%016llX%08X",
                 (unsigned long long)(i * step + random % step), (unsigned long long)random,
                 (unsigned)(random >> 7));
        for (; next < KNOWN && strcmp(known[next], hash) < 0; next++) {
            fprintf(file, "%s:2\n", known[next]);
        }
        fprintf(file, "%s:%u\n", hash, (unsigned)(random >> 60) + 1);
    }
    if (fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0) {
        stop("the file cannot be written");
    }
}

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Memory of this process, in KB: all that is resident. */
static long resident(void)
{
    char line[256];
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file != NULL && fgets(line, sizeof line, file) != NULL) {
        pages = strtol(strchr(line, ' '), NULL, 10);
    }
    if (file != NULL) {
        fclose(file);
    }
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int compare(const void *one, const void *other)
{
    double left = *(const double *)one;
    double right = *(const double *)other;
    return left < right ? -1 : left > right;
}

static void measure(const char *name, const pwr_pwned_t *pwned, int checks, apr_pool_t *pool)
{
    double *took = calloc((size_t)checks, sizeof *took);
    apr_pool_t *scratch = NULL;
    long before = resident();

    apr_pool_create(&scratch, pool);
    for (int i = 0; i < checks; i++) {
        char password[32];
        bool is_found = false;
        apr_snprintf(password, sizeof password, "%s-%d", i % 2 ? "leaked" : "never", i % KNOWN);
        double start = microseconds();
        if (pwr_pwned_find(&is_found, pwned, password, scratch) != NULL || is_found != i % 2) {
            stop("a wrong answer");
        }
        took[i] = microseconds() - start;
        apr_pool_clear(scratch);
    }
    qsort(took, (size_t)checks, sizeof *took, compare);
    printf("%s median %.1f us, p99 %.1f us, worst %.1f us; memory grew by %ld KB\n", name,
           took[checks / 2], took[checks / 100 * 99], took[checks - 1], resident() - before);
    free(took);
}

static void read_all(int fd)
{
    static char buffer[1 << 20];

    while (read(fd, buffer, sizeof buffer) > 0) {
    }
}

int main(int argc, char **argv)
{
    apr_pool_t *pool = NULL;
    pwr_pwned_t *pwned = NULL;

    if (argc != 4 || apr_initialize() != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || pwr_crypto_start(pool) != NULL) {
        stop("pwned FILE BYTES CHECKS");
    }
    make_known();
    write_file(argv[1], (apr_uint64_t)apr_strtoi64(argv[2], NULL, 10));
    if (pwr_pwned_open(&pwned, argv[1], pool) != NULL) {
        stop("the file is refused");
    }
    int checks = (int)apr_strtoi64(argv[3], NULL, 10);
    int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
        stop("the file cannot be dropped from memory");
    }
    measure("first, from the disk:", pwned, checks / 10, pool);
    read_all(fd);
    measure("then, from memory:  ", pwned, checks, pool);
    close(fd);
    apr_terminate();
    return 0;
}
