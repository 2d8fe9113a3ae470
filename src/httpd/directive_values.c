/*
 * Values with a shape of their own. Each is checked where it is read, so that httpd's message names
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
    return strpbrk(path, "'%") == NULL && pwr_url_is_plain_path(path);
}

const char *pwr_directive_set_base_url(const pwr_directive_args_t *args)
{
    char *text = apr_pstrdup(args->pool, args->words[0]);
    apr_size_t length = strlen(text);
    pwr_url_t url;

    if (length > 0 && text[length - 1] == '/') {
        text[length - 1] = '\0';
    }
    if (!pwr_url_parse(&url, text, args->pool)) {
        return apr_psprintf(args->pool, "'%s' is no URL of a host, or of a host and a port",
                            args->words[0]);
    }
    if (strcmp(url.scheme, "https") != 0) {
        return apr_psprintf(args->pool, "'%s' is not https, so the link could be read on its way",
                            text);
    }
    if (url.query != NULL || url.fragment != NULL || url.user != NULL) {
        return apr_psprintf(args->pool, "'%s' has a user, query or fragment", text);
    }
    if (!is_plain_path(url.path) || length > 200) {
        return "the URL's path is not plain, or the URL is longer than 200 characters";
    }
    args->settings->parts.flow.base_url = text;
    return NULL;
}

const char *pwr_directive_check_readable(const pwr_directive_args_t *args)
{
    const char *path = ap_server_root_relative(args->pool, args->words[0]);
    return access(path, R_OK) == 0 ? NULL
                                   : apr_psprintf(args->pool, "the file %s cannot be read", path);
}

const char *pwr_directive_set_relay(const pwr_directive_args_t *args)
{
    pwr_mail_settings_t *mail = &args->settings->parts.mail;
    pwr_relay_t *relay = NULL;
    pwr_fault_t *fault = pwr_mail_parse_relay(&relay, args->words[0],
                                              args->count > 1 ? args->words[1] : NULL, args->pool);

    if (fault != NULL) {
        return fault->detail;
    }
    if (mail->relays == NULL) {
        mail->relays = apr_array_make(args->pool, 2, sizeof(pwr_relay_t *));
    }
    if (mail->relays->nelts >= PWR_MAX_RELAYS) {
        return apr_psprintf(args->pool, "there are more than %d relays", PWR_MAX_RELAYS);
    }
    APR_ARRAY_PUSH(mail->relays, pwr_relay_t *) = relay;
    return NULL;
}

/* Belongs to the PwResetRelay above it. */
const char *pwr_directive_set_relay_password(const pwr_directive_args_t *args)
{
    apr_array_header_t *relays = args->settings->parts.mail.relays;

    if (relays == NULL) {
        return "there is no PwResetRelay above it";
    }
    pwr_relay_t *relay = APR_ARRAY_IDX(relays, relays->nelts - 1, pwr_relay_t *);
    if (relay->user == NULL) {
        return apr_psprintf(args->pool, "the relay above, %s, has no user", relay->name);
    }
    if (relay->kind == PWR_RELAY_PLAIN) {
        return apr_psprintf(args->pool, "the relay above, %s, would get it without TLS",
                            relay->name);
    }
    return pwr_secret_take(&relay->password, args->words[0], args->pool);
}

static const char *check_address(const char *address, apr_pool_t *pool)
{
    const char *wire = pwr_message_wire_address(address, pool);
    const char *domain = wire != NULL ? strchr(wire, '@') + 1 : NULL;
    return domain != NULL && pwr_url_is_host_name(domain)
               ? NULL
               : apr_psprintf(pool, "'%s' is no mail address", address);
}

/* "Name <address>" or "address". */
const char *pwr_directive_set_mail_from(const pwr_directive_args_t *args)
{
    pwr_mail_settings_t *mail = &args->settings->parts.mail;
    char *word = apr_pstrdup(args->pool, args->words[0]);
    char *open = strrchr(word, '<');
    const char *address = word;
    const char *wrong = pwr_settings_check_text(word);

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
    return check_address(address, args->pool);
}

static const char *set_address(const char **field, const pwr_directive_args_t *args)
{
    *field = apr_pstrdup(args->pool, args->words[0]);
    return check_address(*field, args->pool);
}

const char *pwr_directive_set_reply_to(const pwr_directive_args_t *args)
{
    return set_address(&args->settings->parts.mail.reply_to, args);
}

const char *pwr_directive_set_bounce(const pwr_directive_args_t *args)
{
    return set_address(&args->settings->parts.mail.bounce, args);
}

const char *pwr_directive_check_user(const pwr_directive_args_t *args)
{
    const struct passwd *user = getpwnam(args->words[0]);

    if (user == NULL) {
        return apr_psprintf(args->pool, "there is no user '%s' on this system", args->words[0]);
    }
    return user->pw_uid == 0 ? "the worker must not run as root" : NULL;
}

const char *pwr_directive_set_store(const pwr_directive_args_t *args)
{
    static const char *const drivers[] = {"sqlite3", "pgsql", "mysql"};
    pwr_store_settings_t *store = &args->settings->parts.store;
    const char *params = args->count > 1 ? args->words[1] : NULL;

    store->driver = NULL;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        if (strcmp(drivers[i], args->words[0]) == 0) {
            store->driver = drivers[i];
        }
    }
    if (store->driver == NULL) {
        return apr_psprintf(args->pool, "'%s' is none of sqlite3, pgsql, mysql", args->words[0]);
    }
    if (params == NULL && strcmp(store->driver, "sqlite3") == 0) {
        params = PWR_STATEDIR "/pwreset.db";
    }
    if (params == NULL) {
        return apr_psprintf(args->pool, "behind %s it must say how to connect, as DBDParams does",
                            store->driver);
    }
    bool is_file = strcmp(store->driver, "sqlite3") == 0;
    store->params
        = is_file ? ap_server_root_relative(args->pool, params) : apr_pstrdup(args->pool, params);
    return NULL;
}

