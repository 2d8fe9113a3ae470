"""Who knows the old password changes it without a mail; who guesses it learns nothing."""
import re
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from opened import answer_by_picture
from site_steps import (OPEN_GATE, ask_for_link, english, has_no_secret, leaks, new_mails, quick_site,
                    requests, settle, spellings, store)
from workers import audit, shape

from kit import people

NEW = "Sju-lange-netter-7"
WRONG = "Feil-passord-nummer-1"
ATTEMPTS = 4  # PwResetAttemptsPerHour
SENTENCE = "Brukernavnet eller det gamle passordet er feil, eller det er prøvd for mange ganger."
PROTECTED = "sissel"


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, directives={
            "PwResetProtectedFilter": f'"(uid={PROTECTED})"'}) as started:
        yield started


@pytest.fixture
def make_quick(make_site):
    def make(policy=None, **directives):
        return make_site(policy=policy,
                         directives={"PwResetFormAge": "0s", **OPEN_GATE, **directives})
    return make


def form_page(site, browser=None):
    return (browser or site.browser).get(f"{site.reset_url}/change")


def change(site, name, old=people.PASSWORD, new=NEW, again=None, **options):
    browser = options.pop("browser", None) or site.browser
    page = options.pop("page", None) or form_page(site, browser)
    return browser.submit(page, name=name, old=old, first=new,
                          second=new if again is None else again, **options)


def error_of(page, field):
    """The sentence at this field, which the summary at the top repeats and leads to."""
    assert page.status == 422 and page.title.startswith("Feil: Bytt passord")
    sentence = re.search(rf'id="{field}-error"><span[^>]*>Feil:</span> ([^<]+)<', page.html)[1]
    assert page.html.index(f'<a href="#{field}">{sentence}</a>') < page.html.index("<h1>")
    assert len(re.findall('aria-invalid="true"', page.html)) == 1
    return sentence


def binds_of(site, person):
    """How often somebody bound as this person so far, by slapd's own log."""
    log = site.slapd.log.read_text(errors="replace")
    return log.count(f'BIND dn="{person.dn}" method=128')


def test_the_old_password_is_enough_to_set_a_new_one(quick):
    person = quick.someone()
    link = ask_for_link(quick, person)
    pages = []
    mails = new_mails(quick, lambda: pages.append(change(quick, person.mails[0])))
    assert (pages[0].hops, pages[0].heading) == ([303], "Passordet er endret")
    assert quick.login(person.uid, NEW) and not quick.login(person.uid, people.PASSWORD)
    assert [mail.subject for mail in mails] == ["Passordet ditt hos Eksempel AS er endret"]
    assert mails[0].to == person.mails
    assert len(quick.slapd.person(person.uid)["pwdHistory"]) == 1
    assert "Lenken er brukt" in quick.browser.get(link).text
    assert f'"account":"{person.uid}"' in audit(quick, "password-changed")[-1].replace(" ", "")


def test_the_form_is_made_for_password_managers_and_text_browsers(quick):
    page = form_page(quick)
    seen = [(field.name, field.attributes["autocomplete"]) for field in page.form.fields
            if field.kind in ("text", "password") and field.name != "website"]
    assert seen == [("name", "username"), ("old", "current-password"), ("first", "new-password"),
                    ("second", "new-password")]
    assert page.html.index('class="rules"') < page.html.index('id="first"')
    assert "Minst 8 tegn" in page.text and "Ikke et av de siste 5 passordene dine" in page.text
    assert f"{quick.reset_url}/change".endswith(page.form.action)


def test_it_is_found_from_the_form_and_from_the_help_page_in_both_languages(quick):
    for browser, words in [(quick.browser, "Vet du passordet? Bytt det her"),
                           (english(quick), "Do you know your password? Change it here")]:
        page = browser.get(f"{quick.reset_url}/")
        assert words in page.text and "/passord/change" in page.links
        assert "/passord/change" in browser.get(f"{quick.reset_url}/help").links
    page = form_page(quick, english(quick))
    assert page.heading == "Change your password" and not re.search("[{}]", page.text)


