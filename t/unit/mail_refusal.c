/* Promises of mail/refusal.h, with replies as servers write them: whose refusal it is. */
#include "pool_fixture.h"

#include "mail/refusal.h"

typedef struct {
    pwr_smtp_phase_t phase;
    const char *reply;
    const char *cause;
} known_reply_t;

static const known_reply_t replies[] = {
    /* Postfix, all at RCPT unless smtpd_delay_reject is off */
    {PWR_PHASE_RCPT, "554 5.7.1 <kari@example.org>: Relay access denied", "relaying"},
    {PWR_PHASE_RCPT, "454 4.7.1 <kari@example.org>: Relay access denied", "relaying"},
    {PWR_PHASE_RCPT, "504 5.5.2 <sso>: Helo command rejected: need fully-qualified hostname",
     "helo"},
    {PWR_PHASE_RCPT, "550 5.7.1 <sso>: Helo command rejected: Host not found", "helo"},
    {PWR_PHASE_RCPT, "553 5.7.1 <sso@example.org>: Sender address rejected: not owned by user sso",
     "sender"},
    {PWR_PHASE_RCPT, "550 5.1.8 <sso@x.test>: Sender address rejected: Domain not found", "sender"},
    {PWR_PHASE_RCPT,
     "550 5.1.0 <no@example.org>: Sender address rejected: User unknown in virtual mailbox table",
     "sender"},
    {PWR_PHASE_RCPT, "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",
     "client"},
    {PWR_PHASE_RCPT,
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
     "client"},
    {PWR_PHASE_RCPT, "550 5.7.23 <kari@example.org>: SPF validation failed", "spf"},
    {PWR_PHASE_MAIL, "530 5.7.0 Must issue a STARTTLS command first", "tls"},
    {PWR_PHASE_RCPT,
     "550 5.1.1 <kari@example.org>: Recipient address rejected: User unknown in "
     "local recipient table",
     "recipient"},
    {PWR_PHASE_RCPT, "550 5.1.2 <kari@example.org>: Recipient address rejected: Domain not found",
     "recipient"},
    {PWR_PHASE_RCPT, "504 5.5.2 <kari>: Recipient address rejected: need fully-qualified address",
     "recipient"},
    {PWR_PHASE_RCPT, "554 5.7.1 <kari@example.org>: Recipient address rejected: Access denied",
     "policy"},
    {PWR_PHASE_BODY, "554 5.7.1 blocked: this looks like spam", "content"},
    {PWR_PHASE_MAIL, "552 5.3.4 Message size exceeds fixed limit", "size"},
    {PWR_PHASE_RCPT, "450 4.2.0 <kari@example.org>: Recipient address rejected: Greylisted",
     "none"},
    {PWR_PHASE_SESSION, "421 4.7.0 too many sessions of your host", "none"},
    /* Exim: no enhanced codes */
    {PWR_PHASE_RCPT, "550 relay not permitted", "relaying"},
    {PWR_PHASE_RCPT, "550 Sender verify failed", "sender"},
    {PWR_PHASE_RCPT, "550 Administrative prohibition", "policy"},
    {PWR_PHASE_RCPT, "550 Unrouteable address", "recipient"},
    {PWR_PHASE_SESSION, "550 Syntactically invalid HELO argument(s)", "helo"},
    /* Exchange and Microsoft 365 */
    {PWR_PHASE_RCPT, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
     "relaying"},
    {PWR_PHASE_MAIL, "530 5.7.57 Client not authenticated to send mail. [X.OUTLOOK.COM]", "login"},
    {PWR_PHASE_SESSION, "550 5.7.30 Basic authentication is not supported for Client Submission.",
     "login"},
    {PWR_PHASE_BODY, "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
     "sender"},
    {PWR_PHASE_BODY, "554 5.2.252 SendAsDenied; sso@example.org not allowed to send as", "sender"},
    {PWR_PHASE_RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "recipient"},
    {PWR_PHASE_BODY, "550 5.2.2 Mailbox full, not allowed to take more", "recipient"},
    /* others */
    {PWR_PHASE_RCPT, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
     "relaying"},
    {PWR_PHASE_RCPT, "552 5.2.2 mailbox full", "recipient"},
    {PWR_PHASE_RCPT, "550 5.2.1 The account that you tried to reach is inactive", "recipient"},
    {PWR_PHASE_RCPT, "550 no such user", "recipient"},
    {PWR_PHASE_RCPT, "551 User not local", "recipient"},
    {PWR_PHASE_BODY, "550-5.7.26 Unauthenticated email from example.org: DMARC policy", "spf"},
    {PWR_PHASE_RCPT, "535 5.7.8 Error: authentication failed", "login"},
    {PWR_PHASE_SESSION, "554 mx.example.org", "other"},
    {PWR_PHASE_MAIL, "550 no", "sender"},
    {PWR_PHASE_MAIL, "550 5.1.1 no such sender", "sender"},
    {PWR_PHASE_DATA, "554 5.5.1 Error: no valid recipients", "protocol"},
    {PWR_PHASE_BODY, "554 Transaction failed", "content"},
    {PWR_PHASE_RCPT, "554 Transaction failed", "other"},
    {PWR_PHASE_RCPT, "500", "other"},
};

static void each_reply_has_its_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        const char *found = pwr_refusal_name(pwr_refusal_find(replies[i].phase, replies[i].reply));
        if (strcmp(found, replies[i].cause) != 0) {
            print_error("%s: %s, not %s\n", replies[i].reply, found, replies[i].cause);
        }
        assert_string_equal(replies[i].cause, found);
    }
}

/* An address is a stranger's choice. */
static void the_words_of_an_address_decide_nothing(void **state)
{
    (void)state;
    assert_int_equal(PWR_REFUSAL_RECIPIENT,
                     pwr_refusal_find(PWR_PHASE_RCPT, "550 <spam-helo@relay.example>: unknown"));
}

static void only_the_recipients_refusals_are_final_and_all_others_have_a_remedy(void **state)
{
    (void)state;
    for (int i = PWR_REFUSAL_RECIPIENT; i < PWR_REFUSAL_COUNT; i++) {
        bool is_recipients = i == PWR_REFUSAL_RECIPIENT || i == PWR_REFUSAL_UTF8;
        const pwr_fault_t *fault
            = pwr_refusal_fault((pwr_refusal_t)i, "smtp://relay", "554 5.7.1 no", pool);
        assert_int_equal(is_recipients ? PWR_REFUSED : PWR_BROKEN, fault->kind);
        assert_non_null(strstr(fault->detail, "smtp://relay refuses "));
        assert_non_null(strstr(fault->detail, ": 554 5.7.1 no. "));
        assert_int_equal('.', fault->detail[strlen(fault->detail) - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reply_has_its_cause),
        cmocka_unit_test(the_words_of_an_address_decide_nothing),
        cmocka_unit_test(only_the_recipients_refusals_are_final_and_all_others_have_a_remedy),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
