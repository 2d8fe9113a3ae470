/*
 * One function asks and one judges, for all providers; the rows of captcha_provider say what
 * differs.
 *
 * The judge says YES only to a true verdict of the right type with everything else as expected, and
 * NO only to a verdict in the provider's own form. Everything else is DOWN: a stranger can send a
 * bad response, but cannot make the provider answer in another form.
 *
 * Bodies are written here and not by text/json, because they hold the secret: one buffer, wiped
 * after use.
 */
#include "abuse/captcha_remote.h"

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/https.h"
#include "base/url.h"
#include "base/limits.h"
#include "text/json.h"

enum {
    WIDEST = 6, /* characters that one byte becomes at most: \u0000 */
    FRAME = 32, /* characters round one member, beside its name and value */
    PERCENT = 100,
};

/* One question. */
typedef struct {
    const pwr_captcha_row_t *row;
    const pwr_remote_settings_t *settings;
    const char *response;
    const char *client_ip;
    apr_pool_t *pool;
} check_t;

static bool is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

static bool is_https(const char *text, apr_pool_t *pool)
{
    pwr_url_t url;
    return pwr_url_parse(&url, text, pool) && strcmp(url.scheme, "https") == 0;
}

pwr_fault_t *pwr_remote_settings_check(const pwr_remote_settings_t *settings, apr_pool_t *pool)
{
    const pwr_remote_provider_t *provider = pwr_remote_provider(settings->provider);
    const char *url = settings->verify_url;
    const char *missing = NULL;

    if (settings->provider == NULL) {
        return NULL;
    }
    if (provider == NULL) {
        return pwr_fault_broken(pool, "PWR0720", "No robot check is named '%s'. There are: %s.",
                                settings->provider, pwr_remote_names(pool));
    }
    if (is_empty(settings->site_key)) {
        missing = "site key";
    } else if (settings->secret == NULL || pwr_secret_length(settings->secret) == 0) {
        missing = "secret";
    } else if (provider->has_hostname && is_empty(settings->hostname)) {
        missing = "host name";
    } else if (provider->has_action && is_empty(settings->action)) {
        missing = "action";
    } else if (url == NULL ? provider->verify_url == NULL : !is_https(url, pool)) {
        missing = "https:// URL for verification";
    }
    return missing == NULL
               ? NULL
               : pwr_fault_broken(pool, "PWR0721", "The robot check %s needs a %s, and has none.",
                                  provider->name, missing);
}

/* ---- the question ---- */

static const char *value_of(const check_t *check, pwr_captcha_value_t value)
{
    switch (value) {
    case PWR_CAPTCHA_SECRET:
        return pwr_secret_bytes(check->settings->secret);
    case PWR_CAPTCHA_RESPONSE:
        return check->response;
    case PWR_CAPTCHA_SITE_KEY:
        return check->settings->site_key;
    case PWR_CAPTCHA_ACTION:
        return check->settings->action;
    case PWR_CAPTCHA_CLIENT:
        return check->client_ip;
    default:
        return NULL;
    }
}

static char *add(char *at, const char *text)
{
    size_t length = strlen(text);

    memcpy(at, text, length);
    return at + length;
}

static char *add_hex(char *at, const char *mark, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    at = add(at, mark);
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
    return at;
}

/* application/x-www-form-urlencoded (the URL Standard, 5.2), the blank as %20. */
static char *add_encoded(char *at, const char *text)
{
    for (; *text != '\0'; text++) {
        if (apr_isalnum(*text) || strchr("-._~", *text) != NULL) {
            *at++ = *text;
        } else {
            at = add_hex(at, "%", (unsigned char)*text);
        }
    }
    return at;
}

/* RFC 8259, 7. */
static char *add_quoted(char *at, const char *text)
{
    *at++ = '"';
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == '"' || byte == '\\') {
            at = add_hex(at, "\\u00", byte);
        } else {
            *at++ = *text;
        }
    }
    *at++ = '"';
    return at;
}

/* The room for a body, whatever its shape. */
static size_t room_for(const check_t *check)
{
    size_t room = FRAME;

    for (const pwr_captcha_member_t *member = check->row->asked; member->name != NULL; member++) {
        const char *value = value_of(check, member->value);
        room += FRAME + strlen(member->name) + (value != NULL ? WIDEST * strlen(value) : 0);
    }
    return room;
}

