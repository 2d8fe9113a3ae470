/*
 * One table, one row a cause. A reply is looked up by its enhanced status code (RFC 3463) where
 * that names one cause, then by its words, then by the class of its code, and last by the phase.
 * Words are needed because 5.7.1 and 5.5.2 stand for nearly everything: relaying, HELO, sender and
 * client with Postfix, and Exim sends no enhanced codes at all. The words are those of Postfix,
 * Exim, Sendmail, Exchange, qmail and Gmail.
 */
#include "mail/refusal.h"

#include <stdbool.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

enum { WORDS = 256, CODE = 12 };

typedef struct {
    const char *name;
    const char *tag;
    const char
        *codes; /* enhanced codes that mean this alone, each with a blank before and behind */
    const char *words; /* in lower case, parted by '|' */
    const char *what;  /* "<relay> refuses ..." */
    const char *remedy;
} refusal_row_t;

static const refusal_row_t rows[PWR_REFUSAL_COUNT] = {
    [PWR_REFUSAL_NONE] = {.name = "none"},
    [PWR_REFUSAL_RECIPIENT]
    = {"recipient", "PWR0543", " 5.1.1 5.1.2 5.1.3 5.1.4 5.1.6 5.1.10 ",
       "recipient address rejected: need fully-qualified|recipient address rejected: user unknown",
       "the recipient", "Correct the address in the directory."},
    [PWR_REFUSAL_LOGIN]
    = {"login", "PWR0542", " 5.7.8 5.7.9 5.7.30 5.7.57 5.7.139 ",
       "authentication required|authentication failed|authentication unsuccessful|not logged in|"
       "not authenticated|must authenticate",
       "our user and password, or wants a login",
       "Check the relay's user and its password file; a provider that takes no passwords any more "
       "needs another relay."},
    [PWR_REFUSAL_TLS]
    = {"tls", "PWR0561", " 5.7.10 5.7.11 ", "starttls|encryption required|encryption needed",
       "a session without TLS", "Write STARTTLS instead of NONE, or smtps://, in PwResetRelay."},
    [PWR_REFUSAL_RELAYING]
    = {"relaying", "PWR0562", " 5.7.54 5.7.64 ",
       "relay access denied|relaying|unable to relay|to relay|relay not permitted|not a relay|"
       "relay denied|no relay|rcpthosts|relay prohibited",
       "to pass mail on for us",
       "Let this host relay there (Postfix: mynetworks; Exchange: a receive connector), or give "
       "PwResetRelay a user."},
    [PWR_REFUSAL_HELO] = {"helo", "PWR0563", " ", "helo|ehlo", "the name that we greet it with",
                          "That is the domain of PwResetMailFrom. Let the relay take it from this "
                          "host, or give that name an address in DNS."},
    [PWR_REFUSAL_SENDER]
    = {"sender", "PWR0564", " 5.1.7 5.1.8 5.7.60 5.2.252 ",
       "sender address|sender verify|sender rejected|sender denied|send as this "
       "sender|sendasdenied|"
       "not owned by user|sender is not|domain of sender",
       "the sender's address",
       "Let this host or its login send as PwResetMailFrom (or PwResetMailBounce), or write an "
       "address there that the relay accepts."},
    [PWR_REFUSAL_CLIENT]
    = {"client", "PWR0565", " 5.7.25 5.7.606 5.7.511 ",
       "client host|client address|blocked using|blacklist|blocklist|reverse dns|ptr record|"
       "reverse hostname|banned sending ip|your ip|your host",
       "this host",
       "Let its administrator admit this host's address, or take it off the list that "
       "the reply names."},
    [PWR_REFUSAL_SPF] = {"spf", "PWR0566", " 5.7.20 5.7.21 5.7.22 5.7.23 5.7.24 5.7.26 5.7.27 ",
                         "spf|dkim|dmarc", "the mail because of SPF, DKIM or DMARC",
                         "Add the sending host to the SPF record of the domain of PwResetMailFrom, "
                         "or let the relay sign for that domain."},
    [PWR_REFUSAL_SIZE]
    = {"size", "PWR0567", " 5.3.4 ", "message size|too large|too big|size limit|size exceeds",
       "the mail's size",
       "Raise its limit of size above 100 kB, or shorten the site's mail "
       "templates."},
    [PWR_REFUSAL_CONTENT]
    = {"content", "PWR0568", " 5.6.0 5.6.1 5.6.2 5.6.3 5.6.5 ", "spam|virus|content rejected",
       "what the mail says",
       "Let its filter pass mails of this sender, or change the site's mail templates."},
    [PWR_REFUSAL_POLICY]
    = {"policy", "PWR0569", " ", "denied|prohibit|not allowed|not permitted|policy|blocked",
       "us by a rule of its own",
       "Ask its administrator what the reply means, and to let this "
       "host send."},
    [PWR_REFUSAL_UTF8]
    = {"utf8", "PWR0571", " 5.6.7 5.6.9 ", "smtputf8",
       "the recipient, whose address is beyond ASCII",
       "Let the relay speak SMTPUTF8, or store an address in ASCII in the directory."},
    [PWR_REFUSAL_PROTOCOL] = {"protocol", "PWR0570", " ", "", "a command of ours",
                              "Look into its log. If its address or port is another service's, "
                              "correct PwResetRelay."},
    [PWR_REFUSAL_OTHER] = {"other", "PWR0544", " ", "", "our session or our mail",
                           "Ask its administrator what the reply means, and to let this host "
                           "send."},
};

