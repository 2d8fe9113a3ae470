/*
 * What the threads of one process share, used by many at once: the messages and what is remembered
 * of languages, compiled templates, expressions, the client limit, the answers to captchas,
 * metrics, the directory's connections, and relays, of which each thread has its own. Each answer
 * is the one that a single thread would get. `t/run --threads` says in addition whether two threads
 * met.
 */
#include "text_scratch.h"

#include <pthread.h>
#include <unicode/uclean.h>

#include "abuse/client_limit.h"
#include "abuse/captcha_answers.h"
#include "directory/directory.h"
#include "events/metrics.h"
#include "mail/mail.h"
#include "text/expression.h"
#include "text/language.h"
#include "text/template.h"

#define THREADS 12
#define ROUNDS 40
#define NOWHERE "127.0.0.1:1" /* where nothing listens */

/* One thread of a test. */
typedef struct {
    void *shared;
    int number;
    apr_pool_t *pool;
    pthread_barrier_t *start;
    bool (*run)(void *shared, int number, apr_pool_t *pool);
    bool is_right;
} racer_t;

static void *run_racer(void *data)
{
    racer_t *racer = data;

    racer->is_right = true;
    pthread_barrier_wait(racer->start);
    for (int round = 0; round < ROUNDS && racer->is_right; round++) {
        racer->is_right = racer->run(racer->shared, racer->number, racer->pool);
    }
    return NULL;
}

