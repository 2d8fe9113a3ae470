"""Who is locked out and remembers the password unlocks the account by the mailed link."""
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from site_steps import OPEN_GATE, ask_for_link, new_mails, quick_site, settle, store, token_of
from workers import audit, locked_store, wait_until

from kit import people

NEW = "Sju-lange-netter-7"
BUTTON = "Lås opp, og behold passordet"


@pytest.fixture(scope="module")
def quick(keeper):
    with quick_site(keeper, policy={"pwdMaxFailure": "3"}) as started:
        yield started


def lock(site, person):
    """By wrong passwords, as it happens; slapd misses one now and then when they come so fast."""
    for _ in range(6):
        assert not site.can_bind(person.uid, "feil")
    assert not site.can_bind(person.uid, people.PASSWORD)


def locked_person(site):
    person = site.someone()
    lock(site, person)
    return person


def press(site, page, follow=True):
    form = next(form for form in page.forms if any(f.name == "unlock" for f in form.fields))
    return site.browser.submit(page, form, follow, unlock="yes")


def searches(site):
    """How often the directory was asked for entries so far, by its own log."""
    return site.slapd.log.read_text(errors="replace").count(" SRCH base=")


def test_the_link_of_a_locked_account_unlocks_it_and_leaves_the_password_alone(quick):
    person = locked_person(quick)
    link, sibling = (ask_for_link(quick, person) for _ in range(2))
    page = quick.browser.get(link)
    assert BUTTON in page.text and "Angi nytt passord" == page.heading
    answers = []
    mails = new_mails(quick, lambda: answers.append(press(quick, page)))
    done = answers[0]
    assert (done.hops, done.heading) == ([303], "Kontoen er låst opp")
    assert f"{quick.url}/innlogging" in done.links and "Gå til innlogging" in done.text
    assert quick.login(person.uid, people.PASSWORD)
    assert [mail.subject for mail in mails] == ["Kontoen din hos Eksempel AS er låst opp"]
    assert mails[0].to == person.mails and "Passordet er det samme som før." in mails[0].text
    for old in (link, sibling):
        dead = quick.browser.get(old)
        assert dead.status == 410 and "kontoen ble låst opp" in dead.text
        assert quick.browser.submit(dead).heading == "Sjekk e-posten din"
    assert f'"account":"{person.uid}"' in audit(quick, "account-unlocked")[-1].replace(" ", "")


def test_a_new_password_unlocks_as_well(quick):
    person = locked_person(quick)
    assert quick.set_password(ask_for_link(quick, person), NEW).heading == "Passordet er endret"
    assert quick.login(person.uid, NEW)


def test_an_account_that_is_not_locked_is_not_offered_it(quick):
    person = quick.someone()
    link = ask_for_link(quick, person)
    assert BUTTON not in quick.browser.get(link).text
    refused = quick.browser.post(f"{quick.reset_url}/r", {"token": token_of(link), "unlock": "yes"})
    assert refused.status == 422 and "Kontoen er ikke låst." in refused.text
    assert quick.set_password(link, NEW).heading == "Passordet er endret"


def test_a_link_unlocks_once_and_a_dead_one_not_at_all(quick):
    person = locked_person(quick)
    link = ask_for_link(quick, person)
    page = quick.browser.get(link)
    assert press(quick, page).heading == "Kontoen er låst opp"
    assert press(quick, page).status == 410
    store(quick, "UPDATE pwreset_tokens SET state = 0, expires = 1")
    assert press(quick, page).status == 410


def test_the_button_stays_when_the_new_password_is_refused(quick):
    person = locked_person(quick)
    refused = quick.set_password(ask_for_link(quick, person), "kort")
    assert refused.status == 422 and BUTTON in refused.text


def test_an_administrators_lock_is_not_ended(quick):
    person = quick.someone()
    link = ask_for_link(quick, person)
    quick.slapd.change_person(person.uid, pwdAccountLockedTime="000001010000Z")
    answer = quick.browser.post(f"{quick.reset_url}/r", {"token": token_of(link), "unlock": "yes"})
    assert answer.status == 410
    assert quick.slapd.person(person.uid)["pwdAccountLockedTime"] == ["000001010000Z"]


def test_a_site_may_do_without(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", "PwResetUnlock": "off", **OPEN_GATE},
                     policy={"pwdMaxFailure": "3"})
    person = locked_person(site)
    link = ask_for_link(site, person)
    assert BUTTON not in site.browser.get(link).text
    answer = site.browser.post(f"{site.reset_url}/r", {"token": token_of(link), "unlock": "yes"})
    assert answer.status == 422 and not site.can_bind(person.uid, people.PASSWORD)


def test_without_the_directory_the_link_stays_alive(make_site):
    site = make_site(directives={"PwResetFormAge": "0s", **OPEN_GATE},
                     policy={"pwdMaxFailure": "3"})
    person = locked_person(site)
    page = site.browser.get(ask_for_link(site, person))
    site.slapd.stop()
    refused = press(site, page)
    assert refused.status == 422 and "Lenken virker fortsatt." in refused.text
    site.slapd.start()
    deadline = time.monotonic() + 10
    while (again := press(site, page)).status == 422 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert again.heading == "Kontoen er låst opp"


def set_password(site, page):
    return site.browser.submit(page, first=NEW, second=NEW)


@pytest.mark.parametrize("act", [press, set_password])
def test_a_password_set_elsewhere_between_our_look_and_our_write_ends_the_links(quick, act):
    """The store is held, so that the claim waits while the directory changes."""
    person = locked_person(quick)
    link, sibling = (ask_for_link(quick, person) for _ in range(2))
    page = quick.browser.get(link)
    settle(quick)
    writes = quick.slapd.password_writes()
    looks = searches(quick)
    with ThreadPoolExecutor(1) as crowd, locked_store(quick):
        answer = crowd.submit(act, quick, page)
        wait_until(lambda: searches(quick) > looks + 1, 3, "our look at account and rules")
        quick.slapd.change_person(person.uid, pwdChangedTime="20200101000000Z")
        time.sleep(0.2)  # the rules are cached or asked for; neither shows when that is over
        assert not answer.done()
    dead = answer.result()
    assert dead.status == 410 and quick.slapd.password_writes() == writes
    for old in (link, sibling):
        assert "Lenken er brukt" in quick.browser.get(old).text
    assert any('"stale"' in line for line in audit(quick, "link-dead"))
    assert not quick.can_bind(person.uid, NEW)
