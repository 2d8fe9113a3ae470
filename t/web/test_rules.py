"""An access rule is written for an address, and holds in every language and spelling of it."""
import base64
import hashlib

import pytest
from site_steps import ask_for_link, quick_site
from wire import Http2, exchange, form_body, form_headers

from kit import system

NEW = "Sju-lange-netter-7"
PATHS = {
    "/": None, "/sent/x": None, "/c/x": None, "/c/picture/x": None, "/c/sound/x": None, "/r/x": None,
    "/change": None, "/done": None, "/done/x": None, "/unlocked": None, "/unlocked/x": None,
    "/stop/x": None, "/help": None, "/challenge": None, "/challenge/long": None, "/a/x": None,
    "/r": "POST", "/c": "POST", "/stop": "POST"}
LINES = {
    "Location": '<Location "/passord{path}">\nRequire all denied\n</Location>',
    "LocationMatch": '<LocationMatch "^/passord{path}$">\nRequire all denied\n</LocationMatch>',
    "Location ~": '<Location ~ "/passord{path}$">\nRequire all denied\n</Location>',
    "Require ip": '<Location "/passord{path}">\nRequire ip 192.0.2.1\n</Location>',
    "If": '<If "%{{REQUEST_URI}} == \'/passord{path}\'">\nRequire all denied\n</If>',
    "If within": '<Location "/passord">\n<If "%{{REQUEST_URI}} =~ m#{path}$#">\nRequire all denied\n'
                 '</If>\n</Location>',
    "Deny": 'LoadModule access_compat_module "{modules}/mod_access_compat.so"\n'
            '<Location "/passord{path}">\nOrder allow,deny\nDeny from all\nSatisfy all\n</Location>',
    "RewriteRule": 'RewriteEngine on\nRewriteRule "^/passord{path}$" - [F]'}
SERVER = 'LoadModule rewrite_module "{modules}/mod_rewrite.so"\n' \
    'LoadModule auth_basic_module "{modules}/mod_auth_basic.so"\n' \
    'LoadModule authn_file_module "{modules}/mod_authn_file.so"'


@pytest.fixture(scope="module")
def ruled(keeper):
    lines = SERVER.format(modules=system.apache_modules())
    with quick_site(keeper, server_lines=lines, directives={"PwResetChange": "on"}) as started:
        started.rule = None
        yield started


def set_rule(site, text):
    if site.rule != text:
        site.rule = text
        site.extra_host_lines = text
        site.configure()
        site.httpd.write_configuration()
        site.httpd.graceful()


def spellings(path):
    """Of the address, in each way that leads to the same page."""
    yield f"/passord{path}"
    for tag in ("nb", "en", "%6eb", "n%62", "./nb", "/nb", "x/../nb"):
        yield f"/passord/{tag}{path}"
    yield f"//passord//nb/{path}"
    yield f"/%70assord/nb{path.replace('c', '%63')}"
    yield f"https://127.0.0.1/passord/nb{path}"


def status_of(site, address, method="GET", headers=()):
    body = form_body({}) if method == "POST" else b""
    lines = form_headers(site, body) if body or method == "POST" else [
        ("Host", site.url[8:]), ("Connection", "close")]
    return exchange(site, f"{method} {address} HTTP/1.1", [*lines, *headers], body).status


@pytest.mark.parametrize("kind", LINES)
def test_a_rule_for_a_page_holds_in_every_language_and_spelling(ruled, kind):
    for path in ("/change", "/help"):
        set_rule(ruled, LINES[kind].format(path=path, modules=system.apache_modules()))
        for address in spellings(path):
            assert status_of(ruled, address) == 403, address
        other = "/help" if path == "/change" else "/change"
        for address in spellings(other):
            assert status_of(ruled, address) == 200, address


def test_a_rule_for_any_address_of_the_flow_holds_in_every_language(ruled):
    # What stands behind /r/ and /stop/ is a secret, which no rule sees.
    set_rule(ruled, "\n".join(LINES["LocationMatch"].format(path=path.replace("/x", "/[-x]"))
                              for path in PATHS))
    for path, method in PATHS.items():
        for address in spellings(path):
            assert status_of(ruled, address, method or "GET") == 403, address


def test_a_page_that_asks_for_a_login_asks_for_it_in_every_language(ruled):
    users = ruled.httpd.folder / "users"
    users.write_text("kari:{SHA}" + base64.b64encode(
        hashlib.sha1(b"hemmelig").digest()).decode() + "\n")
    set_rule(ruled, f'<Location "/passord/change">\nAuthType Basic\nAuthName x\nAuthBasicProvider '
                    f'file\nAuthUserFile "{users}"\nRequire valid-user\n</Location>')
    right = [("Authorization", "Basic " + base64.b64encode(b"kari:hemmelig").decode())]
    wrong = [("Authorization", "Basic " + base64.b64encode(b"kari:x").decode())]
    for address in spellings("/change"):
        assert [status_of(ruled, address, headers=headers)
                for headers in ((), wrong, right)] == [401, 401, 200], address


def test_what_is_rewritten_to_a_language_is_judged_by_the_plain_address(ruled):
    set_rule(ruled, LINES["Location"].format(path="/change") +
             "\nRewriteEngine on\nRewriteRule ^/pw(.*)$ /passord$1 [PT]")
    assert [status_of(ruled, f"/pw{path}") for path in
            ("/change", "/nb/change", "/en/change", "/help", "/nb/help")] == [403, 403, 403, 200, 200]


def test_two_languages_in_an_address_are_no_page(ruled):
    set_rule(ruled, "")
    for address in ("/passord/nb/en/change", "/passord/en/en/", "/passord/nb/en/r/x"):
        assert status_of(ruled, address) == 404


def test_over_http_2_a_rule_holds_in_every_language(ruled):
    set_rule(ruled, LINES["Location"].format(path="/change"))
    with Http2(ruled) as connection:
        streams = [connection.send("GET", address) for address in spellings("/change")
                   if address.startswith("/")]
        assert {answer.status for answer in connection.wait(*streams)} == {403}


def test_links_with_a_language_go_on_working(ruled):
    set_rule(ruled, "")
    person = ruled.someone()
    link = ask_for_link(ruled, person)
    with_language = link.replace("/passord/r/", "/passord/en/r/")
    assert ruled.browser.get(with_language).heading == "Choose a new password"
    assert ruled.set_password(with_language, NEW).url == f"{ruled.reset_url}/en/done"
    assert ruled.browser.get(f"{ruled.reset_url}/en", False).headers["Location"] == "/passord/en/"
