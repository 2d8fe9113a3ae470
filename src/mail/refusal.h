/*
 * Whose refusal a relay's 5xx is. Only where the relay says so of the recipient it is the
 * recipient's, and final. All else is the operator's: the mail waits, the next relay is asked, and
 * the log says what to do. No state; any thread.
 */
#ifndef PWR_MAIL_REFUSAL_H
#define PWR_MAIL_REFUSAL_H

#include "base/fault.h"

/* What the reply answers. Postfix says what it thinks of client, HELO and sender at RCPT only
 * (smtpd_delay_reject), so the phase alone decides little. */
typedef enum {
    PWR_PHASE_SESSION, /* the connection, EHLO, STARTTLS, AUTH */
    PWR_PHASE_MAIL,
    PWR_PHASE_RCPT,
    PWR_PHASE_DATA,
    PWR_PHASE_BODY /* the final dot */
} pwr_smtp_phase_t;

typedef enum {
    PWR_REFUSAL_NONE,
    PWR_REFUSAL_RECIPIENT,
    PWR_REFUSAL_LOGIN,
    PWR_REFUSAL_TLS,
    PWR_REFUSAL_RELAYING,
    PWR_REFUSAL_HELO,
    PWR_REFUSAL_SENDER,
    PWR_REFUSAL_CLIENT,
    PWR_REFUSAL_SPF,
    PWR_REFUSAL_SIZE,
    PWR_REFUSAL_CONTENT,
    PWR_REFUSAL_POLICY,
    PWR_REFUSAL_UTF8, /* the recipient's address is beyond ASCII, and the relay cannot carry it */
    PWR_REFUSAL_PROTOCOL,
    PWR_REFUSAL_OTHER,
    PWR_REFUSAL_COUNT
} pwr_refusal_t;

/* `reply` is the last line: "554 5.7.1 <kari@example.org>: Relay access denied". What stands in < >
 * is not looked at. NONE for a 4xx alone, where waiting may help; a 4xx about relaying, HELO,
 * sender, client or SPF has its cause. */
pwr_refusal_t pwr_refusal_find(pwr_smtp_phase_t phase, const char *reply);

/* "recipient", "relaying" and so on, for the metrics; "none" for NONE. */
const char *pwr_refusal_name(pwr_refusal_t refusal);

/* REFUSED for RECIPIENT and UTF8, else BROKEN: what `relay` refused, in its own words, and the
 * remedy.
 */
pwr_fault_t *pwr_refusal_fault(pwr_refusal_t refusal, const char *relay, const char *reply,
                               apr_pool_t *pool) PWR_MUST_USE;

#endif
