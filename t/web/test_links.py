"""What a mailed link does in its life, and what ends it."""
import re

import pytest
from site_steps import (ask_for_link, english, has_no_secret, new_mails, path_of, quick_site, store,
                    token_of, trail_until)

from kit import people

NEW = "Sju-lange-netter-7"
OTHER = "Ni-korte-dager-9"


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


@pytest.fixture
def person(quick):
    return quick.someone()


@pytest.fixture
def policy(quick):
    """Changes the directory's password policy until the end of the test."""
    before = quick.slapd.read(people.POLICY_DN)
    changed = {}

    def change(**values):
        changed.update(values)
        quick.slapd.change_policy(**values)

    yield change
    quick.slapd.change_policy(**{name: before.get(name, []) for name in changed})


def post_link(site, token, first=NEW, second=None):
    second = first if second is None else second
    return site.browser.post(f"{site.reset_url}/r", follow=False, pairs={
        "token": token, "first": first, "second": second})


def is_live(site, link):
    page = site.browser.get(link)
    return (page.status, page.heading) == (200, "Angi nytt passord")


def refusal_of(page):
    """The sentence at the field and in the summary; nothing secret is left on the page."""
    assert (page.status, page.heading) == (422, "Angi nytt passord")
    assert page.title.startswith("Feil: ")
    assert has_no_secret(page, NEW, OTHER, people.PASSWORD)
    return re.search(r'class="error"[^>]*><span[^>]*>Feil:</span> ([^<]+)<', page.html)[1]


def works_after_all(site, link, uid, password=NEW):
    return site.set_password(link, password).heading == "Passordet er endret" \
        and site.can_bind(uid, password)


def test_opening_a_link_again_and_again_does_not_spend_it(quick, person):
    link = ask_for_link(quick, person)
    heads = [quick.browser.request("HEAD", link) for _ in range(3)]
    pages = [quick.browser.get(link) for _ in range(20)]
    assert {(page.status, page.body) for page in heads} == {(200, b"")}
    assert {page.html for page in pages} == {pages[0].html}
    assert person.mails[0] not in pages[0].html and person.surname not in pages[0].html
    assert pages[0].form.fields[1].value == person.uid
    assert works_after_all(quick, link, person.uid)


def test_the_page_shows_the_rules_of_the_directory(keeper):
    rules = {"pwdMinLength": "12", "pwdInHistory": "3", "pwdMinAge": "3600"}
    with quick_site(keeper, policy=rules) as strict:
        page = strict.browser.get(ask_for_link(strict, strict.someone()))
        for rule in ("Minst 12 tegn", "Ikke et av de siste 3 passordene dine"):
            assert re.search(f"<li[^>]*>{rule}</li>", page.html), page.html
        assert "endres igjen" not in page.text  # nobody can do anything about it beforehand
        page = strict.browser.submit(page, first="elleve-tegn", second="elleve-tegn")
        assert refusal_of(page) == "Nytt passord må ha minst 12 tegn. Du skrev 11."


@pytest.mark.parametrize("first, second, sentence", [
    ("", "", "Nytt passord må fylles ut."),
    ("", NEW, "Nytt passord må fylles ut."),
    ("sju-æøå", "sju-æøå", "Nytt passord må ha minst 8 tegn. Du skrev 7."),
    ("🐈" * 7, "🐈" * 7, "Nytt passord må ha minst 8 tegn. Du skrev 7."),
    ("x" * 257, "x" * 257, "Nytt passord kan ha høyst 256 tegn. Du skrev 257."),
    ("x" * 5000, "x" * 5000, "Nytt passord er for langt. Velg et kortere."),
    (NEW, OTHER, "Passordene er ikke like. Skriv begge på nytt."),
    (NEW, "", "Passordene er ikke like. Skriv begge på nytt."),
    ("to\nlinjer her", "to\nlinjer her", "Nytt passord har skjulte tegn"),
    ("{SASL}evil@evil.test", "{SASL}evil@evil.test", "Nytt passord er for enkelt."),
    (people.PASSWORD, people.PASSWORD, "Nytt passord er brukt før. Velg et du ikke har hatt."),
], ids=["empty", "first empty", "short", "short in characters", "long", "very long", "different",
        "second empty", "control", "too simple for slapd", "the present one"])
def test_a_password_that_is_refused_gets_its_sentence_and_the_link_still_works(
        quick, person, first, second, sentence):
    link = ask_for_link(quick, person)
    page = quick.set_password(link, first, second)
    assert refusal_of(page).startswith(sentence)
    assert page.form.named("token").value == token_of(link)
    assert not quick.can_bind(person.uid, NEW)
    assert works_after_all(quick, link, person.uid)


def test_a_password_from_the_history_is_refused_and_the_link_still_works(quick, person):
    assert works_after_all(quick, ask_for_link(quick, person), person.uid, OTHER)
    quick.mail_to(person.mails[0])
    link = ask_for_link(quick, person)
    for used in (OTHER, people.PASSWORD):
        assert refusal_of(quick.set_password(link, used)).startswith("Nytt passord er brukt før.")
    assert works_after_all(quick, link, person.uid)


