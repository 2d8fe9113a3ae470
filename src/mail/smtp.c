/*
 * SMTP by libcurl. What a reply means depends on its phase and its words (refusal.c), and libcurl
 * tells neither, so the replies are counted here: the pre-request hook says that the session
 * stands, and from then on the first reply answers MAIL, the second RCPT, the third DATA, the
 * fourth the mail itself.
 *
 * libcurl is never verbose: its debug output shows AUTH and the body. It takes no proxy and no
 * .netrc from the environment. A handle for each relay, not one for all, holds one connection at
 * most, which is how closing knows the socket to shut.
 */
#include "mail/smtp.h"

#include <string.h>
#include <sys/socket.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <curl/curl.h>

enum {
    WORDS = 200,       /* of a relay's reply, in a detail */
    OPAQUE = 24,       /* a run of so many token characters is not repeated */
    PHASES = 5,        /* MAIL, RCPT, DATA, body, its reply */
    REPLIES = 4,       /* to MAIL, RCPT, DATA, and the body */
    OLDEST = 0x075500, /* 7.85.0: CURLOPT_PROTOCOLS_STR */
};

struct pwr_smtp_t {
    CURL *easy; /* NULL: no session is kept */
    const pwr_mail_settings_t *settings;
    const pwr_relay_t *relay;
    const char *url;
    struct curl_slist *recipients; /* of the mail being sent */
};

/* One mail's session with the server. */
typedef struct {
    const pwr_message_t *message;
    apr_size_t sent;
    bool is_in_mail; /* the session stands; MAIL is next or behind us */
    int replies;     /* since then */
    bool is_over;    /* one of them was a refusal */
    int code;        /* of the last 4xx or 5xx line, else 0 */
    char words[WORDS + 1];
    char error[CURL_ERROR_SIZE];
} smtp_exchange_t;

static apr_status_t stop_curl(void *data)
{
    (void)data;
    curl_global_cleanup();
    return APR_SUCCESS;
}

pwr_fault_t *pwr_mail_start(apr_pool_t *pool)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return pwr_fault_broken(pool, "PWR0531", "libcurl does not start. Reinstall it.");
    }
    apr_pool_cleanup_register(pool, NULL, stop_curl, apr_pool_cleanup_null);

    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bool has_smtps = false;
    for (const char *const *name = info->protocols; *name != NULL; name++) {
        has_smtps = has_smtps || strcmp(*name, "smtps") == 0;
    }
    if (info->version_num < OLDEST || !has_smtps) {
        return pwr_fault_broken(pool, "PWR0532",
                                "libcurl %s is too old or lacks smtps. Install 7.85 or newer, "
                                "built with SMTP and TLS.",
                                info->version);
    }
    return NULL;
}

/* QUIT would wait a whole phase for a server that hangs. With the reading side shut, libcurl still
 * sends it and finds at once that no answer comes. */
