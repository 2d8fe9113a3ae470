"""Two sites share a key file, and a seal of one opens nothing at the other."""
from urllib.parse import urlsplit

import pytest
from opened import make_seal
from site_steps import quick_site

HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile "{folder}/cert.pem"
    SSLCertificateKeyFile "{folder}/key.pem"
    PwResetBaseURL {url}
    <Location "/passord">
        SetHandler pwreset
        Require all granted
    </Location>
</VirtualHost>
"""
BACK = "https://app.example.org/login"
LETTERS = "a" * 11


@pytest.fixture(scope="module")
def pair(keeper):
    with quick_site(keeper, directives={"PwResetReturnURL": BACK}) as site:
        port = site.block[5]
        site.other_url = f"https://127.0.0.1:{port}/passord"
        site.extra_server_lines = HOST.format(port=port, folder=site.httpd.folder, url=site.other_url)
        site.configure()
        site.httpd.write_configuration()
        site.httpd.graceful()
        yield site


def sides(site):
    return [(site.reset_url, site.other_url), (site.other_url, site.reset_url)]


def seen(site, url, path):
    """What an address is answered with: where to, or the page's heading."""
    page = site.browser.get(f"{url}{path}", False)
    return page.status, page.headers.get("Location"), page.headers["Content-Type"], page.heading


def test_a_forms_seal_is_no_other_sites(pair):
    for own, other in sides(pair):
        values = pair.browser.get(f"{own}/").form.values(name="ingen")
        at_other = pair.browser.post(f"{other}/", values, follow=False)
        assert "/sent/" not in at_other.headers.get("Location", "")
        at_own = pair.browser.post(f"{own}/", values, follow=False)
        assert at_own.status == 303 and "/sent/" in at_own.headers["Location"]


def test_the_seal_of_the_page_sent_is_no_other_sites(pair):
    for own, other in sides(pair):
        values = pair.browser.get(f"{own}/").form.values(name="ingen")
        place = urlsplit(pair.browser.post(f"{own}/", values, follow=False).headers["Location"]).path
        path = place.removeprefix("/passord")
        assert seen(pair, own, path)[0] == 200
        assert seen(pair, other, path) == seen(pair, other, "/sent/x")


def texts(site, own):
    """Purpose -> text of a seal, and the address that opens it."""
    form = make_seal(site, "seal:form", "A" * 32, url=own)
    return {"seal:held": (f"0\n{form}\ningen", "/c/{}"),
            "seal:captcha": (f"{form}\n{LETTERS}", "/c/picture/{}"),
            "seal:return": (BACK, "/done/{}"),
            "seal:sent": ("AAAA-AAAA\ningen", "/sent/{}")}


@pytest.mark.parametrize("purpose", ["seal:held", "seal:captcha", "seal:return", "seal:sent"])
def test_a_seal_of_each_purpose_opens_at_its_site_alone(pair, purpose):
    for own, other in sides(pair):
        text, path = texts(pair, own)[purpose]
        address = path.format(make_seal(pair, purpose, text, url=own))
        made_up = path.format("x")
        opened = seen(pair, own, address)  # once: a picture is drawn once
        assert opened[0] == 200 and opened != seen(pair, own, made_up)
        assert seen(pair, other, address) == seen(pair, other, made_up)


def test_the_page_sent_is_shown_for_half_an_hour_and_leads_to_the_form_after_that(pair):
    for age, status, where in ((30 * 60 - 30, 200, None), (30 * 60 + 5, 303, "/passord/")):
        seal = make_seal(pair, "seal:sent", "AAAA-AAAA\ningen\n", age)
        shown = seen(pair, pair.reset_url, f"/sent/{seal}")
        assert shown[0] == status
        assert where is None or urlsplit(shown[1]).path == where
