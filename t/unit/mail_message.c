/* The composed mail, byte by byte where the bytes matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_encode.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "mail/message.h"

#define TOKEN "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcdE"

static apr_pool_t *pool;
static pwr_mail_settings_t settings;
static pwr_mail_t mail;

static int set_up(void **state)
{
    (void)state;
    apr_pool_create(&pool, NULL);
    settings = (pwr_mail_settings_t){.from_name = "Intranet", .from = "sso@example.org"};
    mail = (pwr_mail_t){.to = "kari@example.org",
                        .subject = "New password",
                        .text = "Hello\n",
                        .html = "<p>Hello</p>\n",
                        .language = "nb",
                        .message_id = "Zm9v-bar_1.2",
                        .date = apr_time_from_sec(1795342304)};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    return 0;
}

static const char *compose(void)
{
    pwr_message_t message;
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
    assert_null(memchr(message.bytes, '\0', message.length));
    return apr_pstrmemdup(pool, message.bytes, message.length);
}

/* The header of the mail, up to and with its last CRLF. */
static const char *head_of(const char *whole)
{
    const char *end = strstr(whole, "\r\n\r\n");
    assert_non_null(end);
    return apr_pstrmemdup(pool, whole, (apr_size_t)(end + 2 - whole));
}

static int count(const char *text, const char *part)
{
    int times = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        times++;
    }
    return times;
}

/* The value of one header, unfolded. */
static const char *header(const char *whole, const char *name)
{
    const char *lead = apr_pstrcat(pool, "\r\n", name, ": ", NULL);
    const char *text = apr_pstrcat(pool, "\r\n", head_of(whole), NULL);
    const char *at = strstr(text, lead);
    assert_non_null(at);
    assert_int_equal(count(text, lead), 1);
    char *value = apr_pstrdup(pool, at + strlen(lead));
    char *out = value;
    for (char *from = value; *from != '\0'; from++) {
        if (strncmp(from, "\r\n", 2) == 0) {
            if (from[2] != ' ') {
                break;
            }
            from += 1;
            continue;
        }
        *out++ = *from;
    }
    *out = '\0';
    return value;
}

/* Decodes a run of base64 encoded words, checking their length and that none cuts a character. */
static const char *decode_words(const char *value)
{
    const char *text = "";
    while (strncmp(value, "=?UTF-8?B?", 10) == 0) {
        const char *end = strstr(value, "?=");
        assert_non_null(end);
        assert_true(end + 2 - value <= 75);
        char part[100];
        apr_size_t length = 0;
        assert_int_equal(
            apr_decode_base64(part, value + 10, end - value - 10, APR_ENCODE_NONE, &length),
            APR_SUCCESS);
        assert_true(((unsigned char)part[0] & 0xc0) != 0x80);
        text = apr_pstrcat(pool, text, apr_pstrmemdup(pool, part, length), NULL);
        value = end + 2;
        value += strncmp(value, " =?", 3) == 0 ? 1 : 0;
    }
    return apr_pstrcat(pool, text, value, NULL);
}

static int hex(char digit)
{
    const char *at = strchr("0123456789ABCDEF", digit);
    assert_non_null(at);
    assert_true(digit != '\0');
    return (int)(at - "0123456789ABCDEF");
}