static void end_session(pwr_smtp_t *smtp)
{
    curl_socket_t socket = CURL_SOCKET_BAD;

    if (smtp->easy != NULL
        && curl_easy_getinfo(smtp->easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK
        && socket != CURL_SOCKET_BAD) {
        (void)shutdown(socket, SHUT_RD);
    }
    curl_easy_cleanup(smtp->easy);
    smtp->easy = NULL;
}

static apr_status_t close_smtp(void *data)
{
    pwr_smtp_t *smtp = data;

    end_session(smtp);
    curl_slist_free_all(smtp->recipients);
    return APR_SUCCESS;
}

pwr_fault_t *pwr_smtp_open(pwr_smtp_t **smtp, const pwr_mail_settings_t *settings,
                           const pwr_relay_t *relay, const char *helo, apr_pool_t *pool)
{
    const char *scheme = relay->kind == PWR_RELAY_SMTPS ? "smtps" : "smtp";
    bool is_literal = strchr(relay->host, ':') != NULL;
    pwr_smtp_t *own = apr_pcalloc(pool, sizeof *own);

    apr_pool_cleanup_register(pool, own, close_smtp, apr_pool_cleanup_null);
    own->settings = settings;
    own->relay = relay;
    own->url = apr_psprintf(pool, "%s://%s%s%s:%d/%s", scheme, is_literal ? "[" : "", relay->host,
                            is_literal ? "]" : "", relay->port, helo);
    *smtp = own;
    return NULL;
}

static size_t feed(char *out, size_t size, size_t count, void *data)
{
    smtp_exchange_t *exchange = data;
    size_t room = size * count;
    size_t left = exchange->message->length - exchange->sent;
    size_t take = left < room ? left : room;

    memcpy(out, exchange->message->bytes + exchange->sent, take);
    exchange->sent += take;
    return take;
}

/* Copies a reply's text, cut, printable ASCII only. Long runs of token characters are starred:
 * content filters like to quote the link they refuse, and it must not reach a log. */
static void keep_words(smtp_exchange_t *exchange, const char *text, size_t length)
{
    size_t run = 0;
    size_t kept = 0;

    for (size_t i = 0; i < length && kept < WORDS; i++, kept++) {
        char byte = text[i];
        exchange->words[kept] = byte < ' ' || byte > 0x7e ? ' ' : byte;
        run = apr_isalnum(byte) || byte == '-' || byte == '_' ? run + 1 : 0;
        if (run == OPAQUE) {
            memset(exchange->words + kept + 1 - run, '*', run);
        } else if (run > OPAQUE) {
            exchange->words[kept] = '*';
        }
    }
    while (kept > 0 && exchange->words[kept - 1] == ' ') {
        kept--;
    }
    exchange->words[kept] = '\0';
}

/* Called with each line of the server: "250-more", "250 last". Once the mail is refused the rest is
 * farewell and does not count. */
static size_t hear(char *line, size_t size, size_t count, void *data)
{
    smtp_exchange_t *exchange = data;
    size_t length = size * count;

    if (exchange->is_over || length < 3 || !apr_isdigit(line[0]) || !apr_isdigit(line[1])
        || !apr_isdigit(line[2])) {
        return length;
    }
    bool is_no = line[0] == '4' || line[0] == '5';
    if (is_no) {
        exchange->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        keep_words(exchange, line, length);
    }
    if (exchange->is_in_mail && (length == 3 || line[3] != '-')) {
        exchange->replies++;
        exchange->is_over = is_no;
    }
    return length;
}

/* Called when the session stands, before MAIL. What went wrong on the way no longer matters. */
static int begin_mail(void *data, char *peer, char *own, int peer_port, int own_port)
{
    smtp_exchange_t *exchange = data;

    (void)peer, (void)own, (void)peer_port, (void)own_port;
    exchange->is_in_mail = true;
    exchange->code = 0;
    exchange->words[0] = '\0';
    return CURL_PREREQFUNC_OK;
}

/* Each returns 0 when libcurl took every option. */

static int set_security(CURL *easy, const pwr_relay_t *relay, const char *trusted_ca)
{
    bool is_plain = relay->kind == PWR_RELAY_PLAIN;
    int bad = 0;

    bad |= (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    bad |= (int)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    bad |= (int)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_USE_SSL,
                                 (long)(is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (trusted_ca != NULL) { /* alone: the system's folder would be trusted beside it */
        bad |= (int)curl_easy_setopt(easy, CURLOPT_CAINFO, trusted_ca);
        bad |= (int)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (relay->user != NULL && !is_plain) {
        /* Under verified TLS the plain mechanisms are as good as any, and none of them asks a
         * third server, as GSSAPI would. */
        bad |= (int)curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
        bad |= (int)curl_easy_setopt(easy, CURLOPT_USERNAME, relay->user);
        bad |= (int)curl_easy_setopt(easy, CURLOPT_PASSWORD,
                                     relay->password != NULL ? pwr_secret_bytes(relay->password)
                                                             : "");
    }
    return bad;
}

static long to_seconds(apr_interval_time_t span)
{
    return (long)((span + APR_USEC_PER_SEC - 1) / APR_USEC_PER_SEC);
}

static int set_bounds(CURL *easy, const pwr_mail_settings_t *settings)
{
    apr_interval_time_t total = settings->connect_timeout + PHASES * settings->timeout;
    int bad = 0;

    bad |= (int)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                                 (long)apr_time_as_msec(settings->connect_timeout));
    bad |= (int)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)apr_time_as_msec(total));
    bad |= (int)curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                                 to_seconds(settings->timeout));
    bad |= (int)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, to_seconds(settings->timeout));
    return bad;
}

