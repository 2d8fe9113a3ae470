"""What every answer says beside its words, and which requests are refused how."""
import re
import socket
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from site_steps import ask_for_link, path_of, quick_site, requests, settle, token_of
from wire import FORM_TYPE, Http2, exchange, form_body, form_headers, head, read_answer

from kit import people, system

NEW = "Sju-lange-netter-7"
TABLE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types pwreset"),
    "Referrer-Policy": "no-referrer, strict-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "CONJURE"]
READ, WRITE, BOTH = "GET, HEAD", "POST", "GET, HEAD, POST"
# What may be done to each address; "TOKEN" stands for one that was never mailed.
ADDRESSES = {"/": BOTH, "/sent/x": READ, "/r/TOKEN": READ, "/r": WRITE, "/done": READ,
             "/stop/TOKEN": READ, "/stop": WRITE, "/help": READ, "/a/x.css": READ}


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


@pytest.fixture(scope="module")
def everywhere(quick):
    """Name and answer of every kind of page, error and redirect, in the order of the flow."""
    person, browser = quick.someone(), quick.browser
    url = quick.reset_url
    seen = {"form": browser.get(f"{url}/"), "form error": None, "no slash": browser.get(url, False)}
    seen["form error"] = browser.submit(seen["form"], name="")
    seen["to sent"] = quick.ask(person.uid, follow=False)
    seen["sent"] = browser.follow(seen["to sent"])
    mail = quick.mail_to(person.mails[0])
    link, stop = quick.link_of(mail), quick.stop_link_of(mail)
    seen["link"] = browser.get(link)
    seen["link error"] = browser.submit(seen["link"], first="kort", second="kort")
    seen["stop"] = browser.get(stop)
    seen["to done"] = quick.set_password(link, NEW, follow=False)
    seen["done"] = browser.follow(seen["to done"])
    seen["used"] = browser.get(link)
    seen["nothing to stop"] = browser.get(stop)
    seen["stopped"] = browser.submit(browser.get(stop_of_another(quick)))
    seen["unknown"] = browser.get(f"{url}/r/{'A' * 43}")
    seen["sent made up"] = browser.get(f"{url}/sent/x", False)
    seen["help"] = browser.get(f"{url}/help")
    seen["404"] = browser.get(f"{url}/nowhere")
    seen["405"] = browser.get(f"{url}/r")
    cross = {"Sec-Fetch-Site": "cross-site"}
    seen["403"] = browser.post(f"{url}/", {}, headers=cross)
    seen["413"] = browser.post(f"{url}/", {"name": "x" * 20000})
    seen["415"] = browser.post(f"{url}/", {}, headers={"Content-Type": "application/json"})
    seen["400"] = browser.post(f"{url}/", [("name", "a"), ("name", "b")])
    settle(quick)
    return seen


def stop_of_another(site):
    person = site.someone()
    site.ask(person.uid)
    return site.stop_link_of(site.mail_to(person.mails[0]))


STATUSES = {
    "form": 200, "form error": 422, "no slash": 303, "to sent": 303, "sent": 200, "link": 200,
    "link error": 422, "stop": 200, "to done": 303, "done": 200, "used": 410,
    "nothing to stop": 410, "stopped": 200, "unknown": 404, "sent made up": 303, "help": 200,
    "404": 404, "405": 405, "403": 403, "413": 413, "415": 415, "400": 400}


@pytest.mark.parametrize("name", STATUSES)
def test_an_answer_has_its_status_and_every_header_of_the_table(everywhere, name):
    page = everywhere[name]
    assert page.status == STATUSES[name]
    said = {header: page.headers.get_all(header) for header in TABLE}
    assert said == {header: [value] for header, value in TABLE.items()}
    if page.status == 303:
        assert page.body == b"" and page.headers["Location"].startswith("/passord/")
    else:
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.heading and page.text.count("IT-hjelp, tlf. 22 00 00 00") >= 1
        assert "/passord/help" in page.links


def test_no_answer_ever_sets_a_cookie(everywhere):
    assert not [name for name, page in everywhere.items() if page.headers.get_all("Set-Cookie")]


