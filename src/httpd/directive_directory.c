/*
 * Values about the directory that have a shape of their own. Each is judged where it is read, so
 * that httpd's message names file and line.
 */
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "directory/directory.h"
#include "httpd/directive_values.h"
#include "httpd/secret.h"
#include "directory/check_settings.h"

const char *pwr_take_ldap_url(const pwr_taken_t *taken)
{
    pwr_directory_settings_t *directory = &taken->settings->parts.directory;
    directory->tls = PWR_TLS_STARTTLS;
    pwr_fault_t *fault = pwr_directory_parse_url(directory, taken->words[0], taken->pool);

    if (fault != NULL) {
        return fault->detail;
    }
    if (taken->count == 1) {
        return NULL;
    }
    const char *word = taken->words[1];
    if (strcasecmp(word, "NONE") == 0) {
        directory->tls = PWR_TLS_NONE;
    } else if (strcasecmp(word, "SSL") == 0) {
        directory->tls = PWR_TLS_LDAPS;
    } else if (strcasecmp(word, "TLS") != 0 && strcasecmp(word, "STARTTLS") != 0) {
        return apr_psprintf(taken->pool, "'%s' is none of STARTTLS, SSL, NONE", word);
    }
    return NULL;
}

const char *pwr_take_bind_password(const pwr_taken_t *taken)
{
    return pwr_secret_take(&taken->settings->parts.directory.bind_password, taken->words[0],
                           taken->pool);
}

const char *pwr_take_bind(const pwr_taken_t *taken)
{
    static const struct {
        const char *word;
        pwr_directory_bind_t bind;
    } ways[] = {
        {"simple", PWR_BIND_SIMPLE}, {"external", PWR_BIND_EXTERNAL}, {"gssapi", PWR_BIND_GSSAPI}};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcasecmp(taken->words[0], ways[i].word) == 0) {
            taken->settings->parts.directory.bind = ways[i].bind;
            return NULL;
        }
    }
    return apr_psprintf(taken->pool, "'%s' is none of simple, external, gssapi", taken->words[0]);
}

/* A file with a secret that is read by the server's user, not now: whether that one may is told by
 * the self-check. NULL, or what is wrong. */
static const char *judge_private(const char *path, apr_pool_t *pool)
{
    struct stat about;

    if (path == NULL || access(path, R_OK) != 0 || stat(path, &about) != 0) {
        return apr_psprintf(pool, "the file %s cannot be read", path != NULL ? path : "");
    }
    return (about.st_mode & S_IRWXO) == 0
               ? NULL
               : apr_psprintf(pool,
                              "everybody may read %s: chown it to the server's user and make "
                              "its mode 0400",
                              path);
}

const char *pwr_judge_keytab(const pwr_taken_t *taken)
{
    return judge_private(ap_server_root_relative(taken->pool, taken->words[0]), taken->pool);
}

const char *pwr_take_client_certificate(const pwr_taken_t *taken)
{
    pwr_directory_settings_t *directory = &taken->settings->parts.directory;
    const char *certificate = ap_server_root_relative(taken->pool, taken->words[0]);
    const char *key
        = taken->count > 1 ? ap_server_root_relative(taken->pool, taken->words[1]) : certificate;

    if (certificate == NULL || access(certificate, R_OK) != 0) {
        return apr_psprintf(taken->pool, "the file %s cannot be read", taken->words[0]);
    }
    directory->client_certificate = certificate;
    directory->client_key = key;
    return judge_private(key, taken->pool);
}

/* The first of the words that is none; NULL when all are. */
static const char *first_bad(bool (*is_good)(const char *), const pwr_taken_t *taken)
{
    for (int i = 0; i < taken->count; i++) {
        if (!is_good(taken->words[i])) {
            return taken->words[i];
        }
    }
    return NULL;
}

const char *pwr_judge_attribute(const pwr_taken_t *taken)
{
    const char *bad = first_bad(pwr_directory_is_attribute, taken);
    return bad == NULL ? NULL : apr_psprintf(taken->pool, "'%s' is no attribute", bad);
}

const char *pwr_judge_dn(const pwr_taken_t *taken)
{
    const char *bad = first_bad(pwr_directory_is_dn, taken);
    return bad == NULL ? NULL : apr_psprintf(taken->pool, "'%s' is no DN", bad);
}

const char *pwr_judge_filter(const pwr_taken_t *taken)
{
    const char *bad = first_bad(pwr_directory_is_filter, taken);
    return bad == NULL ? NULL
                       : apr_psprintf(taken->pool, "'%s' is no filter in brackets (RFC 4515)", bad);
}

const char *pwr_judge_directory_backend(const pwr_taken_t *taken)
{
    bool is_backend
        = strcasecmp(taken->words[0], "auto") == 0 || pwr_directory_is_backend(taken->words[0]);
    return is_backend ? NULL
                      : apr_psprintf(taken->pool, "'%s' is none of auto, %s", taken->words[0],
                                     pwr_directory_backend_names(taken->pool));
}

const char *pwr_take_scheme(const pwr_taken_t *taken)
{
    const char **scheme = &taken->settings->parts.directory.scheme;

    if (strcasecmp(taken->words[0], "none") == 0) {
        *scheme = NULL;
        return NULL;
    }
    return strcasecmp(taken->words[0], "argon2") == 0
               ? NULL
               : apr_psprintf(taken->pool, "'%s' is neither none nor argon2", taken->words[0]);
}
