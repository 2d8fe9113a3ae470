/*
 * The directory as the flows see it: find an account, read it again, read its password rules, write
 * its password. Opened once per process after the fork; calls from any thread, each on a pooled
 * connection. Every wait is bounded by the settings. Referrals are never followed. A write is never
 * repeated.
 */
#ifndef PWR_DIRECTORY_DIRECTORY_H
#define PWR_DIRECTORY_DIRECTORY_H

#include "base/crypto.h"
#include "base/fault.h"
#include "base/model.h"

typedef enum { PWR_TLS_STARTTLS, PWR_TLS_LDAPS, PWR_TLS_NONE } pwr_directory_tls_t;

typedef struct {
    apr_array_header_t *uris; /* const char *: "ldap://127.0.0.1:3389", in order of preference */
    pwr_directory_tls_t tls;  /* NONE is right for ldapi:// and where the site says so */
    const char *base;
    int scope;                 /* 0 base, 1 one level, 2 subtree, as in RFC 4516 */
    const char *filter;        /* the site's own part of the filter, e.g. "(objectClass=person)" */
    apr_array_header_t *match; /* const char *: attributes the typed name is compared with */
    const char *login_attribute; /* "uid" */
    const char *mail_attribute;  /* "mail" */
    const char *bind_dn;         /* NULL binds anonymously */
    const pwr_secret_t *bind_password;
    const char *trusted_ca;      /* PEM file; NULL for the system's */
    apr_interval_time_t timeout; /* of each operation: connect, TLS, bind, search, write */
    int connections;             /* at most so many at once per process */
    const char
        *policy_dn; /* the default password policy; NULL: the only pwdPolicy entry there is */
} pwr_directory_settings_t;

typedef struct pwr_directory_t pwr_directory_t;

/* How a write ended. */
typedef enum {
    PWR_WRITE_DONE,
    PWR_WRITE_REFUSED,  /* the directory said no; nothing was changed; the fault carries the message
                           key */
    PWR_WRITE_NOT_SENT, /* nothing was changed */
    PWR_WRITE_UNKNOWN   /* the request was sent and no answer came: it may or may not have been
                           changed */
} pwr_write_outcome_t;

/* Takes a settings record that stays as it is. Makes no connection yet. Lives in `pool`. */
pwr_fault_t *pwr_directory_open(pwr_directory_t **directory,
                                const pwr_directory_settings_t *settings,
                                apr_pool_t *pool) PWR_MUST_USE;

/* Parses "ldap[s|i]://host[:port] [host ...]/base?attributes?scope?filter" (RFC 4516, with several
 * hosts as in AuthLDAPURL) into uris, base, match, scope and filter. BROKEN says what to write
 * instead. */
pwr_fault_t *pwr_directory_parse_url(pwr_directory_settings_t *settings, const char *url,
                                     apr_pool_t *pool) PWR_MUST_USE;

/* Whether a setting is the name of an attribute (RFC 4512, 2.5), or a DN that is not empty. */
bool pwr_directory_is_attribute(const char *name);
bool pwr_directory_is_dn(const char *text);

/* The one account that `typed` names; `account` is NULL when there is none or more than one, and
 * `matches` (0, 1, 2 = several) says which. A match counts only when one stored value equals
 * `typed` byte for byte after ASCII case folding. */
pwr_fault_t *pwr_directory_find(pwr_account_t **account, int *matches, pwr_directory_t *directory,
                                const char *typed, apr_pool_t *pool) PWR_MUST_USE;

/* The account of an id; NULL when it is gone. */
pwr_fault_t *pwr_directory_read(pwr_account_t **account, pwr_directory_t *directory, const char *id,
                                apr_pool_t *pool) PWR_MUST_USE;

/* The rules that the directory enforces for this account. `account` NULL asks for the rules for
 * everybody. Cached per policy for a minute. */
pwr_fault_t *pwr_directory_rules(pwr_rules_t *rules, pwr_directory_t *directory,
                                 const pwr_account_t *account, apr_pool_t *scratch) PWR_MUST_USE;

/* Sets a password by the RFC 3062 operation with the ppolicy request control. The fault is NULL
 * exactly when `outcome` is DONE. Message keys of REFUSED: see answers.h. */
pwr_fault_t *pwr_directory_set_password(pwr_write_outcome_t *outcome, pwr_directory_t *directory,
                                        const pwr_account_t *account, const pwr_secret_t *password,
                                        apr_pool_t *pool) PWR_MUST_USE;

/* For self-checks: connects and binds to one server; NULL when that works. `index` counts from 0.
 */
pwr_fault_t *pwr_directory_probe(pwr_directory_t *directory, int index,
                                 apr_pool_t *scratch) PWR_MUST_USE;

#endif