def test_a_password_too_young_is_refused_and_the_link_works_later(quick, person, policy):
    assert works_after_all(quick, ask_for_link(quick, person), person.uid, OTHER)
    quick.mail_to(person.mails[0])
    policy(pwdMinAge="3600")
    link = ask_for_link(quick, person)
    assert refusal_of(quick.set_password(link, NEW)).startswith("Passordet ble endret nylig")
    assert quick.can_bind(person.uid, OTHER)
    page = quick.set_password(link, NEW, browser=english(quick))
    assert "The password was changed recently" in page.text
    policy(pwdMinAge="0")
    assert works_after_all(quick, link, person.uid)


def test_a_password_is_stored_as_it_was_typed(quick):
    for password in (" med rom foran og bak ", "æøå ÆØÅ ñ 😀 \"'<&>%+"):
        person = quick.someone()
        assert works_after_all(quick, ask_for_link(quick, person), person.uid, password)
        stored, = quick.slapd.person(person.uid)["userPassword"]
        assert stored.startswith("{SSHA}")


def test_decomposed_letters_are_the_same_password_as_composed_ones(quick, person):
    quick.set_password(ask_for_link(quick, person), "bla\u030aba\u0308r-7-netter")
    assert quick.can_bind(person.uid, "blåbär-7-netter")


def test_guessing_the_old_password_neither_kills_the_link_nor_bars_the_owner(quick, person):
    link = ask_for_link(quick, person)
    for _ in range(11):  # pwdMaxFailure is 10
        quick.can_bind(person.uid, "gjett")
    assert not quick.can_bind(person.uid, people.PASSWORD)
    assert works_after_all(quick, link, person.uid)


def test_not_me_stops_this_request_alone_and_only_when_the_button_is_pressed(quick, person):
    quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    link, stop = quick.link_of(mail), quick.stop_link_of(mail)
    other = ask_for_link(quick, person)
    pages = [quick.browser.get(stop) for _ in range(5)]
    quick.browser.request("HEAD", stop)
    assert pages[-1].heading == "Det var ikke meg: stopp lenken" and is_live(quick, link)
    stopped = quick.browser.submit(pages[-1])
    assert (stopped.status, stopped.heading) == (200, "Lenken er stoppet")
    dead = quick.browser.get(link)
    assert dead.status == 410 and "Forespørselen ble stoppet" in dead.text
    assert post_link(quick, token_of(link)).status == 410
    for again in (quick.browser.get(stop), quick.browser.submit(pages[-1])):
        assert (again.status, again.heading) == (410, "Lenken er stoppet")
        assert "allerede stoppet" in again.text and "Har noen andre" not in again.text
    assert is_live(quick, other) and works_after_all(quick, other, person.uid)


def test_a_token_works_for_nothing_but_its_own_purpose(quick, person):
    quick.ask(person.uid)
    mail = quick.mail_to(person.mails[0])
    link, token = quick.link_of(mail), token_of(quick.link_of(mail))
    stop_token = token_of(quick.stop_link_of(mail))
    form = quick.browser.get(f"{quick.reset_url}/").form
    digest, stop_digest, request, account = store(
        quick, "SELECT digest, stop_digest, request_id, account_id FROM pwreset_tokens "
        "ORDER BY created DESC LIMIT 1")[0]
    seed = store(quick, "SELECT id, owner FROM pwreset_outbox WHERE id = ?", request)[0]
    wrong = [stop_token, digest, stop_digest, request, account, *seed,
             form.named("seal").value, "", "0", "null", "A" * 43]
    for value in wrong:
        assert quick.browser.get(f"{quick.reset_url}/r/{value}").status == 404, value
        assert post_link(quick, value).status == 404, value
    for value in (token, digest, stop_digest, request):
        assert quick.browser.get(f"{quick.reset_url}/stop/{value}").status == 410, value
        answer = quick.browser.post(f"{quick.reset_url}/stop", {"token": value}, follow=False)
        assert answer.status == 410, value
    for pairs in ({"first": NEW, "second": NEW}, {"first": NEW, "second": NEW, "t": token},
                  {"first": NEW, "second": NEW, "name": person.uid, "login": person.uid}):
        assert quick.browser.post(f"{quick.reset_url}/r", pairs, follow=False).status == 404
    assert is_live(quick, link) and not quick.can_bind(person.uid, NEW)


def test_fields_that_name_another_account_change_nothing(quick, person):
    victim = quick.someone()
    link = ask_for_link(quick, person)
    pairs = {"token": token_of(link), "first": NEW, "second": NEW, "login": victim.uid,
             "uid": victim.uid, "name": victim.mails[0], "mail": victim.mails[0], "dn": victim.dn}
    url = f"{quick.reset_url}/r?login={victim.uid}&uid={victim.uid}"
    assert quick.browser.post(url, pairs, follow=False).status == 303
    assert quick.can_bind(person.uid, NEW) and quick.can_bind(victim.uid, people.PASSWORD)


