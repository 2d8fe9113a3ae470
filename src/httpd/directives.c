/*
 * The table of directives: one row each. Names follow their httpd siblings (AuthLDAPURL,
 * AuthLDAPBindDN, DBDriver, ...). conf/pwreset.conf explains each for the sysadmin, and a guard
 * holds the two together.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

#include "base/limits.h"
#include "httpd/secret.h"
#include "httpd/settings.h"
#include "mail/message.h"

#define FIELD(member)                                                                              \
    .offset = APR_OFFSETOF(pwr_settings_t, member), .size = sizeof(((pwr_settings_t *)0)->member)
/* Fields of one record that stand side by side, from `first` to `last`. */
#define SPAN(first, last)                                                                          \
    .offset = APR_OFFSETOF(pwr_settings_t, first), .size = APR_OFFSETOF(pwr_settings_t, last)      \
                                                           + sizeof(((pwr_settings_t *)0)->last)   \
                                                           - APR_OFFSETOF(pwr_settings_t, first)
#define ROW(name, help, ...)                                                                       \
    AP_INIT_TAKE_ARGV(name, pwr_settings_take, (&(pwr_directive_t){__VA_ARGS__}), RSRC_CONF, help)

/* Length of the host name or IPv4 address at the start; 0 when there is none. */
static size_t host_length(const char *text)
{
    static const char letters[]
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
    return text[0] == '-' || text[0] == '.' ? 0 : strspn(text, letters);
}

/* A host or an IPv6 address in brackets, and perhaps a port from 1 to 65535. */
static bool is_authority(const char *text)
{
    bool is_literal = text[0] == '[';
    size_t length
        = is_literal ? 1 + strspn(text + 1, "0123456789abcdefABCDEF:.") : host_length(text);
    const char *port = text + length;

    if (length == 0 || (is_literal && *port++ != ']')) {
        return false;
    }
    if (port[0] == '\0') {
        return true;
    }
    size_t digits = strspn(port + 1, "0123456789");
    long number = digits > 0 && digits <= 5 ? strtol(port + 1, NULL, 10) : 0;
    return port[0] == ':' && port[1 + digits] == '\0' && number >= 1 && number <= 65535;
}

/* Paths arrive in this form: no doubled slash, no segment "." or "..", nothing encoded. */
static bool is_plain_path(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f) {
            return false;
        }
    }
    return strpbrk(path, "\"'<>\\%;") == NULL && strstr(path, "//") == NULL
           && strstr(path, "/.") == NULL;
}

static const char *take_base_url(const pwr_taken_t *taken)
{
    apr_uri_t uri;
    char *url = apr_pstrdup(taken->pool, taken->words[0]);
    apr_size_t length = strlen(url);

    if (length > 0 && url[length - 1] == '/') {
        url[length - 1] = '\0';
    }
    if (apr_uri_parse(taken->pool, url, &uri) != APR_SUCCESS || uri.scheme == NULL
        || uri.hostname == NULL || uri.hostname[0] == '\0') {
        return apr_psprintf(taken->pool, "'%s' is no URL", taken->words[0]);
    }
    if (strcmp(uri.scheme, "https") != 0) {
        return apr_psprintf(taken->pool, "'%s' is not https, so the link could be read on its way",
                            url);
    }
    if (uri.query != NULL || uri.fragment != NULL || uri.user != NULL) {
        return apr_psprintf(taken->pool, "'%s' has a user, query or fragment", url);
    }
    if (!is_authority(uri.hostinfo)) {
        return apr_psprintf(taken->pool, "'%s' is no host, or no host and port", uri.hostinfo);
    }
    if ((uri.path != NULL && !is_plain_path(uri.path)) || length > 200) {
        return "the URL's path is not plain, or the URL is longer than 200 characters";
    }
    taken->settings->parts.flow.base_url = url;
    return NULL;
}

static const char *take_ldap_url(const pwr_taken_t *taken)
{
    pwr_directory_settings_t *directory = &taken->settings->parts.directory;
    directory->tls = PWR_TLS_STARTTLS;
    pwr_fault_t *fault = pwr_directory_parse_url(directory, taken->words[0], taken->pool);

    if (fault != NULL) {
        return fault->detail;
    }
    if (taken->count == 1) {
        return NULL;
    }
    const char *word = taken->words[1];
    if (strcasecmp(word, "NONE") == 0) {
        directory->tls = PWR_TLS_NONE;
    } else if (strcasecmp(word, "SSL") == 0) {
        directory->tls = PWR_TLS_LDAPS;
    } else if (strcasecmp(word, "TLS") != 0 && strcasecmp(word, "STARTTLS") != 0) {
        return apr_psprintf(taken->pool, "'%s' is none of STARTTLS, SSL, NONE", word);
    }
    return NULL;
}

