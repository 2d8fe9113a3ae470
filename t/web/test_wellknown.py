"""Password managers find the way by the W3C's well-known address."""
import pytest
from site_steps import quick_site

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


def test_a_site_that_answers_itself_switches_it_off(keeper):
    with quick_site(keeper, directives={"PwResetWellKnown": "off"}) as site:
        folder = site.httpd.site / ".well-known"
        folder.mkdir(mode=0o755)
        (folder / "change-password").write_text("own")
        assert site.browser.get(site.url + CHANGE).html == "own"
