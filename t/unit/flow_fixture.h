/*
 * A site for the tests of flows: a real SQLite store, the fake directory, the real templates and
 * messages, a relay that is a folder, and a clock that stands until a test moves it. A sleep moves
 * it, too, so that no test waits.
 */
#ifndef T_UNIT_FLOW_FIXTURE_H
#define T_UNIT_FLOW_FIXTURE_H

#include "fake_directory.h"
#include "store_fixture.h"

#include "base/log.h"
#include "flow/outbox_worker.h"
#include "store/tokens.h"
#include "store/trail.h"
#include "token/token.h"

#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LINK_LIFE HOUR
#define OWNER "worker-1"
#define GOOD_PASSWORD "correct horse battery"

/* One site of a test. */
typedef struct {
    fixture_t *store;
    apr_pool_t *pool;
    char mails[40]; /* the folder that is the relay */
    pwr_parts_settings_t settings;
    pwr_parts_t parts;
    pwr_outbox_worker_t worker;
} flow_t;

static flow_t flow;
static char flow_tags[64][8]; /* of the lines that were logged above debug */
static int flow_lines;

/* Replaces APR's: sleeping takes no time here. */
void apr_sleep(apr_interval_time_t t)
{
    fixture_now += t;
}

static inline void keep_flow_log(pwr_log_level_t level, const char *tag, const char *line,
                                 const pwr_log_context_t *context)
{
    (void)line;
    (void)context;
    if (level < PWR_LOG_DEBUG && flow_lines < 64) {
        snprintf(flow_tags[flow_lines++], sizeof flow_tags[0], "%s", tag);
    }
}

static inline void add_flow_relay(const char *url)
{
    pwr_relay_t *relay = NULL;

    assert_fine(pwr_mail_parse_relay(&relay, url, NULL, flow.pool));
    APR_ARRAY_PUSH(flow.settings.mail.relays, pwr_relay_t *) = relay;
}

static inline void fill_flow_settings(void)
{
    flow.settings = (pwr_parts_settings_t){
        .flow = {.base_url = SITE "reset",
                 .organisation = "Example Ltd",
                 .contact = "the helpdesk",
                 .login_url = "https://login.example.org/",
                 .time_zone = "Europe/Oslo",
                 .language = "en",
                 .languages = "nb en",
                 .files = getenv("PWR_FILES"),
                 .link_life = LINK_LIFE,
                 .keep = 30 * DAY,
                 .mails_per_hour = 5,
                 .mails_per_day = 10,
                 .attempts_per_hour = 3,
                 .attempts_per_day = 5,
                 .may_change = true,
                 .may_unlock = true},
        .store = flow.store->settings,
        .mail = {.from = "password@example.org",
                 .relays = apr_array_make(flow.pool, 2, sizeof(pwr_relay_t *))},
        .policy = {.min_length = 8},
        .abuse = {.form_life = 12 * HOUR,
                  .wait = 2 * MINUTE,
                  .prefix4 = 32,
                  .prefix6 = 64,
                  .client_calm = 30,
                  .client_busy = 120,
                  .client_most = 600,
                  .site_calm = 300,
                  .site_busy = 3000,
                  .cells = 64},
    };
    flow.settings.directory.uris = apr_array_make(flow.pool, 1, sizeof(const char *));
}

static inline void open_flow(void)
{
    pwr_texts_t *texts = NULL;
    pwr_policy_t *policy = NULL;
    pwr_client_limit_t *limit = NULL;

    assert_non_null(flow.settings.flow.files); /* make check sets PWR_FILES */
    assert_fine(pwr_parts_load_texts(&texts, &flow.settings.flow, flow.pool));
    assert_fine(pwr_policy_open(&policy, &flow.settings.policy, flow.pool));
    assert_fine(pwr_client_limit_open(&limit, &flow.settings.abuse, flow.pool));
    flow.parts = (pwr_parts_t){
        .settings = &flow.settings,
        .texts = texts,
        .policy = policy,
        .key = pwr_secret_make("0123456789abcdef0123456789abcdef", PWR_KEY_BYTES, flow.pool),
        .seal_key = pwr_secret_make("fedcba9876543210fedcba9876543210", PWR_KEY_BYTES, flow.pool),
        .limit = limit,
    };
    assert_fine(pwr_parts_open(&flow.parts, NULL, flow.pool));
    flow.worker = (pwr_outbox_worker_t){.parts = &flow.parts, .owner = OWNER};
    assert_fine(pwr_relays_open(&flow.worker.relays, &flow.settings.mail, flow.pool));
}

static inline int set_up_flow(void **state)
{
    char folder[] = "/tmp/pwreset-mails-XXXXXX";

    if (set_up(state) != 0 || mkdtemp(folder) == NULL) {
        return -1;
    }
    flow = (flow_t){.store = *state};
    flow.pool = flow.store->pool;
    snprintf(flow.mails, sizeof flow.mails, "%s", folder);
    flow_lines = 0;
    pwr_log_set(keep_flow_log);
    assert_fine(pwr_crypto_start(flow.pool));
    assert_fine(pwr_mail_start(flow.pool));
    fake_directory_clear();
    fill_flow_settings();
    add_flow_relay(apr_pstrcat(flow.pool, "folder:", flow.mails, NULL));
    open_flow();
    return 0;
}

