/*
 * The MIME composer. Our own, because a mail that carries a reset link needs what libcurl's mime
 * calls do not give: encoded header words, Date and Message-ID, a boundary that is the same on a
 * retry, and bytes that can be signed and fuzzed. Everything goes through one bounded buffer; what
 * came from outside enters a header only through put_words, put_quoted or a checked address.
 */
#include "mail/message.h"

#include <string.h>

#include <apr_encode.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/limits.h"
#include "text/unicode.h"

enum {
    LINE = 76,       /* RFC 2045, 6.7 and RFC 2047, 2 */
    WORD_BYTES = 39, /* 52 of base64 and 12 round them fit after "Subject: " */
    LANGUAGE_CHARS = 35
};

typedef struct {
    char *bytes;
    apr_size_t length;
    apr_size_t size;
    bool is_full;
} buffer_t;

static void put_bytes(buffer_t *out, const char *bytes, apr_size_t length)
{
    if (length > out->size - out->length) {
        out->is_full = true;
        return;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void put_text(buffer_t *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text > 0x7e || (unsigned char)*text < ' ') {
            return false;
        }
    }
    return true;
}

const char *pwr_message_wire_address(const char *address, apr_pool_t *pool)
{
    if (!pwr_mail_is_address(address)) {
        return NULL;
    }
    const char *domain = strchr(address, '@');
    if (is_ascii(domain)) {
        return address;
    }
    const char *typed = pwr_unicode_typed_name(address, pool);
    const char *labels = typed != NULL ? strrchr(typed, '@') : NULL;
    if (labels == NULL || !is_ascii(labels)) {
        return NULL;
    }
    const char *local = apr_pstrmemdup(pool, address, (apr_size_t)(domain - address));
    const char *wire = apr_pstrcat(pool, local, labels, NULL);
    return pwr_mail_is_address(wire) ? wire : NULL;
}

/* A copy with every control character (C0, DEL, C1) as spaces; a text that is not UTF-8 keeps its
 * ASCII alone. */
static const char *clean_text(const char *text, apr_pool_t *pool)
{
    char *clean = apr_pstrdup(pool, text);
    bool is_valid = pwr_unicode_is_valid(text, strlen(text));

    for (unsigned char *at = (unsigned char *)clean; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f) {
            *at = ' ';
        } else if (*at > 0x7f && !is_valid) {
            *at = '?';
        } else if (at[0] == 0xc2 && at[1] < 0xa0) {
            at[0] = at[1] = ' ';
        }
    }
    return clean;
}

/* May the text stand in a header as it is? "=?" may not: it could be read as an encoded word. */
static bool may_stand_plain(const char *text, apr_size_t room)
{
    apr_size_t length = strlen(text);
    return length > 0 && length <= room && is_ascii(text) && strstr(text, "=?") == NULL
           && text[0] != ' ' && text[length - 1] != ' ';
}

/* Encoded words (RFC 2047), one a line, none of them cutting a character. */
static void put_words(buffer_t *out, const char *text)
{
    for (bool is_first = true; *text != '\0'; is_first = false) {
        char word[PWR_BASE64URL_CHARS(WORD_BYTES) + 1];
        apr_size_t take = strnlen(text, WORD_BYTES);

        while (take > 1 && ((unsigned char)text[take] & 0xc0) == 0x80) {
            take--;
        }
        apr_encode_base64(word, text, (apr_ssize_t)take, APR_ENCODE_NONE, NULL);
        put_text(out, is_first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        put_text(out, word);
        put_text(out, "?=");
        text += take;
    }
}

/* A quoted string (RFC 5322, 3.2.4). */
static void put_quoted(buffer_t *out, const char *text)
{
    put_text(out, "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            put_text(out, "\\");
        }
        put_bytes(out, text, 1);
    }
    put_text(out, "\"");
}

static void put_header(buffer_t *out, const char *name, const char *value)
{
    put_text(out, name);
    put_text(out, ": ");
    put_text(out, value);
    put_text(out, "\r\n");
}