typedef struct {
    pwr_smtp_phase_t phase;
    int code;            /* 550 */
    char enhanced[CODE]; /* "5.1.1"; "" when there is none */
    char words[WORDS];   /* the rest in lower case, without what stands in < > */
} reply_t;

/* "5.1.1" and a blank or the end. */
static const char *read_enhanced(char enhanced[CODE], const char *at)
{
    size_t length = strspn(at, "0123456789.");
    size_t dots = 0;

    for (size_t i = 0; i < length; i++) {
        dots += at[i] == '.';
    }
    if (at[0] != '5' || at[1] != '.' || dots != 2 || length >= CODE || at[length - 1] == '.'
        || (at[length] != ' ' && at[length] != '\0')) {
        return at;
    }
    apr_cpystrn(enhanced, at, length + 1);
    return at + length;
}

static void read_words(char words[WORDS], const char *at)
{
    bool is_address = false;
    size_t length = 0;

    for (; *at != '\0' && length + 1 < WORDS; at++) {
        is_address = *at == '<' || (is_address && *at != '>');
        if (!is_address) {
            words[length++] = (char)apr_tolower(*at);
        }
    }
    words[length] = '\0';
}

static void read_reply(reply_t *reply, pwr_smtp_phase_t phase, const char *line)
{
    size_t digits = strspn(line, "0123456789");

    *reply = (reply_t){.phase = phase, .code = digits == 3 ? (int)apr_atoi64(line) : 500};
    const char *rest = line + digits;
    rest += strspn(rest, " -");
    read_words(reply->words, read_enhanced(reply->enhanced, rest));
}

static bool is_class(const reply_t *reply, const char *start)
{
    return strncmp(reply->enhanced, start, strlen(start)) == 0;
}

static bool has_code(const reply_t *reply, const refusal_row_t *row)
{
    char code[CODE + 2];

    apr_snprintf(code, sizeof code, " %s ", reply->enhanced);
    return reply->enhanced[0] != '\0' && strstr(row->codes, code) != NULL;
}

static bool has_words(const reply_t *reply, const refusal_row_t *row)
{
    char words[WORDS];
    char *state = NULL;

    apr_cpystrn(words, row->words, sizeof words);
    for (const char *one = apr_strtok(words, "|", &state); one != NULL;
         one = apr_strtok(NULL, "|", &state)) {
        if (strstr(reply->words, one) != NULL) {
            return true;
        }
    }
    return false;
}

/* What a 4xx may say that waiting does not change: Postfix 3.6 denies relaying with 454. */
static pwr_refusal_t find_lasting(const reply_t *reply)
{
    for (int i = PWR_REFUSAL_RELAYING; i <= PWR_REFUSAL_SPF && reply->code != 421; i++) {
        if (has_words(reply, &rows[i])) {
            return (pwr_refusal_t)i;
        }
    }
    return PWR_REFUSAL_NONE;
}

