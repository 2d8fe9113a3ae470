"""Nothing that a client says about host, scheme, port or path gets into a mail."""
import re
from urllib.parse import urlsplit

import pytest
from site_steps import english, new_mails, path_of, quick_site, store
from wire import FORM_TYPE, Http2, exchange, form_body, form_headers

EVIL = "evil.test"

HEADERS = {
    "X-Forwarded-Host": [("X-Forwarded-Host", EVIL)],
    "X-Forwarded-Host twice": [("X-Forwarded-Host", EVIL), ("X-Forwarded-Host", f"{EVIL}, x")],
    "X-Forwarded-Server": [("X-Forwarded-Server", EVIL)],
    "X-Forwarded-Proto": [("X-Forwarded-Proto", "http"), ("X-Forwarded-Scheme", "http"),
                          ("X-Forwarded-Ssl", "off"), ("Front-End-Https", "off")],
    "X-Forwarded-Port": [("X-Forwarded-Port", "1")],
    "X-Forwarded-Prefix": [("X-Forwarded-Prefix", f"//{EVIL}"), ("X-Script-Name", f"//{EVIL}")],
    "X-Forwarded-For": [("X-Forwarded-For", EVIL), ("X-Real-IP", EVIL), ("Client-IP", EVIL)],
    "Forwarded": [("Forwarded", f"for=1.2.3.4;host={EVIL};proto=http;by={EVIL}")],
    "X-Original-Host": [("X-Original-Host", EVIL), ("X-Host", EVIL), ("X-HTTP-Host", EVIL)],
    "X-Original-URL": [("X-Original-URL", f"https://{EVIL}/passord/"),
                       ("X-Rewrite-URL", f"https://{EVIL}/passord/")],
    "Referer": [("Referer", f"https://{EVIL}/passord/")],
    "From": [("From", f"evil@{EVIL}"), ("Reply-To", f"evil@{EVIL}"), ("Sender", f"evil@{EVIL}")],
    "User-Agent": [("User-Agent", f"Visit https://{EVIL}/ now")],
    "Content-Language": [("Content-Language", EVIL), ("Via", EVIL), ("Cookie", f"host={EVIL}")],
}
HOSTS = [EVIL, f"{EVIL}:8443", f"127.0.0.1@{EVIL}", f"127.0.0.1:80@{EVIL}", f"127.0.0.1.{EVIL}",
         f"127.0.0.1:{EVIL}", f"{EVIL}#", f"{EVIL}/", f"{EVIL}\\", f"[::1]{EVIL}", "", " ", "[::1]",
         f"127.0.0.1 {EVIL}", f"127.0.0.1,{EVIL}", f"{EVIL}\x00", "æøå.test", "127.0.0.1:0"]


@pytest.fixture(scope="module")
def quick(keeper):
    limits = {"PwResetMailsPerHour": "100", "PwResetMailsPerDay": "1000"}
    with quick_site(keeper, directives=limits) as started:
        started.person = started.someone()
        started.clean = one_mail(started, lambda: post(started, []))
        yield started


def without_chance(mail):
    """The bytes of a mail with what differs from one to the next taken out: the two tokens, the
    id in Message-ID and boundary, the date, and the time until when the link works."""
    raw = mail.raw.replace(b"\r\n", b"\n").replace(b"=\n", b"")
    raw = re.sub(rb"/(r|stop)/[A-Za-z0-9_-]{43}", rb"/\1/TOKEN", raw)
    raw = re.sub(rb"[A-Za-z0-9_-]{32}\.0", b"ID", raw)
    raw = re.sub(rb"(?m)^Date: .*$", b"Date: DATE", raw)
    return re.sub(rb"\d\d\.\d\d og bare", b"TIME og bare", raw)


def one_mail(site, action):
    """The only mail that comes of it, without chance. Earlier links are forgotten, so that the
    same person can be asked for over and over."""
    store(site, "DELETE FROM pwreset_tokens")
    mail, = new_mails(site, action)
    assert site.inbox.envelope_of(mail)["from"] == "passord@example.org"
    assert site.inbox.envelope_of(mail)["to"] == site.person.mails
    return without_chance(mail)


def pairs_of(site, headers=()):
    """A fresh form, fetched with the same poison."""
    page = site.browser.get(f"{site.reset_url}/", headers=dict(headers))
    assert EVIL not in page.html and EVIL not in repr(page.raw_headers)
    return page.form.values(name=site.person.uid)


def post(site, headers, host=None, target=None, version="HTTP/1.1"):
    target = target or path_of(f"{site.reset_url}/")
    body = form_body(pairs_of(site, [] if host is not None else headers))
    lines = [*form_headers(site, body, host), *headers]
    return exchange(site, f"POST {target} {version}", lines, body)


def check_clean_or_refused(site, send):
    """Accepted with the very mail that everybody gets, or refused with none."""
    answers, mails = [], []
    store(site, "DELETE FROM pwreset_tokens")
    mails += new_mails(site, lambda: answers.append(send()))
    assert EVIL.encode() not in answers[0].bytes
    if answers[0].status == 303:
        assert answers[0].header("Location").startswith(path_of(f"{site.reset_url}/sent/"))
        assert [without_chance(mail) for mail in mails] == [site.clean]
    else:
        assert 400 <= answers[0].status < 500 and not mails
    return answers[0].status


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_of_a_proxy_or_a_client_leaves_the_mail_unchanged(quick, name):
    assert check_clean_or_refused(quick, lambda: post(quick, HEADERS[name])) == 303


