/*
 * What the site says about its directory, and whether that makes sense. Filled before the fork by
 * the httpd layer; read-only afterwards, any thread.
 */
#ifndef PWR_DIRECTORY_SETTINGS_H
#define PWR_DIRECTORY_SETTINGS_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "base/crypto.h"
#include "base/fault.h"

#define PWR_EVERYTHING "(objectClass=*)" /* the filter of a URL that has none */

typedef enum { PWR_TLS_STARTTLS, PWR_TLS_LDAPS, PWR_TLS_NONE } pwr_directory_tls_t;

typedef enum { PWR_BIND_SIMPLE, PWR_BIND_EXTERNAL, PWR_BIND_GSSAPI } pwr_directory_bind_t;

typedef struct {
    apr_array_header_t *uris; /* const char *: "ldap://127.0.0.1:3389", in order of preference */
    pwr_directory_tls_t tls;  /* NONE is right for ldapi:// and where the site says so */
    const char *base;
    int scope;                 /* 0 base, 1 one level, 2 subtree, as in RFC 4516 */
    const char *filter;        /* the site's own part of the filter, e.g. "(objectClass=person)" */
    apr_array_header_t *match; /* const char *: attributes the typed name is compared with; NULL or
                                  empty: the backend's */
    apr_array_header_t *more_bases;      /* const char *: searched as well, in the same scope */
    const char *backend_name;            /* "auto", or as in backend.h */
    const char *login_attribute;         /* NULL: the backend's: "uid", "sAMAccountName" */
    apr_array_header_t *mail_attributes; /* const char *: where mail goes, the first that has a
                                            value: a private address before the company's, say */
    apr_array_header_t *allow_groups;    /* const char *: DNs; members alone may reset */
    apr_array_header_t *deny_groups;     /* const char *: DNs; members may not */
    const char *protected_filter;        /* accounts that match may not reset; NULL: none */
    bool may_be_several; /* one mail may name several accounts: each gets a link in one mail */
    bool must_change;    /* a password set by a link must be changed at the next login */
    pwr_directory_bind_t bind;
    const char *bind_dn; /* NULL binds anonymously */
    const pwr_secret_t *bind_password;
    const char *keytab;             /* GSSAPI: the service account's; NULL: the environment's */
    const char *principal;          /* GSSAPI: whose ticket; NULL: the keytab's first */
    const char *trusted_ca;         /* PEM file; NULL for the system's */
    const char *client_certificate; /* PEM files; NULL: none */
    const char *client_key;
    apr_interval_time_t timeout; /* of each operation: connect, TLS, bind, search, write */
    int connections;             /* at most so many at once per process */
    const char
        *policy_dn;     /* the default password policy; NULL: the only pwdPolicy entry there is */
    const char *scheme; /* a bare server: the password is hashed here and written to userPassword as
                           "{ARGON2}..."; NULL: the server does it (RFC 3062) */
    bool writes_samba;  /* sambaNTPassword and sambaPwdLastSet, where the entry has the class */
    bool writes_shadow; /* shadowLastChange, where the entry has the class */
} pwr_directory_settings_t;

/* Parses "ldap[s|i]://host[:port] [host ...]/base?attributes?scope?filter" (RFC 4516, with several
 * hosts as in AuthLDAPURL) into uris, base, match, scope and filter. BROKEN says what to write
 * instead. */
pwr_fault_t *pwr_directory_parse_url(pwr_directory_settings_t *settings, const char *url,
                                     apr_pool_t *pool) PWR_MUST_USE;

/* Whether a setting is the name of an attribute (RFC 4512, 2.5), or a DN that is not empty. */
bool pwr_directory_is_attribute(const char *name);
bool pwr_directory_is_dn(const char *text);
bool pwr_directory_is_filter(const char *text); /* in brackets (RFC 4515) */

/* Whether a setting is the URI of one server: "ldap://host[:port]", ldaps, or ldapi with a path. */
bool pwr_directory_is_server(const char *uri);

/* What to write instead of a wrong URL. */
extern const char *const pwr_directory_url_hint;

#endif