def test_a_broken_link_says_so_and_leads_to_the_form(quick, person):
    link = ask_for_link(quick, person)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = link[:-1] + alphabet[alphabet.index(link[-1]) + 1]
    for broken in (link[:-1], link[:-20], f"{link}A", f"{link}=", f"{link}.", same_bytes,
                   f"{quick.reset_url}/r/", f"{link}/", f"{link}%00", f"{link}%20"):
        page = quick.browser.get(broken)
        assert page.status == 404, broken
        if "%00" not in broken:  # httpd itself refuses that one
            assert page.heading == "Lenken er ikke fullstendig", broken
            assert path_of(f"{quick.reset_url}/") in page.links
    assert is_live(quick, link)


def renewed(site, page, person):
    """Presses "Send a new link" on a page about a dead link; the new link."""
    assert (page.status, page.heading) == (410, "Lenken virker ikke lenger")
    sent = site.browser.submit(page)
    assert (sent.hops, sent.heading) == ([303], "Sjekk e-posten din")
    assert person.uid not in sent.text
    return site.link_of(site.mail_to(person.mails[0]))


def test_an_expired_link_is_refused_and_renewed_with_one_press(quick, person):
    link = ask_for_link(quick, person)
    page = quick.browser.get(link)
    store(quick, "UPDATE pwreset_tokens SET expires = expires - 3600000000 - 60000000 "
          "WHERE login = ?", person.uid)
    assert quick.browser.submit(page, first=NEW, second=NEW).status == 410
    dead = quick.browser.get(link)
    assert "Lenken gikk ut" in dead.text and "Den virker bare i 60 minutter" in dead.text
    assert not quick.can_bind(person.uid, NEW)
    assert works_after_all(quick, renewed(quick, dead, person), person.uid)


@pytest.mark.parametrize("life, nb, en", [("90min", "90 minutter", "90 minutes"),
                                          ("1d", "24 timer", "24 hours")])
def test_the_life_of_a_link_is_told_in_hours_where_they_are_whole(keeper, life, nb, en):
    with quick_site(keeper, directives={"PwResetLinkLife": life}) as site:
        for browser, words in ((site.browser, nb), (english(site), en)):
            assert words in site.ask("nobody", browser).text
            help_page = browser.get(f"{site.reset_url}/help")
            assert words in help_page.text and "440" not in help_page.text


def test_a_used_link_is_refused_and_renewed_with_one_press(quick, person):
    link = ask_for_link(quick, person)
    page = quick.browser.get(link)
    assert works_after_all(quick, link, person.uid)
    quick.mail_to(person.mails[0])
    assert quick.browser.submit(page, first=OTHER, second=OTHER).status == 410
    dead = quick.browser.get(link)
    assert "Lenken er brukt, og passordet ble endret" in dead.text
    assert not quick.can_bind(person.uid, OTHER)
    assert works_after_all(quick, renewed(quick, dead, person), person.uid, OTHER)


def create_again(site, person):
    with site.slapd.admin() as connection:
        connection.delete(person.dn)
        connection.add(person.dn, "inetOrgPerson", {
            "uid": person.uid, "cn": person.uid, "sn": person.surname, "mail": person.mails,
            "userPassword": people.PASSWORD})


@pytest.mark.parametrize("change", [
    lambda site, person: site.slapd.change_person(person.uid, mail="ny@example.org"),
    lambda site, person: site.slapd.change_person(
        person.uid, pwdAccountLockedTime="000001010000Z"),
    lambda site, person: site.slapd.change_person(person.uid, userPassword=OTHER),
    create_again,
], ids=["mail", "disabled", "password", "created again"])
def test_an_account_that_has_changed_ends_the_link(quick, person, change):
    link = ask_for_link(quick, person)
    page = quick.browser.get(link)
    change(quick, person)
    assert quick.browser.submit(page, first=NEW, second=NEW).status == 410
    dead = quick.browser.get(link)
    assert (dead.status, dead.heading) == (410, "Lenken virker ikke lenger")
    assert not quick.can_bind(person.uid, NEW)


def test_a_new_link_for_an_account_that_is_gone_mails_nobody(quick, person):
    link = ask_for_link(quick, person)
    create_again(quick, person)
    dead, pages = quick.browser.get(link), []
    assert not new_mails(quick, lambda: pages.append(quick.browser.submit(dead)))
    assert trail_until(quick, pages[0], "account-none")


def test_three_links_live_a_fourth_is_not_mailed_and_one_success_ends_all(quick, person):
    links = [ask_for_link(quick, person) for _ in range(3)]
    pages = []
    assert not new_mails(quick, lambda: pages.append(quick.ask(person.mails[0])))
    assert trail_until(quick, pages[0], "mail-capped")
    assert pages[0].status == 200 and all(is_live(quick, link) for link in links)
    assert works_after_all(quick, links[1], person.uid)
    for link in links:
        assert quick.browser.get(link).status == 410
        assert post_link(quick, token_of(link), OTHER).status == 410
    quick.mail_to(person.mails[0])
    assert works_after_all(quick, ask_for_link(quick, person), person.uid, OTHER)
