"""Password managers find the way by the W3C's well-known address."""
from contextlib import closing
from http.client import HTTPConnection

import pytest
from site_steps import quick_site

from kit import system

CHANGE = "/.well-known/change-password"
NO_SUCH = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_address_leads_to_the_form_and_is_no_page_itself(site, method):
    answer = site.browser.request(method, site.url + CHANGE)
    assert answer.status in (302, 303, 307)
    assert answer.headers["Location"] == f"{site.reset_url}/change"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not answer.headers.get_all("Set-Cookie")


def test_a_manager_that_follows_it_comes_to_the_form(site):
    page = site.browser.get(site.url + CHANGE)
    assert (page.hops, page.heading) == ([303], "Bytt passord")


def test_without_a_page_to_change_it_leads_to_the_form_of_who_has_forgotten(make_site):
    site = make_site(directives={"PwResetChange": "off"})
    page = site.browser.get(site.url + CHANGE)
    assert (page.hops, page.heading) == ([303], "Glemt ditt passord?")


def test_what_should_not_exist_does_not(site):
    assert site.browser.get(site.url + NO_SUCH).status == 404


@pytest.mark.parametrize("path", [CHANGE + "/", CHANGE + "/x", CHANGE + ".html", NO_SUCH + "/",
                                  "/.well-known/", "/x" + CHANGE])
def test_no_other_path_is_touched(site, path):
    assert site.browser.get(site.url + path, follow=False).status in (403, 404)


def test_a_post_is_not_ours(site):
    assert site.browser.request("POST", site.url + CHANGE, b"").status in (403, 404, 405)


def test_neither_a_login_nor_a_catch_all_stands_in_the_way(keeper):
    lines = "FallbackResource /index.html\n<Location />\n    Require all denied\n</Location>"
    with quick_site(keeper, host_lines=lines) as site:
        assert site.browser.get(site.url + CHANGE, follow=False).status == 303
        assert site.browser.get(site.url + NO_SUCH).status == 404


OWN_ANSWERS = {
    "Redirect": "Redirect 302 /.well-known/change-password https://konto.example.org/",
    "Redirect of all of them": "Redirect 302 /.well-known https://konto.example.org/",
    "RedirectMatch": 'RedirectMatch 302 "^/\\.well-known/change-.*" https://konto.example.org/',
    "RewriteRule": 'RewriteEngine on\nRewriteRule "^/\\.well-known/change-password$" '
                   '"https://konto.example.org/" [R=302,L]',
    "canonical host": 'RewriteEngine on\nRewriteRule ^ https://konto.example.org%{REQUEST_URI} [R=302,L]',
    "Location": '<Location "/.well-known/change-password">\nRedirect 302 "https://konto.example.org/"\n'
                "</Location>"}
NO_ANSWERS = {
    "hidden files": 'RedirectMatch 404 "/\\."',
    "front controller": "RewriteEngine on\nRewriteRule ^ /index.html [L]",
    "front controller that passes through": "RewriteEngine on\nRewriteRule ^/\\. /index.html [PT]",
    "proxy": 'ProxyPass "/" "http://127.0.0.1:9/"',
    "another address": "Redirect 302 /.well-known/security.txt https://konto.example.org/"}
MODULES = "".join(f'LoadModule {name}_module "{system.apache_modules()}/mod_{name}.so"\n'
                  for name in ("rewrite", "proxy", "proxy_http"))


@pytest.fixture(scope="module")
def ruled(keeper):
    with quick_site(keeper, server_lines=MODULES) as site:
        yield site


def set_lines(site, lines):
    site.extra_host_lines = lines
    site.configure()
    site.httpd.write_configuration()
    site.httpd.graceful()


@pytest.mark.parametrize("name", OWN_ANSWERS)
def test_where_the_site_leads_the_address_itself_it_goes_there(ruled, name):
    set_lines(ruled, OWN_ANSWERS[name])
    page = ruled.browser.get(ruled.url + CHANGE, follow=False)
    assert page.status == 302
    assert page.headers["Location"].startswith("https://konto.example.org/")


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_what_the_site_says_of_everything_is_no_answer_to_this(ruled, name):
    set_lines(ruled, NO_ANSWERS[name])
    page = ruled.browser.get(ruled.url + CHANGE, follow=False)
    assert (page.status, page.headers["Location"]) == (303, f"{ruled.reset_url}/change")
    assert ruled.browser.get(ruled.url + NO_SUCH).status == 404


OTHER_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    FallbackResource /index.html
    DocumentRoot "{site}"
    <Location "/">
        Require all granted
    </Location>
    {lines}
</VirtualHost>
"""


@pytest.mark.parametrize("lines, expected", [
    ("", [200, 200]), ("<Location /andre>\nSetHandler pwreset\n</Location>", [200, 200]),
    ("<Location /passord>\nSetHandler pwreset\n</Location>", [303, 404]),
    ('<LocationMatch "^/pass(ord)?(/|$)">\nSetHandler pwreset\n</LocationMatch>', [303, 404]),
    ('<Location "/pas*/">\nSetHandler pwreset\n</Location>', [303, 404]),
    ("SetHandler pwreset", [303, 404]),
    ("<Location /passord>\nSetHandler pwreset\n</Location>\n"
     "<Location /passord/>\nSetHandler none\n</Location>", [200, 200]),
    ("<Location /passord>\nSetHandler \"pwreset\"\n</Location>", [303, 404]),
    ("<Location /passord>\nSetHandler \"pwreset-metrics\"\n</Location>", [200, 200]),
    ("<Location /passord>\n<If \"%{HTTPS} == 'off'\">\nSetHandler pwreset\n</If>\n</Location>",
     [303, 404])])
def test_a_virtual_host_that_serves_no_flow_answers_as_it_would_alone(ruled, lines, expected):
    """The settings stand outside of both hosts, so both inherit them."""
    port = ruled.block[6]
    ruled.extra_server_lines = MODULES + OTHER_HOST.format(
        port=port, site=ruled.httpd.site, lines=lines)
    set_lines(ruled, "")
    for path, status in zip((CHANGE, NO_SUCH), expected):
        with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", path)
            assert connection.getresponse().status == status
    assert ruled.browser.get(ruled.url + CHANGE, follow=False).status == 303


def test_a_site_that_answers_itself_switches_it_off(keeper):
    with quick_site(keeper, directives={"PwResetWellKnown": "off"}) as site:
        folder = site.httpd.site / ".well-known"
        folder.mkdir(mode=0o755)
        (folder / "change-password").write_text("own")
        assert site.browser.get(site.url + CHANGE).html == "own"
