"""A forgotten password is replaced by a mailed link, without script and without cookie."""
import email.utils
import re
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from site_steps import (ask_for_link, english, has_no_secret, new_mails, quick_site, requests,
                    settle, token_of, trail_until)

from kit import people

NEW = "Sju-lange-netter-7"
HEADINGS = {
    "nb": ["Glemt ditt passord?", "Sjekk e-posten din", "Angi nytt passord",
           "Det var ikke meg: stopp lenken", "Lenken er stoppet", "Lenken virker ikke lenger",
           "Passordet er endret", "Hjelp med nytt passord", "Siden finnes ikke"],
    "en": ["Forgot your password?", "Check your email", "Choose a new password",
           "Stop the request", "The link has been stopped", "This link no longer works",
           "Your password has been changed", "Help with a new password",
           "This page does not exist"],
}
SUBJECTS = {
    "nb": ["Angi nytt passord hos Eksempel AS", "Passordet ditt hos Eksempel AS er endret"],
    "en": ["Choose a new password at Eksempel AS",
           "Your password at Eksempel AS has been changed"],
}


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper) as started:
        yield started


def person_of(uid):
    return next(person for person in people.everybody() if person.uid == uid)


def form_page(site):
    return site.browser.get(f"{site.reset_url}/")


def error_of(page):
    """The sentence at the field, which the summary at the top repeats and leads to."""
    sentence = re.search(r'class="error"[^>]*><span[^>]*>Feil:</span> ([^<]+)<', page.html)[1]
    assert page.status == 422
    assert page.title.startswith("Feil: ")
    assert page.html.index(f'<a href="#name">{sentence}</a>') < page.html.index("<h1>")
    assert 'aria-invalid="true"' in page.html
    return sentence


def test_the_new_password_logs_in_and_the_old_one_does_not(quick):
    person = quick.someone()
    assert quick.login(person.uid, people.PASSWORD)
    sent = quick.ask(person.mails[0])
    assert (sent.hops, sent.status) == ([303], 200)
    done = quick.set_password(quick.link_of(quick.mail_to(person.mails[0])), NEW)
    assert (done.hops, done.status) == ([303], 200)
    assert f"{quick.url}/innlogging" in done.links and "Gå til innlogging" in done.text
    assert quick.login(person.uid, NEW)
    assert not quick.login(person.uid, people.PASSWORD)
    assert quick.mail_to(person.mails[0]).subject == SUBJECTS["nb"][1]
    assert len(quick.slapd.person(person.uid)["pwdHistory"]) == 1


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_page_and_mail_is_in_the_language_of_the_browser(quick, language):
    browser = quick.browser if language == "nb" else english(quick)
    person = quick.someone()
    pages = [browser.get(f"{quick.reset_url}/"), quick.ask(person.uid, browser)]
    first = quick.mail_to(person.mails[0])
    pages.append(browser.get(quick.link_of(first)))
    pages.append(browser.get(quick.stop_link_of(first)))
    pages += [browser.submit(pages[-1]), browser.get(quick.link_of(first))]
    quick.ask(person.uid, browser)
    second = quick.mail_to(person.mails[0])
    pages.append(quick.set_password(quick.link_of(second), NEW, browser=browser))
    pages += [browser.get(f"{quick.reset_url}/{path}") for path in ("help", "nowhere")]
    assert [page.heading for page in pages] == HEADINGS[language]
    for page in pages:
        assert (page.language, page.headers["Content-Language"]) == (language, language)
        assert "Accept-Language" in page.headers["Vary"]
        assert page.title == f"{page.heading} – Eksempel AS"
        assert not re.search(r"[{}]", page.text), page.text
    mails = [second, quick.mail_to(person.mails[0])]
    assert [mail.subject for mail in mails] == SUBJECTS[language]
    for mail in mails:
        assert mail.message["Content-Language"] == language
        assert f'<html lang="{language}"' in mail.html
        assert mail.text.startswith(re.search("<h1[^>]*>([^<]+)<", mail.html)[1])


def test_a_browser_that_asks_for_neither_language_gets_the_sites(quick):
    page = quick.browser.get(f"{quick.reset_url}/", headers={"Accept-Language": "et, hu;q=0.5"})
    assert page.language == "nb"


def test_the_sent_page_survives_a_reload_and_sends_again(quick):
    person = quick.someone()
    sent = quick.ask(person.uid)
    again = quick.browser.get(sent.url)
    assert (again.status, again.text) == (200, sent.text) and f"«{person.uid}»" in sent.text
    quick.mail_to(person.mails[0])
    resent = quick.browser.submit(again)
    assert (resent.hops, resent.heading) == ([303], sent.heading)
    assert quick.link_of(quick.mail_to(person.mails[0]))