static int set_mail(pwr_smtp_t *smtp, smtp_exchange_t *exchange)
{
    CURL *easy = smtp->easy;
    int bad = 0;

    bad |= (int)curl_easy_setopt(easy, CURLOPT_URL, smtp->url);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->error);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, exchange->message->from);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, smtp->recipients);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                                 (curl_off_t)exchange->message->length);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_READFUNCTION, feed);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, hear);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, begin_mail);
    bad |= (int)curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    return bad;
}

static pwr_smtp_phase_t phase_of(const smtp_exchange_t *exchange)
{
    if (!exchange->is_in_mail || exchange->replies == 0) {
        return PWR_PHASE_SESSION;
    }
    return exchange->replies < REPLIES ? (pwr_smtp_phase_t)exchange->replies : PWR_PHASE_BODY;
}

static bool is_ascii(const char *text)
{
    while (*text != '\0' && (*text & 0x80) == 0) {
        text++;
    }
    return *text == '\0';
}

static pwr_refusal_t find_refusal(const smtp_exchange_t *exchange)
{
    pwr_smtp_phase_t phase = phase_of(exchange);
    pwr_refusal_t refusal = pwr_refusal_find(phase, exchange->words);
    bool is_vague = refusal == PWR_REFUSAL_PROTOCOL || refusal == PWR_REFUSAL_OTHER;

    return is_vague && phase == PWR_PHASE_RCPT && !is_ascii(exchange->message->to)
               ? PWR_REFUSAL_UTF8
               : refusal;
}

static pwr_relay_answer_t check_reply(const pwr_relay_t *relay, const smtp_exchange_t *exchange,
                                      apr_pool_t *scratch)
{
    pwr_relay_answer_t outcome = {.must_rest = !exchange->is_in_mail || exchange->code == 421};

    outcome.refusal = find_refusal(exchange);
    if (outcome.refusal == PWR_REFUSAL_NONE) {
        outcome.fault = pwr_fault_later(scratch, "PWR0541", "%s cannot take the mail now: %s",
                                        relay->name, exchange->words);
        return outcome;
    }
    outcome.fault = pwr_refusal_fault(outcome.refusal, relay->name, exchange->words, scratch);
    outcome.is_final = outcome.refusal == PWR_REFUSAL_RECIPIENT;
    outcome.must_rest |= outcome.refusal == PWR_REFUSAL_LOGIN;
    return outcome;
}

static bool is_trust_error(CURLcode result)
{
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CERTPROBLEM:
        return true;
    default:
        return false;
    }
}

/* The server gave no 4xx and no 5xx: libcurl's own finding counts. */
static pwr_relay_answer_t check_silence(const pwr_relay_t *relay, const smtp_exchange_t *exchange,
                                        CURLcode result, apr_pool_t *scratch)
{
    pwr_relay_answer_t outcome = {.must_rest = true};
    const char *words = *exchange->error != '\0' ? exchange->error : curl_easy_strerror(result);

    if (exchange->message->length == exchange->sent) {
        /* All of it was handed over: another relay could deliver it twice. */
        outcome.is_final = true;
        outcome.fault = pwr_fault_later(
            scratch, "PWR0545", "%s may or may not have taken the mail: %s", relay->name, words);
    } else if (is_trust_error(result)) {
        outcome.fault = pwr_fault_broken(
            scratch, "PWR0546",
            "%s shows a certificate that cannot be trusted: %s. Write PwResetRelay with the name "
            "that the certificate carries, and PwResetRelayTrustedCA with the file of its CA.",
            relay->name, words);
    } else if (result == CURLE_USE_SSL_FAILED) {
        outcome.fault
            = pwr_fault_broken(scratch, "PWR0547",
                               "%s offers no STARTTLS, so nothing was sent: %s. Something "
                               "may be stripping it, or the port is wrong.",
                               relay->name, words);
    } else if (result == CURLE_LOGIN_DENIED) {
        outcome.fault = pwr_fault_broken(scratch, "PWR0548",
                                         "%s offers neither AUTH PLAIN nor LOGIN that takes our "
                                         "user: %s.",
                                         relay->name, words);
    } else {
        outcome.fault
            = pwr_fault_later(scratch, "PWR0549", "%s was not reached: %s", relay->name, words);
    }
    return outcome;
}

