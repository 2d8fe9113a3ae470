/*
 * Values with a shape of their own. Each is judged where it is read, so that httpd's message names
 * file and line.
 */
#include "httpd/directive_values.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include "base/limits.h"
#include "base/url.h"
#include "httpd/return_url.h"
#include "httpd/secret.h"
#include "mail/message.h"

/* Paths arrive in this form: no doubled slash, no segment "." or "..", nothing encoded. */
static bool is_plain_path(const char *path)
{
    return strpbrk(path, "'%") == NULL && pwr_url_is_plain_path(path, strlen(path));
}

const char *pwr_take_base_url(const pwr_taken_t *taken)
{
    char *text = apr_pstrdup(taken->pool, taken->words[0]);
    apr_size_t length = strlen(text);
    pwr_url_t url;

    if (length > 0 && text[length - 1] == '/') {
        text[length - 1] = '\0';
    }
    if (!pwr_url_parse(&url, text, taken->pool)) {
        return apr_psprintf(taken->pool, "'%s' is no URL of a host, or of a host and a port",
                            taken->words[0]);
    }
    if (strcmp(url.scheme, "https") != 0) {
        return apr_psprintf(taken->pool, "'%s' is not https, so the link could be read on its way",
                            text);
    }
    if (url.query != NULL || url.fragment != NULL || url.user != NULL) {
        return apr_psprintf(taken->pool, "'%s' has a user, query or fragment", text);
    }
    if (!is_plain_path(url.path) || length > 200) {
        return "the URL's path is not plain, or the URL is longer than 200 characters";
    }
    taken->settings->parts.flow.base_url = text;
    return NULL;
}

const char *pwr_judge_readable(const pwr_taken_t *taken)
{
    const char *path = ap_server_root_relative(taken->pool, taken->words[0]);
    return access(path, R_OK) == 0 ? NULL
                                   : apr_psprintf(taken->pool, "the file %s cannot be read", path);
}

const char *pwr_take_relay(const pwr_taken_t *taken)
{
    pwr_mail_settings_t *mail = &taken->settings->parts.mail;
    pwr_relay_t *relay = NULL;
    pwr_fault_t *fault = pwr_mail_parse_relay(
        &relay, taken->words[0], taken->count > 1 ? taken->words[1] : NULL, taken->pool);

    if (fault != NULL) {
        return fault->detail;
    }
    if (mail->relays == NULL) {
        mail->relays = apr_array_make(taken->pool, 2, sizeof(pwr_relay_t *));
    }
    if (mail->relays->nelts >= PWR_MAX_RELAYS) {
        return apr_psprintf(taken->pool, "there are more than %d relays", PWR_MAX_RELAYS);
    }
    APR_ARRAY_PUSH(mail->relays, pwr_relay_t *) = relay;
    return NULL;
}

/* Belongs to the PwResetRelay above it. */
const char *pwr_take_relay_password(const pwr_taken_t *taken)
{
    apr_array_header_t *relays = taken->settings->parts.mail.relays;

    if (relays == NULL) {
        return "there is no PwResetRelay above it";
    }
    pwr_relay_t *relay = APR_ARRAY_IDX(relays, relays->nelts - 1, pwr_relay_t *);
    if (relay->user == NULL) {
        return apr_psprintf(taken->pool, "the relay above, %s, has no user", relay->name);
    }
    if (relay->kind == PWR_RELAY_PLAIN) {
        return apr_psprintf(taken->pool, "the relay above, %s, would get it without TLS",
                            relay->name);
    }
    return pwr_secret_take(&relay->password, taken->words[0], taken->pool);
}

static const char *judge_address(const char *address, apr_pool_t *pool)
{
    const char *wire = pwr_message_wire_address(address, pool);
    const char *domain = wire != NULL ? strchr(wire, '@') + 1 : NULL;
    return domain != NULL && pwr_url_is_host_name(domain)
               ? NULL
               : apr_psprintf(pool, "'%s' is no mail address", address);
}