def test_a_language_that_is_chosen_stays_and_stands_in_the_confirmation(quick):
    person = quick.someone()
    page = quick.browser.get(f"{quick.reset_url}/en/change")
    wrong = change(quick, person.uid, again="x", page=page)
    assert wrong.heading == "Change your password" and "/passord/nb/change" in wrong.links
    mails = new_mails(quick, lambda: change(quick, person.uid, page=wrong))
    assert [mail.subject for mail in mails] == ["Your password at Eksempel AS has been changed"]


@pytest.mark.parametrize("fields, at, sentence", [
    ({"name": ""}, "name", "E-postadresse eller brukernavn må fylles ut."),
    ({"name": "a" * 255}, "name", "Dette ser ikke ut som en e-postadresse eller et brukernavn."),
    ({"old": ""}, "old", "Gammelt passord må fylles ut."),
    ({"old": "x" * 1025}, "old", "Gammelt passord er for langt."),
    ({"new": ""}, "first", "Nytt passord må fylles ut."),
    ({"again": "noe annet"}, "second", "Passordene er ikke like."),
    ({"new": people.PASSWORD}, "first", "Nytt passord er det samme som det gamle."),
    ({"new": "skjult\x07tegn"}, "first", "Nytt passord har skjulte tegn"),
], ids=["no name", "long name", "no old", "long old", "no new", "different", "same", "control"])
def test_what_is_wrong_with_the_form_is_said_and_nothing_is_tried(quick, fields, at, sentence):
    before = requests(quick)
    page = change(quick, **{"name": "kari", **fields})
    assert error_of(page, at).startswith(sentence)
    assert requests(quick) <= before
    assert has_no_secret(page, people.PASSWORD, NEW)


def test_what_the_new_password_lacks_is_told_to_who_knows_the_old_one(quick):
    person = quick.someone()
    short = change(quick, person.uid, new="kort-1")
    assert error_of(short, "first") == "Nytt passord må ha minst 8 tegn. Du skrev 6."
    assert short.form.named("name").value == person.uid
    assert has_no_secret(short, people.PASSWORD, "kort-1")
    assert change(quick, person.uid).heading == "Passordet er endret"
    used = change(quick, person.uid, old=NEW, new=people.PASSWORD)
    assert error_of(used, "first").startswith("Nytt passord er brukt før.")
    assert quick.can_bind(person.uid, NEW)


def test_refusals_of_a_right_password_do_not_use_up_the_attempts(quick):
    person = quick.someone()
    for _ in range(ATTEMPTS + 2):
        assert "minst 8 tegn" in change(quick, person.uid, new="kort-1").text
    assert change(quick, person.uid).heading == "Passordet er endret"


def test_a_password_that_was_changed_just_now_cannot_be_changed_again(make_quick):
    site = make_quick({"pwdMinAge": "3600"})
    person = site.someone()
    assert change(site, person.uid).heading == "Passordet er endret"
    young = change(site, person.uid, old=NEW, new="Enda-et-passord-9")
    assert error_of(young, "first").startswith("Passordet ble endret nylig")


@pytest.mark.parametrize("graces", [None, "1"])
def test_an_expired_password_is_changed(make_quick, graces):
    site = make_quick({"pwdMaxAge": "3600", "pwdGraceAuthNLimit": graces})
    person = site.someone()
    assert change(site, person.uid).heading == "Passordet er endret"
    site.slapd.change_person(person.uid, pwdChangedTime="20200101000000Z")
    assert change(site, person.uid, old=WRONG, new="Enda-et-passord-9").status == 422
    done = change(site, person.uid, old=NEW, new="Enda-et-passord-9")
    assert done.heading == "Passordet er endret"
    assert site.can_bind(person.uid, "Enda-et-passord-9")