static pwr_relay_answer_t bad_options(apr_pool_t *scratch)
{
    pwr_fault_t *fault
        = pwr_fault_broken(scratch, "PWR0534",
                           "libcurl refuses an option that keeps mail safe. Install one built "
                           "with SMTP and TLS, 7.85 or newer.");
    return (pwr_relay_answer_t){.fault = fault, .must_rest = true};
}

static pwr_relay_answer_t lack_memory(apr_pool_t *scratch)
{
    pwr_fault_t *fault
        = pwr_fault_later(scratch, "PWR0533", "libcurl gave no handle: out of memory?");
    return (pwr_relay_answer_t){.fault = fault};
}

static CURL *open_session(pwr_smtp_t *smtp)
{
    if (smtp->easy == NULL) {
        smtp->easy = curl_easy_init();
    } else {
        curl_easy_reset(smtp->easy); /* the connection stays */
    }
    return smtp->easy;
}

/* Runs what the options say. A session that did not end as it should is never used again: a late
 * reply would be taken for that to the next command. */
static CURLcode perform(pwr_smtp_t *smtp, const smtp_exchange_t *exchange)
{
    CURLcode result = curl_easy_perform(smtp->easy);

    if (result != CURLE_OK || (exchange->is_in_mail && exchange->replies != REPLIES)) {
        end_session(smtp);
    } else {
        curl_easy_reset(smtp->easy); /* it points into the caller */
    }
    return result;
}

static pwr_relay_answer_t check_result(const pwr_relay_t *relay, const smtp_exchange_t *exchange,
                                       CURLcode result, apr_pool_t *scratch)
{
    if (result == CURLE_OK) {
        return (pwr_relay_answer_t){0};
    }
    return exchange->code != 0 ? check_reply(relay, exchange, scratch)
                               : check_silence(relay, exchange, result, scratch);
}

/* Relays close idle sessions, some after seconds, with a 421 or without a word (RFC 5321, 3.8). A
 * kept one that ends before it answered MAIL has taken nothing. */
static bool is_dead_session(const smtp_exchange_t *exchange)
{
    return exchange->sent == 0
           && (exchange->replies == 0 || (exchange->replies == 1 && exchange->code == 421));
}

pwr_relay_answer_t pwr_smtp_send(pwr_smtp_t *smtp, const pwr_message_t *message,
                                 apr_pool_t *scratch)
{
    curl_slist_free_all(smtp->recipients);
    smtp->recipients = curl_slist_append(NULL, message->to);
    for (;;) {
        smtp_exchange_t exchange = {.message = message};
        bool was_kept = smtp->easy != NULL;
        if (open_session(smtp) == NULL || smtp->recipients == NULL) {
            return lack_memory(scratch);
        }
        int bad = set_security(smtp->easy, smtp->relay, smtp->settings->trusted_ca);
        bad |= set_bounds(smtp->easy, smtp->settings);
        bad |= set_mail(smtp, &exchange);
        if (bad != 0) {
            return bad_options(scratch);
        }
        CURLcode result = perform(smtp, &exchange);
        if (result == CURLE_OK || !was_kept || !is_dead_session(&exchange)) {
            return check_result(smtp->relay, &exchange, result, scratch);
        }
    }
}

pwr_relay_answer_t pwr_smtp_probe(pwr_smtp_t *smtp, apr_pool_t *scratch)
{
    const pwr_message_t nothing = {.to = "", .length = 1}; /* never handed over */
    smtp_exchange_t exchange = {.message = &nothing};

    end_session(smtp);
    if (open_session(smtp) == NULL) {
        return lack_memory(scratch);
    }
    int bad = set_security(smtp->easy, smtp->relay, smtp->settings->trusted_ca);
    bad |= set_bounds(smtp->easy, smtp->settings);
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_URL, smtp->url);
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_ERRORBUFFER, exchange.error);
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_CUSTOMREQUEST, "NOOP");
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_NOBODY, 1L); /* or it prints the answer */
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_HEADERFUNCTION, hear);
    bad |= (int)curl_easy_setopt(smtp->easy, CURLOPT_HEADERDATA, &exchange);
    if (bad != 0) {
        return bad_options(scratch);
    }
    CURLcode result = perform(smtp, &exchange);
    return check_result(smtp->relay, &exchange, result, scratch);
}
