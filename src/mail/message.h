/*
 * Composes one mail as the bytes that travel: RFC 5322 header, multipart/alternative with the plain
 * text first, both parts UTF-8 in quoted-printable. Every line ends in CRLF; no body line passes 76
 * characters. The same mail gives the same bytes, so that a retry repeats the first delivery. No
 * state; any thread.
 */
#ifndef PWR_MAIL_MESSAGE_H
#define PWR_MAIL_MESSAGE_H

#include "mail/mail.h"

/* A boundary has at most 70 characters (RFC 2046, 5.1.1); ours is "=_" and the message id. */
#define PWR_MESSAGE_ID_CHARS 64

typedef struct {
    const char *from; /* envelope sender */
    const char *to;   /* the only recipient */
    const char *id;   /* the mail's message_id: letters, digits, '-', '_' and inner '.' */
    const char *bytes;
    apr_size_t length;
} pwr_message_t;

/* The address as it stands in envelope and header: the stored bytes, but for a domain beyond ASCII,
 * which goes as its A-labels (RFC 5891), since relays and libcurl's locale differ in what they make
 * of it. NULL when pwr_mail_is_address refuses it or its domain has no such form. */
const char *pwr_message_wire_address(const char *address, apr_pool_t *pool);

/* Composes `mail` in `pool`, which wipes the bytes when it goes: they hold a link that opens an
 * account. Control characters in the subject and the sender's name become spaces. REFUSED: the
 * stored address cannot be mailed. BROKEN: an address of the settings cannot, the message id is
 * malformed, or the mail would pass PWR_MAX_MAIL. */
pwr_fault_t *pwr_message_compose(pwr_message_t *message, const pwr_mail_settings_t *settings,
                                 const pwr_mail_t *mail, apr_pool_t *pool) PWR_MUST_USE;

#endif