static bool is_path_here(const char *word)
{
    return word[0] == '/' && word[1] != '/' && word[1] != '\\';
}

static const char *check_url_letters(const char *word)
{
    for (const char *at = word; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f) {
            return "the value has a character that stands in no URL";
        }
    }
    return NULL;
}

/* https, or a path on this server: anything else could lead a person away. */
static const char *set_url(const char **field, const pwr_directive_args_t *args)
{
    const char *word = args->words[0];

    if (!is_path_here(word) && strncmp(word, "https://", 8) != 0) {
        return apr_psprintf(args->pool, "'%s' is neither a path nor an https URL", word);
    }
    *field = apr_pstrdup(args->pool, word);
    return check_url_letters(word);
}

const char *pwr_directive_set_login_url(const pwr_directive_args_t *args)
{
    return set_url(&args->settings->parts.flow.login_url, args);
}

const char *pwr_directive_set_help_url(const pwr_directive_args_t *args)
{
    return set_url(&args->settings->help_url, args);
}

/* "file:/path", which we serve, or a path on this server: the pages load nothing from elsewhere. */
static const char *set_file_here(const char **field, const pwr_directive_args_t *args)
{
    const char *word = args->words[0];

    if (strncmp(word, "file:", 5) == 0 && word[5] != '\0') {
        const char *path = ap_server_root_relative(args->pool, word + 5);
        *field = path != NULL ? apr_pstrcat(args->pool, "file:", path, NULL) : NULL;
        return path != NULL ? NULL : "the path is not valid";
    }
    if (!is_path_here(word)) {
        return apr_psprintf(args->pool, "'%s' is neither file:/path nor a path on this server",
                            word);
    }
    *field = apr_pstrdup(args->pool, word);
    return check_url_letters(word);
}

const char *pwr_directive_set_style(const pwr_directive_args_t *args)
{
    return set_file_here(&args->settings->style, args);
}

const char *pwr_directive_set_logo(const pwr_directive_args_t *args)
{
    return set_file_here(&args->settings->logo, args);
}

const char *pwr_directive_set_return_url(const pwr_directive_args_t *args)
{
    pwr_settings_t *settings = args->settings;

    if (settings->return_urls == NULL) {
        settings->return_urls = apr_array_make(args->pool, 4, sizeof(pwr_return_t));
    }
    for (int i = 0; i < args->count; i++) {
        const char *wrong
            = pwr_return_parse(apr_array_push(settings->return_urls), args->words[i], args->pool);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

/* Tags, parted by spaces; whether each has its file is known when the files are read. */
const char *pwr_directive_set_languages(const pwr_directive_args_t *args)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    const char *all = "";

    for (int i = 0; i < args->count; i++) {
        const char *word = args->words[i];
        if (word[0] == '\0' || word[strspn(word, letters)] != '\0') {
            return apr_psprintf(args->pool, "'%s' is no language tag", word);
        }
        all = apr_pstrcat(args->pool, all, i > 0 ? " " : "", word, NULL);
    }
    args->settings->parts.flow.languages = all;
    return NULL;
}

/* Rising whole numbers into fields that stand side by side. */
static const char *set_rising(int *first, int count, const pwr_directive_args_t *args)
{
    char *last = NULL;
    char *words = apr_pstrdup(args->pool, args->words[0]);
    int before = 0;

    for (int i = 1; i < args->count; i++) {
        words = apr_pstrcat(args->pool, words, " ", args->words[i], NULL);
    }
    for (int i = 0; i < count; i++) {
        const char *word = apr_strtok(i == 0 ? words : NULL, " ", &last);
        char *end = NULL;
        apr_int64_t number = word != NULL ? apr_strtoi64(word, &end, 10) : 0;
        if (word == NULL || *end != '\0' || number <= before || number > 10000000) {
            return apr_psprintf(args->pool,
                                "it takes %d whole numbers, each greater than the one "
                                "before",
                                count);
        }
        first[i] = before = (int)number;
    }
    return apr_strtok(NULL, " ", &last) == NULL ? NULL : "there are too many numbers";
}

const char *pwr_directive_set_client_limits(const pwr_directive_args_t *args)
{
    return set_rising(&args->settings->parts.abuse.client_calm, 3, args);
}

const char *pwr_directive_set_site_limits(const pwr_directive_args_t *args)
{
    return set_rising(&args->settings->parts.abuse.site_calm, 2, args);
}

const char *pwr_directive_set_captcha(const pwr_directive_args_t *args)
{
    pwr_remote_settings_t *remote = &args->settings->parts.remote;

    if (args->count != 2) {
        return "it takes a provider and a site key";
    }
    if (pwr_remote_provider(args->words[0]) == NULL) {
        return apr_psprintf(args->pool, "'%s' is none of %s", args->words[0],
                            pwr_remote_names(args->pool));
    }
    remote->provider = apr_pstrdup(args->pool, args->words[0]);
    remote->site_key = apr_pstrdup(args->pool, args->words[1]);
    return NULL;
}

const char *pwr_directive_set_captcha_secret(const pwr_directive_args_t *args)
{
    return pwr_secret_take(&args->settings->parts.remote.secret, args->words[0], args->pool);
}
