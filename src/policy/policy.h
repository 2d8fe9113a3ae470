/*
 * What a password must satisfy: the directory's rules and the site's own, one row per rule, from
 * which the box beside the form, its live ticks and the judgement are all fed. Opened once before
 * the fork; then read-only, any thread.
 */
#ifndef PWR_POLICY_POLICY_H
#define PWR_POLICY_POLICY_H

#include "base/crypto.h"
#include "base/model.h"

/* A regular expression of the site, with its sentence for the box in each language. */
typedef struct {
    const char *expression;
    bool is_unwanted;  /* a password that has it is refused; else one that has it not */
    apr_table_t *said; /* language tag to sentence; tag "" for every other language */
} pwr_policy_pattern_t;

typedef struct {
    int min_length; /* code points; 0: 15, or with a second factor the directory's, or 8 */
    bool has_mfa;   /* the site asks for a second factor at login */
    int max_length; /* code points; 0: our own ceiling */
    int max_bytes;  /* of UTF-8; 0: our own ceiling */
    bool refuses_names;
    const char *organisation; /* as people know it; NULL when the site has not said */
    const char *blocklist;    /* file; NULL for none */
    const char *pwned_file;   /* NULL for none */
    const char *pwned_url;    /* https URL before the five digits; NULL for none */
    const char *pwned_ca;     /* PEM file; NULL for the system's */
    apr_interval_time_t pwned_timeout;
    int refuses_on_outage;        /* of pwned_url */
    pwr_classes_t classes;        /* counting UNICODE */
    const char *first, *last;     /* "letter", "lower", "upper", "digit", "alnum"; NULL for any */
    const char *forbidden;        /* characters that may not be used; NULL for none */
    apr_array_header_t *patterns; /* pwr_policy_pattern_t; NULL for none */
    bool has_advice;              /* tell when a password would be easy to guess */
} pwr_policy_settings_t;

typedef struct pwr_policy_t pwr_policy_t;

typedef struct {
    const pwr_policy_t *policy;
    const pwr_rules_t *rules; /* merged */
    const pwr_account_t *account;
} pwr_policy_context_t;

/* One line of the box; and what is said of it when it is broken. */
typedef struct {
    const char *kind;   /* "min_length" and so on: message "rules.<kind>", and the script's word */
    int asked;          /* how many; 0 where nothing is counted */
    const char *detail; /* sort of "first" and "last", characters of "forbidden"; or NULL */
    const char
        *counting; /* how: "points", "bytes", "utf16"; classes: "unicode", "bytes", "samba" */
    const apr_table_t *said; /* a site's own sentences, instead of the message; or NULL */
    bool has_tick;           /* can be checked in the browser, with nothing sent */
} pwr_policy_line_t;

/* The first broken rule; key NULL when none is. */
typedef struct {
    const char *key;        /* message key; its arguments: those of `line`, and entered_length */
    int entered_length;     /* code points */
    pwr_policy_line_t line; /* kind NULL when the key is about no line */
    bool is_guessable;      /* advice */
} pwr_verdict_t;

/* Reads the lists and compiles the expressions. BROKEN with file, line and remedy. `settings` stay
 * where they are. */
pwr_fault_t *pwr_policy_open(pwr_policy_t **policy, const pwr_policy_settings_t *settings,
                             apr_pool_t *pool) PWR_MUST_USE;

/* The directory's rules and the site's, whichever is stricter. Where the directory has rules about
 * sorts of characters, its way of counting holds for the site's too. */
pwr_rules_t pwr_policy_merge(const pwr_policy_settings_t *settings,
                             const pwr_rules_t *directory_rules);

/* The box: pwr_policy_line_t, in the order in which they are shown. */
apr_array_header_t *pwr_policy_lines(const pwr_policy_context_t *context, apr_pool_t *pool);

/* What is typed becomes what is written: NFC, so that every keyboard gives the same bytes. NULL
 * with `key` set when it is empty, no valid text, holds a control character, or is over
 * PWR_MAX_PASSWORD bytes. */
pwr_secret_t *pwr_policy_prepare(const char **key, const char *typed, apr_pool_t *pool);

/* Judges a prepared password by every rule that can be checked here. May ask the site's service for
 * leaked passwords, within its timeout. */
pwr_verdict_t pwr_policy_judge(const pwr_policy_context_t *context, const pwr_secret_t *password,
                               apr_pool_t *scratch);

#endif
