"""Whoever was sent here by an application goes back to it, and to nowhere that was not listed."""
import time
from urllib.parse import quote, urljoin

import pytest
from opened import answer_by_waiting, make_seal
from site_steps import quick_site, settle, store

NEW = "Sju-lange-netter-7"
APP = "https://app.example.org/login"
LIST = "https://app.example.org/login /intranett/ https://other.example.org:8443/"


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, directives={"PwResetReturnURL": LIST}) as started:
        yield started


def form_for(site, back, path="/"):
    return site.browser.get(f"{site.reset_url}{path}?return={quote(back, safe='')}")


def has_return(page):
    return "return" in [field.name for field in page.form.fields]


def done_of(site, person):
    return site.set_password(site.link_of(site.mail_to(person.mails[0])), NEW)


def test_the_way_back_goes_through_the_flow_and_not_through_the_mail(quick):
    person = quick.someone()
    page = form_for(quick, APP + "?next=%2Fa")
    sent = quick.browser.submit(page, name=person.uid)
    assert sent.hops == [303]
    mail = quick.mail_to(person.mails[0])
    assert "app.example.org" not in mail.raw.decode() + mail.text + mail.html
    done = quick.set_password(quick.link_of(mail), NEW)
    assert done.heading == "Passordet er endret"
    assert APP + "?next=%2Fa" in done.links and f"{quick.url}/innlogging" not in done.links
    assert "app.example.org" not in done.url
    settle(quick)
    confirmation = quick.mail_to(person.mails[0])
    assert "app.example.org" not in confirmation.text + confirmation.html
    again = quick.browser.get(done.url)  # a reload
    assert again.links == done.links


def test_it_survives_an_error_a_change_of_language_and_sending_again(quick):
    person = quick.someone()
    page = form_for(quick, "/intranett/?a=b")
    english = quick.browser.get(urljoin(page.url, next(link for link in page.links if "/en/" in link)))
    assert english.language == "en" and has_return(english)
    back = quick.browser.submit(english, name="")
    assert back.status == 422 and has_return(back)
    sent = quick.browser.submit(back, name=person.uid)
    quick.mail_to(person.mails[0])
    quick.browser.submit(sent)
    done = done_of(quick, person)
    assert f"{quick.url}/intranett/?a=b" in done.links


def test_it_survives_a_captcha_and_a_link_that_came_too_late(keeper):
    lines = {"PwResetReturnURL": LIST, "PwResetClientLimits": "1 2 60", "PwResetWait": "1s"}
    with quick_site(keeper, directives=lines) as site:
        for _ in range(3):
            site.ask("ingen", follow=False)
        person = site.someone()
        captcha = site.browser.submit(form_for(site, APP), name=person.uid)
        assert "/c/" in captcha.url
        time.sleep(1.1)
        assert answer_by_waiting(site, captcha).heading == "Sjekk e-posten din"
        link = site.link_of(site.mail_to(person.mails[0]))
        store(site, "UPDATE pwreset_tokens SET expires = 1")
        dead = site.browser.get(link)
        assert dead.status == 410 and has_return(dead)


def test_without_a_list_nothing_is_carried(site):
    page = site.browser.get(f"{site.reset_url}/?return=/intranett/")
    assert page.status == 200 and not has_return(page)


GOOD = {
    "https://app.example.org/login": None, "https://app.example.org/login/": None,
    "https://app.example.org/login?x=1#y": None, "https://app.example.org/login/deep/er": None,
    "https://APP.example.org:443/login": "https://app.example.org/login", "/intranett/": "OWN/intranett/",
    "/intranett/side?x=//y": "OWN/intranett/side?x=//y", "OWN/intranett/": None,
    "https://other.example.org:8443": "https://other.example.org:8443/",
    "https://other.example.org:8443?q": "https://other.example.org:8443/?q"}


@pytest.mark.parametrize("back", GOOD)
def test_what_is_listed_is_gone_back_to(quick, back):
    person = quick.someone()
    quick.browser.submit(form_for(quick, back.replace("OWN", quick.url)), name=person.uid)
    assert (GOOD[back] or back).replace("OWN", quick.url) in done_of(quick, person).links


EVIL = [
    "//evil.test/", "/\\evil.test/", "\\\\evil.test", "https:evil.test", "https:/evil.test", "https:///evil.test",
    "https://evil.test/", "http://app.example.org/login", "HTTPS://app.example.org@evil.test/login",
    "https://app.example.org@evil.test/login", "https://app.example.org:x@evil.test/login",
    "https://good@app.example.org/login", "https://app.example.org.evil.test/login",
    "https://app.example.org%2eevil.test/login", "https://evil.test/https://app.example.org/login",
    "https://evil.test#app.example.org/login", "https://evil.test?app.example.org/login",
    "https://evil.test\\@app.example.org/login", "https://app.example.org\\.evil.test/login",
    "https://app.example.org:8443/login", "https://other.example.org/", "https://app.example.org",
    "https://app.example.org/", "https://app.example.org/loginx", "https://app.example.org/login/../admin",
    "https://app.example.org/login/%2e%2e/admin", "https://app.example.org/login/%2E./admin",
    "https://app.example.org/login//evil.test", "https://app.example.org/login/..\\admin",
    "https://app.example.org/login/\\evil.test", "/intranett/\\evil.test", "/intranett/{x}",
    "https://app.example.org/login;x", "https://app.example.org/login%0d%0aSet-Cookie:x",
    "https://app.example.org/login\r\nX: y", "https://app.example.org/login\tx", "\thttps://app.example.org/login",
    " https://app.example.org/login", "/\t/evil.test", "/%09/evil.test", "/%2f/evil.test", "/%5cevil.test",
    "/./intranett/", "/intranett/../", "/intranett", "/", "", "intranett/", "javascript:alert(1)",
    "data:text/html,x", "https://ïntranet.test/", "https://app.example.org\u3002evil.test/login",
    "https://[::1]/login", "https://app.example.org:99999/login", "https://app.example.org:/login",
    "https://app.example.org/login<b>", "https://app.example.org/login\"x", "/intranett/" + "a" * 600]