class Loads(HTMLParser):
    """What a page would load, run, post to, or lead to."""

    def __init__(self, html):
        super().__init__()
        self.addresses, self.inline = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href", "action", "formaction", "poster", "data", "srcset"):
                self.addresses.append(value)
            if name.startswith("on") or name == "style":
                self.inline.append((tag, name))
        if tag in ("style", "iframe", "object", "embed", "base") or (
                tag == "script" and "src" not in dict(attrs)):
            self.inline.append(tag)


def test_no_page_loads_or_leads_elsewhere_or_has_anything_inline(quick, everywhere):
    own = urlsplit(quick.url).netloc
    for name, page in everywhere.items():
        found = Loads(page.html)
        assert not found.inline, name
        for address in found.addresses:
            parts = urlsplit(urljoin(page.url, address))
            assert parts.netloc == own or parts.scheme in ("tel", "mailto"), (name, address)
        for resource in re.findall('(?:src|rel="stylesheet" href)="([^"]+)"', page.html):
            assert quick.browser.get(urljoin(page.url, resource)).status == 200, (name, resource)


def test_what_a_page_loads_may_be_kept_for_ever_and_nothing_else_may(quick, everywhere):
    css = re.search('href="([^"]+[.]css)"', everywhere["form"].html)[1]
    icon = re.search('href="([^"]+[.]svg)"', everywhere["form"].html)[1]
    for path, kind in ((css, "text/css; charset=utf-8"), (icon, "image/svg+xml")):
        page = quick.browser.get(quick.url + path)
        assert page.headers["Content-Type"].startswith(kind.partition(";")[0])
        assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        for header, value in TABLE.items():
            assert page.headers[header] == value or header == "Cache-Control", header
        rules = re.sub(r"/\*.*?\*/", "", page.html, flags=re.DOTALL)
        assert not re.search(r"@import|url\((?!data:)|https?://(?!www.w3.org/)", rules)
    gone = quick.browser.get(f"{quick.reset_url}/a/{'A' * 12}-pwreset.css")
    assert (gone.status, gone.headers["Cache-Control"]) == (404, "no-store")


# What a site writes about headers, and what the answers say because of it: all else is as in TABLE.
# A line holds where the request asks for it (<If>), so one server has them all.
LONG = "max-age=63072000; includeSubDomains; preload"
SITE_LINES = {
    "set": ("Header set {name} {value}", "own"),
    "always set": ("Header always set {name} {value}", "own"),
    "both": ("Header set {name} {value}\nHeader always set {name} {value}", "own"),
    "append": ("Header append {name} {value}", "own"),
    "always append": ("Header always append {name} {value}", "own"),
    "merge": ("Header merge {name} {value}", "own"),
    "always merge": ("Header always merge {name} {value}", "own"),
    "add": ("Header add {name} {value}", "own"),
    "setifempty": ("Header setifempty {name} {value}", "own"),
    "unset": ("Header unset {name}", "ours"),
    "always unset": ("Header always unset {name}", "ours"),
    "edit": ('Header edit {name} ".*" {value}', "ours"),
}
SITE_VALUES = {
    "Content-Security-Policy": '"default-src \'self\'"', "Referrer-Policy": "origin",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Cross-Origin-Embedder-Policy": "unsafe-none", "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": '"camera=()"', "Strict-Transport-Security": f'"{LONG}"',
    "X-Robots-Tag": "none", "Cache-Control": '"no-store, private"',
}


@pytest.fixture(scope="module")
def with_site_lines(keeper):
    """Each line of SITE_LINES for each header, asked for by the request; Expires everywhere."""
    modules = system.apache_modules()
    lines = ["ExpiresActive on", 'ExpiresDefault "access plus 1 month"']
    for kind, (line, _) in SITE_LINES.items():
        for name, value in SITE_VALUES.items():
            lines += [f"<If \"%{{HTTP:X-Case}} == '{kind} {name}'\">",
                      line.format(name=name, value=value), "</If>"]
    with quick_site(keeper, server_lines=f"LoadModule expires_module {modules}/mod_expires.so",
                    host_lines="\n".join(lines)) as started:
        yield started


