/*
 * Sends mails as a worker would, over the relays that the environment names, and prints what became
 * of each: a program for t/web/test_mail.py, which starts the servers. Without PWR_MAIL_RELAYS it
 * has nothing to do.
 *
 *   PWR_MAIL_RELAYS   "url[ tls]", separated by ','
 *   PWR_MAIL_PASSWORD, PWR_MAIL_CA, PWR_MAIL_TO, PWR_MAIL_FROM, PWR_MAIL_TEXT
 *   PWR_MAIL_COUNT    mails over the same connections; "m0", "m1", ... are their ids
 *   PWR_MAIL_CONNECT_MS, PWR_MAIL_PHASE_MS
 *
 * A line for each mail: kind ("SENT" when taken), tag, relay, milliseconds, detail; by tabs. A last
 * line "CLOSED" with the milliseconds that closing took. Log lines go to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "fault_name.h"

#include "base/log.h"
#include "mail/mail.h"

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? value : otherwise;
}

static int number(const char *name, int otherwise)
{
    const char *value = getenv(name);
    return value != NULL ? (int)strtol(value, NULL, 10) : otherwise;
}

static void write_log(pwr_log_level_t level, const char *tag, const char *line,
                      const pwr_log_context_t *context)
{
    (void)context;
    fprintf(stderr, "%d %s %s\n", (int)level, tag, line);
}

static void must(pwr_fault_t *fault)
{
    if (fault != NULL) {
        printf("%s\t%s\t-\t0\t%s\n", name_of_kind(fault->kind), fault->tag, fault->detail);
        exit(1);
    }
}

static void add_relays(apr_array_header_t *relays, const char *list, apr_pool_t *pool)
{
    const char *password = getenv("PWR_MAIL_PASSWORD");
    char *rest = apr_pstrdup(pool, list);
    char *state = NULL;

    for (char *url = apr_strtok(rest, ",", &state); url != NULL;
         url = apr_strtok(NULL, ",", &state)) {
        pwr_relay_t *relay = NULL;
        char *tls = strchr(url, ' ');
        if (tls != NULL) {
            *tls++ = '\0';
        }
        must(pwr_mail_parse_relay(&relay, url, tls, pool));
        if (relay->user != NULL && password != NULL) {
            relay->password = pwr_secret_make(password, strlen(password), pool);
        }
        APR_ARRAY_PUSH(relays, pwr_relay_t *) = relay;
    }
}

static pwr_mail_settings_t read_settings(const char *list, apr_pool_t *pool)
{
    pwr_mail_settings_t settings = {
        .from_name = "P\xc3\xa5logging",
        .from = setting("PWR_MAIL_FROM", "sso@example.org"),
        .reply_to = "help@example.org",
        .trusted_ca = getenv("PWR_MAIL_CA"),
        .connect_timeout = apr_time_from_msec(number("PWR_MAIL_CONNECT_MS", 5000)),
        .timeout = apr_time_from_msec(number("PWR_MAIL_PHASE_MS", 5000)),
    };
    settings.relays = apr_array_make(pool, 2, sizeof(pwr_relay_t *));
    add_relays(settings.relays, list, pool);
    return settings;
}

static void send_one(pwr_relays_t *relays, int i, apr_pool_t *pool)
{
    pwr_relays_report_t report;
    apr_pool_t *scratch = NULL;
    pwr_mail_t mail = {
        .to = setting("PWR_MAIL_TO", "kari@example.org"),
        .subject = "Angi nytt passord p\xc3\xa5 intranettet",
        .text = setting("PWR_MAIL_TEXT", "Hei\n"),
        .html = "<!doctype html>\n<p>Hei \xc3\x86rlig</p>\n",
        .language = "nb",
        .message_id = apr_psprintf(pool, "m%d", i),
        .date = apr_time_from_sec(1795342304),
    };

    apr_pool_create(&scratch, pool);
    apr_time_t start = apr_time_now();
    pwr_fault_t *fault = pwr_relays_send(&report, relays, &mail, scratch);
    int spent = (int)apr_time_as_msec(apr_time_now() - start);
    printf("%s\t%s\t%s\t%d\t%s\n", fault != NULL ? name_of_kind(fault->kind) : "SENT",
           fault != NULL ? fault->tag : "-", report.used, spent,
           fault != NULL ? fault->detail : "");
    fflush(stdout);
    apr_pool_destroy(scratch);
}

int main(void)
{
    const char *list = getenv("PWR_MAIL_RELAYS");
    apr_pool_t *pool = NULL;
    apr_pool_t *thread_pool = NULL;
    pwr_relays_t *relays = NULL;

    if (list == NULL) {
        fputs("PWR_MAIL_RELAYS is not set: nothing to send to.\n", stderr);
        return 0;
    }
    apr_initialize();
    apr_pool_create(&pool, NULL);
    pwr_log_set(write_log);
    must(pwr_crypto_start(pool));
    must(pwr_mail_start(pool));
    pwr_mail_settings_t settings = read_settings(list, pool);
    apr_pool_create(&thread_pool, pool);
    must(pwr_relays_open(&relays, &settings, thread_pool));
    for (int i = 0; i < number("PWR_MAIL_COUNT", 1); i++) {
        send_one(relays, i, pool);
    }
    apr_time_t start = apr_time_now();
    apr_pool_destroy(thread_pool);
    printf("CLOSED\t%d\n", (int)apr_time_as_msec(apr_time_now() - start));
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