def test_a_sent_page_that_was_made_up_leads_to_the_form(quick):
    sent = quick.ask("ingen").url
    for url in (sent[:-1], f"{quick.reset_url}/sent/", f"{quick.reset_url}/sent/AAAA", sent + "A"):
        page = quick.browser.get(url)
        assert (page.hops, page.heading) == ([303], HEADINGS["nb"][0])


def test_a_form_that_is_sent_many_times_mails_once(quick):
    person = quick.someone()
    page = form_page(quick)

    def send(_number=0):
        return quick.browser.submit(page, name=person.uid)

    def send_often():
        with ThreadPoolExecutor(8) as crowd:
            answers.extend(crowd.map(send, range(8)))
        answers.append(send())

    answers = []
    assert len(new_mails(quick, send_often)) == 1
    assert len({answer.text for answer in answers}) == 1 and answers[0].hops == [303]


def test_a_form_of_another_making_comes_back_filled_and_then_works(quick, site):
    person = quick.someone()
    seal = form_page(site).form.named("seal").value
    back = quick.browser.submit(form_page(quick), seal=seal, name=person.uid)
    assert error_of(back).startswith("Skjemaet hadde stått åpent lenge")
    assert back.form.named("name").value == person.uid
    assert quick.browser.submit(back).hops == [303]
    assert quick.mail_to(person.mails[0])


def test_a_form_that_is_sent_too_quickly_works_a_moment_later(site):
    person = site.someone()
    back = site.browser.submit(form_page(site), name=person.uid)
    assert error_of(back).startswith("Det gikk litt fort")
    assert ">Prøv igjen</h2>" in back.html  # there is nothing to correct
    assert back.form.named("name").value == person.uid
    sleep(1.05)  # PwResetFormAge
    assert site.browser.submit(back).hops == [303]
    assert site.mail_to(person.mails[0])


@pytest.mark.parametrize("typed, sentence", [
    ("", "E-postadresse eller brukernavn må fylles ut."),
    (" \t ", "E-postadresse eller brukernavn må fylles ut."),
    ("a" * 255, "Dette ser ikke ut som en e-postadresse eller et brukernavn."),
    ("ø" * 128, "Dette ser ikke ut som en e-postadresse eller et brukernavn."),
    ("kari\r\nBcc: evil@evil.test", "Dette ser ikke ut som en e-postadresse eller et brukernavn."),
    ("kari\x7f", "Dette ser ikke ut som en e-postadresse eller et brukernavn."),
], ids=["empty", "blank", "long", "long in bytes", "two lines", "control"])
def test_a_name_that_cannot_be_comes_back_with_the_reason(quick, typed, sentence):
    before = requests(quick)
    back = quick.browser.submit(form_page(quick), name=typed)
    assert error_of(back).startswith(sentence)
    assert requests(quick) <= before


def test_a_robot_that_fills_in_the_unseen_field_is_refused(quick):
    person = quick.someone()
    before = requests(quick)
    back = quick.browser.submit(form_page(quick), name=person.uid, website="https://evil.test/")
    assert error_of(back).startswith("Skjemaet kom ikke fram slik det skulle")
    assert back.form.named("website").value == ""
    assert requests(quick) <= before


def test_what_was_typed_is_shown_as_text_alone(quick):
    typed = "\"><svg onload=alert(1)>&amp;{{org}}"
    sent = quick.ask(typed)
    back = quick.browser.submit(form_page(quick), name=typed, website="x")
    for page in (sent, back):
        assert "<svg onload" not in page.html
        assert typed in [field.value for field in page.form.fields]
    assert f"«{typed}»" in sent.text


def test_two_addresses_of_one_account_each_get_what_was_asked_for_there(quick):
    person = person_of(people.TWOMAILS)
    for typed, to in [(person.mails[1], 1), (person.mails[0].upper(), 0), (person.uid, 0)]:
        mail, = new_mails(quick, lambda name=typed: quick.ask(name))
        assert mail.to == [person.mails[to]]
        assert quick.inbox.envelope_of(mail)["to"] == [person.mails[to]]
    done = new_mails(quick, lambda: quick.set_password(quick.link_of(mail), NEW))
    assert sorted(mail.to[0] for mail in done) == sorted(person.mails)


@pytest.mark.parametrize("typed, event", [
    (people.SHARED_MAIL, "account-ambiguous"), (people.DISABLED, "account-ineligible"),
    (f"{people.DISABLED}@example.org", "account-ineligible"), (people.NOMAIL, "account-ineligible"),
    ("finnes-ikke", "account-none"), ("finnes-ikke@example.org", "account-none")])
