/*
 * libFuzzer: a mail whose every word comes from arbitrary bytes. Whatever they are, a composed mail
 * has CRLF line ends only, no line past 998 characters, no body line past 76, one header block with
 * the headers we wrote and no other, and the two parts we made.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "mail/message.h"

static void check_lines(const char *bytes, size_t length)
{
    static const char *const known[] = {"Date: ",
                                        "From: ",
                                        "Reply-To: ",
                                        "To: ",
                                        "Subject: ",
                                        "Message-ID: ",
                                        "MIME-Version: ",
                                        "Content-Language: ",
                                        "Auto-Submitted: ",
                                        "X-Auto-Response-Suppress: ",
                                        "Content-Type: multipart/alternative;"};
    enum { KNOWN = sizeof known / sizeof *known };
    size_t next = 0; /* header lines come in this order, each at most once */
    int is_body = 0;
    int boundaries = 0;

    for (size_t at = 0; at < length;) {
        const char *line = bytes + at;
        const char *end = memchr(line, '\r', length - at);
        MUST(end != NULL && end + 1 < bytes + length && end[1] == '\n');
        size_t chars = (size_t)(end - line);
        MUST(memchr(line, '\n', chars) == NULL && memchr(line, '\0', chars) == NULL);
        MUST(chars <= (is_body ? 76 : 998));
        if (!is_body && chars == 0) {
            is_body = 1;
        } else if (!is_body && line[0] != ' ') {
            while (next < KNOWN && strncmp(line, known[next], strlen(known[next])) != 0) {
                next++;
            }
            MUST(next < KNOWN);
            next++;
        } else if (is_body && chars >= 4 && memcmp(line, "--=_", 4) == 0) {
            boundaries++;
        }
        at += chars + 2;
    }
    MUST(is_body && boundaries == 3 && next == KNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    input_t input = open_input(bytes, length);
    const char *from = next_text(&input);
    const char *reply_to = next_text(&input);
    pwr_mail_settings_t settings = {.from = *from != '\0' ? from : "sso@example.org",
                                    .reply_to = *reply_to != '\0' ? reply_to : NULL,
                                    .from_name = next_text(&input)};
    const char *to = next_text(&input);
    const char *id = next_text(&input);
    pwr_mail_t mail = {.to = *to != '\0' ? to : "kari@example.org",
                       .message_id = *id != '\0' ? id : "m1",
                       .date = apr_time_from_sec(1795342304)};
    mail.language = next_text(&input);
    mail.subject = next_text(&input);
    mail.html = next_text(&input);
    mail.text = next_text(&input);

    pwr_message_t message = {0};
    if (pwr_message_compose(&message, &settings, &mail, input.pool) == NULL) {
        MUST(message.length <= PWR_MAX_MAIL);
        MUST(pwr_mail_is_address(message.to) && pwr_mail_is_address(message.from));
        check_lines(message.bytes, message.length);
    }
    apr_pool_destroy(input.pool);
    return 0;
}
