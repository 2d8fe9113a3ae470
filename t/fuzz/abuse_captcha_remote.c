/*
 * What the service of a robot check answers, from arbitrary bytes. The first byte chooses the
 * service, the second the HTTP status. YES needs a true verdict about our page; everything else has
 * a reason, and no reason tells our secret. The source file is included for its judge, which is
 * static: a question goes over HTTPS, which no fuzzer could.
 */
#include "fuzz.h"

#include "abuse/captcha_remote.c" /* NOLINT(bugprone-suspicious-include) */

static const char *const services[]
    = {"recaptcha2", "recaptcha3", "recaptcha-enterprise", "hcaptcha", "turnstile", "friendly",
       "mcaptcha",   "cap"};
static const int statuses[] = {200, 200, 200, 200, 400, 401, 403, 404, 429, 500};

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define OURS "s3cr3t-of-ours"

/* The same question asked in another way. */
static void check_yes(const check_t *check, const pwr_https_answer_t *answer)
{
    const pwr_captcha_row_t *row = check->row;
    const pwr_json_t *json = pwr_json_read(answer->body, answer->length, check->pool);
    const pwr_json_t *place = json;
    bool verdict = false;

    MUST(answer->status == 200 && json != NULL);
    if (row->verdict_in != NULL) {
        place = pwr_json_get_object(json, row->verdict_in);
    }
    MUST(place != NULL && pwr_json_get_flag(&verdict, place, row->verdict) && verdict);
    const char *host = pwr_json_get_text(place, "hostname");
    const char *action = pwr_json_get_text(place, "action");
    MUST(!row->provider.has_hostname
         || (host != NULL && strcasecmp(host, check->settings->hostname) == 0));
    MUST(!row->provider.has_action
         || (action != NULL && strcmp(action, check->settings->action) == 0));
    MUST(!row->provider.has_score || strstr(answer->body, "score") != NULL
         || strchr(answer->body, '\\') != NULL);
}

static pwr_secret_t *own_secret(void)
{
    static pwr_secret_t *secret;

    if (secret == NULL) {
        MUST(pwr_crypto_start(program_pool()) == NULL);
        secret = pwr_secret_make(OURS, strlen(OURS), program_pool());
    }
    return secret;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    pwr_remote_settings_t settings = {.site_key = "site-key",
                                      .hostname = "sso.example.org",
                                      .action = "pwreset",
                                      .least_score = 50,
                                      .verify_url = "https://robots.example.org/verify"};
    check_t check = {.settings = &settings, .response = "response", .pool = input.pool};
    pwr_fault_t *fault = NULL;

    settings.provider = services[next_byte(&input) % COUNT(services)];
    settings.secret = own_secret();
    check.row = pwr_captcha_row(settings.provider);
    MUST(check.row != NULL && pwr_remote_settings_check(&settings, input.pool) == NULL);
    int status = statuses[next_byte(&input) % COUNT(statuses)];
    char *body = rest_on_heap(&input);
    pwr_https_answer_t answer = {.status = status, .body = body, .length = input.length};
    pwr_remote_verdict_t verdict = check_answer(&fault, &check, &answer);
    MUST((verdict == PWR_REMOTE_YES) == (fault == NULL));
    if (verdict == PWR_REMOTE_YES) {
        check_yes(&check, &answer);
    } else {
        MUST((verdict == PWR_REMOTE_NO) == (fault->kind == PWR_REFUSED));
        MUST(strstr(fault->detail, OURS) == NULL || strstr(body, OURS) != NULL
             || strchr(body, '\\') != NULL);
    }
    free(body);
    apr_pool_destroy(input.pool);
    return 0;
}