/* Writes the body to `at`. A member without value is left out. */
static void write_body(char *at, const check_t *check)
{
    const pwr_captcha_row_t *row = check->row;
    bool is_form = row->shape == PWR_CAPTCHA_FORM;
    const char *between = "";

    at = add(at, is_form ? "" : row->shape == PWR_CAPTCHA_EVENT ? "{\"event\":{" : "{");
    for (const pwr_captcha_member_t *member = row->asked; member->name != NULL; member++) {
        const char *value = value_of(check, member->value);
        if (value == NULL) {
            continue;
        }
        at = add(at, between);
        at = is_form ? add(add(at, member->name), "=") : add(add_quoted(at, member->name), ":");
        at = is_form ? add_encoded(at, value) : add_quoted(at, value);
        between = is_form ? "&" : ",";
    }
    at = add(at, is_form ? "" : row->shape == PWR_CAPTCHA_EVENT ? "}}" : "}");
    *at = '\0';
}

/* Google takes the key of an API in the query. */
static void write_url(char *at, const check_t *check, const char *url)
{
    at = add(at, url);
    if (check->row->shape == PWR_CAPTCHA_EVENT) {
        at = add(at, strchr(url, '?') != NULL ? "&key=" : "?key=");
        at = add_encoded(at, value_of(check, PWR_CAPTCHA_SECRET));
    }
    *at = '\0';
}

static pwr_fault_t *ask(pwr_https_answer_t *answer, const check_t *check)
{
    const pwr_remote_settings_t *settings = check->settings;
    const char *base
        = settings->verify_url != NULL ? settings->verify_url : check->row->provider.verify_url;
    size_t body_room = room_for(check);
    size_t url_room = FRAME + strlen(base) + WIDEST * pwr_secret_length(settings->secret);
    char *body = apr_palloc(check->pool, body_room);
    char *url = apr_palloc(check->pool, url_room);

    write_body(body, check);
    write_url(url, check, base);
    pwr_https_post_t post = {
        .url = url,
        .content_type = check->row->shape == PWR_CAPTCHA_FORM ? "application/x-www-form-urlencoded"
                                                              : "application/json",
        .body = body,
        .trusted_ca = settings->trusted_ca,
        .timeout = settings->timeout,
        .most = PWR_MAX_JSON,
    };
    pwr_fault_t *fault = pwr_https_post(answer, &post, check->pool);
    pwr_crypto_wipe(body, body_room);
    pwr_crypto_wipe(url, url_room);
    return fault;
}

/* ---- the answer ---- */

static pwr_remote_verdict_t say_no(pwr_fault_t **fault, const check_t *check, const char *tag,
                                   const char *why)
{
    *fault = pwr_fault_refused(check->pool, tag, NULL, "%s says no: %s", check->row->provider.name,
                               why);
    return PWR_REMOTE_NO;
}

static pwr_remote_verdict_t say_down(pwr_fault_t **fault, const check_t *check, const char *tag,
                                     const char *why)
{
    *fault
        = pwr_fault_later(check->pool, tag, "%s cannot be understood: %s. Our own check is used.",
                          check->row->provider.name, why);
    return PWR_REMOTE_DOWN;
}

static pwr_remote_verdict_t say_broken(pwr_fault_t **fault, const check_t *check, const char *tag,
                                       const char *why)
{
    *fault = pwr_fault_broken(check->pool, tag,
                              "%s does not accept our question: %s. Check the secret, the site key "
                              "and the URL for verification; until then our own check is used.",
                              check->row->provider.name, why);
    return PWR_REMOTE_DOWN;
}

/* Some say no by an HTTP status, and the same status says that our secret is wrong. */
static pwr_remote_verdict_t check_status(pwr_fault_t **fault, const check_t *check, int status,
                                         const pwr_json_t *json)
{
    const char *const *refusals = check->row->refusals;
    const char *error = json != NULL ? pwr_json_get_text(json, "error") : NULL;
    const char *why = apr_psprintf(check->pool, "HTTP status %d", status);

    for (int i = 0; error != NULL && refusals[i] != NULL; i++) {
        if (strcmp(error, refusals[i]) == 0) {
            return say_no(fault, check, "PWR0724", error);
        }
    }
    if (status == 400 || status == 401 || status == 403 || status == 404) {
        return say_broken(fault, check, "PWR0725", why);
    }
    return say_down(fault, check, "PWR0726", why);
}

