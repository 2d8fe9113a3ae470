/*
 * libFuzzer: a mail whose every word comes from arbitrary bytes. Whatever they are, a composed mail
 * has CRLF line ends only, no line past 998 characters, no body line past 76, one header block with
 * the headers we wrote and no other, and the two parts we made.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/limits.h"
#include "mail/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next field: up to the byte 0x1e, which stands in for a string's end. */
static const char *take(const uint8_t **data, size_t *size, apr_pool_t *pool)
{
    const uint8_t *end = *size > 0 ? memchr(*data, 0x1e, *size) : NULL;
    size_t length = end != NULL ? (size_t)(end - *data) : *size;
    const char *field = apr_pstrmemdup(pool, length > 0 ? (const char *)*data : "", length);
    size_t used = length + (end != NULL ? 1 : 0);

    *data += used;
    *size -= used;
    return field;
}

static void check(int is_true)
{
    if (!is_true) {
        abort();
    }
}

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
        check(end != NULL && end + 1 < bytes + length && end[1] == '\n');
        size_t chars = (size_t)(end - line);
        check(memchr(line, '\n', chars) == NULL && memchr(line, '\0', chars) == NULL);
        check(chars <= (is_body ? 76 : 998));
        if (!is_body && chars == 0) {
            is_body = 1;
        } else if (!is_body && line[0] != ' ') {
            while (next < KNOWN && strncmp(line, known[next], strlen(known[next])) != 0) {
                next++;
            }
            check(next < KNOWN);
            next++;
        } else if (is_body && chars >= 4 && memcmp(line, "--=_", 4) == 0) {
            boundaries++;
        }
        at += chars + 2;
    }
    check(is_body && boundaries == 3 && next == KNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_started;
    apr_pool_t *pool = NULL;

    if (!is_started) {
        apr_initialize();
        is_started = 1;
    }
    apr_pool_create(&pool, NULL);
    const char *from = take(&data, &size, pool);
    const char *reply_to = take(&data, &size, pool);
    pwr_mail_settings_t settings = {.from = *from != '\0' ? from : "sso@example.org",
                                    .reply_to = *reply_to != '\0' ? reply_to : NULL,
                                    .from_name = take(&data, &size, pool)};
    const char *to = take(&data, &size, pool);
    const char *id = take(&data, &size, pool);
    pwr_mail_t mail = {.to = *to != '\0' ? to : "kari@example.org",
                       .message_id = *id != '\0' ? id : "m1",
                       .language = take(&data, &size, pool),
                       .subject = take(&data, &size, pool),
                       .html = take(&data, &size, pool),
                       .text = take(&data, &size, pool),
                       .date = apr_time_from_sec(1795342304)};
    pwr_message_t message = {0};
    if (pwr_message_compose(&message, &settings, &mail, pool) == NULL) {
        check(message.length <= PWR_MAX_MAIL);
        check(pwr_mail_is_address(message.to) && pwr_mail_is_address(message.from));
        check_lines(message.bytes, message.length);
    }
    apr_pool_destroy(pool);
    return 0;
}
