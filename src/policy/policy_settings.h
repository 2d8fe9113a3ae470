/*
 * What the site says about passwords, and what one judgement is made with. Filled before the fork;
 * read-only afterwards, any thread.
 */
#ifndef PWR_POLICY_POLICY_SETTINGS_H
#define PWR_POLICY_POLICY_SETTINGS_H

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

#endif