def test_an_account_that_cannot_be_reset_gets_no_mail_and_the_trail_says_why(quick, typed, event):
    pages = []
    assert not new_mails(quick, lambda: pages.append(quick.ask(typed)))
    assert trail_until(quick, pages[0], event) == [event]


def test_the_answer_is_the_same_for_every_kind_of_account(quick):
    person = quick.someone()
    names = [person.uid, person.mails[0], people.SHARED1, people.DISABLED, people.NOMAIL,
             people.SHARED_MAIL, "finnes-ikke", "a b c", "*"]
    answers = [quick.ask(name, follow=False) for name in names]

    def shape(page):
        same = {name: value for name, value in page.headers.items() if name != "Date"}
        same["Location"] = len(same["Location"])
        return page.status, same, page.body

    assert all(shape(answer) == shape(answers[0]) for answer in answers)
    pages = [quick.browser.follow(answer) for answer in answers]
    hidden = [re.sub("[0-9A-Z]{4}-[0-9A-Z]{4}", "CODE", page.text).replace(f"«{name}»", "NAME")
              for page, name in zip(pages, names)]
    assert len(set(hidden)) == 1


def test_mail_goes_to_a_stored_address_whatever_is_typed(quick):
    person = quick.someone()
    stored, evil = person.mails[0], "evil@evil.test"
    odd = [f"{stored},{evil}", f"{stored} {evil}", f"{stored};{evil}", f'"{stored}" <{evil}>',
           f"{evil} ({stored})", f"@evil.test:{stored}", f"{stored}%00{evil}", "*", "k*",
           f"{person.uid})(|(uid=*", f"*)(mail={stored}", f"\\{person.uid}",
           stored.replace("@", "\u200b@"), stored.replace("i", "ı", 1) + "\u0307", f"{stored}.",
           person.dn, f"{{{person.uid}}}"]
    assert not new_mails(quick, lambda: [quick.ask(typed) for typed in odd])
    known = [f"  {stored.upper()} ", person.uid.upper()]
    mails = new_mails(quick, lambda: [quick.ask(typed) for typed in known])
    assert [quick.inbox.envelope_of(mail)["to"] for mail in mails] == [[stored], [stored]]
    assert [mail.to for mail in mails] == [[stored], [stored]]


def defects_of(part):
    found = list(part.defects) + [flaw for value in part.values() for flaw in value.defects]
    for inner in part.iter_parts():
        found += defects_of(inner)
    return found


def test_a_mail_is_well_made_and_says_that_a_machine_sent_it(quick):
    person = quick.someone()
    link = ask_for_link(quick, person)
    done = new_mails(quick, lambda: quick.set_password(link, NEW))
    mails = [mail for mail in quick.inbox.all() if mail.to == person.mails]
    assert len(mails) == 2 and done[0].path == mails[1].path
    for mail in mails:
        message = mail.message
        assert not defects_of(message)
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == [
            "text/plain", "text/html"]
        for part in message.iter_parts():
            assert part["Content-Transfer-Encoding"] == "quoted-printable"
            assert part.get_content_charset() == "utf-8"
        assert message["From"] == "Eksempel AS <passord@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
        assert message["MIME-Version"] == "1.0"
        assert message["Message-ID"].endswith("@example.org>")
        assert email.utils.parsedate_to_datetime(message["Date"]).tzinfo
        assert not {"Precedence", "List-Unsubscribe", "Bcc", "X-Originating-IP"} & set(message)
        assert all(len(line) <= 998 for line in mail.raw.splitlines()) and len(mail.raw) < 15000
        assert quick.inbox.envelope_of(mail)["from"] == "passord@example.org"
        assert quick.inbox.envelope_of(mail)["tls"]
        assert not re.search(r"<img|<link|src=|url\(|@import", mail.html)
    assert link in mails[0].text.splitlines()
    targets = set(re.findall('href="([^"]+)"', mails[0].html))
    assert targets == {link, quick.stop_link_of(mails[0])} == set(mails[0].links)
    assert link in re.sub("<[^>]*>", " ", mails[0].html)
    assert not mails[1].links and NEW not in mails[1].raw.decode()


def test_no_answer_to_a_request_carries_the_token_or_the_account(quick):
    person = quick.someone()
    page = form_page(quick)
    answer = quick.browser.submit(page, name=person.uid, follow=False)
    sent = quick.browser.follow(answer)
    token = token_of(quick.link_of(quick.mail_to(person.mails[0])))
    for seen in (page, answer, sent):
        text = repr(seen.raw_headers) + seen.html
        assert token not in text and person.mails[0] not in text and person.surname not in text
    assert has_no_secret(sent, NEW)
    settle(quick)
