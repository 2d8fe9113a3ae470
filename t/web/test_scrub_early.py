"""A link in a request that httpd refuses while it reads it is in no environment, log or page.

The ErrorDocuments are CGI programs and pages with SSI that print their whole environment.
"""
import http.client

import h2.exceptions
import pytest
from site_steps import leaks, quick_site, some_token
from wire import Answer, Http2, connect, exchange, head, read_answer

from kit import system

ENVIRONMENT = """#!/bin/sh
printf 'Content-Type: text/plain\\n\\n'
exec env
"""
PRINTENV = '<!--#printenv -->\n<!--#include virtual="/under.shtml" -->\n'
UNDER = '<!--#printenv --><!--#echo var="REQUEST_URI" --><!--#echo var="DOCUMENT_URI" -->\n'
LOGS = r"""
LoadModule cgi_module "{modules}/mod_cgi.so"
LoadModule rewrite_module "{modules}/mod_rewrite.so"
LoadModule log_forensic_module "{modules}/mod_log_forensic.so"
ForensicLog logs/forensic.log
LogFormat "%r|%<r|%U|%<U|%q|%<q|%f|%m|%<m|%H|%V|%v|%{Referer}i|%{Host}i|%>s|%R" everything
LogFormat "%{REDIRECT_URL}e|%{REDIRECT_REDIRECT_URL}e|%{REQUEST_URI}e|%{THE_REQUEST}e" one
LogFormat "%{REDIRECT_QUERY_STRING}e|%{REDIRECT_REQUEST_METHOD}e|%{error-notes}n|%<{error-notes}n" two
CustomLog logs/everything.log everything
CustomLog logs/everything.log one
CustomLog logs/everything.log two
RequestReadTimeout header=1 body=1
"""
WAYS = {
    "cgi": "/env", "ssi": "/env.shtml", "rewritten": "/rewritten", "alias": "/aliased",
    "query": "/env?%{escape:%{REQUEST_URI}}&%{escape:%{THE_REQUEST}}&%{escape:%{QUERY_STRING}}",
    "text": '"%{REQUEST_URI}|%{THE_REQUEST}|%{QUERY_STRING}|%{DOCUMENT_URI}"',
    "none": "default"}
PROGRAMS = {"cgi", "rewritten", "query"}
STATUSES = [400, 404, 405, 408, 411, 413, 414, 417, 421, 431, 500, 501, 505]
HOST = r"""
RewriteEngine on
RewriteRule ^/rewritten$ /env [PT]
RewriteRule ^/glemt/(.*)$ /passord/$1 [PT]
ScriptAlias /env "{site}/env.cgi"
Alias /aliased "{site}/env.shtml"
Header always set X-Host "expr=%{{req:Host}}"
Header always set X-Address "expr=%{{REQUEST_URI}}|%{{QUERY_STRING}}"
"""
SECOND = """
<VirtualHost 127.0.0.1:{port}>
    ServerName first.test
    SSLEngine on
    SSLCertificateFile "{folder}/cert.pem"
    SSLCertificateKeyFile "{folder}/key.pem"
    {site_lines}
    {documents}
</VirtualHost>
"""


