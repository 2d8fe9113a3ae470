/*
 * What a relay says, from arbitrary bytes: one reply a line, in the pieces that libcurl hands over.
 * A line "!" stands for the hook before MAIL. Only a 5xx to RCPT or later is the recipient's
 * refusal, and what is kept of the words is one clean line without anything like a link's secret.
 * The source file is included for its static callbacks.
 */
#include "fuzz.h"

#include "mail/smtp.c" /* NOLINT(bugprone-suspicious-include) */

static const CURLcode results[]
    = {CURLE_RECV_ERROR,        CURLE_SEND_ERROR,   CURLE_PEER_FAILED_VERIFICATION,
       CURLE_USE_SSL_FAILED,    CURLE_LOGIN_DENIED, CURLE_OPERATION_TIMEDOUT,
       CURLE_WEIRD_SERVER_REPLY};

static void check_words(const smtp_exchange_t *exchange)
{
    size_t run = 0;

    MUST(strlen(exchange->words) <= WORDS);
    for (const char *at = exchange->words; *at != '\0'; at++) {
        MUST(*at >= ' ' && *at <= '~');
        run = apr_isalnum(*at) || *at == '-' || *at == '_' ? run + 1 : 0;
        MUST(run < OPAQUE);
    }
}

static void check_answer(const smtp_exchange_t *exchange, const pwr_relay_answer_t *attempt)
{
    bool is_answered = phase_of(exchange) >= PWR_PHASE_RCPT;

    MUST(attempt->fault != NULL && attempt->fault->detail != NULL);
    MUST(exchange->code == 0 || (exchange->code >= 400 && exchange->code <= 599));
    MUST(attempt->fault->kind != PWR_REFUSED || (is_answered && exchange->code >= 500));
    MUST(exchange->code == 0 || exchange->code >= 500 || attempt->fault->kind != PWR_REFUSED);
    MUST(exchange->code != 0 || attempt->fault->kind != PWR_REFUSED);
    MUST(strpbrk(attempt->fault->detail, "\r\n") == NULL);
}

static void hear_all(smtp_exchange_t *exchange, input_t *input)
{
    while (input->length > 0) {
        const uint8_t *end = memchr(input->bytes, '\n', input->length);
        size_t size = end != NULL ? (size_t)(end - input->bytes) + 1 : input->length;
        char *line = malloc(size); /* libcurl closes it by no NUL */
        MUST(line != NULL);
        memcpy(line, input->bytes, size);
        if (line[0] == '!') {
            (void)begin_mail(exchange, NULL, NULL, 0, 0);
        } else {
            MUST(hear(line, 1, size, exchange) == size);
        }
        free(line);
        input->bytes += size;
        input->length -= size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    const pwr_relay_t relay = {.name = "smtp://relay.example.org"};
    const pwr_message_t message = {.to = "k\xc3\xa5re@example.org", .length = 1000};
    smtp_exchange_t exchange = {.message = &message};
    unsigned choice = next_byte(&input);

    exchange.sent = choice & 0x80 ? message.length : 0;
    hear_all(&exchange, &input);
    check_words(&exchange);
    CURLcode result = results[choice % (sizeof results / sizeof *results)];
    pwr_relay_answer_t attempt = exchange.code != 0
                                     ? check_reply(&relay, &exchange, input.pool)
                                     : check_silence(&relay, &exchange, result, input.pool);
    check_answer(&exchange, &attempt);
    apr_pool_destroy(input.pool);
    return 0;
}
