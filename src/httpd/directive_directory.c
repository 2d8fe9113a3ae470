/*
 * Values about the directory that have a shape of their own. Each is checked where it is read, so
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

const char *pwr_directive_set_ldap_url(const pwr_directive_args_t *args)
{
    pwr_directory_settings_t *directory = &args->settings->parts.directory;
    directory->tls = PWR_TLS_STARTTLS;
    pwr_fault_t *fault = pwr_directory_parse_url(directory, args->words[0], args->pool);

    if (fault != NULL) {
        return fault->detail;
    }
    if (args->count == 1) {
        return NULL;
    }
    const char *word = args->words[1];
    if (strcasecmp(word, "NONE") == 0) {
        directory->tls = PWR_TLS_NONE;
    } else if (strcasecmp(word, "SSL") == 0) {
        directory->tls = PWR_TLS_LDAPS;
    } else if (strcasecmp(word, "TLS") != 0 && strcasecmp(word, "STARTTLS") != 0) {
        return apr_psprintf(args->pool, "'%s' is none of STARTTLS, SSL, NONE", word);
    }
    return NULL;
}

const char *pwr_directive_set_bind_password(const pwr_directive_args_t *args)
{
    return pwr_secret_take(&args->settings->parts.directory.bind_password, args->words[0],
                           args->pool);
}

const char *pwr_directive_set_bind(const pwr_directive_args_t *args)
{
    static const struct {
        const char *word;
        pwr_directory_bind_t bind;
    } ways[] = {
        {"simple", PWR_BIND_SIMPLE}, {"external", PWR_BIND_EXTERNAL}, {"gssapi", PWR_BIND_GSSAPI}};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcasecmp(args->words[0], ways[i].word) == 0) {
            args->settings->parts.directory.bind = ways[i].bind;
            return NULL;
        }
    }
    return apr_psprintf(args->pool, "'%s' is none of simple, external, gssapi", args->words[0]);
}

/* A file with a secret that is read by the server's user, not now: whether that one may is told by
 * the self-check. NULL, or what is wrong. */
static const char *check_private(const char *path, apr_pool_t *pool)
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

const char *pwr_directive_check_keytab(const pwr_directive_args_t *args)
{
    return check_private(ap_server_root_relative(args->pool, args->words[0]), args->pool);
}

const char *pwr_directive_set_client_certificate(const pwr_directive_args_t *args)
{
    pwr_directory_settings_t *directory = &args->settings->parts.directory;
    const char *certificate = ap_server_root_relative(args->pool, args->words[0]);
    const char *key
        = args->count > 1 ? ap_server_root_relative(args->pool, args->words[1]) : certificate;

    if (certificate == NULL || access(certificate, R_OK) != 0) {
        return apr_psprintf(args->pool, "the file %s cannot be read", args->words[0]);
    }
    directory->client_certificate = certificate;
    directory->client_key = key;
    return check_private(key, args->pool);
}

/* The first of the words that is none; NULL when all are. */
static const char *first_bad(bool (*is_good)(const char *), const pwr_directive_args_t *args)
{
    for (int i = 0; i < args->count; i++) {
        if (!is_good(args->words[i])) {
            return args->words[i];
        }
    }
    return NULL;
}

const char *pwr_directive_check_attribute(const pwr_directive_args_t *args)
{
    const char *bad = first_bad(pwr_directory_is_attribute, args);
    return bad == NULL ? NULL : apr_psprintf(args->pool, "'%s' is no attribute", bad);
}

const char *pwr_directive_check_dn(const pwr_directive_args_t *args)
{
    const char *bad = first_bad(pwr_directory_is_dn, args);
    return bad == NULL ? NULL : apr_psprintf(args->pool, "'%s' is no DN", bad);
}

const char *pwr_directive_check_filter(const pwr_directive_args_t *args)
{
    const char *bad = first_bad(pwr_directory_is_filter, args);
    return bad == NULL ? NULL
                       : apr_psprintf(args->pool, "'%s' is no filter in brackets (RFC 4515)", bad);
}

const char *pwr_directive_check_directory_backend(const pwr_directive_args_t *args)
{
    bool is_backend
        = strcasecmp(args->words[0], "auto") == 0 || pwr_directory_is_backend(args->words[0]);
    return is_backend ? NULL
                      : apr_psprintf(args->pool, "'%s' is none of auto, %s", args->words[0],
                                     pwr_directory_backend_names(args->pool));
}

const char *pwr_directive_set_scheme(const pwr_directive_args_t *args)
{
    const char **scheme = &args->settings->parts.directory.scheme;

    if (strcasecmp(args->words[0], "none") == 0) {
        *scheme = NULL;
        return NULL;
    }
    return strcasecmp(args->words[0], "argon2") == 0
               ? NULL
               : apr_psprintf(args->pool, "'%s' is neither none nor argon2", args->words[0]);
}
