"""No token, password or credential is in a log, the database, the scoreboard, or a command line."""
import base64
import os
import re
import signal
import subprocess
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from visits import ask_for_link, path_of, quick_site, settle, token_of
from wire import Http2, connect, exchange, head, read_answer

from kit import people, process, system
from kit.site import Site

NEW = "Sju-lange-nætter-7"
REFUSED = "Kort-7"
LOGS = """
LogFormat "%r|%U|%q|%f|%m|%{Referer}i|%{Host}i|%>s|%R" everything
CustomLog "logs/everything.log" everything
"""


class GuardedRelaySite(Site):
    """Its relay takes mail only from those who log in."""

    def __init__(self, *places, **options):
        super().__init__(*places, smtp={"has_login": True}, **options)

    def settings(self, secret):
        chosen = super().settings(secret)
        password = secret.with_name("relay-password")
        system.write_private(password, self.smtp.password)
        chosen["PwResetRelay"] = f"smtp://{self.smtp.user}@127.0.0.1:{self.smtp.port} STARTTLS"
        chosen["PwResetRelayPassword"] = f'"file:{password}"'
        return chosen


@pytest.fixture(scope="module")
def talkative(keeper):
    with GuardedRelaySite.in_scratch(
            keeper, directives={"PwResetFormAge": "0s"}, server_lines=LOGS,
            log_level="debug pwreset:trace8") as site:
        yield site


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, server_lines=LOGS) as site:
        yield site


