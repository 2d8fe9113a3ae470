/*
 * One SMTP relay as one thread sees it: a libcurl handle that keeps its connection between mails.
 * The only file that knows libcurl's SMTP. Used by one thread at a time; pwr_mail_start comes
 * first.
 */
#ifndef PWR_MAIL_SMTP_H
#define PWR_MAIL_SMTP_H

#include "mail/mail.h"
#include "mail/message.h"
#include "mail/relay_answer.h"

typedef struct pwr_smtp_t pwr_smtp_t;

/* `relay` is no folder. `helo` is a host name. Nothing is connected yet. Closed with `pool`,
 * without waiting for the server's farewell. */
pwr_fault_t *pwr_smtp_open(pwr_smtp_t **smtp, const pwr_mail_settings_t *settings,
                           const pwr_relay_t *relay, const char *helo,
                           apr_pool_t *pool) PWR_MUST_USE;

/* Sends one message to its one recipient. A kept session that the server has closed meanwhile is
 * replaced by a fresh one. Waits at most the connect timeout and five times the
 * phase timeout, and one phase more for the farewell of a session that went wrong. */
pwr_relay_answer_t pwr_smtp_send(pwr_smtp_t *smtp, const pwr_message_t *message,
                                 apr_pool_t *scratch);

/* For self-checks: connects, makes TLS, logs in, and asks for nothing (NOOP, RFC 5321, 4.1.1.9). */
pwr_relay_answer_t pwr_smtp_probe(pwr_smtp_t *smtp, apr_pool_t *scratch);

#endif