static const char *judge_attribute(const pwr_taken_t *taken)
{
    return pwr_directory_is_attribute(taken->words[0])
               ? NULL
               : apr_psprintf(taken->pool, "'%s' is no attribute", taken->words[0]);
}

static const char *judge_dn(const pwr_taken_t *taken)
{
    return pwr_directory_is_dn(taken->words[0])
               ? NULL
               : apr_psprintf(taken->pool, "'%s' is no DN", taken->words[0]);
}

static const char *judge_readable(const pwr_taken_t *taken)
{
    const char *path = ap_server_root_relative(taken->pool, taken->words[0]);
    return access(path, R_OK) == 0 ? NULL
                                   : apr_psprintf(taken->pool, "the file %s cannot be read", path);
}

static const char *take_bind_password(const pwr_taken_t *taken)
{
    return pwr_secret_take(&taken->settings->parts.directory.bind_password, taken->words[0],
                           taken->pool);
}

static const char *take_relay(const pwr_taken_t *taken)
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
static const char *take_relay_password(const pwr_taken_t *taken)
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
    bool is_good = domain != NULL && domain[host_length(domain)] == '\0';
    return is_good ? NULL : apr_psprintf(pool, "'%s' is no mail address", address);
}

/* "Name <address>" or "address". */
static const char *take_mail_from(const pwr_taken_t *taken)
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

static const char *take_reply_to(const pwr_taken_t *taken)
{
    return take_address(&taken->settings->parts.mail.reply_to, taken);
}

static const char *take_bounce(const pwr_taken_t *taken)
{
    return take_address(&taken->settings->parts.mail.bounce, taken);
}

static const char *take_store(const pwr_taken_t *taken)
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

/* https, or a path on this server: anything else could lead a person away. */
static const char *take_login_url(const pwr_taken_t *taken)
{
    const char *word = taken->words[0];
    bool is_path = word[0] == '/' && word[1] != '/' && word[1] != '\\';

    if (!is_path && strncmp(word, "https://", 8) != 0) {
        return apr_psprintf(taken->pool, "'%s' is neither a path nor an https URL", word);
    }
    for (const char *at = word; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7f) {
            return "the value has a character that stands in no URL";
        }
    }
    taken->settings->parts.flow.login_url = apr_pstrdup(taken->pool, word);
    return NULL;
}

