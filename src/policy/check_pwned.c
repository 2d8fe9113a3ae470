/*
 * The file is tens of gigabytes: it is searched where it lies, by halving, with a read of one line
 * at each step and none of it kept. Not mapped: a file that is cut short under a mapping kills the
 * process, under a read it is an error. Opened before the fork, so that the server's user need not
 * be able to read its folder, and an update moved over it counts after the next restart.
 */
#include "policy/check_pwned.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_md4.h>
#include <apr_sha1.h>
#include <apr_strings.h>

#include "base/crypto.h"
#include "base/https.h"
#include "base/limits.h"
#include "text/characters.h"

#define PLACES 64 /* whose order is looked at when it is opened */
#define SHA1_DIGITS (2 * APR_SHA1_DIGESTSIZE)
#define NTLM_DIGITS (2 * APR_MD4_DIGESTSIZE)
#define PREFIX_DIGITS 5

struct pwr_pwned_t {
    const char *path;
    int fd;
    apr_off_t size;
    size_t digits; /* of one hash */
};

typedef struct {
    apr_off_t start, next; /* of this line, of the one after it */
    char digits[SHA1_DIGITS + 1];
} line_t;

static apr_status_t close_file(void *data)
{
    const pwr_pwned_t *pwned = data;
    close(pwned->fd);
    return APR_SUCCESS;
}

/* Digits in capitals, then ":" or the line's end. */
static bool take_digits(char *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char digit = (char)(text[i] >= 'a' && text[i] <= 'f' ? text[i] - 32 : text[i]);
        if (!((digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'F'))) {
            return false;
        }
        out[i] = digit;
    }
    out[count] = '\0';
    return text[count] == ':' || text[count] == '\r' || text[count] == '\n' || text[count] == '\0';
}

/* The first whole line that begins at `from` or later. False when it is none of the file's form. */
static bool read_line(line_t *line, const pwr_pwned_t *pwned, apr_off_t from)
{
    char buffer[2 * PWR_MAX_PWNED_LINE + 1];
    /* One byte before it: is `from` the beginning of a line? */
    apr_off_t at = from > 0 ? from - 1 : 0;
    ssize_t length = pread(pwned->fd, buffer, sizeof buffer - 1, at);
    char *start = buffer;

    if (length <= 0) {
        return false;
    }
    buffer[length] = '\0';
    if (from > 0) {
        start = memchr(buffer, '\n', (size_t)length);
        if (start == NULL && at + length < pwned->size) {
            return false;
        }
        start = start != NULL ? start + 1 : buffer + length; /* the last line may not be ended */
    }
    line->start = at + (start - buffer);
    if (line->start >= pwned->size) { /* behind the last */
        line->next = pwned->size;
        return true;
    }
    char *end = strchr(start, '\n');
    line->next = end != NULL ? at + (end + 1 - buffer) : pwned->size;
    return line->next - line->start <= PWR_MAX_PWNED_LINE
           && strnlen(start, pwned->digits) == pwned->digits
           && take_digits(line->digits, start, pwned->digits);
}

static pwr_fault_t *make_file_fault(const pwr_pwned_t *pwned, apr_off_t at, const char *why,
                                    apr_pool_t *pool)
{
    return pwr_fault_broken(pool, "PWR0380",
                            "%s at byte %" APR_OFF_T_FMT
                            ": %s. Write PwResetPwned with the sorted file that Have I "
                            "Been Pwned's downloader writes, HASH:COUNT a line, SHA-1 or NTLM.",
                            pwned->path, at, why);
}

static pwr_fault_t *check_form(pwr_pwned_t *pwned, apr_pool_t *pool)
{
    char before[SHA1_DIGITS + 1] = "";
    apr_off_t start = -1;
    line_t line;

    pwned->digits = SHA1_DIGITS;
    if (!read_line(&line, pwned, 0)) {
        pwned->digits = NTLM_DIGITS;
    }
    for (int i = 0; i < PLACES; i++) {
        apr_off_t at = pwned->size * i / PLACES;
        if (!read_line(&line, pwned, at)) {
            return make_file_fault(pwned, at, "this is no line of hashes", pool);
        }
        if (line.start >= pwned->size || line.start == start) {
            continue;
        }
        if (strcmp(line.digits, before) <= 0) {
            return make_file_fault(pwned, line.start, "the hashes are not in rising order", pool);
        }
        memcpy(before, line.digits, sizeof before);
        start = line.start;
    }
    return NULL;
}

