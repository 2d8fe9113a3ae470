"""Postfix says what it thinks of client, HELO, sender and relaying at RCPT, where other servers speak of the recipient. All
that is the operator's: the mail waits, the next relay gets it in the same second, the log names relay and reply."""
import mail_fixture as mail
import pytest
from postfix_fixture import Postfix, has_postfix

pytestmark = pytest.mark.skipif(not has_postfix(), reason="no postfix, or not root")

REFUSALS = {
    "relaying": ("PWR0562", "Relay access denied", "kari@elsewhere.example",
                 {"mynetworks": "192.0.2.0/24"}),
    "relaying for good": ("PWR0562", "554 5.7.1", "kari@elsewhere.example",
                          {"mynetworks": "192.0.2.0/24",
                           "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"}),
    "helo": ("PWR0563", "Helo command rejected", "kari@example.org",
             {"smtpd_helo_restrictions": "check_helo_access inline:{example.org=reject}"}),
    "sender": ("PWR0564", "Sender address rejected", "kari@example.org",
               {"smtpd_sender_restrictions": "check_sender_access inline:{sso@example.org=reject}"}),
    "client": ("PWR0565", "Client host rejected", "kari@example.org",
               {"smtpd_client_restrictions": "check_client_access inline:{127.0.0.1=reject}"}),
    "size": ("PWR0567", "Message size exceeds", "kari@example.org",
             {"message_size_limit": "500"}),
    "tls": ("PWR0561", "Must issue a STARTTLS", "kari@example.org",
            {"smtpd_tls_security_level": "encrypt", "smtpd_tls_cert_file": "none"}),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    with Postfix(tmp_path_factory.mktemp("good")) as postfix:
        yield postfix


@pytest.mark.parametrize("cause", REFUSALS)
def test_what_postfix_refuses_the_operator_waits_and_goes_by_the_next_relay(good, tmp_path, cause):
    tag, words, to, settings = REFUSALS[cause]
    with Postfix(tmp_path, **settings) as postfix:
        done = mail.send([postfix.url], to=to)
        assert (done.only.kind, done.only.tag) == ("BROKEN", tag), done.output
        assert words in done.only.detail and postfix.url.split()[0] in done.only.detail
        if to == "kari@example.org":
            done = mail.send([postfix.url, good.url], to=to)
            assert done.only.kind == "SENT" and done.only.relay == good.url.split()[0]
            assert done.only.spent < 1000
            assert f"0 {tag}" in done.output  # at error, although the mail left


def test_an_unknown_mailbox_is_the_recipients_and_no_other_relay_is_asked(good):
    done = mail.send([good.url, good.url.replace("127.0.0.1", "localhost")], to="nobody@example.org")
    assert (done.only.kind, done.only.tag) == ("REFUSED", "PWR0543"), done.output
    assert done.only.relay == good.url.split()[0]


def test_a_mail_is_taken(good):
    assert mail.send([good.url]).only.kind == "SENT"
