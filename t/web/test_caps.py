"""A flood of requests for one person mails no more than the cap and does not shut the owner out."""
import itertools
import json

import pytest
from crowd import Crowd, proxied_site, remote_lines, browser_at
from opened import answer_by_picture
from site_steps import settle, store
from workers import audit, mute

# The gate lets each client ask once without a captcha, and the site's load raises nothing: what stops
# the flood is the cap alone.
OPEN_GATE = {"PwResetSiteLimits": "1000000 2000000", "PwResetClientLimits": "1 2 600"}
NEW = "Sju-lange-netter-7"
LIVE_LINKS = 3  # of one account
MORE_LINKS = 2  # for who proved more than a stranger can in bulk
OWNER = "192.0.2.1"
CAPTCHAS = "Bekreft at du ikke er en robot"


@pytest.fixture(scope="module")
def flooded(keeper):
    with proxied_site(keeper, directives=OPEN_GATE) as started:
        yield started


@pytest.fixture
def make_flooded(make_site):
    def make(**directives):
        return make_site(directives={"PwResetFormAge": "0s", **OPEN_GATE, **directives},
                         server_lines=remote_lines())
    return make


def mails_to(site, person):
    settle(site, 60)
    return [mail for mail in site.inbox.all() if mail.to == person.mails]


def flood(site, names, count):
    """So many requests from as many clients; all are taken."""
    crowd = Crowd(site)
    turns = zip(itertools.islice(crowd.clients, count), itertools.cycle(names))
    answers = crowd.each(lambda turn: crowd.ask(*turn), turns)
    assert set(answers) == {(303, "sent")}


def spellings_of(person):
    mail, uid = person.mails[0], person.uid
    return [uid, mail, uid.upper(), mail.upper(), f" {uid} ", mail.title(), uid.title(),
            f"\t{mail}"]


def test_a_thousand_requests_from_a_thousand_clients_mail_the_cap_and_the_owner_gets_in(flooded):
    person = flooded.someone()
    flooded.ask(person.uid, browser_at(flooded, OWNER))
    earlier = flooded.link_of(flooded.mail_to(person.mails[0]))
    flood(flooded, spellings_of(person), 1000)
    assert len(mails_to(flooded, person)) == LIVE_LINKS
    assert len(audit(flooded, "mail-capped")) == 1000 + 1 - LIVE_LINKS
    assert flooded.set_password(earlier, NEW).heading == "Passordet er endret"
    assert flooded.can_bind(person.uid, NEW)


def test_after_a_flood_the_owner_gets_a_new_link_from_an_old_one(flooded):
    person, owner = flooded.someone(), browser_at(flooded, "192.0.2.2")
    flooded.ask(person.uid, owner)
    old = flooded.link_of(flooded.mail_to(person.mails[0]))
    store(flooded, "UPDATE pwreset_tokens SET expires = 1 WHERE login = ?", person.uid)
    flood(flooded, spellings_of(person), 20)
    assert len(mails_to(flooded, person)) == 1 + LIVE_LINKS
    page = owner.get(old)
    assert page.heading == "Lenken virker ikke lenger"
    sent = owner.submit(page)
    if sent.heading == CAPTCHAS:
        sent = answer_by_picture(flooded, sent, owner)
    assert sent.heading == "Sjekk e-posten din"
    mails = mails_to(flooded, person)
    assert len(mails) == 1 + LIVE_LINKS + 1
    assert flooded.set_password(flooded.link_of(mails[-1]), NEW).heading == "Passordet er endret"


def test_after_a_flood_the_owner_gets_a_link_by_solving_a_captcha_and_that_has_a_cap_too(flooded):
    person, owner = flooded.someone(), browser_at(flooded, "192.0.2.3")
    flood(flooded, spellings_of(person), 20)
    assert flooded.ask(person.uid, owner).heading == "Sjekk e-posten din"
    assert len(mails_to(flooded, person)) == LIVE_LINKS
    for more in range(1, 1 + MORE_LINKS + 2):
        flooded.ask("ingen", owner)  # the second and third of a client meet a captcha
        captchas = flooded.ask(person.uid, owner)
        assert captchas.heading == CAPTCHAS
        assert answer_by_picture(flooded, captchas, owner).heading == "Sjekk e-posten din"
        assert len(mails_to(flooded, person)) == LIVE_LINKS + min(more, MORE_LINKS)


@pytest.mark.parametrize("workers", ["1", "16"])
def test_the_cap_is_exact_when_many_rows_are_worked_at_once(make_flooded, workers):
    site = make_flooded(PwResetWorkers=workers)
    persons = [site.someone() for _ in range(5)]
    with mute(site.slapd):
        for person in persons:
            flood(site, spellings_of(person), 40)
    for person in persons:
        assert len(mails_to(site, person)) == LIVE_LINKS


@pytest.mark.parametrize("kind", ["graceful", "stop and start"])
def test_the_cap_is_exact_over_restarts_and_failed_attempts(make_flooded, kind):
    site = make_flooded(PwResetWorkers="16")
    site.httpd.wait_for_log("resuming normal operations")
    person = site.someone()
    site.smtp.stop()
    flood(site, spellings_of(person), 20)
    site.httpd.graceful() if kind == "graceful" else site.httpd.restart()
    flood(site, spellings_of(person), 20)
    site.smtp.start()
    flood(site, spellings_of(person), 20)
    assert len(mails_to(site, person)) == LIVE_LINKS


def test_a_cap_on_mails_an_hour_counts_those_whose_links_are_gone(make_flooded):
    site = make_flooded(PwResetMailsPerHour="2")
    person = site.someone()
    for _ in range(2):
        flood(site, spellings_of(person), 5)
        mails = mails_to(site, person)
        store(site, "UPDATE pwreset_tokens SET expires = 1")
    assert len(mails) == 2
    store(site, "UPDATE pwreset_outbox SET ended = ended - 3601000000 WHERE state = 1")
    flood(site, spellings_of(person), 5)
    assert len(mails_to(site, person)) == 4


def test_a_name_leads_to_no_more_mails_when_it_becomes_somebody_elses(make_flooded):
    """An address that moves from person to person: each has had next to none, the name its quota."""
    site = make_flooded(PwResetMailsPerHour="2", PwResetLDAPLoginAttribute="uid")
    first, second, third = (site.someone() for _ in range(3))
    name = first.mails[0]
    for person in (first, second):
        site.slapd.change_person(person.uid, mail=name)
        flood(site, [name], 1)
        settle(site, 60)
        site.slapd.change_person(person.uid, mail=f"{person.uid}.borte@example.org")
    site.slapd.change_person(third.uid, mail=name)
    flood(site, [name, name.upper()], 4)
    settle(site, 60)
    assert len([mail for mail in site.inbox.all() if mail.to == [name]]) == 2
    assert {json.loads(line)["detail"] for line in audit(site, "mail-capped")} == {"mails in an hour"}
    # Who is named in another way, or proves more, is not meant.
    flood(site, [third.uid], 1)
    settle(site, 60)
    assert len([mail for mail in site.inbox.all() if mail.to == [name]]) == 3
    owner = browser_at(site, OWNER)
    for _ in range(2):
        site.ask("ingen", owner)
    assert answer_by_picture(site, site.ask(name, owner), owner).heading == "Sjekk e-posten din"
    settle(site, 60)
    assert len([mail for mail in site.inbox.all() if mail.to == [name]]) == 4