/* The decoded part of that type: RFC 2045, 6.7 read strictly. */
static const char *part(const char *whole, const char *type)
{
    const char *lead = apr_psprintf(pool,
                                    "Content-Type: %s; charset=utf-8\r\n"
                                    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
                                    type);
    const char *at = strstr(whole, lead);
    assert_non_null(at);
    at += strlen(lead);
    const char *end = strstr(at, "\r\n--=_");
    assert_non_null(end);
    char *out = apr_palloc(pool, (apr_size_t)(end - at) + 1);
    char *to = out;
    while (at < end) {
        if (strncmp(at, "=\r\n", 3) == 0) {
            at += 3;
        } else if (*at == '=') {
            *to++ = (char)(hex(at[1]) * 16 + hex(at[2]));
            at += 3;
        } else if (*at == '\r') {
            assert_true(at[1] == '\n');
            *to++ = '\n';
            at += 2;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
    return out;
}

static void assert_lines(const char *whole, size_t longest)
{
    for (const char *at = whole; *at != '\0';) {
        size_t length = strcspn(at, "\r\n");
        assert_true(length <= longest);
        assert_memory_equal(at + length, "\r\n", 2);
        at += length + 2;
    }
}

static void a_small_mail_has_exactly_these_bytes(void **state)
{
    (void)state;
    assert_string_equal(compose(), "Date: Sun, 22 Nov 2026 10:11:44 +0000\r\n"
                                   "From: \"Intranet\" <sso@example.org>\r\n"
                                   "To: kari@example.org\r\n"
                                   "Subject: New password\r\n"
                                   "Message-ID: <Zm9v-bar_1.2@example.org>\r\n"
                                   "MIME-Version: 1.0\r\n"
                                   "Content-Language: nb\r\n"
                                   "Auto-Submitted: auto-generated\r\n"
                                   "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n"
                                   "Content-Type: multipart/alternative;\r\n"
                                   " boundary=\"=_Zm9v-bar_1.2\"\r\n"
                                   "\r\n"
                                   "--=_Zm9v-bar_1.2\r\n"
                                   "Content-Type: text/plain; charset=utf-8\r\n"
                                   "Content-Transfer-Encoding: quoted-printable\r\n"
                                   "\r\n"
                                   "Hello\r\n"
                                   "\r\n--=_Zm9v-bar_1.2\r\n"
                                   "Content-Type: text/html; charset=utf-8\r\n"
                                   "Content-Transfer-Encoding: quoted-printable\r\n"
                                   "\r\n"
                                   "<p>Hello</p>\r\n"
                                   "\r\n--=_Zm9v-bar_1.2--\r\n");
}

static void a_retry_has_the_same_bytes(void **state)
{
    (void)state;
    assert_string_equal(compose(), compose());
}

static void a_link_that_fits_on_a_line_stays_whole(void **state)
{
    /* 76 characters: the most a line may hold */
    static const char link[] = "https://passord.example.org/glemt/" TOKEN;
    (void)state;
    assert_true(strlen(link) > 76);
    const char *fits = link + strlen(link) - 76;
    mail.text = apr_pstrcat(pool, "Open:\n\n", fits, "\n\nBye\n", NULL);
    assert_non_null(strstr(compose(), apr_pstrcat(pool, "\r\n", fits, "\r\n", NULL)));
    mail.text = "Open:\n" TOKEN; /* the last line, without LF */
    assert_non_null(strstr(compose(), "\r\n" TOKEN "\r\n--=_"));
}

static void a_longer_link_gets_soft_breaks_and_comes_back(void **state)
{
    (void)state;
    mail.text = "https://passord.example.org/en/lang/sti/til/siden/" TOKEN "\n"
                "https://passord.example.org/" TOKEN "?a=b\n";
    const char *whole = compose();
    assert_lines(whole, 76);
    assert_string_equal(part(whole, "text/plain"), mail.text);
}

static void awkward_text_comes_back_and_lines_stay_short(void **state)
{
    static const char text[] = "\xc3\x86rlig talt: p\xc3\xa5 blanke linjer \n"
                               "tab at end\t\n"
                               ".\n"
                               "..two\n"
                               "From the beginning\n"
                               "1 + 1 = 2\n"
                               "\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91"
                               "\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91\n"
                               "\n"
                               "--=_Zm9v-bar_1.2--\n"
                               "no line feed at the end";
    (void)state;
    mail.text = text;
    const char *whole = compose();
    assert_lines(whole, 76);
    assert_string_equal(part(whole, "text/plain"), text);
    assert_string_equal(part(whole, "text/html"), mail.html);
    assert_null(strstr(whole, "\r\n."));
    assert_null(strstr(whole, "\r\nFrom the"));
    assert_int_equal(count(whole, "\r\n--=_"), 3);
}

static void no_break_leaves_a_dot_at_the_head_of_a_line(void **state)
{
    (void)state;
    for (size_t lead = 70; lead < 80; lead++) {
        char *line = apr_pcalloc(pool, lead + 4);
        memset(line, 'a', lead);
        memcpy(line + lead, ".b\n", 4);
        mail.text = line;
        const char *whole = compose();
        assert_null(strstr(whole, "\r\n."));
        assert_lines(whole, 76);
        assert_string_equal(part(whole, "text/plain"), line);
    }
}

static void a_bare_cr_is_escaped_and_crlf_is_one_line_end(void **state)
{
    (void)state;
    mail.text = "one\r\ntwo\rthree\r\r\n";
    assert_string_equal(part(compose(), "text/plain"), "one\ntwo\rthree\r\n");
    assert_lines(compose(), 76);
}

static void subjects_beyond_ascii_become_encoded_words_that_cut_no_character(void **state)
{
    (void)state;
    mail.subject = "\xc3\x86rlig talt: her er lenken til \xc3\xa5 angi nytt passord p\xc3\xa5 "
                   "intranettet \xe2\x80\x93 "
                   "\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91";
    const char *whole = compose();
    assert_lines(whole, 76);
    assert_string_equal(decode_words(header(whole, "Subject")), mail.subject);
}

static void a_long_plain_subject_is_folded(void **state)
{
    (void)state;
    char *subject = apr_pcalloc(pool, 3001);
    memset(subject, 'a', 3000);
    mail.subject = subject;
    const char *whole = compose();
    assert_lines(whole, 76);
    assert_string_equal(decode_words(header(whole, "Subject")), subject);
}

static void no_line_break_in_subject_or_name_makes_a_header(void **state)
{
    (void)state;
    mail.subject = "Hi\r\nBcc: evil@evil.test\r\n\r\nbody\x7f";
    settings.from_name = "A\r\nBcc: evil@evil.test\n.\r";
    const char *whole = compose();
    assert_null(strstr(whole, "\nBcc:"));
    assert_string_equal(decode_words(header(whole, "Subject")), "Hi  Bcc: evil@evil.test    body ");
    assert_string_equal(decode_words(header(whole, "From")),
                        "A  Bcc: evil@evil.test .  <sso@example.org>");
}

static void text_that_looks_like_an_encoded_word_is_shown_and_not_decoded(void **state)
{
    (void)state;
    mail.subject = "=?utf-8?q?=0d=0aBcc:_evil@evil.test?=";
    assert_null(strstr(compose(), "=?utf-8?q"));
    assert_string_equal(decode_words(header(compose(), "Subject")), mail.subject);
}

static void names_are_quoted_or_encoded(void **state)
{
    (void)state;
    settings.from_name = "Ola \"IT\" \\ Drift, AS";
    assert_string_equal(header(compose(), "From"),
                        "\"Ola \\\"IT\\\" \\\\ Drift, AS\" <sso@example.org>");
    settings.from_name = "P\xc3\xa5logging";
    assert_string_equal(decode_words(header(compose(), "From")),
                        "P\xc3\xa5logging <sso@example.org>");
    settings.from_name = "not \xff utf-8";
    assert_non_null(strstr(compose(), "From: \"not ? utf-8\" <sso@example.org>\r\n"));
    settings.from_name = NULL;
    assert_string_equal(header(compose(), "From"), "sso@example.org");
    settings.from_name = "";
    assert_string_equal(header(compose(), "From"), "sso@example.org");
}

static void reply_to_and_bounce_go_where_they_belong(void **state)
{
    pwr_message_t message;
    (void)state;
    settings.reply_to = "help@example.org";
    settings.bounce = "bounces@example.org";
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
    assert_string_equal(message.from, "bounces@example.org");
    assert_string_equal(message.to, "kari@example.org");
    assert_string_equal(header(compose(), "Reply-To"), "help@example.org");
    assert_null(strstr(compose(), "bounces@"));
    settings.bounce = NULL;
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
    assert_string_equal(message.from, "sso@example.org");
}

static void a_domain_beyond_ascii_goes_as_labels_everywhere(void **state)
{
    (void)state;
    settings.from = "sso@\xc3\xb8re.no";
    mail.to = "kari@\xc3\xb8re.no";
    const char *whole = compose();
    assert_string_equal(header(whole, "To"), "kari@xn--re-kka.no");
    assert_string_equal(header(whole, "Message-ID"), "<Zm9v-bar_1.2@xn--re-kka.no>");
}

static void a_bad_stored_address_is_the_directorys_and_a_bad_setting_the_operators(void **state)
{
    pwr_message_t message;
    (void)state;
    mail.to = "kari@example.org\r\nBcc: evil@evil.test";
    pwr_fault_t *fault = pwr_message_compose(&message, &settings, &mail, pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_REFUSED);
    mail.to = "kari@example.org";
    settings.reply_to = "help@example.org>";
    fault = pwr_message_compose(&message, &settings, &mail, pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
}

static void a_malformed_message_id_never_reaches_a_header_or_a_file_name(void **state)
{
    static const char *const bad[]
        = {"", "a b", "a\r\nb", "../x", "a/b", ".a", "a..", "a..b", "a@b", "a>b", "a\"b"};
    char longest[PWR_MESSAGE_ID_CHARS + 2] = {0};
    pwr_message_t message;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mail.message_id = bad[i];
        assert_non_null(pwr_message_compose(&message, &settings, &mail, pool));
    }
    mail.message_id = longest;
    memset(longest, 'a', PWR_MESSAGE_ID_CHARS);
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
    longest[PWR_MESSAGE_ID_CHARS] = 'a';
    assert_non_null(pwr_message_compose(&message, &settings, &mail, pool));
}

static void a_malformed_language_is_left_out(void **state)
{
    (void)state;
    mail.language = "nb\r\nBcc: evil@evil.test";
    assert_null(strstr(compose(), "Content-Language"));
    assert_null(strstr(compose(), "Bcc"));
}

static void a_mail_past_the_ceiling_is_refused(void **state)
{
    pwr_message_t message;
    (void)state;
    char *text = apr_pcalloc(pool, PWR_MAX_MAIL + 1);
    memset(text, 'a', PWR_MAX_MAIL);
    mail.text = text;
    pwr_fault_t *fault = pwr_message_compose(&message, &settings, &mail, pool);
    assert_non_null(fault);
    assert_int_equal(fault->kind, PWR_BROKEN);
    text[PWR_MAX_MAIL * 9 / 10] = '\0';
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
}

static void the_worst_text_still_fits_its_buffer(void **state)
{
    pwr_message_t message;
    (void)state;
    char *text = apr_pcalloc(pool, 30001);
    memset(text, 0xc3, 30000);
    mail.text = text;
    mail.html = text;
    mail.subject = apr_pstrndup(pool, text, 5000);
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
    char *lines = apr_pcalloc(pool, 30001);
    memset(lines, '\n', 30000);
    mail.text = lines;
    assert_null(pwr_message_compose(&message, &settings, &mail, pool));
}

static apr_status_t look(void *data)
{
    pwr_message_t *message = data;
    for (apr_size_t i = 0; i < message->length; i++) {
        assert_int_equal(message->bytes[i], 0);
    }
    message->length = 0;
    return APR_SUCCESS;
}

static void the_bytes_are_wiped_with_their_pool(void **state)
{
    pwr_message_t message = {0};
    apr_pool_t *scratch = NULL;
    (void)state;
    apr_pool_create(&scratch, pool);
    /* Last in, first out: registered before the bytes are made, it looks after they are wiped. */
    apr_pool_cleanup_register(scratch, &message, look, apr_pool_cleanup_null);
    assert_null(pwr_message_compose(&message, &settings, &mail, scratch));
    assert_true(message.length > 0);
    apr_pool_destroy(scratch);
    assert_int_equal(message.length, 0);
}

#define PROMISE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_small_mail_has_exactly_these_bytes),
        PROMISE(a_retry_has_the_same_bytes),
        PROMISE(a_link_that_fits_on_a_line_stays_whole),
        PROMISE(a_longer_link_gets_soft_breaks_and_comes_back),
        PROMISE(awkward_text_comes_back_and_lines_stay_short),
        PROMISE(no_break_leaves_a_dot_at_the_head_of_a_line),
        PROMISE(a_bare_cr_is_escaped_and_crlf_is_one_line_end),
        PROMISE(subjects_beyond_ascii_become_encoded_words_that_cut_no_character),
        PROMISE(a_long_plain_subject_is_folded),
        PROMISE(no_line_break_in_subject_or_name_makes_a_header),
        PROMISE(text_that_looks_like_an_encoded_word_is_shown_and_not_decoded),
        PROMISE(names_are_quoted_or_encoded),
        PROMISE(reply_to_and_bounce_go_where_they_belong),
        PROMISE(a_domain_beyond_ascii_goes_as_labels_everywhere),
        PROMISE(a_bad_stored_address_is_the_directorys_and_a_bad_setting_the_operators),
        PROMISE(a_malformed_message_id_never_reaches_a_header_or_a_file_name),
        PROMISE(a_malformed_language_is_left_out),
        PROMISE(a_mail_past_the_ceiling_is_refused),
        PROMISE(the_worst_text_still_fits_its_buffer),
        PROMISE(the_bytes_are_wiped_with_their_pool),
    };
    apr_initialize();
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failures;
}