@pytest.mark.parametrize("back", EVIL)
def test_nothing_else_is(quick, back):
    page = form_for(quick, back)
    assert page.status == 200 and not has_return(page)
    assert "evil" not in page.html


CONTROLS = [f"%{code:02x}" for code in [*range(0x20), 0x7f]]
CONTROLS += [f"%{code:02X}" for code in (0x0a, 0x0d, 0x1f, 0x7f)]
CONTROLS += [f"%{code:x}" for code in range(16)]  # half of one
CONTROLS += [f"%c2%{code:x}" for code in range(0x80, 0xa0)] + ["%C2%85", "%", "%zz", "%0", "%u000a"]


@pytest.mark.parametrize("place", ["/intranett/{}x", "/intranett/a{}", "/intranett/{}",
                                   "https://app.example.org/login/{}x"])
def test_no_control_character_is_in_a_return_path(quick, place):
    assert has_return(form_for(quick, place.format("%c3%a5%20%c2%a0")))
    for control in CONTROLS:
        assert not has_return(form_for(quick, place.format(control))), control


@pytest.mark.parametrize("code", [*range(0x20), 0x7f, *range(0x80, 0xa0)])
def test_no_raw_control_character_is_in_a_return_url(quick, code):
    for encoded in {f"%{code:02x}", quote(chr(code), safe="")}:
        for value in (f"/intranett/{encoded}x", f"/intranett/?x={encoded}", f"{encoded}/intranett/"):
            page = quick.browser.get(f"{quick.reset_url}/?return={value}")
            assert page.status == 200 and not has_return(page), value


def test_a_bad_query_is_no_error(quick):
    for query in ("return", "return=", "return=%", "return=%zz", "return=%00", "x=1&return=%2fintranett%2f%",
                  "returns=/intranett/", "return=%ff%fe"):
        page = quick.browser.get(f"{quick.reset_url}/?{query}")
        assert page.status == 200 and not has_return(page), query
    assert has_return(quick.browser.get(f"{quick.reset_url}/?x=1&return=/intranett/&y"))


def test_a_way_back_is_good_as_long_as_a_request_is_kept(quick):
    kept = 30 * 86400  # PwResetKeep
    for age, is_good in ((kept - 60, True), (kept + 5, False)):
        seal = make_seal(quick, "seal:return", APP, age)
        assert (APP in quick.browser.get(f"{quick.reset_url}/done/{seal}").links) == is_good
        page = form_for(quick, APP)
        page.form.named("return").value = seal
        assert has_return(quick.browser.submit(page, name="")) == is_good


def test_a_seal_of_another_making_or_purpose_carries_nothing(quick, site):
    person = quick.someone()
    page = form_for(quick, APP)
    wrong = quick.browser.submit(page, name=person.uid, **{"return": page.form.named("seal").value})
    assert wrong.hops == [303]
    assert f"{quick.url}/innlogging" in done_of(quick, person).links
    for made_up in ("x", page.form.named("seal").value, ""):
        done = quick.browser.get(f"{quick.reset_url}/done/{made_up}")
        assert (done.hops, done.url) == ([303], f"{quick.reset_url}/done")


def test_a_stranger_cannot_send_the_owner_anywhere_that_is_not_listed(quick):
    """The return of whoever asked belongs to that request's link alone."""
    person = quick.someone()
    quick.browser.submit(form_for(quick, APP), name=person.uid)
    first = quick.link_of(quick.mail_to(person.mails[0]))
    quick.ask(person.uid)
    second = quick.link_of(quick.mail_to(person.mails[0]))
    done = quick.set_password(second, NEW)
    assert APP not in done.links and first != second


def test_the_answer_and_the_logs_say_nothing_of_it(quick):
    person = quick.someone()
    page = form_for(quick, APP)
    answer = quick.browser.submit(page, name=person.uid, follow=False)
    assert "app.example.org" not in answer.headers["Location"] and answer.body == b""
    unknown = quick.browser.submit(form_for(quick, APP), name="ingenher", follow=False)
    assert len(unknown.headers["Location"]) == len(answer.headers["Location"])


def test_it_is_tidied_away_with_the_request(quick):
    rows = store(quick, "SELECT COUNT(*) FROM pwreset_returns r LEFT JOIN pwreset_outbox o "
                        "ON o.id = r.request_id WHERE o.id IS NULL")
    assert rows == [(0,)]
