/*
 * What a password must satisfy: the directory's rules and the site's own, one row per rule, from
 * which the box beside the form, its live ticks and the judgement are all fed. Opened once before
 * the fork; then read-only, any thread.
 */
#ifndef PWR_POLICY_POLICY_H
#define PWR_POLICY_POLICY_H

#include "base/crypto.h"
#include "policy/policy_settings.h"

/* One line of the box; and what is said of it when it is broken. */
typedef struct {
    const char *kind;   /* "min_length" and so on: message "rules.<kind>", and the script's word */
    int asked;          /* how many; 0 where nothing is counted */
    const char *detail; /* class of "first" and "last", characters of "forbidden"; or NULL */
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
 * classes of characters, its way of counting holds for the site's too. */
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
