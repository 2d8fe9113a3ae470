"""Mail leaves by a real SMTP server, or stays with a reason; nothing secret crosses in clear."""
import email
import email.policy

import mail_fixture as mail
import pytest
from fake_smtp_faults import CLOSE, HANG, FakeSmtpFaults

TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_abcdE"
TEXT = f"Hei\n\nhttps://sso.example.org/{TOKEN}\n\n.\n..to\nFrom oss\n" + "æøå " * 60 + "\n"
SHORT = {"connect_ms": 1000, "phase_ms": 1000}
SLACK = 1500  # milliseconds that a busy machine may lose


class Tls:
    def __init__(self, folder):
        self.authority = mail.make_authority(folder, "authority")
        self.stranger = mail.make_authority(folder, "stranger")
        self.good = mail.make_context(folder, self.authority, "IP:127.0.0.1")
        self.wrong_name = mail.make_context(folder, self.authority, "DNS:other.example.org")
        self.unknown = mail.make_context(folder, self.stranger, "IP:127.0.0.1")


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return Tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def start():
    started = []

    def start_relay(**options):
        started.append(mail.Relay(**options).start())
        return started[-1]

    yield start_relay
    for relay in started:
        relay.stop()


@pytest.fixture
def fake():
    started = []

    def start_fake(**faults):
        started.append(FakeSmtpFaults(**faults).__enter__())
        return started[-1]

    yield start_fake
    for server in started:
        server.__exit__()


def defects(message):
    found = list(message.defects)
    for _, value in message.items():
        found += value.defects
    for part in message.iter_parts():
        found += defects(part)
    return found


# --- a real server ------------------------------------------------------------------------------

def test_a_mail_by_starttls_and_login_arrives_without_a_defect(start, tls):
    relay = start(starttls=tls.good, wants_login=True)
    done = mail.send([relay.url(user=mail.USER)], password=mail.PASSWORD, ca=tls.authority,
                     text=TEXT)
    assert done.only.kind == "SENT", done.output
    assert done.only.relay == f"smtp://127.0.0.1:{relay.port}"
    (envelope, has_tls, helo), = relay.mails
    assert has_tls and helo == "example.org"
    assert envelope.mail_from == "sso@example.org"
    assert envelope.rcpt_tos == ["kari@example.org"]

    message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
    assert defects(message) == []
    assert message["Subject"] == "Angi nytt passord på intranettet"
    assert message["From"].addresses[0].display_name == "Pålogging"
    assert message["From"].addresses[0].addr_spec == "sso@example.org"
    assert message["Reply-To"] == "help@example.org"
    assert message["Message-ID"] == "<m0@example.org>"
    assert message["Date"].datetime.isoformat() == "2026-11-22T10:11:44+00:00"
    text, html = message.iter_parts()
    assert text.get_content_type() == "text/plain" and text.get_content().replace("\r\n", "\n") == TEXT
    assert html.get_content_type() == "text/html" and "Ærlig" in html.get_content()
    assert f"\r\nhttps://sso.example.org/{TOKEN}\r\n".encode() in envelope.content


def test_the_bytes_that_arrive_are_the_bytes_that_were_composed(start, tmp_path):
    relay = start()
    assert mail.send([f"folder:{tmp_path}"], text=TEXT).only.kind == "SENT"
    assert mail.send([relay.url(tls="NONE")], text=TEXT).only.kind == "SENT"
    assert relay.mails[0][0].content == (tmp_path / "m0.eml").read_bytes()


def test_smtps_arrives(start, tls):
    relay = start(smtps=tls.good, wants_login=True)
    done = mail.send([relay.url("smtps", user=mail.USER)], password=mail.PASSWORD,
                     ca=tls.authority)
    assert done.only.kind == "SENT", done.output
    assert len(relay.logins) == 1


def test_mails_share_one_connection(start, tls):
    relay = start(starttls=tls.good, wants_login=True)
    done = mail.send([relay.url(user=mail.USER)], password=mail.PASSWORD, ca=tls.authority, count=5)
    assert [each.kind for each in done.mails] == ["SENT"] * 5
    assert (len(relay.mails), relay.connections, len(relay.logins)) == (5, 1, 1)


def test_a_wrong_password_is_the_operators_to_fix_and_appears_nowhere(start, tls):
    relay = start(starttls=tls.good, wants_login=True)
    done = mail.send([relay.url(user=mail.USER)], password="wrong-hunter2", ca=tls.authority)
    assert (done.only.kind, done.only.tag) == ("BROKEN", "PWR0542")
    assert relay.mails == [] and "hunter2" not in done.output


def test_a_server_that_wants_a_login_from_nobody_is_the_operators_to_fix(start, tls):
    relay = start(starttls=tls.good, wants_login=True)
    done = mail.send([relay.url()], ca=tls.authority)
    assert (done.only.kind, done.only.tag) == ("BROKEN", "PWR0542")