const command_rec pwr_directives[] = {
    ROW("PwResetBaseURL", "https URL of the flow, as people reach it: its origin is in every link",
        .kind = PWR_KIND_OWN, FIELD(parts.flow.base_url), .take = take_base_url,
        .write = "PwResetBaseURL https://intranet.example.org/passord"),
    ROW("PwResetLDAPURL", "LDAP URL of the accounts as in AuthLDAPURL, then STARTTLS, SSL or NONE",
        .kind = PWR_KIND_OWN, SPAN(parts.directory.uris, parts.directory.match),
        .take = take_ldap_url, .most_words = 2,
        .write = "PwResetLDAPURL \"ldap://ldap.example.org/ou=people,dc=example,dc=org?mail,uid\""),
    ROW("PwResetLDAPBindDN", "DN of the account that may search and set passwords",
        .kind = PWR_KIND_TEXT, FIELD(parts.directory.bind_dn),
        .write = "PwResetLDAPBindDN \"cn=pwreset,ou=services,dc=example,dc=org\""),
    ROW("PwResetLDAPBindPassword", "its password: file:/path, exec:/path, or the password itself",
        .kind = PWR_KIND_OWN, FIELD(parts.directory.bind_password), .take = take_bind_password,
        .write = "PwResetLDAPBindPassword file:/etc/apache2/pwreset-ldap.secret"),
    ROW("PwResetLDAPTrustedCA", "PEM file of the CA that signed the directory's certificate",
        .kind = PWR_KIND_PATH, FIELD(parts.directory.trusted_ca), .take = judge_readable,
        .write = "PwResetLDAPTrustedCA /etc/ssl/certs/company-ca.pem"),
    ROW("PwResetLDAPTimeout", "longest wait for each LDAP operation", .kind = PWR_KIND_DURATION,
        FIELD(parts.directory.timeout), .lowest = 1, .highest = 60, .initial = "5s",
        .write = "PwResetLDAPTimeout 5s"),
    ROW("PwResetLDAPConnections", "most LDAP connections of one process", .kind = PWR_KIND_NUMBER,
        FIELD(parts.directory.connections), .lowest = 1, .highest = 64, .initial = "4",
        .write = "PwResetLDAPConnections 4"),
    ROW("PwResetLDAPLoginAttribute", "attribute that people sign in with", .kind = PWR_KIND_TEXT,
        FIELD(parts.directory.login_attribute), .take = judge_attribute, .initial = "uid",
        .write = "PwResetLDAPLoginAttribute uid"),
    ROW("PwResetLDAPMailAttribute", "attribute that holds the address mail goes to",
        .kind = PWR_KIND_TEXT, FIELD(parts.directory.mail_attribute), .take = judge_attribute,
        .initial = "mail", .write = "PwResetLDAPMailAttribute mail"),
    ROW("PwResetLDAPPolicyDN", "DN of the default password policy (OpenLDAP ppolicy)",
        .kind = PWR_KIND_TEXT, FIELD(parts.directory.policy_dn), .take = judge_dn,
        .write = "PwResetLDAPPolicyDN \"cn=default,ou=policies,dc=example,dc=org\""),
    ROW("PwResetRelay", "smtp:// or smtps:// URL of a relay, or folder:/path; may be repeated",
        .kind = PWR_KIND_OWN, FIELD(parts.mail.relays), .take = take_relay, .most_words = 2,
        .write = "PwResetRelay smtp://pwreset@mail.example.org:587"),
    ROW("PwResetRelayPassword", "password for the user of the PwResetRelay above it",
        .kind = PWR_KIND_OWN, FIELD(parts.mail.relays), .take = take_relay_password,
        .write
        = "PwResetRelayPassword file:/etc/apache2/pwreset-relay.secret, below its PwResetRelay"),
    ROW("PwResetRelayTrustedCA", "PEM file of the CA that signed the relays' certificates",
        .kind = PWR_KIND_PATH, FIELD(parts.mail.trusted_ca), .take = judge_readable,
        .write = "PwResetRelayTrustedCA /etc/ssl/certs/company-ca.pem"),
    ROW("PwResetRelayTimeout", "longest wait for a relay's answer", .kind = PWR_KIND_DURATION,
        FIELD(parts.mail.timeout), .lowest = 1, .highest = 300, .initial = "30s",
        .write = "PwResetRelayTimeout 30s"),
    ROW("PwResetMailFrom", "sender of every mail: \"Name <address>\"", .kind = PWR_KIND_OWN,
        SPAN(parts.mail.from_name, parts.mail.from), .take = take_mail_from,
        .write = "PwResetMailFrom \"Example Ltd <password@example.org>\""),
    ROW("PwResetMailReplyTo", "address of a person who answers", .kind = PWR_KIND_OWN,
        FIELD(parts.mail.reply_to), .take = take_reply_to,
        .write = "PwResetMailReplyTo helpdesk@example.org"),
    ROW("PwResetMailBounce", "envelope sender, where bounces go", .kind = PWR_KIND_OWN,
        FIELD(parts.mail.bounce), .take = take_bounce,
        .write = "PwResetMailBounce bounces@example.org"),
    ROW("PwResetStore",
        "database of requests and links: sqlite3 FILE, pgsql PARAMS or mysql PARAMS",
        .kind = PWR_KIND_OWN, SPAN(parts.store.driver, parts.store.params), .take = take_store,
        .most_words = 2, .initial = "sqlite3",
        .write = "PwResetStore sqlite3 /var/lib/mod_pwreset/pwreset.db, or PwResetStore pgsql "
                 "\"host=db.example.org dbname=pwreset user=pwreset\""),
    ROW("PwResetStoreConnections", "most database connections of one process",
        .kind = PWR_KIND_NUMBER, FIELD(parts.store.connections), .lowest = 1, .highest = 64,
        .initial = "8", .write = "PwResetStoreConnections 8"),
    ROW("PwResetStoreTimeout", "longest wait for the database", .kind = PWR_KIND_DURATION,
        FIELD(parts.store.timeout), .lowest = 1, .highest = 60, .initial = "5s",
        .write = "PwResetStoreTimeout 5s"),
    ROW("PwResetKeyFile", "file of the secret key; made when it is not there",
        .kind = PWR_KIND_PATH, FIELD(key_file), .initial = PWR_STATEDIR "/pwreset.key",
        .write = "PwResetKeyFile /var/lib/mod_pwreset/pwreset.key"),
    ROW("PwResetAuditLog", "file that gets one line of JSON for each event", .kind = PWR_KIND_PATH,
        FIELD(audit_log), .write = "PwResetAuditLog /var/log/apache2/pwreset-audit.log"),
    ROW("PwResetFiles", "folder of messages, pages, mail and assets", .kind = PWR_KIND_PATH,
        FIELD(parts.flow.files), .initial = PWR_DATADIR,
        .write = "PwResetFiles /usr/local/share/mod_pwreset"),
    ROW("PwResetOrganisation", "name of the organisation, on pages and in mails",
        .kind = PWR_KIND_TEXT, FIELD(parts.flow.organisation),
        .write = "PwResetOrganisation \"Example Ltd\""),
    ROW("PwResetContact", "who helps, on pages and in mails", .kind = PWR_KIND_TEXT,
        FIELD(parts.flow.contact), .write = "PwResetContact \"IT helpdesk, +47 22 00 00 00\""),
    ROW("PwResetRegistry", "who knows which address is registered", .kind = PWR_KIND_TEXT,
        FIELD(parts.flow.registry), .write = "PwResetRegistry \"the payroll manager\""),
    ROW("PwResetLoginURL", "where \"Go to sign-in\" leads", .kind = PWR_KIND_OWN,
        FIELD(parts.flow.login_url), .take = take_login_url, .initial = "/",
        .write = "PwResetLoginURL /login"),
    ROW("PwResetLanguage", "language for those who ask for none of ours", .kind = PWR_KIND_TEXT,
        FIELD(parts.flow.language), .initial = "nb", .write = "PwResetLanguage nb"),
    ROW("PwResetTimeZone", "time zone of the times on pages and in mails", .kind = PWR_KIND_TEXT,
        FIELD(parts.flow.time_zone), .write = "PwResetTimeZone Europe/Oslo"),
    ROW("PwResetLinkLife", "how long a link works", .kind = PWR_KIND_DURATION,
        FIELD(parts.flow.link_life), .lowest = 600, .highest = 86400, .initial = "60min",
        .write = "PwResetLinkLife 60min"),
    ROW("PwResetKeep", "how long ended requests are kept for the helpdesk",
        .kind = PWR_KIND_DURATION, FIELD(parts.flow.keep), .lowest = 86400, .highest = 366 * 86400,
        .initial = "30d", .write = "PwResetKeep 30d"),
    ROW("PwResetMailsPerHour", "most links mailed to one account in an hour",
        .kind = PWR_KIND_NUMBER, FIELD(parts.flow.mails_per_hour), .lowest = 1, .highest = 100,
        .initial = "5", .write = "PwResetMailsPerHour 5"),
    ROW("PwResetMailsPerDay", "most links mailed to one account in a day", .kind = PWR_KIND_NUMBER,
        FIELD(parts.flow.mails_per_day), .lowest = 1, .highest = 1000, .initial = "10",
        .write = "PwResetMailsPerDay 10"),
    ROW("PwResetWorkers", "threads that send mail", .kind = PWR_KIND_NUMBER,
        FIELD(parts.flow.workers), .lowest = 1, .highest = 32, .initial = "4",
        .write = "PwResetWorkers 4"),
    ROW("PwResetMinLength", "fewest characters of a new password; the directory may ask for more",
        .kind = PWR_KIND_NUMBER, FIELD(parts.policy.min_length), .lowest = 1, .highest = 128,
        .initial = "15", .write = "PwResetMinLength 15"),
    ROW("PwResetFormAge", "a form posted sooner after it was fetched is taken for a robot's",
        .kind = PWR_KIND_DURATION, FIELD(parts.abuse.form_age), .lowest = 0, .highest = 60,
        .initial = "3s", .write = "PwResetFormAge 3s"),
    ROW("PwResetFormLife", "an older form is renewed", .kind = PWR_KIND_DURATION,
        FIELD(parts.abuse.form_life), .lowest = 600, .highest = 7 * 86400, .initial = "12h",
        .write = "PwResetFormLife 12h"),
    {.name = NULL},
};