def test_a_password_that_must_be_changed_is_changed(make_quick):
    site = make_quick({"pwdMustChange": "TRUE"})
    person = site.someone()
    site.slapd.change_person(person.uid, pwdReset="TRUE")
    assert change(site, person.uid).heading == "Passordet er endret"
    assert "pwdReset" not in site.slapd.person(person.uid)
    assert site.can_bind(person.uid, NEW)


@pytest.fixture
def unheard(keeper):
    """A site whose audit log has seen no client yet: it has few lines a minute for each."""
    with quick_site(keeper, directives={
            "PwResetProtectedFilter": f'"(uid={PROTECTED})"'}) as started:
        yield started


def test_whoever_is_wrong_gets_one_answer(unheard):
    quick = unheard
    known, locked, capped = (quick.someone() for _ in range(3))
    quick.slapd.change_person(locked.uid, pwdAccountLockedTime=time.strftime(
        "%Y%m%d%H%M%SZ", time.gmtime()))
    for _ in range(ATTEMPTS):
        change(quick, capped.uid, old=WRONG)
    answers = {
        "wrong": change(quick, known.uid, old=WRONG),
        "wrong, and a bad new one": change(quick, known.uid, old=WRONG, new="x"),
        "unknown": change(quick, "finnes-ikke"),
        "several": change(quick, people.SHARED_MAIL),
        "disabled": change(quick, people.DISABLED),
        "protected": change(quick, PROTECTED),
        "locked": change(quick, locked.uid),
        "capped, but right": change(quick, capped.uid),
        "filter": change(quick, "*)(uid=*"),
    }
    assert error_of(answers["wrong"], "old").startswith(SENTENCE)

    def masked(page):
        typed = page.form.named("name").value
        status, headers, length, size, html = shape(page)
        headers = [field for field in headers if field[0] != "Content-Length"]
        return status, headers, size - len(typed), html.replace(f'value="{typed}"', 'value="N"')

    told = masked(answers["wrong"])
    assert {kind for kind, answer in answers.items() if masked(answer) != told} == set()
    assert quick.can_bind(PROTECTED, people.PASSWORD)
    details = " ".join(audit(quick, "change-refused"))
    for word in ("wrong password", "no account", "several accounts", "disabled", "protected",
                 "locked", "attempts in an hour"):
        assert f'"{word}"' in details


def test_an_account_without_an_address_may_change_its_password(quick):
    assert change(quick, people.NOMAIL).heading == "Passordet er endret"


def test_no_number_of_attempts_at_once_is_more_than_the_cap(quick):
    person = quick.someone()
    names = [person.uid, person.mails[0], person.uid.upper(), f" {person.mails[0].title()} "]
    forms = [form_page(quick) for _ in range(40)]
    barrier = Barrier(len(forms))

    def guess(number):
        barrier.wait(30)
        return change(quick, names[number % len(names)], old=f"Gjetning-nummer-{number}",
                      page=forms[number])

    with ThreadPoolExecutor(len(forms)) as crowd:
        answers = list(crowd.map(guess, range(len(forms))))
    assert {answer.status for answer in answers} == {422}
    assert binds_of(quick, person) <= ATTEMPTS
    for number in range(ATTEMPTS):
        change(quick, person.uid, old=f"Enda-en-gjetning-{number}")
    assert binds_of(quick, person) == ATTEMPTS
    assert quick.can_bind(person.uid, people.PASSWORD)  # the directory has not locked it


def test_the_cap_holds_over_a_restart_and_ends_with_the_hour(make_quick):
    site = make_quick()
    person = site.someone()
    for number in range(ATTEMPTS + 2):
        assert change(site, person.uid, old=WRONG).status == 422
        if number == 1:
            site.httpd.restart()
    assert binds_of(site, person) == ATTEMPTS
    assert SENTENCE in change(site, person.uid).text
    assert binds_of(site, person) == ATTEMPTS
    store(site, "UPDATE pwreset_outbox SET created = created - 3601000000, "
                "ended = ended - 3601000000")
    assert change(site, person.uid).heading == "Passordet er endret"