@pytest.mark.parametrize("host", HOSTS, ids=repr)
def test_another_host_leaves_the_mail_unchanged_or_is_refused(quick, host):
    status = check_clean_or_refused(
        quick, lambda: post(quick, [("Host", host)], host=""))
    assert status == 303 or host != EVIL


def test_two_hosts_leave_the_mail_unchanged_or_are_refused(quick):
    own = urlsplit(quick.url).netloc
    for hosts in ([own, EVIL], [EVIL, own], [EVIL, EVIL]):
        lines = [("Host", host) for host in hosts]
        check_clean_or_refused(quick, lambda poison=lines: post(quick, poison, host=""))


@pytest.mark.parametrize("headers", [[], [("Host", "")], [("Host", EVIL)]], ids=repr)
def test_http_1_0_with_no_or_another_host_leaves_the_mail_unchanged(quick, headers):
    assert check_clean_or_refused(
        quick, lambda: post(quick, headers, host="", version="HTTP/1.0")) == 303


@pytest.mark.parametrize("origin", [
    f"https://{EVIL}", f"http://{EVIL}:80", f"https://user@{EVIL}", f"https://127.0.0.1@{EVIL}"])
def test_an_absolute_request_line_leaves_the_mail_unchanged(quick, origin):
    target = origin + path_of(f"{quick.reset_url}/")
    check_clean_or_refused(quick, lambda: post(quick, [], target=target))


@pytest.mark.parametrize("authority", [
    EVIL, f"{EVIL}:8443", f"127.0.0.1@{EVIL}", f"127.0.0.1.{EVIL}", f"127.0.0.1,{EVIL}", "[::1]"])
@pytest.mark.parametrize("headers", [[], [("x-forwarded-host", EVIL)], [("host", EVIL)]], ids=repr)
def test_an_authority_of_http_2_leaves_the_mail_unchanged(quick, authority, headers):
    def send():
        with Http2(quick) as connection:
            stream = connection.post(path_of(f"{quick.reset_url}/"), pairs_of(quick), headers,
                                     authority)
            return connection.wait(stream)[0]

    store(quick, "DELETE FROM pwreset_tokens")
    answers = []
    mails = new_mails(quick, lambda: answers.append(send()))
    assert EVIL.encode() not in answers[0].bytes
    assert [without_chance(mail) for mail in mails] == [quick.clean] * (answers[0].status == 303)
    assert answers[0].status == 303 or not 200 <= answers[0].status < 400


def test_fields_and_queries_of_a_form_leave_the_mail_unchanged(quick):
    more = [("base", f"https://{EVIL}"), ("host", EVIL), ("return", f"https://{EVIL}/"),
            ("next", f"//{EVIL}"), ("mail", f"evil@{EVIL}"), ("mail[]", f"evil@{EVIL}"),
            ("name[]", f"evil@{EVIL}")]

    def send():
        body = form_body([*pairs_of(quick), *more])
        target = path_of(f"{quick.reset_url}/") + f"?name=evil@{EVIL}&return=//{EVIL}"
        return exchange(quick, f"POST {target} HTTP/1.1", form_headers(quick, body), body)

    assert check_clean_or_refused(quick, send) == 303


@pytest.mark.parametrize("kind, body", [
    (FORM_TYPE, "name={uid}&name=evil@evil.test&seal={seal}"),
    ("application/json", '{{"name": ["{uid}", "evil@evil.test"], "seal": "{seal}"}}'),
    ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n'
     '{uid}\r\n--x--\r\n'),
    ("text/plain", "name={uid}&seal={seal}")], ids=["twice", "json", "multipart", "plain text"])
def test_a_form_that_can_be_read_in_two_ways_mails_nobody(quick, kind, body):
    def send():
        seal = dict(pairs_of(quick))["seal"]
        data = body.format(uid=quick.person.uid, seal=seal).encode()
        lines = [(name, value) for name, value in form_headers(quick, data)
                 if name != "Content-Type"]
        return exchange(quick, f"POST {path_of(quick.reset_url)}/ HTTP/1.1",
                        [*lines, ("Content-Type", kind)], data)

    assert check_clean_or_refused(quick, send) in (400, 415)


def test_a_poisoned_request_of_the_link_leaves_the_confirmation_unchanged(quick):
    def confirmation(headers):
        person = quick.someone()
        quick.ask(person.uid)
        page = quick.browser.get(quick.link_of(quick.mail_to(person.mails[0])), headers=headers)
        mail, = new_mails(quick, lambda: quick.browser.submit(
            page, headers=headers, first="Sju-lange-netter-7", second="Sju-lange-netter-7"))
        raw = without_chance(mail).replace(person.uid.encode(), b"UID")
        return re.sub(rb"\d+\. \w+ kl\. \d\d\.\d\d", b"TIME", raw)

    poison = {name: value for lines in HEADERS.values() for name, value in lines}
    assert confirmation(poison) == confirmation({})


def test_only_the_language_of_the_request_shapes_a_mail(quick):
    store(quick, "DELETE FROM pwreset_tokens")
    mail, = new_mails(quick, lambda: quick.ask(quick.person.uid, english(quick)))
    assert mail.message["Content-Language"] == "en"
    assert without_chance(mail) != quick.clean
