/*
 * What differs between directory servers: one table of functions for each backend, in a file of its
 * own (backend_openldap.c, backend_389ds.c, backend_ad.c). The rest of the component asks the
 * backend and never which one it is. Adding a backend is a file and a row in backend.c. The
 * functions keep no state; any thread.
 */
#ifndef PWR_DIRECTORY_BACKEND_H
#define PWR_DIRECTORY_BACKEND_H

#include "base/model.h"
#include "directory/answers.h"
#include "directory/outcome.h"
#include "directory/schema.h"

/* A new password on its way. */
typedef struct {
    const char *dn;
    const pwr_secret_t *password;
    const pwr_secret_t *old; /* the person's own change: bound as the person; NULL for a reset */
    bool must_change;        /* at the next login */
} pwr_write_t;

typedef struct pwr_backend_t pwr_backend_t;

/* What a backend's functions may look at. */
typedef struct {
    const pwr_backend_t *backend;
    const pwr_directory_settings_t *settings;
    pwr_ldap_connections_t *connections;
    const pwr_entry_t *root; /* the server's root DSE, read once */
    pwr_schema_t schema;     /* of the attributes that the settings and the backend name */
} pwr_backend_context_t;

struct pwr_backend_t {
    const char *name;              /* as in PwResetLDAPKind */
    const char *login_attribute;   /* where the site names none */
    const char *id_attribute;      /* survives renames, is never used again */
    const char *const *match;      /* where the site's URL names no attributes; closed by NULL */
    const char *const *attributes; /* what is read of each account besides; closed by NULL */
    /* From which read_state takes `ineligible`; of a group, its lists of members; and of an
     * account, what they are compared with. Closed by NULL. */
    const char *const *state_attributes, *const *group_attributes, *const *member_attributes;
    const char *hash_attribute; /* that a service account must not read; NULL: none */
    /* Of failed logins: the count, the policy's name, and what else is read; closed by NULL. */
    const char *const *failure_attributes;
    const char *lockout_attributes; /* what tells of the policy's lockout, for self-checks */
    bool password_ends_count;       /* a new password ends the count of failed logins */
    bool counts_apart;              /* each server of the domain counts failed logins by itself */
    const char *person_filter;      /* where the site's URL has none; NULL: everything */
    bool changes_as_service;        /* an own change is proved by the old password in the request */
    const char *schema_attribute;   /* of the root DSE; names the entry for read_schema */
    pwr_schema_reader_t *read_schema;

    /* Whether the root DSE is of this backend. */
    bool (*is_root)(const pwr_entry_t *root);
    /* The id as text; and the filter that finds it, NULL when it is no such id. */
    const char *(*id_of)(const pwr_entry_t *entry, apr_pool_t *pool);
    const char *(*id_filter)(const char *id, apr_pool_t *pool);
    /* Fills in password_changed, is_locked, must_change, and `ineligible` as far as the server's
     * own attributes tell ("disabled", "locked", "expired"). */
    void (*read_state)(pwr_account_t *account, const pwr_entry_t *entry, apr_time_t now);
    /* Sets `hidden` to the first of `names` (const char *) that `dn` may have and not show, or that
     * the schema lacks; else to NULL. Itself NULL where (!(a=*)) is true of what is absent alone.
     */
    pwr_fault_t *(*find_hidden)(const char **hidden, const pwr_backend_context_t *context,
                                const char *dn, const apr_array_header_t *names,
                                apr_pool_t *scratch);
    /* Whether a group holds the account, by a fixed number of searches. NULL: ask its lists. */
    pwr_fault_t *(*is_member)(bool *is_in, const pwr_backend_context_t *context, const char *group,
                              const pwr_account_t *account, apr_pool_t *scratch);
    /* How many failed logins the server counts at `now`; -1 where the entry does not tell. */
    int (*failures_of)(const pwr_entry_t *entry, const pwr_lockout_t *lockout, apr_time_t now);
    /* Changes exactly when the password does; NULL when all that could tell is hidden. */
    const char *(*stamp_of)(const pwr_entry_t *entry, const pwr_backend_context_t *context,
                            apr_pool_t *pool);
    /* Names the policy of an account (`dn` NULL: of everybody) as a key for the cache, "" for the
     * default; and reads the policy of such a key. */
    pwr_fault_t *(*policy_of)(const char **key, const pwr_backend_context_t *context,
                              const char *dn, apr_pool_t *scratch);
    pwr_fault_t *(*rules_of)(pwr_rules_t *rules, const pwr_backend_context_t *context,
                             const char *key, apr_pool_t *scratch);
    /* The lockout of the policy that the entry `dn` names; where it names none, `lockout` stays.
     * Every `dn`, also one that is not there, costs the same searches, even after a fault. */
    pwr_fault_t *(*lockout_of)(pwr_lockout_t *lockout, const pwr_backend_context_t *context,
                               const char *dn, apr_pool_t *scratch);
    /* What the policy `rules` forbids inside this account's password, letter case aside (const char
     * *); NULL when there is nothing such. */
    apr_array_header_t *(*words_of)(const pwr_account_t *account, const pwr_rules_t *rules,
                                    apr_pool_t *pool);
    /* A password that is never sent: its message key, else NULL. May itself be NULL. */
    const char *(*refuses)(const pwr_secret_t *password);
    /* Sends the request; libldap's code of the sending. */
    int (*send)(int *id, const pwr_ldap_handle_t *handle, const pwr_backend_context_t *context,
                const pwr_write_t *write, apr_pool_t *scratch);
    /* What is written after the password (unlock, samba and shadow attributes, ...), as changes to
     * the entry; NULL-terminated, NULL when nothing is. Only what the entry's schema has. */
    LDAPMod **(*after)(const pwr_backend_context_t *context, const pwr_write_t *write,
                       const pwr_entry_t *entry, apr_pool_t *scratch);
    /* The changes that unlock an account and leave its password alone. */
    LDAPMod **(*unlock)(const pwr_entry_t *entry, apr_pool_t *scratch);
    /* The message key for a refused password; NULL when the person can do nothing about it. */
    const char *(*key_of)(const pwr_answer_t *answer);
    /* What else would put the bind above the policy, as a fault. May itself be NULL. */
    pwr_fault_t *(*check_bind)(const pwr_backend_context_t *context, apr_pool_t *scratch);
    /* How a bind as the person ended, from its answer (AD's sub-codes). */
    pwr_bind_outcome_t (*bind_of)(const pwr_answer_t *answer);
};

/* What each account must match: the site's filter, else the backend's. */
const char *pwr_backend_person_filter(const pwr_backend_context_t *context);

extern const pwr_backend_t pwr_backend_openldap, pwr_backend_389ds, pwr_backend_ad;

/* The backend of a name, or of a root DSE; NULL when there is none. An unknown server is taken for
 * OpenLDAP: entryUUID, RFC 3062 and ppolicy are what a standard server has. */
const pwr_backend_t *pwr_backend_named(const char *name);
const char *pwr_backend_names(apr_pool_t *pool); /* "openldap, 389ds, ad" */
const pwr_backend_t *pwr_backend_of_root(const pwr_entry_t *root);

#endif
