/*
 * The rows of captcha_remote: each provider of robot checks in the words of its own documentation.
 * A new provider is a row in captcha_provider.c and its protocol in the fake server of the tests.
 * Read-only; any thread.
 */
#ifndef PWR_ABUSE_CAPTCHA_PROVIDER_H
#define PWR_ABUSE_CAPTCHA_PROVIDER_H

#include <stdbool.h>

#include <apr_pools.h>

#define PWR_CAPTCHA_MEMBERS 5  /* asked at most, and one that ends the list */
#define PWR_CAPTCHA_REFUSALS 3 /* likewise */

/* What the page needs to show the provider's widget. */
typedef struct {
    const char *name;   /* "recaptcha2", "recaptcha3", "recaptcha-enterprise", "hcaptcha",
                           "turnstile", "friendly", "mcaptcha", "cap" */
    const char *field;  /* form field that brings the response */
    const char *script; /* URL of the script, with %s for the site key; NULL where it is the site's
                           own affair */
    const char *class_name; /* of the widget's element */
    const char *sources;    /* script-src, frame-src, connect-src and style-src origins to allow,
                               space-separated; "" for self-hosted ones: the verify URL's */
    const char *verify_url; /* NULL: the site must name its own, with project or site key in it */
    bool has_hostname, has_action, has_score; /* what a site must say of what it expects */
} pwr_remote_provider_t;

typedef enum {
    PWR_CAPTCHA_FORM,
    PWR_CAPTCHA_JSON,
    PWR_CAPTCHA_EVENT /* JSON, one level down; the secret is in the URL */
} pwr_captcha_shape_t;

typedef enum {
    PWR_CAPTCHA_SECRET,
    PWR_CAPTCHA_RESPONSE,
    PWR_CAPTCHA_SITE_KEY,
    PWR_CAPTCHA_ACTION,
    PWR_CAPTCHA_CLIENT
} pwr_captcha_value_t;

typedef struct {
    const char *name; /* NULL ends the list */
    pwr_captcha_value_t value;
} pwr_captcha_member_t;

typedef struct {
    pwr_remote_provider_t provider;
    pwr_captcha_shape_t shape;
    pwr_captcha_member_t asked[PWR_CAPTCHA_MEMBERS];
    const char *verdict;    /* member that is true or false */
    const char *verdict_in; /* object that it, hostname and action are in; NULL: the answer */
    const char *score_in;   /* likewise */
    const char *errors;     /* list of words that explain a false; NULL: there is none */
    /* Texts of "error" that mean false and come with an HTTP status of their own. */
    const char *refusals[PWR_CAPTCHA_REFUSALS];
} pwr_captcha_row_t;

/* The row of a name, or NULL. `pwr_remote_names` lists all, for messages. */
const pwr_remote_provider_t *pwr_remote_provider(const char *name);
const char *pwr_remote_names(apr_pool_t *pool);

/* The row of a name, or NULL. */
const pwr_captcha_row_t *pwr_captcha_row(const char *name);

#endif