static inline const char *mail_file(const char *name)
{
    return apr_pstrcat(flow.pool, flow.mails, "/", name, NULL);
}

/* How many mails have left; `is_last` removes them. */
static inline int count_mails(bool is_last)
{
    apr_dir_t *folder = NULL;
    apr_finfo_t found;
    int count = 0;

    assert_int_equal(APR_SUCCESS, apr_dir_open(&folder, flow.mails, flow.pool));
    while (apr_dir_read(&found, APR_FINFO_NAME, folder) == APR_SUCCESS) {
        if (found.name[0] != '.') {
            count++;
            if (is_last) {
                unlink(mail_file(found.name));
            }
        }
    }
    apr_dir_close(folder);
    return count;
}

static inline int tear_down_flow(void **state)
{
    pwr_log_set(NULL);
    count_mails(true);
    assert_int_equal(0, rmdir(flow.mails));
    return tear_down(state);
}

static inline bool was_logged(const char *tag)
{
    for (int i = 0; i < flow_lines; i++) {
        if (strcmp(flow_tags[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

/* --- requests and what becomes of them -------------------------------------------------------- */

#define CODE_OF(id) (apr_pstrcat(flow.pool, "CODE-", (id), NULL))

/* Puts a waiting row; its seed is made of its id. */
static inline void put_row(const char *id, pwr_row_kind_t backend, const char *typed)
{
    char digest[PWR_DIGEST_CHARS + 1];
    bool is_new = false;

    pwr_token_digest(digest, flow.parts.key, "subject", flow.parts.site, typed);
    const pwr_outbox_row_t row = {.id = id,
                                  .kind = backend,
                                  .site = flow.parts.site,
                                  .typed_name = typed,
                                  .typed_name_digest = digest,
                                  .account_digest = "",
                                  .language = "en",
                                  .client = "192.0.2.1",
                                  .support_code = CODE_OF(id),
                                  .seed = apr_psprintf(flow.pool, "%043d.%s", 0, id),
                                  .created = fixture_now,
                                  .due = fixture_now};
    assert_fine(pwr_outbox_put(&is_new, flow.parts.store, &row, flow.pool));
    assert_true(is_new);
}

/* Works every row that is due; how many there were. */
static inline int deliver_due(void)
{
    apr_time_t next = 0;
    bool is_worked = true;
    int count = -1;

    while (is_worked && count < 100) {
        assert_fine(pwr_outbox_worker_next(&is_worked, &next, &flow.worker, flow.pool));
        count++;
    }
    return count;
}

/* The events of the row in the trail, parted by blanks. */
static inline const char *trail_of(const char *id)
{
    apr_array_header_t *rows = NULL;
    const char *events = "";

    assert_fine(pwr_trail_read(&rows, flow.parts.store, CODE_OF(id), 50, flow.pool));
    for (int i = 0; i < rows->nelts; i++) {
        events = apr_pstrcat(flow.pool, events, i > 0 ? " " : "",
                             APR_ARRAY_IDX(rows, i, pwr_trail_row_t).event, NULL);
    }
    return events;
}

/* --- links ------------------------------------------------------------------------------------ */

/* The token of a link and of its "not me", made of any short text. */
static inline const char *token_of(const char *text, const char *purpose)
{
    return pwr_secret_bytes(pwr_token_derive(flow.parts.key, purpose, text, flow.pool));
}

static inline const char *digest_of(const char *purpose, const char *text)
{
    char digest[PWR_DIGEST_CHARS + 1];

    pwr_token_digest(digest, flow.parts.key, purpose, flow.parts.site, text);
    return apr_pstrdup(flow.pool, digest);
}

/* Another key seals from now on; the one before opens until `until` (0: for ever), and counts. */
static inline void rotate_key(apr_time_t until)
{
    pwr_secret_t *newer
        = pwr_secret_make("another key of thirty-two bytes!", PWR_KEY_BYTES, flow.pool);

    flow.parts.count_key = flow.parts.key;
    pwr_secret_set_next(newer, flow.parts.key, until);
    flow.parts.key = newer;
}

/* Puts a live link to the person as they are now, of the request `id`; returns its token. */
static inline const char *put_link(const char *id, const fake_person_t *person)
{
    const pwr_account_t *account = &person->account;
    const char *token = token_of(id, PWR_TOKEN_LINK);
    const pwr_token_row_t row = {
        .digest = digest_of(PWR_TOKEN_LINK, token),
        .stop_digest = digest_of(PWR_TOKEN_STOP, token_of(id, PWR_TOKEN_STOP)),
        .request_id = id,
        .site = flow.parts.site,
        .account_id = account->id,
        .login = account->login,
        .mail_digest = digest_of(PWR_TOKEN_MAIL, account->mail),
        .stamp_digest = digest_of(PWR_TOKEN_STAMP, account->stamp),
        .language = "en",
        .created = fixture_now,
        .expires = fixture_now + LINK_LIFE,
    };
    assert_fine(pwr_tokens_put(flow.parts.store, &row, flow.pool));
    return token;
}

/* Links of the account that still work. */
static inline int live_links(const fake_person_t *person)
{
    const pwr_token_row_t like
        = {.site = flow.parts.site, .account_id = person->account.id, .request_id = ""};
    int count = 0;

    assert_fine(pwr_tokens_count_live(&count, flow.parts.store, &like, flow.pool));
    return count;
}

#define FLOW_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_flow, tear_down_flow)

#endif