class EarlySite:
    """A site, and which ErrorDocument it has."""

    def __init__(self, site):
        self.site = site
        self.way = None
        (site.httpd.site / "env.cgi").write_text(ENVIRONMENT)
        (site.httpd.site / "env.cgi").chmod(0o755)
        (site.httpd.site / "env.shtml").write_text(PRINTENV)
        (site.httpd.site / "under.shtml").write_text(UNDER)
        self.logs = [site.httpd.access_log, site.httpd.error_log,
                     *(site.httpd.logs / f"{name}.log" for name in ("everything", "forensic"))]

    def answer_by(self, way, is_first_host=True):
        """Has early errors answered in this way. Without `is_first_host` another virtual host, which
        has no flow, is the first, and so the one in which they are answered."""
        if (way, is_first_host) == self.way:
            return
        self.way = (way, is_first_host)
        site = self.site
        documents = "\n".join(f"ErrorDocument {status} {quoted(WAYS[way])}" for status in STATUSES)
        lines = HOST.format(site=site.httpd.site)
        site.extra_host_lines = lines + documents
        site.configure()
        if not is_first_host:
            self.move_into_the_host(lines, documents)
        site.httpd.write_configuration()
        site.httpd.graceful()
        assert site.browser.get(f"{site.url}/env").status == 200

    def move_into_the_host(self, lines, documents):
        httpd = self.site.httpd
        own = [line for line in httpd.server_lines.splitlines() if line.startswith("PwReset")]
        others = [line for line in httpd.server_lines.splitlines() if not line.startswith("PwReset")]
        httpd.server_lines = "\n".join(others)
        httpd.host_lines = "\n".join([*own, httpd.host_lines])
        first = SECOND.format(port=httpd.port, folder=httpd.folder, documents=documents,
                              site_lines=f'DocumentRoot "{httpd.site}"\n{lines}')
        first += f'<Directory "{httpd.site}">\nRequire all granted\nOptions +Includes\n' \
                 'AddOutputFilter INCLUDES .shtml\n</Directory>\n'
        httpd.server_lines += first

    def logged(self, action):
        before = [path.stat().st_size if path.exists() else 0 for path in self.logs]
        action()
        # Lines are written after the answer; this one's line comes on a later connection.
        exchange(self.site, "GET /passord/help HTTP/1.1", [("Host", self.site.url[8:])])
        return [path.read_bytes()[size:].decode(errors="replace")
                for path, size in zip(self.logs, before)]


def quoted(document):
    return document if document.startswith('"') else f'"{document}"' if " " in document else document


@pytest.fixture(scope="module")
def early(keeper):
    lines = LOGS.replace("{modules}", str(system.apache_modules()))
    with quick_site(keeper, server_lines=lines, log_level="debug ssl:warn") as started:
        yield EarlySite(started)


OWN = ("Host", "127.0.0.1")
# Request line and headers; TARGET stands for the address with the token. The status is what httpd
# says to it; None: httpd, without the module too, ends the connection where an ErrorDocument of 414
# is on this server.
SHAPES = {
    "header too long": (400, "GET TARGET HTTP/1.1", [OWN, ("Cookie", "x" * 9000)]),
    "header too long after folding": (400, "GET TARGET HTTP/1.1", [
        OWN, ("X-Fold", "\r\n ".join(["x" * 4000] * 3))]),
    "headers too many": (400, "GET TARGET HTTP/1.1", [OWN, *[(f"X-{n}", "x") for n in range(150)]]),
    "no Host": (400, "GET TARGET HTTP/1.1", []),
    "two Hosts": (400, "GET TARGET HTTP/1.1", [OWN, ("Host", "x.test")]),
    "bad Host": (400, "GET TARGET HTTP/1.1", [("Host", "a b")]),
    "Host with a path": (400, "GET TARGET HTTP/1.1", [("Host", "127.0.0.1/TARGET")]),
    "bad Transfer-Encoding": (400, "GET TARGET HTTP/1.1", [OWN, ("Transfer-Encoding", "x")]),
    "chunked is not last": (400, "POST TARGET HTTP/1.1", [OWN, ("Transfer-Encoding", "chunked, x")]),
    "Transfer-Encoding and bad Content-Length": (400, "POST TARGET HTTP/1.1", [
        OWN, ("Content-Length", "x"), ("Transfer-Encoding", "x")]),
    "bad Content-Length": (400, "GET TARGET HTTP/1.1", [OWN, ("Content-Length", "x")]),
    "two Content-Lengths": (400, "POST TARGET HTTP/1.1", [
        OWN, ("Content-Length", "1"), ("Content-Length", "2")]),
    "negative Content-Length": (400, "POST TARGET HTTP/1.1", [OWN, ("Content-Length", "-1")]),
    "bad header name": (400, "GET TARGET HTTP/1.1", [OWN, ("Bad Name", "x")]),
    "header without a colon": (400, "GET TARGET HTTP/1.1\r\nTARGET", [OWN]),
    "control character in a header": (400, "GET TARGET HTTP/1.1", [OWN, ("X", "a\x01b")]),
    "a folded line comes first": (400, "GET TARGET HTTP/1.1\r\n folded", [OWN]),
    "bad method": (400, "G(T TARGET HTTP/1.1", [OWN]),
    "no method": (400, "TARGET HTTP/1.1", [OWN]),
    "no method and no version": (400, "TARGET", [OWN]),
    "method and target in one": (400, "GETTARGET HTTP/1.1", [OWN]),
    "bad version": (400, "GET TARGET HTTP/x", [OWN]),
    "more behind the version": (400, "GET TARGET HTTP/1.1 TARGET", [OWN]),
    "two spaces": (400, "GET  TARGET HTTP/1.1", [OWN]),
    "a tab": (400, "GET\tTARGET\tHTTP/1.1", [OWN]),
    "line too long": (None, "GET TARGET?" + "x" * 8190 + " HTTP/1.1", [OWN]),
    "bad byte": (400, "GET TARGET\x7f HTTP/1.1", [OWN]),
    "fragment": (400, "GET TARGET#TARGET HTTP/1.1", [OWN]),
    "absolute form, bad host": (400, "GET https://a_b:x:yTARGET HTTP/1.1", [OWN]),
    "absolute form, a user": (400, "GET https://a:b@127.0.0.1TARGET HTTP/1.1", [OWN]),
    "no slash": (400, "GET x/TARGET HTTP/1.1", [OWN]),
    "CONNECT": (400, "CONNECT TARGET HTTP/1.1", [OWN]),
    "unknown expectation": (417, "GET TARGET HTTP/1.1", [OWN, ("Expect", "the best")]),
    "HTTP/1.0 with a bad Host": (400, "GET TARGET HTTP/1.0", [("Host", "a b")]),
}
# These come as far as to a virtual host, and the site's answers.
LATER = {
    "bad percent-encoding": (404, "GET TARGET%zz HTTP/1.1", [OWN]),
    "encoded NUL": (404, "GET TARGET%00 HTTP/1.1", [OWN]),
    "strange version": (404, "GET TARGET HTTP/3.7", [OWN]),
    "encoded slash": (404, "GET TARGET%2f HTTP/1.1", [OWN]),
    "absolute form, no scheme of ours": (400, "GET ftp://127.0.0.1TARGET HTTP/1.1", [OWN]),
}


