/*
 * One mail and the way it leaves. A pwr_relays_t holds live connections and belongs to one worker
 * thread; the settings are read-only and shared. Every SMTP phase is bounded. Bodies and
 * credentials appear in no log and no fault.
 */
#ifndef PWR_MAIL_MAIL_H
#define PWR_MAIL_MAIL_H

#include <stdbool.h>

#include <apr_tables.h>
#include <apr_time.h>

#include "base/crypto.h"
#include "base/fault.h"
#include "base/limits.h"
#include "mail/refusal.h"

typedef enum {
    PWR_RELAY_STARTTLS,
    PWR_RELAY_SMTPS,
    PWR_RELAY_PLAIN,
    PWR_RELAY_FOLDER
} pwr_relay_kind_t;

typedef struct {
    pwr_relay_kind_t kind;
    const char *name; /* as configured, without credentials: for log and trail */
    const char *host; /* or the folder's path */
    int port;
    const char *user; /* NULL: no AUTH */
    const pwr_secret_t *password;
} pwr_relay_t;

typedef struct {
    apr_array_header_t *relays; /* pwr_relay_t *, in order of preference, at most PWR_MAX_RELAYS */
    const char *from_name;      /* display name, NULL when there is none */
    const char *from;       /* address of every mail; also the envelope's unless bounce is set */
    const char *bounce;     /* envelope sender, NULL for `from` */
    const char *reply_to;   /* NULL when there is none */
    const char *trusted_ca; /* PEM file; NULL for the system's */
    apr_interval_time_t connect_timeout;
    apr_interval_time_t timeout; /* of each later SMTP phase */
} pwr_mail_settings_t;

typedef struct {
    const char *to;         /* an address as the directory stores it */
    const char *subject;    /* UTF-8 */
    const char *text;       /* UTF-8, lines ended by LF */
    const char *html;       /* UTF-8 */
    const char *language;   /* Content-Language: a tag, or several with ", " between */
    const char *message_id; /* local part of the Message-ID: the same on every delivery */
    apr_time_t date;
} pwr_mail_t;

typedef struct pwr_relays_t pwr_relays_t;

/* False for an address that must not reach an SMTP server: controls, white space, < > , ; : ( ) [ ]
 * \ ", no single @ with text on both sides, 8-bit without valid UTF-8, longer than PWR_MAX_ADDRESS.
 */
bool pwr_mail_is_address(const char *address);

/* Parses "smtp://[user@]host[:port]", "smtps://...", or "folder:/path" into a relay; `tls` is
 * "STARTTLS", "NONE" or NULL (STARTTLS for smtp). BROKEN says what to write instead. */
pwr_fault_t *pwr_mail_parse_relay(pwr_relay_t **relay, const char *url, const char *tls,
                                  apr_pool_t *pool) PWR_MUST_USE;

/* Once per process, before threads: libcurl's global state. */
pwr_fault_t *pwr_mail_start(apr_pool_t *pool) PWR_MUST_USE;

/* Connections for one thread. Lives in `pool`. */
pwr_fault_t *pwr_relays_open(pwr_relays_t **relays, const pwr_mail_settings_t *settings,
                             apr_pool_t *pool) PWR_MUST_USE;

/* What the relays said of one mail. */
typedef struct {
    const char *used; /* name of the last relay tried */
    int count;        /* of refusals, at most one of each relay */
    struct {
        int relay; /* its place in the settings */
        pwr_refusal_t refusal;
    } refusals[PWR_MAX_RELAYS];
} pwr_relays_report_t;

/* Sends over the first relay that takes it; one that cannot be reached rests for a minute. LATER:
 * all were unreachable or answered 4xx, or the outcome is unknown. REFUSED (key NULL allowed): a
 * relay refused the recipient. BROKEN: every relay refused what is the operator's: this host, the
 * sender, a credential, a certificate. The detail holds the relay's own last words, cut and
 * cleaned. A fault of one relay that is not returned is logged. */
pwr_fault_t *pwr_relays_send(pwr_relays_report_t *report, pwr_relays_t *relays,
                             const pwr_mail_t *mail, apr_pool_t *scratch) PWR_MUST_USE;

/* For self-checks: can relay number `index` (from 0) be reached, trusted and logged in to? A folder
 * always can. NULL when it can. */
pwr_fault_t *pwr_relays_probe(pwr_relays_t *relays, int index, apr_pool_t *scratch) PWR_MUST_USE;

#endif