def answers_of_each_kind(site, case):
    """A page, an error, a redirect, a link's page, and a page that is made up."""
    headers = {"X-Case": case}
    paths = ("/", "/nowhere", "", f"/r/{'A' * 43}", "/sent/x")
    return [site.browser.get(site.reset_url + path, False, headers=headers) for path in paths]


@pytest.mark.parametrize("name", SITE_VALUES)
@pytest.mark.parametrize("kind", SITE_LINES)
def test_a_header_stands_once_and_the_sites_own_where_it_has_one(with_site_lines, kind, name):
    own = SITE_VALUES[name].strip('"') if SITE_LINES[kind][1] == "own" else TABLE[name]
    for page in answers_of_each_kind(with_site_lines, f"{kind} {name}"):
        said = {header: page.headers.get_all(header) for header in TABLE}
        assert said == {header: [value] for header, value in {**TABLE, name: own}.items()}
        assert page.headers["Expires"] is None


def test_an_error_that_httpd_answers_with_for_us_has_the_headers_too(keeper):
    """Where the handler is set and no flow is, httpd's own page is sent. The intranet has a policy
    of its own."""
    lines = """<Location "/annet">
    SetHandler pwreset
    Require all granted
</Location>
Header always set X-Frame-Options SAMEORIGIN"""
    with quick_site(keeper, host_lines=lines) as site:
        page = site.browser.get(f"{site.url}/annet")
        said = {header: page.headers.get_all(header) for header in TABLE}
        expected = {**TABLE, "X-Frame-Options": "SAMEORIGIN",
                    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}
        assert (page.status, said) == (404, {name: [value] for name, value in expected.items()})


CONTRADICTIONS = ["Header set Cache-Control max-age=3600", "Header append Cache-Control public",
                  "Header always set Cache-Control max-age=1", "Header always merge Cache-Control public",
                  "Header set Expires 0\nHeader unset Cache-Control", "Header unset Cache-Control"]


def test_a_page_that_nobody_may_keep_is_not_kept_whatever_the_site_says(keeper):
    lines = "\n".join(f"<If \"%{{HTTP:X-Case}} == '{number}'\">\n{line}\n</If>"
                      for number, line in enumerate(CONTRADICTIONS))
    with quick_site(keeper, host_lines=lines) as site:
        for number in range(len(CONTRADICTIONS)):
            for page in answers_of_each_kind(site, str(number)):
                assert page.headers.get_all("Cache-Control") == ["no-store"]
                assert page.headers["Expires"] is None


def test_a_links_page_tells_no_other_server_of_its_address(keeper):
    """The page's own policy counts where the site's would send the token on."""
    loose = 'Header always set Referrer-Policy "strict-origin-when-cross-origin"'
    with quick_site(keeper, host_lines=loose) as site:
        form = site.browser.get(f"{site.reset_url}/")
        assert form.headers.get_all("Referrer-Policy") == ["strict-origin-when-cross-origin"]
        for place in ("r", "stop"):
            page = site.browser.get(f"{site.reset_url}/{place}/{'A' * 43}")
            assert page.headers.get_all("Referrer-Policy") == [TABLE["Referrer-Policy"]]


PLAIN_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    <Location "/passord">
        SetHandler pwreset
        Require all granted
    </Location>