@pytest.mark.parametrize("which", ["wrong_name", "unknown"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_cannot_be_trusted_gets_no_login_and_no_mail(start, tls, which, scheme):
    context = getattr(tls, which)
    how = {"smtps": context} if scheme == "smtps" else {"starttls": context}
    relay = start(wants_login=True, **how)
    done = mail.send([relay.url(scheme, user=mail.USER)], password=mail.PASSWORD, ca=tls.authority)
    assert (done.only.kind, done.only.tag) == ("BROKEN", "PWR0546"), done.output
    assert relay.mails == [] and relay.logins == []


def test_a_named_authority_is_the_only_one_trusted(start, tls):
    relay = start(starttls=tls.good)
    assert mail.send([relay.url()], ca=tls.stranger).only.kind == "BROKEN"
    assert mail.send([relay.url()]).only.kind == "BROKEN"


def test_an_address_beyond_ascii_travels_as_stored_where_the_server_can(start):
    relay = start()
    done = mail.send([relay.url(tls="NONE")], to="jürgen@example.org")
    assert done.only.kind == "SENT", done.output
    assert relay.mails[0][0].rcpt_tos == ["jürgen@example.org"]
    relay = start(has_utf8=False)
    assert mail.send([relay.url(tls="NONE")], to="jürgen@example.org").only.kind == "REFUSED"


def test_a_domain_beyond_ascii_travels_as_labels(start):
    relay = start(has_utf8=False)
    done = mail.send([relay.url(tls="NONE")], to="kari@øre.no", **{"from": "sso@øre.no"})
    assert done.only.kind == "SENT", done.output
    (envelope, _, helo), = relay.mails
    assert envelope.rcpt_tos == ["kari@xn--re-kka.no"]
    assert envelope.mail_from == "sso@xn--re-kka.no" and helo == "xn--re-kka.no"


@pytest.mark.parametrize("address", [
    "kari@example.org>\r\nRCPT TO:<evil@evil.test", "kari@example.org\nRCPT TO:<evil@evil.test>",
    "kari@example.org\r", "<kari@example.org>", "kari@example.org> NOTIFY=NEVER",
    "kari@example.org,evil@evil.test", "kari@example.org;evil@evil.test", "kari@example.org evil"])
def test_an_address_that_could_be_two_never_reaches_the_wire(start, address):
    relay = start()
    done = mail.send([relay.url(tls="NONE")], to=address)
    assert (done.only.kind, done.only.tag) == ("REFUSED", "PWR0512")
    assert relay.connections == 0 and relay.mails == []


def test_the_second_relay_takes_over_at_once_and_the_first_rests(start):
    relay = start()
    dead = f"smtp://127.0.0.1:{mail.free_port()} NONE"
    done = mail.send([dead, relay.url(tls="NONE")], count=3)
    assert [each.kind for each in done.mails] == ["SENT"] * 3
    assert done.mails[0].relay == f"smtp://127.0.0.1:{relay.port}"
    assert done.mails[0].spent < SLACK
    assert done.output.count("PWR0556") == 1


# --- faults that no real server shows on request ------------------------------------------------

@pytest.mark.parametrize("moment, words, kind, asks_next", [
    ("connect", "421 4.3.2 busy", "LATER", True),
    ("connect", "554 5.7.1 go away", "BROKEN", True),
    ("connect", CLOSE, "LATER", True),
    ("EHLO", CLOSE, "LATER", True),
    ("MAIL", "452 4.3.1 full", "LATER", True),
    ("MAIL", "550 5.7.1 not as that sender", "BROKEN", True),
    ("MAIL", "530 5.7.0 log in first", "BROKEN", True),
    ("MAIL", CLOSE, "LATER", True),
    ("RCPT", "421 4.7.0 too much", "LATER", True),
    ("RCPT", "451 4.7.1 greylisted", "LATER", True),
    ("RCPT", "550 5.1.1 no such person", "REFUSED", False),
    ("RCPT", "550-5.1.1 no such\r\n550 5.1.1 person", "REFUSED", False),
    ("RCPT", CLOSE, "LATER", True),
    ("DATA", "451 4.3.0 not now", "LATER", True),
    ("DATA", "554 5.5.1 no", "BROKEN", True),
    ("mail", "451 4.3.0 not now", "LATER", True),
    ("RCPT", "554 5.7.1 <a@b>: Relay access denied", "BROKEN", True),
    ("mail", "554 5.6.0 not this", "BROKEN", True),
    ("mail", "550 5.1.1 no such person", "REFUSED", False),
    ("mail", CLOSE, "LATER", False),
])
def test_each_refusal_is_judged_by_its_moment(fake, start, moment, words, kind, asks_next):
    server, relay = fake(**{moment: words}), start()
    done = mail.send([server.url], **SHORT)
    assert done.only.kind == kind, done.output
    if words != CLOSE:
        assert words.split("\r\n")[-1] in done.only.detail
    done = mail.send([server.url, relay.url(tls="NONE")], **SHORT)
    assert done.only.kind == ("SENT" if asks_next else kind), done.output
    assert len(relay.mails) == (1 if asks_next else 0)


def test_a_server_without_ehlo_is_greeted_as_of_old(fake):
    server = fake(EHLO="502 5.5.1 no such word")
    assert mail.send([server.url], **SHORT).only.kind == "SENT"
    server = fake(EHLO="502 5.5.1 no such word", HELO="504 5.5.2 your name is wrong")
    done = mail.send([server.url], **SHORT)
    assert (done.only.kind, done.only.tag) == ("BROKEN", "PWR0570"), done.output


@pytest.mark.parametrize("moment", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "mail"])
def test_a_server_that_falls_silent_is_left_within_the_bound(fake, moment):
    done = mail.send([fake(**{moment: HANG}).url], **SHORT)
    assert done.only.kind == "LATER", done.output
    assert done.only.spent < 2000 + SLACK  # the phase, and the farewell
    assert done.closing < SLACK


def test_a_mail_that_may_have_been_taken_is_not_given_to_another_relay(fake, start):
    server, relay = fake(mail=HANG), start()
    done = mail.send([server.url, relay.url(tls="NONE")], **SHORT)
    assert (done.only.kind, done.only.tag) == ("LATER", "PWR0545")
    assert relay.mails == [] and server.has_body


@pytest.mark.parametrize("words", [CLOSE, "421 4.4.2 idle for too long"])
def test_a_kept_session_that_the_relay_has_closed_is_replaced_unseen(fake, start, words):
    server, relay = fake(idle=words), start()
    done = mail.send([server.url, relay.url(tls="NONE")], count=4, **SHORT)
    assert [each.kind for each in done.mails] == ["SENT"] * 4
    assert {each.relay for each in done.mails} == {server.url.split()[0]}
    assert server.accepted == 4 and relay.mails == [] and "PWR0" not in done.output


def test_a_fresh_session_that_is_closed_at_once_is_not_tried_without_end(fake):
    server = fake(MAIL=CLOSE)
    assert mail.send([server.url], **SHORT).only.kind == "LATER"
    assert server.accepted == 1


def test_a_farewell_that_nobody_answers_delays_nothing(fake):
    server = fake(QUIT=HANG)
    done = mail.send([server.url], connect_ms=4000, phase_ms=4000)
    assert done.only.kind == "SENT"
    assert done.closing < 800
    server = fake(QUIT=HANG, RCPT="550 no")
    assert mail.send([server.url], **SHORT).only.spent < 2000 + SLACK


def test_without_starttls_nothing_is_said_in_clear(fake):
    server = fake(EHLO="250-fake.example.org\r\n250 AUTH PLAIN LOGIN")
    url = server.url.replace(" NONE", "").replace("//", "//mailer@")
    done = mail.send([url], password=mail.PASSWORD)
    assert (done.only.kind, done.only.tag) == ("BROKEN", "PWR0547"), done.output
    assert {line.split()[0] for line in server.lines} <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("words, kind", [
    ("454 4.7.0 TLS not available", "LATER"), ("502 5.5.1 no TLS", "BROKEN"), (CLOSE, "LATER"),
    ("220 go\r\n250-fake.example.org\r\n250 AUTH PLAIN", "LATER")])
def test_a_starttls_that_fails_or_is_tampered_with_says_nothing_in_clear(fake, words, kind):
    server = fake(EHLO="250-fake.example.org\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS",
                  STARTTLS=words)
    url = server.url.replace(" NONE", "").replace("//", "//mailer@")
    done = mail.send([url], password=mail.PASSWORD, **SHORT)
    assert done.only.kind == kind, done.output
    assert {line.split()[0] for line in server.lines} <= {"EHLO", "STARTTLS", "QUIT"}


def test_a_link_that_a_server_quotes_is_not_repeated(fake):
    server = fake(mail=f"554 5.7.1 blocked: https://sso.example.org/{TOKEN} is spam")
    done = mail.send([server.url], text=TEXT)
    assert done.only.kind == "BROKEN" and "is spam" in done.only.detail
    assert TOKEN not in done.output and TOKEN[:24] not in done.output


def test_a_servers_endless_words_are_cut(fake):
    server = fake(RCPT="550 \x1b[31m" + "no " * 600)
    done = mail.send([server.url])
    assert done.only.kind == "REFUSED" and len(done.only.detail) < 300
    assert "\x1b" not in done.output


def test_no_proxy_from_the_environment_is_asked(start, fake):
    server, relay = fake(), start()
    proxy = {"all_proxy": f"http://127.0.0.1:{server.port}"}
    done = mail.send([relay.url(tls="NONE")], environment=proxy)
    assert done.only.kind == "SENT" and server.accepted == 0