static void put_from(buffer_t *out, const char *display, const char *address, apr_pool_t *pool)
{
    const char *clean = display != NULL ? clean_text(display, pool) : "";
    apr_size_t start = out->length;

    put_text(out, "From: ");
    if (*clean == '\0') {
        put_text(out, address);
        put_text(out, "\r\n");
        return;
    }
    if (may_stand_plain(clean, LINE - 8)) {
        put_quoted(out, clean);
    } else {
        put_words(out, clean);
    }
    /* Three: a space and the angle brackets. */
    put_text(out, out->length - start + strlen(address) + 3 > LINE ? "\r\n <" : " <");
    put_text(out, address);
    put_text(out, ">\r\n");
}

static void put_subject(buffer_t *out, const char *subject, apr_pool_t *pool)
{
    const char *clean = clean_text(subject, pool);

    put_text(out, "Subject: ");
    if (may_stand_plain(clean, LINE - strlen("Subject: "))) {
        put_text(out, clean);
    } else {
        put_words(out, clean);
    }
    put_text(out, "\r\n");
}

static void put_date(buffer_t *out, apr_time_t date)
{
    char text[APR_RFC822_DATE_LEN];

    apr_rfc822_date(text, date); /* "Sun, 22 Nov 2026 10:11:44 GMT": "GMT" is obsolete in mail */
    put_text(out, "Date: ");
    put_bytes(out, text, strlen(text) - strlen("GMT"));
    put_text(out, "+0000\r\n");
}

static bool is_line_end(const char *at)
{
    return at[0] == '\0' || at[0] == '\n' || (at[0] == '\r' && at[1] == '\n');
}

/* May the character stand for itself in quoted-printable? A dot or "From " at the head of a line
 * may not, though the standard lets them: servers that treat them specially have eaten mail. */
static bool may_stand_quoted(const char *at, int column)
{
    if (column == 0 && (*at == '.' || strncmp(at, "From ", 5) == 0)) {
        return false;
    }
    if (*at == ' ' || *at == '\t') {
        return !is_line_end(at + 1);
    }
    return *at > ' ' && *at < 0x7f && *at != '=';
}

/* RFC 2045, 6.7. A line of 76 characters stays whole: the soft break is the 77th's business. */
static void put_quoted_printable(buffer_t *out, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    int column = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (is_line_end(at)) {
            at += *at == '\r' ? 1 : 0;
            put_text(out, "\r\n");
            column = 0;
            continue;
        }
        int room = is_line_end(at + 1) ? LINE : LINE - 1;
        if (column + (may_stand_quoted(at, column) ? 1 : 3) > room) {
            put_text(out, "=\r\n");
            column = 0;
        }
        if (may_stand_quoted(at, column)) {
            put_bytes(out, at, 1);
            column += 1;
        } else {
            const char escape[] = {'=', digits[(unsigned char)*at >> 4], digits[*at & 15]};
            put_bytes(out, escape, sizeof escape);
            column += 3;
        }
    }
}