</VirtualHost>
"""


@pytest.mark.parametrize("switch", ["on", "off"])
def test_without_tls_nothing_is_said_of_transport_security(keeper, switch):
    """RFC 6797, 7.2: a host must not say so over plain HTTP."""
    with quick_site(keeper, directives={"PwResetPlainHTTP": switch}) as site:
        site.extra_server_lines = PLAIN_HOST.format(port=site.block[6])
        site.configure()
        site.httpd.write_configuration()
        site.httpd.graceful()
        for path in ("/", "/help", "/nowhere", ""):
            answer = exchange_plainly(site, path)
            assert answer.status in ((200, 404, 303) if switch == "on" else (301,))
            assert answer.header("Strict-Transport-Security") is None
            assert answer.header("Cache-Control") == "no-store"


def exchange_plainly(site, path):
    with socket.create_connection(("127.0.0.1", site.block[6]), timeout=20) as connection:
        connection.sendall(head(f"GET /passord{path} HTTP/1.1", [
            ("Host", f"127.0.0.1:{site.block[6]}"), ("Connection", "close")]))
        return read_answer(connection)


def test_what_may_be_kept_keeps_the_sites_own_time(with_site_lines):
    page = with_site_lines.browser.get(f"{with_site_lines.reset_url}/")
    css = re.search('href="([^"]+[.]css)"', page.html)[1]
    asset = with_site_lines.browser.get(with_site_lines.url + css)
    assert re.fullmatch(r"max-age=2\d{6}", ", ".join(asset.headers.get_all("Cache-Control")))
    assert asset.headers["Expires"]


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_served_or_answered_with_those_that_are(quick, path, method):
    url = quick.reset_url + path.replace("TOKEN", "A" * 43)
    page = quick.browser.request(method, url, b"" if method not in ("GET", "HEAD") else None,
                                 {"Content-Type": FORM_TYPE})
    if method in ADDRESSES[path].split(", "):
        assert page.status != 405
        assert method != "HEAD" or page.body == b""
    else:
        assert page.status == 405
        assert set(page.headers["Allow"].split(", ")) == set(ADDRESSES[path].split(", "))
        assert page.headers["Cache-Control"] == "no-store"


def test_trace_is_refused(quick):
    for path in ADDRESSES:
        page = quick.browser.request("TRACE", quick.reset_url + path)
        assert page.status == 405 and "kit" not in page.html


def test_a_method_in_a_field_or_header_is_not_looked_at(quick):
    link = ask_for_link(quick, quick.someone())
    pairs = {"_method": "POST", "token": token_of(link), "first": NEW, "second": NEW}
    page = quick.browser.request("GET", f"{quick.reset_url}/r", form_body(pairs), {
        "X-HTTP-Method-Override": "POST", "Content-Type": FORM_TYPE})
    assert page.status == 405
    assert quick.browser.get(link).status == 200


BAD_BODIES = {
    "field twice": b"name=a&name=b", "field twice, escaped": b"name=a&n%61me=b",
    "bad UTF-8": b"name=%ff", "bad UTF-8, not escaped": b"name=\xff",
    "overlong UTF-8": b"name=%c0%ae", "surrogate": b"name=%ed%a0%80", "NUL": b"name=a%00b",
    "NUL, not escaped": b"name=a\0b", "NUL in a name": b"na%00me=a",
    "17 fields": "&".join(f"f{number}=x" for number in range(17)).encode(),
    "broken percent": b"name=%", "half a percent": b"name=%4", "no hex": b"name=%g1",
    "bad UTF-8 in a name": b"%ff=a"}


@pytest.mark.parametrize("path", ["/", "/r", "/stop"])
@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_is_no_form_is_refused(quick, path, name):
    body = BAD_BODIES[name]
    answer = exchange(quick, f"POST {path_of(quick.reset_url)}{path} HTTP/1.1",
                      form_headers(quick, body), body)
    assert answer.status == 400 and answer.header("Cache-Control") == "no-store"
    assert "Vi forsto ikke forespørselen." in answer.body.decode()


@pytest.mark.parametrize("path", ["/", "/r", "/stop"])
def test_a_body_of_another_kind_is_refused(quick, path):
    for kind in ("multipart/form-data; boundary=x", "application/json", "text/plain", "",
                 "application/x-www-form-urlencoded2", f"{FORM_TYPE}, text/plain"):
        page = quick.browser.request("POST", quick.reset_url + path, b"name=a",
                                     {"Content-Type": kind})
        assert page.status == 415, kind
    page = quick.browser.request("POST", quick.reset_url + path, b"name=a", {
        "Content-Type": FORM_TYPE, "Content-Encoding": "gzip"})
    assert page.status == 415
    for kind in (f"{FORM_TYPE}; charset=UTF-8", FORM_TYPE.upper()):
        page = quick.browser.request("POST", quick.reset_url + path, b"", {"Content-Type": kind})
        assert page.status != 415, kind


@pytest.mark.parametrize("path", ["/", "/r", "/stop"])
def test_a_body_too_large_is_refused_before_it_is_read(quick, path):
    target = f"POST {path_of(quick.reset_url)}{path} HTTP/1.1"
    usual = [pair for pair in form_headers(quick, b"") if pair[0] != "Content-Length"]
    for size in (16385, 10 * 2**30):
        answer = exchange(quick, target, [*usual, ("Content-Length", size)])
        assert answer.status == 413 and "mer enn vi kan ta imot" in answer.body.decode()
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    answer = exchange(quick, target, [*usual, ("Transfer-Encoding", "chunked")], chunk * 5)
    assert answer.status == 413
    largest = b"name=" + b"x" * (16384 - 5)
    answer = exchange(quick, target, form_headers(quick, largest), largest)
    assert answer.status in (422, 404, 410)


CROSS = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"}, "same-site": {"Sec-Fetch-Site": "same-site"},
    "Origin": {"Sec-Fetch-Site": None, "Origin": "https://evil.test"},
    "Origin by http": {"Sec-Fetch-Site": None, "Origin": "http://127.0.0.1"},
    "Origin, other port": {"Sec-Fetch-Site": None, "Origin": "https://127.0.0.1:1"},
    "Origin null": {"Sec-Fetch-Site": None, "Origin": "null"},
    "Origin null, cross-site": {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    "cross-site with our Origin": {"Sec-Fetch-Site": "cross-site", "Origin": "OURS"}}
OURS = {
    "same-origin": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "typed": {"Sec-Fetch-Site": "none"}, "old browser": {"Sec-Fetch-Site": None},
    "old, our origin": {"Sec-Fetch-Site": None, "Origin": "OURS"}}


def headers_of(site, chosen):
    return {name: value.replace("OURS", site.url) for name, value in chosen.items() if value}


@pytest.mark.parametrize("name", CROSS)
def test_a_post_from_another_site_is_refused_and_does_nothing(quick, name):
    person = quick.someone()
    quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    link, stop = token_of(quick.link_of(mail)), token_of(quick.stop_link_of(mail))
    before = requests(quick)
    form = quick.browser.get(f"{quick.reset_url}/").form.values(name=person.uid)
    headers = {"Content-Type": FORM_TYPE, **headers_of(quick, CROSS[name])}
    for path, pairs in (("/", form), ("/stop", {"token": stop}),
                        ("/r", {"token": link, "first": NEW, "second": NEW})):
        page = quick.browser.request("POST", quick.reset_url + path, form_body(pairs), headers)
        assert page.status == 403 and "Forespørselen kom ikke fra dette nettstedet." in page.text
    assert requests(quick) <= before
    assert quick.browser.get(quick.link_of(mail)).status == 200
    assert quick.can_bind(person.uid, people.PASSWORD)


@pytest.mark.parametrize("name", OURS)
def test_a_post_from_our_own_page_is_taken_from_old_browsers_too(quick, name):
    form = quick.browser.get(f"{quick.reset_url}/").form.values(name="finnes-ikke")
    headers = {"Content-Type": FORM_TYPE, **headers_of(quick, OURS[name])}
    page = quick.browser.request("POST", f"{quick.reset_url}/", form_body(form), headers)
    assert page.status == 303


def test_http_2_answers_like_http_1(quick):
    with Http2(quick) as connection:
        path = path_of(quick.reset_url)
        streams = [connection.send("GET", f"{path}/{rest}", [("accept-language", "en")])
                   for rest in ("", "help", "nowhere", "r", f"r/{'A' * 43}")]
        answers = connection.wait(*streams)
    assert [answer.status for answer in answers] == [200, 200, 404, 405, 404]
    for answer in answers:
        said = {header: answer.header(header) for header in TABLE}
        assert said == TABLE
        assert answer.header("content-language") == "en" and not answer.header("set-cookie")