/* "Name <address>" or "address". */
const char *pwr_take_mail_from(const pwr_taken_t *taken)
{
    pwr_mail_settings_t *mail = &taken->settings->parts.mail;
    char *word = apr_pstrdup(taken->pool, taken->words[0]);
    char *open = strrchr(word, '<');
    const char *address = word;
    const char *wrong = pwr_settings_judge_text(word);

    if (wrong != NULL) {
        return wrong;
    }
    mail->from_name = NULL;
    if (open != NULL && open[strlen(open) - 1] == '>') {
        open[strlen(open) - 1] = '\0';
        address = open + 1;
        *open = '\0';
        for (char *end = open; end > word && apr_isspace(end[-1]); end--) {
            end[-1] = '\0';
        }
        mail->from_name = word[0] != '\0' ? word : NULL;
    }
    mail->from = address;
    return judge_address(address, taken->pool);
}

static const char *take_address(const char **field, const pwr_taken_t *taken)
{
    *field = apr_pstrdup(taken->pool, taken->words[0]);
    return judge_address(*field, taken->pool);
}

const char *pwr_take_reply_to(const pwr_taken_t *taken)
{
    return take_address(&taken->settings->parts.mail.reply_to, taken);
}

const char *pwr_take_bounce(const pwr_taken_t *taken)
{
    return take_address(&taken->settings->parts.mail.bounce, taken);
}

const char *pwr_judge_user(const pwr_taken_t *taken)
{
    const struct passwd *user = getpwnam(taken->words[0]);

    if (user == NULL) {
        return apr_psprintf(taken->pool, "there is no user '%s' on this system", taken->words[0]);
    }
    return user->pw_uid == 0 ? "the worker must not run as root" : NULL;
}

const char *pwr_take_store(const pwr_taken_t *taken)
{
    static const char *const drivers[] = {"sqlite3", "pgsql", "mysql"};
    pwr_store_settings_t *store = &taken->settings->parts.store;
    const char *params = taken->count > 1 ? taken->words[1] : NULL;

    store->driver = NULL;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i], taken->words[0]) == 0) {
            store->driver = drivers[i];
        }
    }
    if (store->driver == NULL) {
        return apr_psprintf(taken->pool, "'%s' is none of sqlite3, pgsql, mysql", taken->words[0]);
    }
    if (params == NULL && strcmp(store->driver, "sqlite3") == 0) {
        params = PWR_STATEDIR "/pwreset.db";
    }
    if (params == NULL) {
        return apr_psprintf(taken->pool, "behind %s it must say how to connect, as DBDParams does",
                            store->driver);
    }
    bool is_file = strcmp(store->driver, "sqlite3") == 0;
    store->params
        = is_file ? ap_server_root_relative(taken->pool, params) : apr_pstrdup(taken->pool, params);
    return NULL;
}

static bool is_path_here(const char *word)
{
    return word[0] == '/' && word[1] != '/' && word[1] != '\\';
}

static const char *judge_url_letters(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f) {
            return "the value has a character that stands in no URL";
        }
    }
    return NULL;
}

/* https, or a path on this server: anything else could lead a person away. */
static const char *take_url(const char **field, const pwr_taken_t *taken)
{
    const char *word = taken->words[0];

    if (!is_path_here(word) && strncmp(word, "https://", 8) != 0) {
        return apr_psprintf(taken->pool, "'%s' is neither a path nor an https URL", word);
    }
    *field = apr_pstrdup(taken->pool, word);
    return judge_url_letters(word);
}

const char *pwr_take_login_url(const pwr_taken_t *taken)
{
    return take_url(&taken->settings->parts.flow.login_url, taken);
}

const char *pwr_take_help_url(const pwr_taken_t *taken)
{
    return take_url(&taken->settings->help_url, taken);
}