def targets(token):
    """The link, spelled in ways that lead to it, and addresses that hold it."""
    escaped = "".join(f"%{ord(letter):02x}" for letter in token)
    return [f"/passord/r/{token}", f"//%70assord/%72/{escaped}?{token}&{escaped}"]


def filled(shape, target):
    status, line, headers = shape
    return status, line.replace("TARGET", target), [
        (name, value.replace("TARGET", target)) for name, value in headers]


def send(early, line, headers):
    """The answer, or None when the server ended the connection without one."""
    with connect(early.site) as connection:
        connection.sendall(head(line, headers))
        try:
            return read_answer(connection, "GET")
        except http.client.RemoteDisconnected:
            return None


def check_nothing_leaks(early, token, logs, pages):
    bodies = [page.bytes.decode("latin-1") for page in pages if page is not None]
    assert not leaks(token, [*logs, *bodies])


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("is_first_host", [True, False], ids=["own host", "first host"])
@pytest.mark.parametrize("way", WAYS)
def test_an_early_error_leaks_the_link_nowhere(early, way, is_first_host, name):
    early.answer_by(way, is_first_host)
    check(early, SHAPES[name])


@pytest.mark.parametrize("name", LATER)
@pytest.mark.parametrize("way", WAYS)
def test_an_error_a_little_later_leaks_the_link_nowhere(early, way, name):
    early.answer_by(way)
    check(early, LATER[name])


def check_shows_environment(early, status, page):
    """So that nothing is looked for in an empty page. A CGI program cannot run after most of these
    errors, as it finds no input; one for 417 can."""
    if status == 400 and early.way[0] in ("ssi", "alias") \
            or status == 417 and early.way[0] in PROGRAMS:
        assert b"REDIRECT_STATUS" in page.body


def check(early, shape):
    for spelling in range(2):
        token, pages = some_token(), []
        status, line, headers = filled(shape, targets(token)[spelling])
        logs = early.logged(lambda: pages.append(send(early, line, headers)))
        check_nothing_leaks(early, token, logs, pages)
        if status is not None:
            assert pages[0].status == status
            check_shows_environment(early, status, pages[0])


