/*
 * The rows of remote robot checks are complete, and nothing is asked when there is nothing to ask
 * with. What servers answer is the matter of t/web/test_captcha_remote.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "abuse/captcha_remote.h"
#include "base/limits.h"

static const char *const names[]
    = {"recaptcha2", "recaptcha3", "recaptcha-enterprise", "hcaptcha", "turnstile", "friendly",
       "mcaptcha",   "cap"};
#define NAMES (sizeof names / sizeof *names)

/* Nobody listens there: a check that asks is DOWN, and takes no time. */
#define NOWHERE "https://127.0.0.1:1/siteverify"

static apr_pool_t *pool;

static int open_pool(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    return pwr_crypto_start(pool) == NULL ? 0 : -1;
}

static int close_pool(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static pwr_remote_settings_t settings_for(const char *name)
{
    return (pwr_remote_settings_t){
        .provider = name,
        .site_key = "site-key",
        .secret = pwr_secret_make("s3cr3t-of-ours", 14, pool),
        .hostname = "sso.example.org",
        .action = "pwreset",
        .least_score = 50,
        .verify_url = NOWHERE,
        .timeout = apr_time_from_sec(5),
    };
}

static pwr_remote_verdict_t check(pwr_fault_t **fault, const pwr_remote_settings_t *settings,
                                  const char *response)
{
    return pwr_remote_check(fault, settings, response, "192.0.2.7", pool);
}

static void assert_tag(const pwr_fault_t *fault, const char *tag)
{
    assert_non_null(fault);
    assert_string_equal(fault->tag, tag);
    assert_null(strstr(fault->detail, "s3cr3t"));
}

static bool asks(const pwr_captcha_row_t *row, pwr_captcha_value_t value)
{
    for (const pwr_captcha_member_t *member = row->asked; member->name != NULL; member++) {
        if (member->value == value) {
            return true;
        }
    }
    return false;
}

static void every_row_says_what_a_page_and_a_question_need(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        const pwr_captcha_row_t *row = pwr_captcha_row(names[i]);
        assert_non_null(row);
        assert_ptr_equal(pwr_remote_provider(names[i]), &row->provider);
        assert_string_equal(row->provider.name, names[i]);
        assert_non_null(row->provider.field);
        assert_non_null(row->provider.class_name);
        assert_non_null(row->provider.sources);
        assert_non_null(row->verdict);
        assert_true(asks(row, PWR_CAPTCHA_RESPONSE));
        assert_true(row->shape == PWR_CAPTCHA_EVENT || asks(row, PWR_CAPTCHA_SECRET));
        assert_null(row->asked[PWR_CAPTCHA_MEMBERS - 1].name);
        assert_null(row->refusals[PWR_CAPTCHA_REFUSALS - 1]);
    }
}

static void what_a_row_loads_or_asks_comes_by_https(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        const pwr_remote_provider_t *provider = pwr_remote_provider(names[i]);
        bool is_hosted = provider->script != NULL;
        assert_true(!is_hosted || strncmp(provider->script, "https://", 8) == 0);
        assert_true(is_hosted == (strncmp(provider->sources, "https://", 8) == 0));
        assert_true(provider->verify_url == NULL
                    || strncmp(provider->verify_url, "https://", 8) == 0);
    }
}

static void all_names_are_listed_and_no_others_exist(void **state)
{
    const char *listed = "";

    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        listed = apr_pstrcat(pool, listed, i == 0 ? "" : ", ", names[i], NULL);
    }
    assert_string_equal(pwr_remote_names(pool), listed);
    assert_null(pwr_remote_provider(NULL));
    assert_null(pwr_remote_provider(""));
    assert_null(pwr_remote_provider("recaptcha"));
    assert_null(pwr_remote_provider("RECAPTCHA2"));
}