/* "file:/path", which we serve, or a path on this server: the pages load nothing from elsewhere. */
static const char *take_file_here(const char **field, const pwr_taken_t *taken)
{
    const char *word = taken->words[0];

    if (strncmp(word, "file:", 5) == 0 && word[5] != '\0') {
        const char *path = ap_server_root_relative(taken->pool, word + 5);
        *field = path != NULL ? apr_pstrcat(taken->pool, "file:", path, NULL) : NULL;
        return path != NULL ? NULL : "the path is not valid";
    }
    if (!is_path_here(word)) {
        return apr_psprintf(taken->pool, "'%s' is neither file:/path nor a path on this server",
                            word);
    }
    *field = apr_pstrdup(taken->pool, word);
    return judge_url_letters(word);
}

const char *pwr_take_style(const pwr_taken_t *taken)
{
    return take_file_here(&taken->settings->style, taken);
}

const char *pwr_take_logo(const pwr_taken_t *taken)
{
    return take_file_here(&taken->settings->logo, taken);
}

const char *pwr_take_return_url(const pwr_taken_t *taken)
{
    pwr_settings_t *settings = taken->settings;

    if (settings->return_urls == NULL) {
        settings->return_urls = apr_array_make(taken->pool, 4, sizeof(pwr_return_t));
    }
    for (int i = 0; i < taken->count; i++) {
        const char *wrong
            = pwr_return_parse(apr_array_push(settings->return_urls), taken->words[i], taken->pool);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* Tags, parted by spaces; whether each has its file is known when the files are read. */
const char *pwr_take_languages(const pwr_taken_t *taken)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    const char *all = "";

    for (int i = 0; i < taken->count; i++) {
        const char *word = taken->words[i];
        if (word[0] == '\0' || word[strspn(word, letters)] != '\0') {
            return apr_psprintf(taken->pool, "'%s' is no language tag", word);
        }
        all = apr_pstrcat(taken->pool, all, i > 0 ? " " : "", word, NULL);
    }
    taken->settings->parts.flow.languages = all;
    return NULL;
}

/* Rising whole numbers into fields that stand side by side. */
static const char *take_rising(int *first, int count, const pwr_taken_t *taken)
{
    char *last = NULL;
    char *words = apr_pstrdup(taken->pool, taken->words[0]);
    int before = 0;

    for (int i = 1; i < taken->count; i++) {
        words = apr_pstrcat(taken->pool, words, " ", taken->words[i], NULL);
    }
    for (int i = 0; i < count; i++) {
        const char *word = apr_strtok(i == 0 ? words : NULL, " ", &last);
        char *end = NULL;
        apr_int64_t number = word != NULL ? apr_strtoi64(word, &end, 10) : 0;
        if (word == NULL || *end != '\0' || number <= before || number > 10000000) {
            return apr_psprintf(taken->pool,
                                "it takes %d whole numbers, each greater than the one "
                                "before",
                                count);
        }
        first[i] = before = (int)number;
    }
    return apr_strtok(NULL, " ", &last) == NULL ? NULL : "there are too many numbers";
}

const char *pwr_take_client_limits(const pwr_taken_t *taken)
{
    return take_rising(&taken->settings->parts.abuse.client_calm, 3, taken);
}

const char *pwr_take_site_limits(const pwr_taken_t *taken)
{
    return take_rising(&taken->settings->parts.abuse.site_calm, 2, taken);
}

const char *pwr_take_captcha(const pwr_taken_t *taken)
{
    pwr_remote_settings_t *remote = &taken->settings->parts.remote;

    if (taken->count != 2) {
        return "it takes a provider and a site key";
    }
    if (pwr_remote_provider(taken->words[0]) == NULL) {
        return apr_psprintf(taken->pool, "'%s' is none of %s", taken->words[0],
                            pwr_remote_names(taken->pool));
    }
    remote->provider = apr_pstrdup(taken->pool, taken->words[0]);
    remote->site_key = apr_pstrdup(taken->pool, taken->words[1]);
    return NULL;
}

const char *pwr_take_captcha_secret(const pwr_taken_t *taken)
{
    return pwr_secret_take(&taken->settings->parts.remote.secret, taken->words[0], taken->pool);
}
