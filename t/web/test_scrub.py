"""The token of a link is in no log and on no status page, however the link is spelled."""
import os
import re
import signal
import subprocess
from contextlib import contextmanager

import pytest
from site_steps import ask_for_link, leaks, path_of, quick_site, some_token, token_of
from wire import Http2, connect, exchange, head, read_answer

from kit import system

LOGS = """
LogFormat "%r|%U|%q|%f|%m|%{Referer}i|%{Host}i|%>s|%R" everything
CustomLog "logs/everything.log" everything
"""


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, server_lines=LOGS) as site:
        yield site


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
            shown = wait_for_line(quick, "GET /passord/- HTTP/1.1")
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
                shown += wait_for_line(quick, "GET /passord/-")
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
    """Spellings of a link, and addresses that hold one; some lead there, most nowhere."""
    escaped = "".join(f"%{ord(letter):02x}" for letter in token)
    return [
        f"/passord/r/{token}", f"/passord/stop/{token}", f"/passord/r/{escaped}",
        f"/passord/%72/{token}", f"/%70assord/r/{token}", f"/%70%61ssord/%73top/{escaped}",
        f"//passord//r//{token}", f"/passord/r//{token}", f"///passord/r/{token}",
        f"/passord/./r/{token}", f"/passord/x/../r/{token}", f"/x/../passord/r/{token}",
        f"/x//../passord/r/{token}", f"/passord/r/x/../{token}", f"/passord/%2e/r/{token}",
        f"/passord/x/%2e%2e/r/{token}", f"/x/%2e%2e/passord/r/{token}", f"/../passord/r/{token}",
        f"/passord//../passord/r/{token}", f"/x//%2e%2e/passord/r/{token}",
        f"/passord/r/{token}/", f"/passord/r/{token}.", f"/passord/r/{token}=",
        f"/passord/r/{token};x",
        f"/passord/r/{token}%00", f"/passord/r/{token}%0a", f"/passord/r/{token}%zz",
        f"/%70assord/r/{token}%zz", f"/passord/%zz/r/{token}", f"/passord%2Fr%2F{token}",
        f"/%70assord%2Fr%2F{token}", f"/passord/r%2f{token}", f"/passord/r/{token}%2f",
        f"/passord/r/{token}?x=1", f"/passord/r/{token}?{token}", f"/passord/r/-?t={token}",
        f"/passord/?token={token}", f"/passord?token={token}", f"/passord/r?token={token}",
        f"/passord/help?{token}", f"/passord/{token}", f"/passord/nowhere/{token}",
        f"/passord/done/{token}", f"/passord/a/{token}", f"/passord/R/{token}",
        f"/passord/r/{token}/../{token}", f"/passord/r/{token}%3Fx",
        f"/passord/r/{token} HTTP/1.1", f"/passord/r/{token}\t", f"/passord/r/{token}#x",
        f"https://127.0.0.1/passord/r/{token}", f"http://evil.test/passord/r/{token}",
        f"https://evil.test//passord/%72/{token}?{token}",
        f"https://user@127.0.0.1/passord/r/{token}",
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


@pytest.mark.parametrize("number", range(len(odd_paths(""))))
def test_an_odd_spelling_of_a_link_is_not_logged(quick, number):
    token = token_of(ask_for_link(quick, quick.someone())) if number == 0 else some_token()
    path = odd_paths(token)[number]

    def fetch():
        answer = exchange(quick, f"GET {path} HTTP/1.1", [("Host", "127.0.0.1")])
        if "?" not in path:
            assert token.encode() not in answer.body or answer.status == 200

    logs = log_of(quick, fetch)
    assert not leaks(token, logs), path
    assert not path.startswith("/") or not leaks(token, [status_pages(quick)]), path


@pytest.mark.parametrize("name", REFUSED_EARLY)
def test_a_link_in_a_request_that_httpd_refuses_early_is_not_logged(quick, name):
    token = some_token()
    version, headers = REFUSED_EARLY[name]
    logs = log_of(quick, lambda: exchange(
        quick, f"GET /passord/r/{token} {version}", headers))
    assert not leaks(token, [*logs, status_pages(quick)])


def test_odd_spellings_over_http_2_are_not_logged(quick):
    token = some_token()
    paths = [path for path in odd_paths(token) if path.startswith("/") and " " not in path
             and "\t" not in path]

    def fetch():
        with Http2(quick) as connection:
            for path in paths:
                connection.wait(connection.send("GET", path))

    assert not leaks(token, [*log_of(quick, fetch), status_pages(quick)])


def test_a_referer_with_a_token_is_not_logged(quick):
    token = some_token()
    referer = f"{quick.reset_url}/r/{token}"

    def fetch():
        for path in ("help", "", f"r/{'A' * 43}", "a/x", "nowhere"):
            quick.browser.get(f"{quick.reset_url}/{path}", headers={"Referer": referer})

    logs = log_of(quick, fetch)
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
        text=True, check=True, env={**os.environ, **quick.httpd.environment})
    assert ("PWR0904" in result.stderr) == is_warned, result.stderr
