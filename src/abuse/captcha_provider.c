/*
 * All providers work alike: a POST with a secret and the browser's response, and a JSON object that
 * says true or false. They differ in names. The names are here, each row under the page that
 * documents it; no other code knows a provider.
 */
#include "abuse/captcha_provider.h"

#include <string.h>

#include <apr_strings.h>

#define GOOGLE "https://www.google.com/recaptcha/"
#define GOOGLE_SOURCES                                                                             \
    GOOGLE " https://www.gstatic.com/recaptcha/ https://recaptcha.google.com/recaptcha/"

static const pwr_captcha_row_t rows[] = {
    /* https://developers.google.com/recaptcha/docs/verify */
    {.provider = {.name = "recaptcha2",
                  .field = "g-recaptcha-response",
                  .script = GOOGLE "api.js",
                  .class_name = "g-recaptcha",
                  .sources = GOOGLE_SOURCES,
                  .verify_url = GOOGLE "api/siteverify",
                  .has_hostname = true},
     .asked = {{"secret", PWR_CAPTCHA_SECRET},
               {"response", PWR_CAPTCHA_RESPONSE},
               {"remoteip", PWR_CAPTCHA_CLIENT}},
     .verdict = "success",
     .errors = "error-codes"},
    /* https://developers.google.com/recaptcha/docs/v3 */
    {.provider = {.name = "recaptcha3",
                  .field = "g-recaptcha-response",
                  .script = GOOGLE "api.js?render=%s",
                  .class_name = "g-recaptcha",
                  .sources = GOOGLE_SOURCES,
                  .verify_url = GOOGLE "api/siteverify",
                  .has_hostname = true,
                  .has_action = true,
                  .has_score = true},
     .asked = {{"secret", PWR_CAPTCHA_SECRET},
               {"response", PWR_CAPTCHA_RESPONSE},
               {"remoteip", PWR_CAPTCHA_CLIENT}},
     .verdict = "success",
     .errors = "error-codes"},
    /* https://cloud.google.com/recaptcha/docs/create-assessment-website; the URL is
     * https://recaptchaenterprise.googleapis.com/v1/projects/PROJECT/assessments */
    {.provider = {.name = "recaptcha-enterprise",
                  .field = "g-recaptcha-response",
                  .script = GOOGLE "enterprise.js?render=%s",
                  .class_name = "g-recaptcha",
                  .sources = GOOGLE_SOURCES,
                  .has_hostname = true,
                  .has_action = true,
                  .has_score = true},
     .shape = PWR_CAPTCHA_EVENT,
     .asked = {{"token", PWR_CAPTCHA_RESPONSE},
               {"siteKey", PWR_CAPTCHA_SITE_KEY},
               {"expectedAction", PWR_CAPTCHA_ACTION}},
     .verdict = "valid",
     .verdict_in = "tokenProperties",
     .score_in = "riskAnalysis"},
    /* https://docs.hcaptcha.com/#verify-the-user-response-server-side */
    {.provider = {.name = "hcaptcha",
                  .field = "h-captcha-response",
                  .script = "https://js.hcaptcha.com/1/api.js",
                  .class_name = "h-captcha",
                  .sources = "https://hcaptcha.com https://*.hcaptcha.com",
                  .verify_url = "https://api.hcaptcha.com/siteverify",
                  .has_hostname = true},
     .asked = {{"secret", PWR_CAPTCHA_SECRET},
               {"response", PWR_CAPTCHA_RESPONSE},
               {"remoteip", PWR_CAPTCHA_CLIENT},
               {"sitekey", PWR_CAPTCHA_SITE_KEY}},
     .verdict = "success",
     .errors = "error-codes"},
    /* https://developers.cloudflare.com/turnstile/get-started/server-side-validation/ */
    {.provider = {.name = "turnstile",
                  .field = "cf-turnstile-response",
                  .script = "https://challenges.cloudflare.com/turnstile/v0/api.js",
                  .class_name = "cf-turnstile",
                  .sources = "https://challenges.cloudflare.com",
                  .verify_url = "https://challenges.cloudflare.com/turnstile/v0/siteverify",
                  .has_hostname = true,
                  .has_action = true},
     .asked = {{"secret", PWR_CAPTCHA_SECRET},
               {"response", PWR_CAPTCHA_RESPONSE},
               {"remoteip", PWR_CAPTCHA_CLIENT}},
     .verdict = "success",
     .errors = "error-codes"},
    /* https://developer.friendlycaptcha.com/docs/v1/api */
    {.provider = {.name = "friendly",
                  .field = "frc-captcha-solution",
                  .script = "https://cdn.jsdelivr.net/npm/friendly-challenge@0.9.19/widget.min.js",
                  .class_name = "frc-captcha",
                  .sources = "https://cdn.jsdelivr.net/npm/ https://api.friendlycaptcha.com",
                  .verify_url = "https://api.friendlycaptcha.com/api/v1/siteverify"},
     .asked = {{"solution", PWR_CAPTCHA_RESPONSE},
               {"secret", PWR_CAPTCHA_SECRET},
               {"sitekey", PWR_CAPTCHA_SITE_KEY}},
     .verdict = "success",
     .errors = "errors"},
    /* https://mcaptcha.org/docs/; the URL is https://INSTANCE/api/v1/pow/siteverify */
    {.provider
     = {.name = "mcaptcha", .field = "mcaptcha__token", .class_name = "mcaptcha", .sources = ""},
     .shape = PWR_CAPTCHA_JSON,
     .asked = {{"token", PWR_CAPTCHA_RESPONSE},
               {"key", PWR_CAPTCHA_SITE_KEY},
               {"secret", PWR_CAPTCHA_SECRET}},
     .verdict = "valid"},
    /* https://capjs.js.org/guide/standalone/usage.html; the URL is
     * https://INSTANCE/SITE_KEY/siteverify */
    {.provider = {.name = "cap", .field = "cap-token", .class_name = "cap-widget", .sources = ""},
     .shape = PWR_CAPTCHA_JSON,
     .asked = {{"secret", PWR_CAPTCHA_SECRET}, {"response", PWR_CAPTCHA_RESPONSE}},
     .verdict = "success",
     .refusals = {"Token not found", "Token expired"}},
};

#define ROWS (sizeof rows / sizeof *rows)

const pwr_captcha_row_t *pwr_captcha_row(const char *name)
{
    for (size_t i = 0; name != NULL && i < ROWS; i++) {
        if (strcmp(rows[i].provider.name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

const pwr_remote_provider_t *pwr_remote_provider(const char *name)
{
    const pwr_captcha_row_t *row = pwr_captcha_row(name);

    return row != NULL ? &row->provider : NULL;
}

const char *pwr_remote_names(apr_pool_t *pool)
{
    const char *names = rows[0].provider.name;

    for (size_t i = 1; i < ROWS; i++) {
        names = apr_pstrcat(pool, names, ", ", rows[i].provider.name, NULL);
    }
    return names;
}