static void put_part(buffer_t *out, const char *id, const char *type, const char *text)
{
    put_text(out, "\r\n--=_");
    put_text(out, id);
    put_text(out, "\r\nContent-Type: ");
    put_text(out, type);
    put_text(out, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    put_quoted_printable(out, text);
}

/* Letters, digits, '-', '_' and inner single dots: a dot-atom, a boundary and a file name at once.
 */
static bool is_message_id(const char *id)
{
    size_t length = strlen(id);

    for (const char *at = id; *at != '\0'; at++) {
        if (!apr_isalnum(*at) && *at != '-' && *at != '_' && *at != '.') {
            return false;
        }
    }
    return length > 0 && length <= PWR_MESSAGE_ID_CHARS && id[0] != '.' && id[length - 1] != '.'
           && strstr(id, "..") == NULL;
}

static bool is_language(const char *tag)
{
    for (const char *at = tag; *at != '\0'; at++) {
        if (!apr_isalnum(*at) && *at != '-' && *at != ',' && *at != ' ') {
            return false;
        }
    }
    return *tag != '\0' && strlen(tag) <= LANGUAGE_CHARS;
}

/* The addresses as they travel. */
typedef struct {
    const char *from;
    const char *reply_to; /* NULL: none */
    const char *to;
} parties_t;

static void put_head(buffer_t *out, const parties_t *parties, const char *from_name,
                     const pwr_mail_t *mail, apr_pool_t *pool)
{
    put_date(out, mail->date);
    put_from(out, from_name, parties->from, pool);
    if (parties->reply_to != NULL) {
        put_header(out, "Reply-To", parties->reply_to);
    }
    put_header(out, "To", parties->to);
    put_subject(out, mail->subject, pool);
    put_text(out, "Message-ID: <");
    put_text(out, mail->message_id);
    put_text(out, strchr(parties->from, '@'));
    put_text(out, ">\r\n");
    put_header(out, "MIME-Version", "1.0");
    if (is_language(mail->language)) {
        put_header(out, "Content-Language", mail->language);
    }
    put_header(out, "Auto-Submitted", "auto-generated");                        /* RFC 3834 */
    put_header(out, "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"); /* Exchange */
    put_text(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_");
    put_text(out, mail->message_id);
    put_text(out, "\"\r\n");
}

static pwr_fault_t *find_parties(parties_t *parties, const char **bounce,
                                 const pwr_mail_settings_t *settings, const pwr_mail_t *mail,
                                 apr_pool_t *pool)
{
    bool has_reply_to = settings->reply_to != NULL;

    parties->from = pwr_message_wire_address(settings->from, pool);
    parties->reply_to = has_reply_to ? pwr_message_wire_address(settings->reply_to, pool) : NULL;
    *bounce = settings->bounce != NULL ? pwr_message_wire_address(settings->bounce, pool)
                                       : parties->from;
    if (parties->from == NULL || *bounce == NULL || (has_reply_to && parties->reply_to == NULL)) {
        return pwr_fault_broken(pool, "PWR0511",
                                "The sender's, bounce or reply address is not one that mail can "
                                "carry. Write it as name@example.org.");
    }
    parties->to = pwr_message_wire_address(mail->to, pool);
    if (parties->to == NULL) {
        return pwr_fault_refused(pool, "PWR0512", NULL,
                                 "The address in the directory is not one that mail can carry "
                                 "(control or list characters, no single @, or a domain that is "
                                 "none). Fix it there.");
    }
    return NULL;
}

pwr_fault_t *pwr_message_compose(pwr_message_t *message, const pwr_mail_settings_t *settings,
                                 const pwr_mail_t *mail, apr_pool_t *pool)
{
    parties_t parties = {0};
    const char *bounce = NULL;

    PWR_TRY(find_parties(&parties, &bounce, settings, mail, pool));
    if (!is_message_id(mail->message_id)) {
        return pwr_fault_broken(pool, "PWR0513", "A message id is malformed. Report this defect.");
    }
    /* Four for one: quoted-printable takes three, a soft break or an encoded word the rest. */
    apr_size_t name_length = settings->from_name != NULL ? strlen(settings->from_name) : 0;
    apr_size_t size
        = 4096
          + 4 * (strlen(mail->subject) + name_length + strlen(mail->text) + strlen(mail->html));
    buffer_t out = {.size = size < PWR_MAX_MAIL ? size : PWR_MAX_MAIL};
    out.bytes = apr_palloc(pool, out.size);
    pwr_crypto_wipe_with(out.bytes, out.size, pool);

    put_head(&out, &parties, settings->from_name, mail, pool);
    put_part(&out, mail->message_id, "text/plain", mail->text);
    put_part(&out, mail->message_id, "text/html", mail->html);
    put_text(&out, "\r\n--=_");
    put_text(&out, mail->message_id);
    put_text(&out, "--\r\n");
    if (out.is_full) {
        return pwr_fault_broken(pool, "PWR0514",
                                "A mail would be larger than %d bytes. Shorten its templates.",
                                PWR_MAX_MAIL);
    }
    *message = (pwr_message_t){.from = bounce,
                               .to = parties.to,
                               .id = mail->message_id,
                               .bytes = out.bytes,
                               .length = out.length};
    return NULL;
}
