"""A mail address of several accounts: one mail with a link for each, where the site wants it; and
accounts that cannot be reset are told so, where it wants that."""
import pytest
from crowd import Crowd, remote_lines
from site_steps import OPEN_GATE, new_mails, quick_site, settle, store
from workers import audit

from kit import people

NEW = "Sju-lange-netter-7"
LIVE_LINKS = 3
SHARED = [people.SHARED1, people.SHARED2]


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, directives={"PwResetSeveralAccounts": "on",
                                        "PwResetTellIneligible": "on",
                                        "PwResetMailsPerHour": "100"}) as started:
        yield started


def links_in(site, mail):
    """Login and link of each account in the mail, in its order."""
    found, login = [], None
    for line in mail.text.splitlines():
        if line.startswith("Konto: "):
            login = line.split()[1]
        elif line.startswith(f"{site.reset_url}/r/"):
            found.append((login, line))
    return dict(found)


def forget(site):
    settle(site)
    for table in ("outbox", "tokens"):
        store(site, f"DELETE FROM pwreset_{table}")


def test_one_mail_has_a_link_for_each_account_and_each_sets_its_own(quick):
    forget(quick)
    mails = new_mails(quick, lambda: quick.ask(people.SHARED_MAIL))
    assert [mail.to for mail in mails] == [[people.SHARED_MAIL]]
    links = links_in(quick, mails[0])
    assert sorted(links) == sorted(SHARED) and len(set(links.values())) == 2
    for person in people.everybody():
        if person.uid in SHARED:
            name = f"{person.given_name} {person.surname}"
            assert f"Konto: {person.uid} ({name})" in mails[0].text and name in mails[0].html
    assert set(links.values()) <= set(mails[0].links)
    first, second = SHARED
    assert quick.browser.get(links[first]).form.fields[1].value == first
    assert quick.set_password(links[first], NEW).heading == "Passordet er endret"
    assert quick.login(first, NEW) and quick.login(second, people.PASSWORD)
    assert quick.browser.get(links[second]).status == 200
    assert quick.set_password(links[second], NEW).heading == "Passordet er endret"


def test_who_types_a_user_name_gets_the_link_of_that_account_alone(quick):
    forget(quick)
    mails = new_mails(quick, lambda: quick.ask(people.SHARED1))
    assert f"kontoen {people.SHARED1} hos" in mails[0].text
    assert len([link for link in mails[0].links if "/r/" in link]) == 1


def test_not_me_stops_all_links_of_the_mail(quick):
    forget(quick)
    mails = new_mails(quick, lambda: quick.ask(people.SHARED_MAIL))
    page = quick.browser.get(quick.stop_link_of(mails[0]))
    assert quick.browser.submit(page).heading == "Lenken er stoppet"
    assert {quick.browser.get(link).status
            for link in links_in(quick, mails[0]).values()} == {410}


def test_a_mail_that_is_tried_again_has_the_same_links(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetSeveralAccounts": "on",
                                 "PwResetMailsPerHour": "1", **OPEN_GATE})
    site.smtp.stop()
    site.ask(people.SHARED_MAIL)
    site.httpd.wait_for_log("PWR0549")
    digests = store(site, "SELECT digest FROM pwreset_tokens ORDER BY digest")
    site.smtp.start()
    mail = site.mail_to(people.SHARED_MAIL, 30)
    assert len(digests) == 2
    assert store(site, "SELECT digest FROM pwreset_tokens ORDER BY digest") == digests
    for login, link in links_in(site, mail).items():
        assert site.set_password(link, NEW).heading == "Passordet er endret"
        assert site.login(login, NEW)


def test_the_caps_are_exact_for_each_account_whatever_was_typed(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetSeveralAccounts": "on",
                                 "PwResetWorkers": "16", "PwResetSiteLimits": "1000000 2000000",
                                 "PwResetClientLimits": "1 2 600"},
                     server_lines=remote_lines())
    crowd = Crowd(site)
    names = [people.SHARED_MAIL, people.SHARED1, people.SHARED2, people.SHARED_MAIL.upper()]
    turns = [(next(crowd.clients), names[number % 4]) for number in range(60)]
    assert set(crowd.each(lambda turn: crowd.ask(*turn), turns)) == {(303, "sent")}
    settle(site, 120)
    got = dict.fromkeys(SHARED, 0)
    for mail in site.inbox.all():
        one = next((uid for uid in SHARED if f"kontoen {uid} hos" in mail.text), None)
        for login in [one] if one else links_in(site, mail):
            got[login] += 1
    assert got == dict.fromkeys(SHARED, LIVE_LINKS)


def test_mails_an_hour_are_counted_for_each_account(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetSeveralAccounts": "on",
                                 "PwResetMailsPerHour": "2", **OPEN_GATE})
    for _ in range(2):
        assert len(new_mails(site, lambda: site.ask(people.SHARED_MAIL))) == 1
        store(site, "UPDATE pwreset_tokens SET expires = 1")
    for name in (people.SHARED_MAIL, people.SHARED1, people.SHARED2):
        assert not new_mails(site, lambda typed=name: site.ask(typed))


def test_of_several_accounts_those_that_may_not_are_left_out(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetSeveralAccounts": "on",
                                 "PwResetProtectedFilter": f'"(uid={people.SHARED2})"',
                                 **OPEN_GATE})
    mail, = new_mails(site, lambda: site.ask(people.SHARED_MAIL))
    assert f"kontoen {people.SHARED1} hos" in mail.text and people.SHARED2 not in mail.text


def test_mail_for_different_addresses_goes_in_different_mails(make_site):
    site = make_site(directives={
        "PwResetFormAge": "0s", "PwResetSeveralAccounts": "on",
        "PwResetLDAPMailAttribute": "preferredLanguage mail", **OPEN_GATE})
    site.slapd.change_person(people.SHARED1, preferredLanguage="nina@privat.test")
    mails = new_mails(site, lambda: site.ask(people.SHARED_MAIL))
    assert sorted(mail.to[0] for mail in mails) == ["nina@privat.test", people.SHARED_MAIL]
    for mail, uid in zip(sorted(mails, key=lambda mail: mail.to), SHARED):
        assert f"kontoen {uid} hos" in mail.text
        assert len([link for link in mail.links if "/r/" in link]) == 1


def test_a_site_that_says_nothing_mails_nobody(site):
    assert not new_mails(site, lambda: site.ask(people.SHARED_MAIL))
    assert audit(site, "account-ambiguous")


def test_a_disabled_account_is_told_by_mail_and_no_oftener_than_of_links(quick):
    person = next(person for person in people.everybody() if person.uid == people.DISABLED)
    mails = new_mails(quick, lambda: quick.ask(person.uid))
    assert [mail.to for mail in mails] == [person.mails]
    assert mails[0].subject == "Nytt passord hos Eksempel AS" and not mails[0].links
    assert "kan ikke endres på den måten" in mails[0].text
    assert '"disabled"' in audit(quick, "account-ineligible")[-1]
    assert not new_mails(quick, lambda: quick.ask(people.NOMAIL))


def test_what_is_told_to_disabled_accounts_has_the_cap_of_links(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetTellIneligible": "on",
                                 "PwResetMailsPerHour": "2", **OPEN_GATE})
    asked = lambda: [site.ask(people.DISABLED) for _ in range(5)]  # noqa: E731
    assert len(new_mails(site, asked)) == 2