def test_a_cap_on_a_day_counts_those_of_earlier_hours(make_quick):
    site = make_quick(PwResetAttemptsPerDay="5")
    person = site.someone()
    for _ in range(2):
        for _ in range(ATTEMPTS):
            change(site, person.uid, old=WRONG)
        store(site, "UPDATE pwreset_outbox SET created = created - 3601000000, "
                    "ended = ended - 3601000000")
    assert binds_of(site, person) == 5


def test_each_wrong_try_counts_as_several_requests_of_its_client(make_quick):
    site = make_quick(PwResetClientLimits="10 20 30")
    statuses = [change(site, "ingen", old=WRONG, follow=False).status for _ in range(4)]
    assert statuses == [422, 422, 303, 303]  # then a captcha is asked for


def test_a_form_that_is_sent_twice_says_what_became_of_it(quick):
    person = quick.someone()
    page = form_page(quick)
    answers = []
    mails = new_mails(quick, lambda: answers.extend(
        change(quick, person.uid, page=page) for _ in range(2)))
    assert [answer.heading for answer in answers] == ["Passordet er endret"] * 2
    assert len(mails) == 1
    page = form_page(quick)
    assert SENTENCE in change(quick, person.uid, page=page).text
    again = change(quick, person.uid, old=NEW, new="Enda-et-passord-9", page=page)
    assert error_of(again, "name").startswith("Dette skjemaet er sendt før.")
    assert change(quick, person.uid, old=NEW, new="Enda-et-passord-9", page=again).hops == [303]


def test_a_captcha_keeps_the_name_and_no_password(make_quick):
    site = make_quick(PwResetClientLimits="1 2 600")
    person = site.someone()
    for _ in range(3):
        site.ask("ingen")
    held = change(site, person.uid, follow=False)
    assert held.status == 303 and "/c/" in held.headers["Location"]
    form = answer_by_picture(site, site.browser.follow(held))
    assert form.heading == "Bytt passord" and "Skriv inn passordene på nytt" in form.text
    assert form.form.named("name").value == person.uid
    assert has_no_secret(form, people.PASSWORD, NEW)
    different = change(site, person.uid, again="noe annet", page=form)
    assert error_of(different, "second")
    stolen = form.form.named("solved").value
    other = form_page(site)
    assert change(site, person.uid, page=other, solved=stolen, follow=False).status == 303
    assert change(site, person.uid, page=different).heading == "Passordet er endret"


def test_where_it_is_off_it_is_not_there(make_quick):
    site = make_quick(PwResetChange="off")
    for page in (form_page(site), site.browser.post(f"{site.reset_url}/change", {"name": "kari"})):
        assert (page.status, "Siden finnes ikke" in page.text) == (404, True)
    for path in ("", "help"):
        assert "/passord/change" not in site.browser.get(f"{site.reset_url}/{path}").links


def test_without_the_directory_everybody_hears_the_same(make_quick):
    site = make_quick()
    site.slapd.stop()
    assert form_page(site).status == 200
    pages = [change(site, name) for name in ("kari", "finnes-ikke")]
    assert [page.status for page in pages] == [503, 503]
    assert pages[0].text == pages[1].text
    assert not store(site, "SELECT 1 FROM pwreset_outbox WHERE state = 0")


def test_no_password_stays_anywhere(quick):
    person = quick.someone()
    old, new = "Hemmelig-gammelt-3x7", "Hemmelig-nytt-passord-8y2"
    change(quick, person.uid, new=old)
    change(quick, person.uid, old=WRONG + "-q9z", new=new)
    change(quick, person.uid, old=old, new=new)
    settle(quick)
    for secret in (old, new, WRONG + "-q9z"):
        assert not leaks(secret, [path.read_text(errors="replace")
                                  for path in quick.httpd.logs.iterdir() if path.is_file()])
        database = b"".join(path.read_bytes() for path in quick.state.iterdir())
        assert not [form for form in spellings(secret) if form in database]
