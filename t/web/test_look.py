"""The site's own look: a style sheet, a logo, a help page, and nothing from elsewhere."""
import gzip
import html
import re
from urllib.parse import urljoin

import pytest
from configuration import Configtest, ten_lines
from site_steps import quick_site

from kit import system

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 0h90v30H0z"/></svg>'
STYLE = ":root { --accent: #7a1f3d; }\n"
ASSETS = system.ROOT / "conf" / "assets"


@pytest.fixture(scope="module")
def own(keeper, tmp_path_factory):
    folder = tmp_path_factory.mktemp("look")
    (folder / "look.css").write_text(STYLE)
    (folder / "logo.svg").write_text(SVG)
    lines = {"PwResetStyle": f'"file:{folder}/look.css"', "PwResetLogo": f'"file:{folder}/logo.svg"',
             "PwResetHelpURL": "/intranett/hjelp"}
    with quick_site(keeper, directives=lines) as started:
        yield started


def sheets(page):
    return re.findall('<link rel="stylesheet" href="([^"]+)"', page.html)


def test_the_sites_sheet_comes_after_ours_and_is_served_by_us_for_ever(own):
    page = own.browser.get(f"{own.reset_url}/")
    ours, theirs = sheets(page)
    assert ours.endswith("-pwreset.css") and re.search("/a/[A-Za-z0-9_-]{12}-style[.]css$", theirs)
    answer = own.browser.get(urljoin(page.url, theirs))
    assert answer.html == STYLE and answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_logo_has_the_organisations_name_and_an_address_of_its_own(own):
    page = own.browser.get(f"{own.reset_url}/en/")
    logo, = re.findall('<img src="([^"]+-logo[.]svg)" alt="Eksempel AS">', page.html)
    answer = own.browser.get(urljoin(page.url, logo))
    assert answer.html == SVG and answer.headers["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_changed_file_gets_another_address(keeper, tmp_path):
    style, seen = tmp_path / "look.css", set()
    for text in (STYLE, STYLE * 2):
        style.write_text(text)
        with quick_site(keeper, directives={"PwResetStyle": f'"file:{style}"'}) as site:
            seen.add(sheets(site.browser.get(f"{site.reset_url}/"))[1])
    assert len(seen) == 2


def test_a_sheet_and_a_logo_that_the_server_has_itself_are_linked_as_they_are(keeper):
    with quick_site(keeper, directives={"PwResetStyle": "/stil.css",
                                        "PwResetLogo": "/merke.svg"}) as site:
        page = site.browser.get(f"{site.reset_url}/")
        assert sheets(page)[1] == "/stil.css" and '<img src="/merke.svg" alt="Eksempel AS">' in page.html
        assert "style-src 'self'" in page.headers["Content-Security-Policy"]
        assert site.browser.get(f"{site.url}/stil.css").status == 200


def test_help_leads_to_the_sites_own_page(own):
    page = own.browser.get(f"{own.reset_url}/")
    assert page.links.count("/intranett/hjelp") == 2
    assert not [link for link in page.links if link.endswith("/help")]


def test_without_them_nothing_stands_in_their_place(site):
    page = site.browser.get(f"{site.reset_url}/")
    assert len(sheets(page)) == 1 and 'alt="Eksempel AS"' not in page.html
    assert "/passord/help" in page.links


CONTACTS = {
    "IT-hjelp, tlf. 22 00 00 00": ["tel:22000000"],
    "Helpdesk (8-16, rom 02154), +47 22 00 00-00 eller hjelp.desk+1@example.org.":
        ["tel:+4722000000", "mailto:hjelp.desk+1@example.org"],
    "kari@localhost, x22000000, 1234567890123456, javascript:alert(1)@a": [],
    "<b>&</b> 22000000": ["tel:22000000"],
}


@pytest.mark.parametrize("contact", CONTACTS)
def test_numbers_and_addresses_of_the_contact_are_links_and_its_words_stay(keeper, contact):
    with quick_site(keeper, directives={"PwResetContact": f'"{contact}"'}) as site:
        footer = site.browser.get(f"{site.reset_url}/").html.partition("<footer>")[2]
        shown = footer.partition("<bdi>")[2].partition("</bdi>")[0]
        assert re.findall('<a href="([^"]*)">', shown) == CONTACTS[contact]
        words = html.unescape(re.sub("</?a[^>]*>", "", shown))
        assert words.replace("\u00a0", " ").replace("\u2011", "-") == contact
        assert all(" " not in number for number in re.findall('"tel:[^>]*>([^<]*)<', shown))


def test_each_page_leads_back_to_the_login(site):
    for path in ("/", "/help", "/done", "/r/unknown", "/nowhere"):
        page = site.browser.get(f"{site.reset_url}{path}")
        assert ">Tilbake til innlogging</a>" in page.html.partition("<footer>")[2], path


def test_each_end_has_an_icon_and_a_tone_of_its_own(site):
    faces = {path: re.findall(r'class="face face-(\w+)"', site.browser.get(f"{site.reset_url}{path}").html)
             for path in ("/done", "/unlocked", "/r/unknown", "/stop/unknown", "/nowhere", "/")}
    assert faces == {"/done": ["done"], "/unlocked": ["unlocked"], "/r/unknown": ["dead"],
                     "/stop/unknown": ["dead"], "/nowhere": ["error"], "/": []}


@pytest.mark.parametrize("name, size", [("look.css", 131073), ("logo.svg", 131073)])
def test_a_file_too_large_stops_configtest(tmp_path, name, size):
    (tmp_path / name).write_bytes(b" " * size)
    directive = "PwResetStyle" if name.endswith("css") else "PwResetLogo"
    passed, said = Configtest(tmp_path).judge(ten_lines(**{directive: f'"file:{tmp_path}/{name}"'}))
    assert not passed and directive in said and name in said


def test_every_property_of_our_sheet_is_explained_and_used():
    css = (ASSETS / "pwreset.css").read_text(encoding="utf-8")
    told = set(re.findall(r"^ \*   (--[a-z-]+) ", css, re.MULTILINE))
    declared = set(re.findall(r"^ +(--[a-z-]+):", css, re.MULTILINE))
    assert told == declared == set(re.findall(r"var\((--[a-z-]+)\)", css))


def test_scripts_and_styles_are_sent_without_the_comments_that_fill_lines(own):
    page = own.browser.get(f"{own.reset_url}/")
    for name in ("pwreset.js", "pwreset.css", "pwreset-worker.js"):
        address = re.search(f'"([^"]+-{re.escape(name)})"', page.html)[1]
        sent = own.browser.get(urljoin(page.url, address)).body.decode()
        source = (ASSETS / name).read_text(encoding="utf-8")
        assert sent == re.sub(r"^ */[*](?:(?![*]/).)*[*]/ *\n", "", source,
                              flags=re.MULTILINE | re.DOTALL)
        assert len(sent) < len(source)


def test_the_whole_page_is_small(own):
    page = own.browser.get(f"{own.reset_url}/")
    parts = {page.url: page.body}
    for address in re.findall('(?:src|href|data-worker)="(/passord/[^"]*/a/[^"]+|/passord/a/[^"]+)"', page.html):
        parts[address] = own.browser.get(urljoin(page.url, address)).body
    sizes = {name: len(gzip.compress(body)) for name, body in parts.items()}
    assert len(sizes) == 7 and sum(sizes.values()) < 20000, sizes
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) < 6000
    assert sizes[page.url] < 6000
    assert next(size for name, size in sizes.items() if name.endswith("pwreset.css")) < 5000