def spellings(secret):
    """How it could stand somewhere: as it is, for a URL, for SMTP's and HTTP's login, in hex, and
    its first half."""
    raw = secret.encode()
    forms = {raw, quote(secret, safe="").encode(), "".join(f"%{byte:02X}" for byte in raw).encode(),
             base64.b64encode(raw).rstrip(b"="), raw.hex().encode(), raw[:len(raw) // 2 + 1]}
    return forms | {form.lower() for form in forms if b"%" in form}


def places(site):
    """Every file that httpd, the module or the worker writes."""
    files = [path for folder in (site.httpd.logs, site.state) for path in folder.rglob("*")
             if path.is_file() and path.name != "key"]
    return [*files, site.httpd.log]


def found(site, secrets, more=()):
    """Where any spelling of these secrets stands, as "file: name"."""
    texts = {path.name: path.read_bytes() for path in places(site)}
    texts.update(more)
    assert {"error.log", "access.log", "audit.log", "pwreset.db"} <= set(texts)
    return [f"{where}: {what}" for where, text in texts.items() for what, secret in secrets.items()
            if any(form in text for form in spellings(secret))]


def walk(site):
    """A whole flow with everything going wrong on the way; the secrets that it used."""
    person = site.someone()
    browser = site.browser
    site.smtp.set_answers({person.mails[0]: "451 4.3.0 Later"})
    site.ask(person.uid)
    site.httpd.wait_for_log("4.3.0")
    site.smtp.set_answers({person.mails[0]: "550 5.1.1 No"})
    site.httpd.wait_for_log("5.1.1", seconds=20)
    site.smtp.set_answers({})
    site.ask(person.mails[0])
    mail = site.mail_to(person.mails[0])
    link, stop = site.link_of(mail), site.stop_link_of(mail)
    for url in (link[:-1], f"{link}?x={token_of(link)}", f"{site.reset_url}/?t={token_of(link)}",
                f"{site.reset_url}/r?token={token_of(link)}", f"{site.reset_url}/nowhere/{token_of(link)}"):
        browser.get(url, headers={"Referer": link})
    for page in (site.set_password(link, REFUSED), site.set_password(link, NEW, f"{NEW}x"),
                 site.set_password(link, people.PASSWORD)):
        assert page.status == 422
    url = f"{site.reset_url}/r"
    pairs = {"token": token_of(link), "first": NEW, "second": NEW}
    assert browser.post(url, pairs, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert browser.post(f"{url}/", pairs).status == 405
    assert browser.post(url, [*pairs.items(), ("first", NEW)]).status == 400
    site.slapd.stop()
    assert site.set_password(link, NEW).status == 422
    site.slapd.start()
    browser.submit(browser.get(site.stop_link_of(ask_again(site, person))))
    assert site.set_password(link, NEW).heading == "Passordet er endret"
    assert site.set_password_of_dead(link) == 410 if hasattr(site, "set_password_of_dead") else True
    assert browser.get(stop).status == 410
    settle(site)
    return {"token": token_of(link), "stop token": token_of(stop), "new password": NEW,
            "old password": people.PASSWORD, "refused password": REFUSED,
            "bind password": site.slapd.service_password, "relay password": site.smtp.password,
            "login at the relay": f"\0{site.smtp.user}\0{site.smtp.password}"}


def ask_again(site, person):
    site.ask(person.uid)
    return site.mail_to(person.mails[0])


def test_no_log_and_no_database_holds_a_secret_at_the_most_talkative_level(talkative):
    secrets = walk(talkative)
    argv = {f"argv of {pid}": b" ".join(os.fsencode(word) for word in process.argv_of(pid))
            for pid in process.pids_of_sessions({talkative.httpd.process.pid})}
    assert len(argv) >= 4  # parent, worker, children
    assert not found(talkative, secrets, argv)
    envelopes = talkative.inbox.envelopes()
    assert envelopes and {entry["login"] for entry in envelopes} == {talkative.smtp.user}


def test_the_database_and_the_key_are_for_the_servers_user_alone(quick):
    quick.ask(quick.someone().uid)
    for path in [*quick.state.iterdir(), quick.audit_log]:
        assert path.stat().st_mode & 0o077 == 0, path


def status_pages(site):
    return "".join(site.browser.get(f"{site.url}/server-status{query}").html
                   for query in ("", "?auto", "?notable"))


@contextmanager
def held_directory(site):
    """The directory takes what it is asked and does not answer."""
    os.kill(site.slapd.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.slapd.pid, signal.SIGCONT)


def wait_for_line(site, line):
    """Until the scoreboard shows this; returns the pages that show it."""
    for _ in range(500):
        shown = status_pages(site)
        if line in shown:
            return shown
    raise AssertionError(f"server-status never shows {line}:\n{shown}")


def test_the_scoreboard_never_shows_the_token_over_http_1(quick):
    link = ask_for_link(quick, quick.someone())
    token, path = token_of(link), path_of(link)
    with connect(quick) as connection:
        with held_directory(quick):
            connection.sendall(head(f"GET {path} HTTP/1.1", [("Host", "127.0.0.1")]))
            shown = wait_for_line(quick, "GET /passord/r/- HTTP/1.1")
        assert token not in shown
        assert read_answer(connection).status == 200
        assert token not in status_pages(quick)
    assert token not in status_pages(quick)


def test_the_scoreboard_never_shows_the_token_over_http_2(quick):
    link = ask_for_link(quick, quick.someone())
    token, path = token_of(link), path_of(link)
    shown = ""
    with Http2(quick) as connection:
        for _ in range(3):
            with held_directory(quick):
                stream = connection.send("GET", path)
                connection.flush()
                shown += wait_for_line(quick, "/passord/r/-")
                shown += status_pages(quick)
            assert connection.wait(stream)[0].status == 200
            shown += status_pages(quick)
            streams = [connection.send("GET", path) for _ in range(30)]
            connection.flush()
            shown += status_pages(quick)
            assert {answer.status for answer in connection.wait(*streams)} == {200}
            shown += status_pages(quick)
    assert token not in shown + status_pages(quick)


def odd_paths(token):
    """Spellings of a link that lead somewhere near it, or nowhere."""
    escaped = "".join(f"%{ord(letter):02x}" for letter in token)
    return [
        f"/passord/r/{token}", f"/passord/stop/{token}", f"/passord/r/{escaped}",
        f"/passord/%72/{token}", f"/%70assord/r/{token}", f"/%70%61ssord/%73top/{escaped}",
        f"//passord//r//{token}", f"/passord/r//{token}", f"///passord/r/{token}",
        f"/passord/./r/{token}", f"/passord/x/../r/{token}", f"/x/../passord/r/{token}",
        f"/x//../passord/r/{token}", f"/passord/r/x/../{token}", f"/passord/%2e/r/{token}",
        f"/passord/x/%2e%2e/r/{token}", f"/x/%2e%2e/passord/r/{token}", f"/../passord/r/{token}",
        f"/passord//../passord/r/{token}", f"/x//%2e%2e/passord/r/{token}",
        f"/passord/r/{token}/", f"/passord/r/{token}.", f"/passord/r/{token}=", f"/passord/r/{token};x",
        f"/passord/r/{token}%00", f"/passord/r/{token}%0a", f"/passord/r/{token}%zz",
        f"/%70assord/r/{token}%zz", f"/passord/%zz/r/{token}", f"/passord%2Fr%2F{token}",
        f"/%70assord%2Fr%2F{token}", f"/passord/r%2f{token}", f"/passord/r/{token}%2f",
        f"/passord/r/{token}?x=1", f"/passord/r/{token}?{token}", f"/passord/r/-?t={token}",
        f"/passord/?token={token}", f"/passord?token={escaped}", f"/passord/r?token={token}",
        f"/passord/help?{token}", f"/passord/{token}", f"/passord/nowhere/{token}",
        f"/passord/done/{token}", f"/passord/a/{token}", f"/passord/R/{token}",
        f"/passord/sent/{token}", f"/passord/r/{token}/../{token}", f"/passord/r/{token}%3Fx",
        f"/passord/r/{token} HTTP/1.1", f"/passord/r/{token}\t", f"/passord/r/{token}#x",
        f"https://127.0.0.1/passord/r/{token}", f"http://evil.test/passord/r/{token}",
        f"https://evil.test//passord/%72/{token}?{token}", f"https://user@127.0.0.1/passord/r/{token}",
    ]


REFUSED_EARLY = {
    "no host": ("HTTP/1.1", []),
    "two hosts": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Host", "x.test")]),
    "bad host": ("HTTP/1.1", [("Host", "a b")]),
    "long header": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Cookie", "x" * 9000)]),
    "many headers": ("HTTP/1.1", [("Host", "127.0.0.1"), *[(f"X-{n}", "x") for n in range(150)]]),
    "bad header": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Bad Name", "x")]),
    "bad expectation": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Expect", "the best")]),
    "bad length": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Content-Length", "x")]),
    "bad coding": ("HTTP/1.1", [("Host", "127.0.0.1"), ("Transfer-Encoding", "x")]),
    "strange version": ("HTTP/3.7", [("Host", "127.0.0.1")]),
}


def log_of(site, action):
    """What the access logs and the error log say of this action."""
    logs = [site.httpd.access_log, site.httpd.logs / "everything.log", site.httpd.error_log]
    before = [path.stat().st_size for path in logs]
    action()
    # Lines are written after the answer; this one's line comes on a later connection.
    exchange(site, "GET /passord/help HTTP/1.1", [("Host", "127.0.0.1")])
    return [path.read_bytes()[size:].decode(errors="replace") for path, size in zip(logs, before)]


def leaks(token, logs):
    return [log for log in logs if any(form.decode() in log for form in spellings(token))]


@pytest.mark.parametrize("number", range(len(odd_paths(""))))
def test_an_odd_spelling_of_a_link_is_not_logged(quick, number):
    token = token_of(ask_for_link(quick, quick.someone())) if number == 0 else "q7" * 21 + "A"
    path = odd_paths(token)[number]

    def visit():
        answer = exchange(quick, f"GET {path} HTTP/1.1", [("Host", "127.0.0.1")])
        if "?" not in path:
            assert token.encode() not in answer.body or answer.status == 200

    logs = log_of(quick, visit)
    assert not leaks(token, [*logs, status_pages(quick)]), path


@pytest.mark.parametrize("name", REFUSED_EARLY)
def test_a_link_in_a_request_that_httpd_refuses_early_is_not_logged(quick, name):
    token = "q8" * 21 + "A"
    version, headers = REFUSED_EARLY[name]
    logs = log_of(quick, lambda: exchange(
        quick, f"GET /passord/r/{token} {version}", headers))
    assert not leaks(token, [*logs, status_pages(quick)])


def test_odd_spellings_over_http_2_are_not_logged(quick):
    token = "q9" * 21 + "A"
    paths = [path for path in odd_paths(token) if path.startswith("/") and " " not in path
             and "\t" not in path]

    def visit():
        with Http2(quick) as connection:
            for path in paths:
                connection.wait(connection.send("GET", path, [("referer", path)]))

    assert not leaks(token, [*log_of(quick, visit), status_pages(quick)])


def test_a_referer_with_a_token_is_not_logged(quick):
    token = "q6" * 21 + "A"
    referer = f"{quick.reset_url}/r/{token}"

    def visit():
        for path in ("help", "", f"r/{'A' * 43}", "a/x", "nowhere"):
            quick.browser.get(f"{quick.reset_url}/{path}", headers={"Referer": referer})

    logs = log_of(quick, visit)
    assert not leaks(token, logs)
    assert "/passord/help" in logs[0]


@pytest.mark.parametrize("level, is_warned", [
    ("info core:trace5", True), ("info http2:trace1", True), ("trace8", True), ("trace1", True),
    ("info core:trace4 http2:debug", False), ("debug pwreset:trace8", False)])
def test_a_level_at_which_httpd_logs_request_lines_is_warned_of(quick, tmp_path, level, is_warned):
    conf = tmp_path / "httpd.conf"
    text = quick.httpd.conf.read_text()
    conf.write_text(re.sub(r"(?m)^LogLevel .*$", f"LogLevel {level}", text))
    result = subprocess.run(
        [system.apache(), "-t", "-d", quick.httpd.folder, "-f", conf], capture_output=True,
        text=True, check=True)
    assert ("PWR0904" in result.stderr) == is_warned, result.stderr