/* A relay can speak of the recipient only once it has heard of one. */
static bool knows_recipient(const reply_t *reply)
{
    return reply->phase == PWR_PHASE_RCPT || reply->phase == PWR_PHASE_BODY;
}

static pwr_refusal_t find_row(const reply_t *reply,
                              bool (*fits)(const reply_t *, const refusal_row_t *))
{
    for (int i = PWR_REFUSAL_RECIPIENT; i < PWR_REFUSAL_OTHER; i++) {
        bool may_be = i != PWR_REFUSAL_RECIPIENT || knows_recipient(reply);
        if (may_be && fits(reply, &rows[i])) {
            return (pwr_refusal_t)i;
        }
    }
    return PWR_REFUSAL_NONE;
}

static bool is_login_code(int code)
{
    return code == 530 || code == 534 || code == 535 || code == 538;
}

/* What is left when neither the exact code nor the words say it. */
static pwr_refusal_t find_class(const reply_t *reply)
{
    if (is_login_code(reply->code)) {
        return PWR_REFUSAL_LOGIN;
    }
    if (is_class(reply, "5.7.")) {
        return reply->phase == PWR_PHASE_MAIL ? PWR_REFUSAL_SENDER : PWR_REFUSAL_POLICY;
    }
    if (is_class(reply, "5.5.")) {
        return PWR_REFUSAL_PROTOCOL;
    }
    if (is_class(reply, "5.6.")) {
        return PWR_REFUSAL_CONTENT;
    }
    if (knows_recipient(reply) && (is_class(reply, "5.1.") || is_class(reply, "5.2."))) {
        return PWR_REFUSAL_RECIPIENT;
    }
    if (reply->code == 552 && reply->phase != PWR_PHASE_RCPT) {
        return PWR_REFUSAL_SIZE;
    }
    return PWR_REFUSAL_NONE;
}

/* Servers without enhanced codes. Of RFC 5321's codes at RCPT, 550 to 553 speak of the mailbox. */
static pwr_refusal_t find_phase(const reply_t *reply)
{
    switch (reply->phase) {
    case PWR_PHASE_MAIL:
        return PWR_REFUSAL_SENDER;
    case PWR_PHASE_RCPT:
        return reply->enhanced[0] == '\0' && reply->code >= 550 && reply->code <= 553
                   ? PWR_REFUSAL_RECIPIENT
                   : PWR_REFUSAL_OTHER;
    case PWR_PHASE_BODY:
        return PWR_REFUSAL_CONTENT;
    default:
        return PWR_REFUSAL_OTHER;
    }
}

pwr_refusal_t pwr_refusal_find(pwr_smtp_phase_t phase, const char *reply)
{
    reply_t seen;

    read_reply(&seen, phase, reply);
    if (seen.code < 500) {
        return find_lasting(&seen);
    }
    pwr_refusal_t refusal = find_row(&seen, has_code);
    if (refusal == PWR_REFUSAL_NONE && !(knows_recipient(&seen) && is_class(&seen, "5.2."))) {
        refusal = find_row(&seen, has_words);
    }
    if (refusal == PWR_REFUSAL_NONE) {
        refusal = find_class(&seen);
    }
    return refusal != PWR_REFUSAL_NONE ? refusal : find_phase(&seen);
}

const char *pwr_refusal_name(pwr_refusal_t refusal)
{
    return rows[refusal].name;
}

pwr_fault_t *pwr_refusal_fault(pwr_refusal_t refusal, const char *relay, const char *reply,
                               apr_pool_t *pool)
{
    const refusal_row_t *row = &rows[refusal];

    return refusal == PWR_REFUSAL_RECIPIENT || refusal == PWR_REFUSAL_UTF8
               ? pwr_fault_refused(pool, row->tag, NULL, "%s refuses %s: %s. %s", relay, row->what,
                                   reply, row->remedy)
               : pwr_fault_broken(pool, row->tag, "%s refuses %s: %s. %s", relay, row->what, reply,
                                  row->remedy);
}
