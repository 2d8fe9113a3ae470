"""A form in a page of the site's own, by mod_include, and ours in the site's own frame."""
import re

import pytest
from site_steps import quick_site, requests

NEW = "Sju-lange-netter-7"
PAGE = """<!doctype html><html lang="nb"><title>Vår side</title><h1>Vår egen</h1>
<!--#include virtual="{what}" --><p>slutt</p></html>"""


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


def with_include(site, what, name="egen.shtml"):
    """Puts a page into the intranet that includes this; the page as a browser gets it."""
    path = site.httpd.site / name
    path.write_text(PAGE.format(what=what), encoding="utf-8")
    path.chmod(0o644)
    return site.browser.get(f"{site.url}/{name}")


def test_the_form_stands_in_the_intranets_own_page_and_works(quick):
    page = quick.browser.get(f"{quick.url}/glemt.shtml")
    assert (page.status, page.heading, page.title) == (200, "Nytt passord", "Nytt passord – Eksempel AS")
    assert page.html.count("<html") == page.html.count("<h1") == page.html.count("<title") == 1
    assert page.html.count("<main") == 1 and "stylesheet" not in page.html.partition("<main")[2]
    person = quick.someone()
    sent = quick.browser.submit(page, name=person.uid)
    assert sent.heading == "Sjekk e-posten din" and sent.url.startswith(f"{quick.reset_url}/nb/sent/")
    done = quick.set_password(quick.link_of(quick.mail_to(person.mails[0])), NEW)
    assert done.heading == "Passordet er endret"


def test_what_is_wrong_with_the_form_is_told_on_a_whole_page_with_nothing_lost(quick):
    page = quick.browser.get(f"{quick.url}/glemt.shtml")
    back = quick.browser.submit(page, name="x" * 300)
    assert (back.status, back.heading) == (422, "Glemt ditt passord?")
    assert back.html.count("<html") == 1 and back.form.named("name").value == "x" * 300
    assert quick.browser.submit(back, name=quick.someone().uid).hops == [303]


def test_a_page_with_the_form_is_kept_by_nobody(quick):
    first, second = (quick.browser.get(f"{quick.url}/glemt.shtml") for _ in range(2))
    assert first.headers["Cache-Control"] == "no-store" and first.headers["ETag"] is None
    assert first.form.named("seal").value != second.form.named("seal").value


def test_a_page_that_may_be_kept_is_told_of_once(keeper):
    with quick_site(keeper) as site:
        site.browser.get(f"{site.url}/glemt.shtml")
        assert "PWR0919" not in site.httpd.error_log.read_text()
        for _ in range(20):
            assert with_include(site, "/passord/nb/").form
        told = [line for line in site.httpd.error_log.read_text().splitlines() if "PWR0919" in line]
        assert 1 <= len(told) <= 4 and "/egen.shtml includes the form" in told[0]  # once a process


def test_the_fragment_brings_the_script_and_hides_the_trap_by_itself(quick):
    page = quick.browser.get(f"{quick.url}/glemt.shtml")
    scripts = re.findall('<script src="([^"]+)" defer>', page.html)
    assert len(scripts) == 1 and quick.browser.get(quick.url + scripts[0]).status == 200
    assert re.search('<div class="trap" aria-hidden="true" hidden>', page.html)


def test_the_fragment_is_in_the_language_that_is_asked_for(quick):
    english = with_include(quick, "/passord/en/")
    assert 'class="pwreset" lang="en" dir="ltr"' in english.html and "Send me a link" in english.text
    assert english.form.action == "/passord/en/"
    assert "Send meg en lenke" in with_include(quick, "/passord/").text


def test_help_and_the_link_for_a_login_page_can_be_included(quick):
    helping = with_include(quick, "/passord/nb/help")
    assert "Jeg får ingen e-post" in helping.text and helping.html.count("<h1") == 1
    link = with_include(quick, "/passord/nb/link")
    assert '<a class="pwreset-link" href="/passord/nb/" lang="nb" dir="ltr">Glemt ditt passord?</a>' in link.html
    assert with_include(quick, "/passord/en/link").links == ["/passord/en/"]


@pytest.mark.parametrize("path", ["done", "r/" + "A" * 43, "stop/" + "A" * 43, "sent/x", "c/x", "nowhere",
                                  "a/x.css", "challenge"])
def test_nothing_else_can_be_included(quick, path):
    page = with_include(quick, f"/passord/{path}")
    assert "error occurred" in page.text and "slutt" in page.text and "Eksempel" not in page.text


def test_the_link_alone_is_no_page(quick):
    assert quick.browser.get(f"{quick.reset_url}/link").status == 404


def test_a_page_that_is_posted_to_includes_the_form_and_takes_no_body_for_it(quick):
    before = requests(quick)
    page = quick.browser.post(f"{quick.url}/glemt.shtml", {"name": "kari", "seal": "x"})
    assert page.status in (200, 405) and requests(quick) <= before


def test_our_pages_may_pull_in_the_sites_own_frame_and_run_nothing_that_was_typed(keeper, tmp_path):
    (tmp_path / "bottom.html").write_text(
        '</main><!--#include virtual="/topp.html" --></body></html>', encoding="utf-8")
    lines = {"PwResetPages": f'"{tmp_path}"'}
    host = '<Location "/passord">\n    Options +Includes\n    SetOutputFilter INCLUDES\n</Location>'
    with quick_site(keeper, directives=lines, host_lines=host) as site:
        top = site.httpd.site / "topp.html"
        top.write_text("<p>Intranettets ramme</p>", encoding="utf-8")
        top.chmod(0o644)
        typed = '<!--#echo var="DOCUMENT_ROOT" -->'
        sent = site.ask(typed)
        assert "Intranettets ramme" in sent.text and f"«{typed}»" in sent.text
        assert str(site.httpd.site) not in sent.html