static void a_response_that_is_none_is_refused_without_asking(void **state)
{
    char *endless = apr_palloc(pool, PWR_MAX_BODY + 2);
    const char *const bad[] = {NULL, "", " ", "a b", "a\n", "\x7f", "bl\xc3\xa5", endless};

    (void)state;
    memset(endless, 'a', PWR_MAX_BODY + 1);
    endless[PWR_MAX_BODY + 1] = '\0';
    for (size_t i = 0; i < NAMES; i++) {
        pwr_remote_settings_t settings = settings_for(names[i]);
        for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
            pwr_fault_t *fault = NULL;
            assert_int_equal(check(&fault, &settings, bad[j]), PWR_REMOTE_NO);
            assert_tag(fault, "PWR0722");
            assert_int_equal(fault->kind, PWR_REFUSED);
        }
    }
}

static void a_provider_that_is_not_there_is_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        pwr_remote_settings_t settings = settings_for(names[i]);
        pwr_fault_t *fault = NULL;
        assert_int_equal(check(&fault, &settings, "response"), PWR_REMOTE_DOWN);
        assert_tag(fault, "PWR0156");
        assert_int_equal(fault->kind, PWR_LATER);
        assert_non_null(strstr(fault->detail, "127.0.0.1:1"));
        assert_null(strstr(fault->detail, "siteverify"));
    }
}

static void assert_unfit(const pwr_remote_settings_t *settings, const char *tag, const char *words)
{
    pwr_fault_t *fault = pwr_remote_settings_check(settings, pool);

    assert_tag(fault, tag);
    assert_int_equal(fault->kind, PWR_BROKEN);
    assert_non_null(strstr(fault->detail, words));
    fault = NULL;
    assert_int_equal(check(&fault, settings, "response"), PWR_REMOTE_DOWN);
    assert_tag(fault, tag);
}

static void settings_that_check_too_little_ask_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        const pwr_remote_provider_t *provider = pwr_remote_provider(names[i]);
        pwr_remote_settings_t good = settings_for(names[i]);
        pwr_remote_settings_t bad = good;
        assert_null(pwr_remote_settings_check(&good, pool));

        bad.site_key = "";
        assert_unfit(&bad, "PWR0721", "site key");
        bad = good;
        bad.secret = NULL;
        assert_unfit(&bad, "PWR0721", "secret");
        bad.secret = pwr_secret_make("", 0, pool);
        assert_unfit(&bad, "PWR0721", "secret");
        bad = good;
        bad.verify_url = "http://127.0.0.1:1/";
        assert_unfit(&bad, "PWR0721", "https://");
        bad = good;
        bad.hostname = NULL;
        if (provider->has_hostname) {
            assert_unfit(&bad, "PWR0721", "host name");
        }
        bad = good;
        bad.action = "";
        if (provider->has_action) {
            assert_unfit(&bad, "PWR0721", "action");
        }
        bad = good;
        bad.verify_url = NULL;
        if (provider->verify_url == NULL) {
            assert_unfit(&bad, "PWR0721", "URL");
        } else {
            assert_null(pwr_remote_settings_check(&bad, pool));
        }
    }
}

static void an_unknown_provider_is_broken_and_none_is_fine(void **state)
{
    pwr_remote_settings_t settings = settings_for("captcha");
    pwr_fault_t *fault = NULL;

    (void)state;
    assert_unfit(&settings, "PWR0720", "recaptcha-enterprise");
    settings.provider = NULL;
    assert_null(pwr_remote_settings_check(&settings, pool));
    assert_int_equal(check(&fault, &settings, "response"), PWR_REMOTE_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_says_what_a_page_and_a_question_need),
        cmocka_unit_test(what_a_row_loads_or_asks_comes_by_https),
        cmocka_unit_test(all_names_are_listed_and_no_others_exist),
        cmocka_unit_test(a_response_that_is_none_is_refused_without_asking),
        cmocka_unit_test(a_provider_that_is_not_there_is_down),
        cmocka_unit_test(settings_that_check_too_little_ask_nobody),
        cmocka_unit_test(an_unknown_provider_is_broken_and_none_is_fine),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, open_pool, close_pool);
    apr_terminate();
    return failed;
}
