/* What the operator writes for a relay, and what is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mail/mail.h"

static apr_pool_t *pool;

typedef struct {
    const char *url;
    const char *tls;
    pwr_relay_kind_t kind;
    const char *name;
    const char *host;
    int port;
    const char *user;
} good_t;

static void assert_same_text(const char *one, const char *other)
{
    if (other == NULL) {
        assert_null(one);
    } else {
        assert_non_null(one);
        assert_string_equal(one, other);
    }
}

static void each_kind_gets_its_port_and_its_name_without_the_user(void **state)
{
    static const good_t good[] = {
        {"smtp://mx.example.org", NULL, PWR_RELAY_STARTTLS, "smtp://mx.example.org",
         "mx.example.org", 587, NULL},
        {"smtp://mx.example.org", "STARTTLS", PWR_RELAY_STARTTLS, "smtp://mx.example.org",
         "mx.example.org", 587, NULL},
        {"smtp://127.0.0.1", "NONE", PWR_RELAY_PLAIN, "smtp://127.0.0.1", "127.0.0.1", 25, NULL},
        {"smtp://mx:2525", "none", PWR_RELAY_PLAIN, "smtp://mx:2525", "mx", 2525, NULL},
        {"SMTPS://mx", NULL, PWR_RELAY_SMTPS, "smtps://mx", "mx", 465, NULL},
        {"smtps://mailer%40example.org@mx:465", NULL, PWR_RELAY_SMTPS, "smtps://mx:465", "mx", 465,
         "mailer@example.org"},
        {"smtp://a@b@mx", NULL, PWR_RELAY_STARTTLS, "smtp://mx", "mx", 587, "a@b"},
        {"smtp://[::1]:26", NULL, PWR_RELAY_STARTTLS, "smtp://[::1]:26", "::1", 26, NULL},
        {"smtp://me@[2001:db8::7]", NULL, PWR_RELAY_STARTTLS, "smtp://[2001:db8::7]", "2001:db8::7",
         587, "me"},
        {"folder:/var/spool/mail out", NULL, PWR_RELAY_FOLDER, "folder:/var/spool/mail out",
         "/var/spool/mail out", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        pwr_relay_t *relay = NULL;
        assert_null(pwr_mail_parse_relay(&relay, good[i].url, good[i].tls, pool));
        assert_int_equal(relay->kind, good[i].kind);
        assert_same_text(relay->name, good[i].name);
        assert_same_text(relay->host, good[i].host);
        assert_int_equal(relay->port, good[i].port);
        assert_same_text(relay->user, good[i].user);
        assert_null(relay->password);
    }
}

static void what_is_not_understood_is_refused_and_not_guessed(void **state)
{
    static const char *const bad[][2] = {
        {"", NULL},
        {"mx.example.org", NULL},
        {"http://mx", NULL},
        {"smtp:/mx", NULL},
        {"smtp://", NULL},
        {"smtp://:25", NULL},
        {"smtp://mx:", NULL},
        {"smtp://mx:0", NULL},
        {"smtp://mx:65536", NULL},
        {"smtp://mx:99999999999999999999", NULL},
        {"smtp://mx:25x", NULL},
        {"smtp://mx:-1", NULL},
        {"smtp://mx/", NULL},
        {"smtp://mx:25/helo", NULL},
        {"smtp://mx?x", NULL},
        {"smtp://mx#x", NULL},
        {"smtp://mx other", NULL},
        {"smtp://mx\r\n", NULL},
        {"smtp://m%41x", NULL},
        {"smtp://-mx", NULL},
        {"smtp://::1", NULL},
        {"smtp://[::1", NULL},
        {"smtp://[]", NULL},
        {"smtp://[1234]", NULL},
        {"smtp://[::1]x", NULL},
        {"smtp://[fe80::1%25eth0]", NULL},
        {"smtp://\xc3\xb8re.no", NULL},
        {"smtp://@mx", NULL},
        {"smtp://%@mx", NULL},
        {"smtp://a%00b@mx", NULL},
        {"smtp://a%0d%0ab@mx", NULL},
        {"smtp://mx", "TLS"},
        {"smtp://mx", ""},
        {"smtps://mx", "NONE"},
        {"smtps://mx", "STARTTLS"},
        {"smtp://me@mx", "NONE"},
        {"folder:relative", NULL},
        {"folder:", NULL},
        {"folder:/x", "NONE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pwr_relay_t *relay = NULL;
        pwr_fault_t *fault = pwr_mail_parse_relay(&relay, bad[i][0], bad[i][1], pool);
        if (fault == NULL) {
            fail_msg("%s was taken", bad[i][0]);
        }
        assert_int_equal(fault->kind, PWR_BROKEN);
    }
}

static void a_password_in_the_url_is_refused_and_not_repeated(void **state)
{
    static const char *const urls[] = {"smtp://me:hunter2@mx", "smtp://me:hunter2@mx:99999",
                                       "smtps://me%zzhunter2@mx", "smtp://hunter2@mx/"};
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        pwr_relay_t *relay = NULL;
        pwr_fault_t *fault = pwr_mail_parse_relay(&relay, urls[i], NULL, pool);
        assert_non_null(fault);
        assert_null(strstr(fault->detail, "hunter2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_gets_its_port_and_its_name_without_the_user),
        cmocka_unit_test(what_is_not_understood_is_refused_and_not_guessed),
        cmocka_unit_test(a_password_in_the_url_is_refused_and_not_repeated),
    };
    apr_initialize();
    apr_pool_create(&pool, NULL);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_pool_destroy(pool);
    apr_terminate();
    return failures;
}