@pytest.mark.parametrize("way", ["ssi", "query", "none"])
def test_a_request_that_never_ends_leaks_the_link_nowhere(early, way):
    early.answer_by(way)
    for begun in ("GET TARGET", "GET TARGET HTTP/1.1\r\n", "GET TARGET HTTP/1.1\r\nHost: x\r\nX: y"):
        token, pages = some_token(), []

        def fetch():
            with connect(early.site) as connection:
                connection.sendall(begun.replace("TARGET", targets(token)[0]).encode())
                pages.append(connection.recv(65536).decode("latin-1"))

        assert not leaks(token, [*early.logged(fetch), *pages])


# Pseudo-headers and headers over HTTP/2.
USUAL = {":method": "GET", ":scheme": "https", ":authority": "127.0.0.1", ":path": "TARGET"}
SHAPES_2 = {
    "header too long": ({}, [("cookie", "x" * 9000)]),
    "headers too many": ({}, [(f"x-{n}", "x") for n in range(150)]),
    "headers far too many": ({}, [(f"x-{n}", "x" * 100) for n in range(1000)]),
    "path too long": ({":path": "TARGET?" + "x" * 9000}, []),
    "no authority": ({":authority": None}, []),
    "no authority, two hosts": ({":authority": None}, [("host", "a"), ("host", "b")]),
    "bad authority": ({":authority": "a b"}, []),
    "authority with a path": ({":authority": "127.0.0.1/TARGET"}, []),
    "another host": ({}, [("host", "x.test")]),
    "no path": ({":path": None}, [("x-path", "TARGET")]),
    "no scheme": ({":scheme": None}, []),
    "strange scheme": ({":scheme": "ftp"}, []),
    "no method": ({":method": None}, []),
    "bad method": ({":method": "G(T"}, []),
    "unknown pseudo-header": ({":status": "200"}, []),
    "no slash": ({":path": "xTARGET"}, []),
    "absolute path": ({":path": "https://127.0.0.1TARGET"}, []),
    "bad byte": ({":path": "TARGET\x7f"}, []),
    "fragment": ({":path": "TARGET#TARGET"}, []),
    "bad percent-encoding": ({":path": "TARGET%zz"}, []),
    "encoded NUL": ({":path": "TARGET%00"}, []),
    "CONNECT": ({":method": "CONNECT"}, []),
    "CONNECT without a path": ({":method": "CONNECT", ":path": None, ":scheme": None,
                               ":authority": "127.0.0.1TARGET"}, []),
    "Transfer-Encoding": ({}, [("transfer-encoding", "chunked")]),
    "Connection": ({}, [("connection", "close")]),
    "bad Content-Length": ({}, [("content-length", "x")]),
    "unknown expectation": ({}, [("expect", "the best")]),
    "header in capitals": ({}, [("X-Capital", "x")]),
}


def send_2(early, pseudo, headers):
    """Status 0 stands for a stream or connection that the server ended."""
    try:
        with Http2(early.site) as connection:
            stream = connection.protocol.get_next_available_stream_id()
            pairs = [pair for pair in {**USUAL, **pseudo}.items() if pair[1] is not None]
            connection.protocol.send_headers(stream, [*pairs, *headers], end_stream=True)
            connection.parts[stream] = {"headers": [], "body": b"", "is_whole": False}
            return connection.wait(stream)[0]
    except (ConnectionError, h2.exceptions.ProtocolError):
        return Answer(0, [], b"")


@pytest.mark.parametrize("name", SHAPES_2)
@pytest.mark.parametrize("way", ["ssi", "query", "text", "none"])
def test_an_early_error_over_http_2_leaks_the_link_nowhere(early, way, name):
    early.answer_by(way)
    token, pages = some_token(), []
    pseudo, headers = SHAPES_2[name]
    target = targets(token)[0]
    pseudo = {key: value and value.replace("TARGET", target)
              for key, value in {**USUAL, **pseudo}.items()}
    headers = [(key, value.replace("TARGET", target)) for key, value in headers]
    logs = early.logged(lambda: pages.append(send_2(early, pseudo, headers)))
    check_nothing_leaks(early, token, logs, pages)