static void assert_right_in_threads(bool (*run)(void *, int, apr_pool_t *), void *shared,
                                    apr_pool_t *pool)
{
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    racer_t racers[THREADS];

    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (racer_t){.shared = shared, .number = i, .start = &start, .run = run};
        assert_int_equal(apr_pool_create(&racers[i].pool, pool), APR_SUCCESS);
        assert_int_equal(pthread_create(&threads[i], NULL, run_racer, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&start);
    for (int i = 0; i < THREADS; i++) {
        assert_true(racers[i].is_right);
    }
}

/* --- words ------------------------------------------------------------------------------------ */

typedef struct {
    pwr_translations_t *translations;
    pwr_template_t *template;
    pwr_expression_t *expression;
} words_t;

static words_t load_words(scratch_t *scratch)
{
    const pwr_translations_source_t source
        = {.folder = scratch->folder, .fallback = "nb", .time_zone = "Europe/Oslo"};
    words_t words = {0};

    scratch_write(scratch, "nb.txt",
                  "m = {n, plural, one {# lenke} other {# lenker}} {t, date, short}\n");
    scratch_write(scratch, "en.txt",
                  "m = {n, plural, one {# link} other {# links}} {t, date, short}\n");
    scratch_write(scratch, "page.html", "{{#l}}{{i}}{{/l}} {{t.m}}");
    assert_null(pwr_translations_load(&words.translations, &source, scratch->pool));
    const pwr_template_source_t from = {
        .folder = scratch->folder, .language = pwr_translations_language(words.translations, "nb")};
    assert_null(
        pwr_template_load(&words.template, &from, "page.html", PWR_TEMPLATE_HTML, scratch->pool));
    assert_null(pwr_expression_compile(&words.expression, "^(a|b)+c$", scratch->pool));
    return words;
}

static bool say_words(void *shared, int number, apr_pool_t *pool)
{
    const words_t *words = shared;
    const char *header
        = apr_psprintf(pool, number % 2 == 0 ? "nb;q=0.%d" : "en;q=0.%d", number + 1);
    const char *expected = number % 2 == 0 ? "012 7 lenker 22.11.2026" : "012 7 links 11/22/26";
    const pwr_language_t *language = pwr_language_match(words->translations, header, pool);
    pwr_view_t *view = pwr_view_make(pool);
    const char *page = NULL;
    bool is_found = false;

    pwr_view_number(view, "n", 7);
    pwr_view_time(view, "t", APR_INT64_C(1795342304000000));
    for (int i = 0; i < 3; i++) {
        pwr_view_number(pwr_view_add(view, "l"), "i", i);
    }
    return pwr_template_render(&page, NULL, words->template, view, language, pool) == NULL
           && strcmp(page, expected) == 0
           && pwr_expression_find(&is_found, words->expression, "abababc", pool) == NULL
           && is_found;
}

static void pages_are_rendered_alike_in_every_thread(void **state)
{
    scratch_t *scratch = *state;
    words_t words = load_words(scratch);

    assert_right_in_threads(say_words, &words, scratch->pool);
}

/* --- shared memory ---------------------------------------------------------------------------- */

typedef struct {
    pwr_client_limit_t *limit;
    pwr_captcha_answers_t *answers;
    pwr_metrics_t *metrics;
} tables_t;

static bool use_tables(void *shared, int number, apr_pool_t *pool)
{
    tables_t *tables = shared;
    const char *client = apr_psprintf(pool, "192.0.2.%d", number % 3);
    const char *captcha = apr_psprintf(pool, "captcha %d", number % 5);

    (void)pwr_client_limit_count(tables->limit, client, 4);
    (void)pwr_client_limit_look(tables->limit, client);
    (void)pwr_client_limit_look_at_site(tables->limit);
    pwr_client_limit_set_full(tables->limit, number == 0);
    (void)pwr_client_limit_is_full(tables->limit);
    pwr_metrics_count(tables->metrics, (pwr_event_t)0);
    pwr_metrics_set_queue(tables->metrics, number, apr_time_now());
    const pwr_metrics_site_t site = {.name = "site", .metrics = tables->metrics};
    return pwr_metrics_text(&site, 1, pool) != NULL
           && pwr_captcha_answers_take(tables->answers, captcha, "right");
}

static void tables_of_all_processes_are_written_and_read_at_once(void **state)
{
    scratch_t *scratch = *state;
    tables_t tables = {0};
    const pwr_abuse_settings_t settings = {.prefix4 = 32,
                                           .prefix6 = 64,
                                           .client_calm = 30,
                                           .client_busy = 120,
                                           .client_most = 600,
                                           .site_calm = 300,
                                           .site_busy = 3000,
                                           .cells = 64};

    assert_null(pwr_crypto_start(scratch->pool));
    assert_null(pwr_client_limit_open(&tables.limit, &settings, scratch->pool));
    assert_null(pwr_captcha_answers_open(&tables.answers, scratch->pool));
    assert_null(pwr_metrics_open(&tables.metrics, scratch->pool));
    assert_right_in_threads(use_tables, &tables, scratch->pool);
}

/* --- others ----------------------------------------------------------------------------------- */

static bool ask_directory(void *shared, int number, apr_pool_t *pool)
{
    apr_array_header_t *accounts = NULL;
    pwr_rules_t rules;
    pwr_fault_t *fault = number % 2 == 0
                             ? pwr_directory_find(&accounts, shared, "anna@example.org", pool)
                             : pwr_directory_rules(&rules, shared, NULL, pool);

    return fault != NULL && fault->kind == PWR_LATER;
}

static void a_directory_that_is_down_is_for_later_in_every_thread(void **state)
{
    scratch_t *scratch = *state;
    pwr_directory_settings_t settings
        = {.connections = 3, .timeout = apr_time_from_sec(20), .tls = PWR_TLS_NONE};
    pwr_directory_t *directory = NULL;

    settings.mail_attributes = apr_array_make(scratch->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(settings.mail_attributes, const char *) = "mail";
    settings.backend_name = "auto";
    assert_null(pwr_directory_parse_url(&settings, "ldap://" NOWHERE " localhost:1/dc=example",
                                        scratch->pool));
    assert_null(pwr_directory_open(&directory, &settings, scratch->pool));
    assert_right_in_threads(ask_directory, directory, scratch->pool);
}

static bool send_mail(void *shared, int number, apr_pool_t *pool)
{
    const pwr_mail_settings_t *settings = shared;
    pwr_relays_t *relays = NULL;
    pwr_relays_report_t report;
    const pwr_mail_t mail = {.to = "anna@example.org",
                             .subject = "S",
                             .text = "T",
                             .html = "H",
                             .language = "nb",
                             .message_id = apr_psprintf(pool, "m%d", number)};

    return pwr_relays_open(&relays, settings, pool) == NULL
           && pwr_relays_send(&report, relays, &mail, pool) == NULL
           && strncmp(report.used, "folder:", 7) == 0;
}

static void each_threads_own_relays_pass_over_one_that_is_down(void **state)
{
    scratch_t *scratch = *state;
    const char *urls[]
        = {"smtp://" NOWHERE, apr_pstrcat(scratch->pool, "folder:", scratch->folder, NULL)};
    pwr_mail_settings_t settings = {.from = "sso@example.org",
                                    .connect_timeout = apr_time_from_sec(20),
                                    .timeout = apr_time_from_sec(20)};

    assert_null(pwr_mail_start(scratch->pool));
    settings.relays = apr_array_make(scratch->pool, 2, sizeof(pwr_relay_t *));
    for (int i = 0; i < 2; i++) {
        pwr_relay_t **relay = &APR_ARRAY_PUSH(settings.relays, pwr_relay_t *);
        assert_null(pwr_mail_parse_relay(relay, urls[i], i == 0 ? "NONE" : NULL, scratch->pool));
    }
    assert_right_in_threads(send_mail, &settings, scratch->pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pages_are_rendered_alike_in_every_thread),
        TEST(tables_of_all_processes_are_written_and_read_at_once),
        TEST(a_directory_that_is_down_is_for_later_in_every_thread),
        TEST(each_threads_own_relays_pass_over_one_that_is_down),
    };
    apr_initialize();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    u_cleanup(); /* of ICU's caches, for valgrind */
    return failed;
}