pwr_fault_t *pwr_pwned_open(pwr_pwned_t **opened, const char *path, apr_pool_t *pool)
{
    struct stat about;
    pwr_pwned_t *pwned = apr_pcalloc(pool, sizeof *pwned);

    pwned->path = path;
    pwned->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (pwned->fd < 0) {
        return pwr_fault_broken(pool, "PWR0381",
                                "The file of leaked passwords %s cannot be read: %s. Write "
                                "PwResetPwned with one that is there.",
                                path, pwr_fault_status(errno, pool));
    }
    apr_pool_cleanup_register(pool, pwned, close_file, apr_pool_cleanup_null);
    if (fstat(pwned->fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        return make_file_fault(pwned, 0, "this is no file", pool);
    }
    pwned->size = about.st_size;
    PWR_TRY(check_form(pwned, pool));
    *opened = pwned;
    return NULL;
}

static void write_digits(char *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < count; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * count] = '\0';
}

static void sha1_of(char out[SHA1_DIGITS + 1], const char *password)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t state;

    apr_sha1_init(&state);
    apr_sha1_update(&state, password, (unsigned)strlen(password));
    apr_sha1_final(digest, &state);
    write_digits(out, digest, sizeof digest);
    pwr_crypto_wipe(&state, sizeof state);
    pwr_crypto_wipe(digest, sizeof digest);
}

/* MD4 of UTF-16LE (MS-NLMP, 3.3.1). */
static void ntlm_of(char out[SHA1_DIGITS + 1], const char *password, apr_pool_t *pool)
{
    unsigned char digest[APR_MD4_DIGESTSIZE];
    apr_size_t length = 0;
    const unsigned char *wide = pwr_characters_utf16le(&length, password, pool);

    out[0] = '\0';
    if (wide != NULL) {
        apr_md4(digest, wide, length);
        write_digits(out, digest, sizeof digest);
        pwr_crypto_wipe(digest, sizeof digest);
    }
}

/* Halving by bytes: the line wanted begins at `low` or later, and before `high`. */
static bool search(bool *is_found, const pwr_pwned_t *pwned, const char *wanted)
{
    apr_off_t low = 0;
    apr_off_t high = pwned->size;

    *is_found = false;
    while (low < high) {
        apr_off_t middle = low + (high - low) / 2;
        line_t line;
        if (!read_line(&line, pwned, middle)) {
            return false;
        }
        int order = line.start >= high ? 1 : strcmp(line.digits, wanted);
        if (order == 0) {
            *is_found = true;
            return true;
        }
        if (order < 0) {
            low = line.next;
        } else {
            high = middle;
        }
    }
    return true;
}

pwr_fault_t *pwr_pwned_find(bool *is_found, const pwr_pwned_t *pwned, const char *password,
                            apr_pool_t *scratch)
{
    char wanted[SHA1_DIGITS + 1];
    apr_pool_t *pool = NULL;

    apr_pool_create(&pool, scratch);
    if (pwned->digits == SHA1_DIGITS) {
        sha1_of(wanted, password);
    } else {
        ntlm_of(wanted, password, pool);
    }
    apr_pool_destroy(pool);
    bool is_read = search(is_found, pwned, wanted);
    pwr_crypto_wipe(wanted, sizeof wanted);
    if (!is_read) {
        return pwr_fault_later(scratch, "PWR0382",
                               "The file of leaked passwords %s was changed under the server, or "
                               "its disk fails. Move a new file over it, and restart.",
                               pwned->path);
    }
    return NULL;
}

/* Lines of the 35 other digits, ":" and a count; a count of 0 is padding. */
static bool has_line(const char *body, const char *rest)
{
    for (const char *at = body; at != NULL && *at != '\0';) {
        if (strncasecmp(at, rest, SHA1_DIGITS - PREFIX_DIGITS) == 0
            && at[SHA1_DIGITS - PREFIX_DIGITS] == ':') {
            return apr_strtoi64(at + SHA1_DIGITS - PREFIX_DIGITS + 1, NULL, 10) > 0;
        }
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    return false;
}

pwr_fault_t *pwr_pwned_ask(bool *is_found, const pwr_policy_settings_t *settings,
                           const char *password, apr_pool_t *scratch)
{
    char digits[SHA1_DIGITS + 1];
    pwr_https_answer_t answer = {.status = 0};

    *is_found = false;
    sha1_of(digits, password);
    pwr_https_post_t asked = {
        .url = apr_psprintf(scratch, "%s%.*s", settings->pwned_url, PREFIX_DIGITS, digits),
        .header = "Add-Padding: true",
        .trusted_ca = settings->pwned_ca,
        .timeout = settings->pwned_timeout,
        .most = PWR_MAX_PWNED_RANGE,
    };
    pwr_fault_t *fault = pwr_https_get(&answer, &asked, scratch);
    if (fault == NULL && answer.status != 200) {
        fault = pwr_fault_later(scratch, "PWR0383",
                                "The service for leaked passwords answered %d. Look at the URL of "
                                "PwResetPwnedRange.",
                                answer.status);
    }
    if (fault == NULL) {
        *is_found = has_line(answer.body, digits + PREFIX_DIGITS);
    }
    pwr_crypto_wipe(digits, sizeof digits);
    return fault;
}