static pwr_remote_verdict_t check_false(pwr_fault_t **fault, const check_t *check,
                                        const pwr_json_t *json)
{
    const char *name = check->row->errors;
    const char *words = name != NULL ? pwr_json_get_texts(json, name) : "";

    if (strstr(words, "-input-secret") != NULL) {
        return say_broken(fault, check, "PWR0727", words);
    }
    if (strstr(words, "internal-error") != NULL) {
        return say_down(fault, check, "PWR0728", words);
    }
    return say_no(fault, check, "PWR0729", *words != '\0' ? words : "no reason is given");
}

static pwr_remote_verdict_t check_score(pwr_fault_t **fault, const check_t *check,
                                        const pwr_json_t *json)
{
    static const double rounding = 1e-6; /* 0.29 * 100 is less than 29 */
    const pwr_captcha_row_t *row = check->row;
    const pwr_json_t *place
        = row->score_in != NULL ? pwr_json_get_object(json, row->score_in) : json;
    double score = 0;

    if (place == NULL || !pwr_json_get_real(&score, place, "score")) {
        return say_down(fault, check, "PWR0732", "it gives no score; is the key of this kind?");
    }
    if (!(score * PERCENT + rounding >= check->settings->least_score)) {
        return say_no(fault, check, "PWR0733",
                      apr_psprintf(check->pool, "a score of %.2f is too low", score));
    }
    return PWR_REMOTE_YES;
}

/* The verdict is true. Is it about our page? */
static pwr_remote_verdict_t check_true(pwr_fault_t **fault, const check_t *check,
                                       const pwr_json_t *json, const pwr_json_t *place)
{
    const pwr_remote_provider_t *provider = &check->row->provider;
    const char *hostname = pwr_json_get_text(place, "hostname");
    const char *action = pwr_json_get_text(place, "action");

    if ((provider->has_hostname && hostname == NULL) || (provider->has_action && action == NULL)) {
        return say_down(fault, check, "PWR0730",
                        hostname == NULL ? "it names no host" : "it names no action");
    }
    if (provider->has_hostname && apr_cstr_casecmp(hostname, check->settings->hostname) != 0) {
        return say_no(fault, check, "PWR0731",
                      apr_pstrcat(check->pool, "the response was made on ", hostname, NULL));
    }
    if (provider->has_action && strcmp(action, check->settings->action) != 0) {
        return say_no(fault, check, "PWR0734",
                      apr_pstrcat(check->pool, "the response was made for ", action, NULL));
    }
    return provider->has_score ? check_score(fault, check, json) : PWR_REMOTE_YES;
}

static pwr_remote_verdict_t check_answer(pwr_fault_t **fault, const check_t *check,
                                         const pwr_https_answer_t *answer)
{
    const pwr_captcha_row_t *row = check->row;
    const pwr_json_t *json = pwr_json_read(answer->body, answer->length, check->pool);
    const pwr_json_t *place = json;
    bool verdict = false;

    if (answer->status != 200) {
        return check_status(fault, check, answer->status, json);
    }
    if (json != NULL && row->verdict_in != NULL) {
        place = pwr_json_get_object(json, row->verdict_in);
    }
    if (place == NULL || !pwr_json_get_flag(&verdict, place, row->verdict)) {
        return say_down(fault, check, "PWR0723", "there is no verdict in its answer");
    }
    return verdict ? check_true(fault, check, json, place) : check_false(fault, check, json);
}

static bool is_response(const char *response)
{
    size_t length = 0;

    for (; response != NULL && response[length] != '\0'; length++) {
        if (response[length] <= ' ' || response[length] > '~' || length == PWR_MAX_BODY) {
            return false;
        }
    }
    return length > 0;
}

pwr_remote_verdict_t pwr_remote_check(pwr_fault_t **fault, const pwr_remote_settings_t *settings,
                                      const char *response, const char *client_ip, apr_pool_t *pool)
{
    check_t check = {.row = pwr_captcha_row(settings->provider),
                     .settings = settings,
                     .response = response,
                     .client_ip = client_ip,
                     .pool = pool};
    pwr_https_answer_t answer = {0};

    *fault = pwr_remote_settings_check(settings, pool);
    if (*fault != NULL) {
        return PWR_REMOTE_DOWN;
    }
    if (check.row == NULL || !is_response(response)) {
        *fault = pwr_fault_refused(pool, "PWR0722", NULL, "The form brings no usable response.");
        return PWR_REMOTE_NO;
    }
    *fault = ask(&answer, &check);
    return *fault != NULL ? PWR_REMOTE_DOWN : check_answer(fault, &check, &answer);
}
