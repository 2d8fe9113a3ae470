/*
 * The rows of captcha_remote: each provider of robot checks in the words of its own documentation.
 * A new provider is a row in captcha_provider.c and its protocol in the fake server of the tests.
 * Read-only; any thread.
 */
#ifndef PWR_ABUSE_CAPTCHA_PROVIDER_H
#define PWR_ABUSE_CAPTCHA_PROVIDER_H

#include "abuse/captcha_remote.h"

#define PWR_CAPTCHA_MEMBERS 5  /* asked at most, and one that ends the list */
#define PWR_CAPTCHA_REFUSALS 3 /* likewise */

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

/* The row of a name, or NULL. */
const pwr_captcha_row_t *pwr_captcha_row(const char *name);

#endif
