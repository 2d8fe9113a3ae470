"""A directory that hangs, lies, floods or drops the line: other requests are served meanwhile, memory
stays flat, no write is sent twice, nobody else is spoken to, and the person is told the truth.

The directory is a real slapd behind a fake that plays the tricks."""
import os
import statistics
import threading
import time
from pathlib import Path

import pytest
from directory_slapd_fixture import FakeHangingServer
from fake_hostile_ldap import FakeHostileDirectory
from site_steps import ask_for_link, quick_site, settle
from workers import web_children, worker_of

from kit import people

TIMEOUT = 1.0  # PwResetLDAPTimeout; the least there is
# kB that a process may grow while a gigabyte is thrown at it; AddressSanitizer keeps 256 MB of freed
# memory back.
ROOM = 1024 * (24 + (400 if "asan" in os.environ.get("PWRESET_HTTPD_LD_PRELOAD", "") else 0))
UNSURE = "Vi vet ikke om passordet ble endret"
LATER = "Vi fikk ikke lagret passordet. Lenken virker fortsatt. Prøv igjen om litt."
NEW = "Nytt-passord-som-holder-1"

HANGS = ["hang", "drip"]
FLOODS = ["gigabyte", "million", "unasked"]
LIES = ["other_id", "bad_ber", "notice", "close", "referral"]


class Stage:
    """A site whose directory is the fake one."""

    def __init__(self, keeper, tls="NONE"):
        self.rogue = FakeHangingServer()
        self.site = quick_site(keeper, directives={"PwResetLDAPTimeout": "1s"})
        self.fake = FakeHostileDirectory(self.site.slapd.port, self.rogue.port)
        self.site.directives["PwResetLDAPURL"] = (
            f'"{self.fake.url}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)" {tls}')
        self.site.configure()
        self.site.httpd.prepare()
        self.site.httpd.restart()

    def close(self):
        self.fake.stop()
        self.rogue.stop()
        self.site.close()

    def forget_connections(self):
        """Web children and worker begin without an open connection."""
        self.site.httpd.restart()


@pytest.fixture(scope="module")
def plain(keeper):
    stage = Stage(keeper)
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def under_tls(keeper):
    stage = Stage(keeper, tls="STARTTLS")
    yield stage
    stage.close()


def until_it_is_over(stage):
    yield stage
    stage.fake.behave()
    settle(stage.site, 30)


@pytest.fixture
def stage(plain):
    yield from until_it_is_over(plain)


@pytest.fixture
def careful(under_tls):
    yield from until_it_is_over(under_tls)


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def forget_peaks(pids):
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


class Watch:
    """While the block runs, the form is asked for again and again; and what it costs in memory."""

    def __init__(self, site):
        self.site = site
        self.times = []
        self.over = threading.Event()

    def __enter__(self):
        self.pids = [*web_children(self.site), worker_of(self.site)]
        if os.geteuid() == 0:
            forget_peaks(self.pids)
        self.before = {pid: resident(pid) for pid in self.pids}
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def look(self):
        from kit.browser import Browser
        browser = Browser(self.site.ca.certificate)
        while not self.over.is_set():
            begin = time.monotonic()
            assert browser.get(f"{self.site.reset_url}/").status == 200
            self.times.append(time.monotonic() - begin)
            self.over.wait(0.05)

    def __exit__(self, *_error):
        self.over.set()
        self.thread.join()

    def assert_calm(self):
        assert statistics.median(self.times) < 0.5 * TIMEOUT and max(self.times) < 3 * TIMEOUT
        grown = {pid: resident(pid) - size for pid, size in self.before.items()}
        assert all(size < ROOM for size in grown.values()), grown


def assert_mail_comes_late(stage, where, how):
    """The worker meets the trick; the mail comes when it is over, once. The error log tells of each
    try; the audit log counts the sixth of a minute and later ones."""
    person = stage.site.someone()
    before = stage.site.httpd.error_log.stat().st_size
    with Watch(stage.site) as watch:
        stage.fake.trick(where, how)
        begin = time.monotonic()
        assert stage.site.ask(person.uid, follow=False).status == 303
        assert time.monotonic() - begin < 2 * TIMEOUT
        assert stage.fake.played.wait(5)
        stage.site.httpd.wait_for_log("mail-retry", before)
        stage.fake.behave()
        stage.site.mail_to(person.mails[0], 20)
    watch.assert_calm()
    settle(stage.site, 20)
    assert [mail.to for mail in stage.site.inbox.all()].count(person.mails) == 1


# Before a request there is nothing to answer.
@pytest.mark.parametrize("where, how", [
    ("accept", "hang"), ("accept", "close"),
    *((where, how) for where in ("bind", "search") for how in (*HANGS, *FLOODS, *LIES))])
def test_a_mail_is_late_and_not_lost(stage, where, how):
    if where != "search":
        stage.forget_connections()
    assert_mail_comes_late(stage, where, how)
    assert stage.rogue.accepted == 0


@pytest.mark.parametrize("how", ["hang", "say_yes_and_hang", "drip", "close"])
def test_a_handshake_that_does_not_come_about_is_waited_for_no_longer_than_anything(careful, how):
    careful.forget_connections()
    assert_mail_comes_late(careful, "starttls", how)


def typed(site, page, **options):
    first, second = page.form.of_kind("password")
    return site.browser.submit(page, **{first.name: NEW, second.name: NEW}, **options)


def assert_set_once(stage, person, page):
    """The trick is over; the same page sets the password, with one write."""
    stage.fake.behave()
    stage.fake.writes = 0
    assert typed(stage.site, page).heading == "Passordet er endret"
    assert stage.fake.writes == 1
    assert stage.site.can_bind(person.uid, NEW)


@pytest.mark.parametrize("how", [*HANGS, *FLOODS, *LIES])
def test_a_link_is_not_used_up_by_a_directory_that_cannot_be_read(stage, how):
    person = stage.site.someone()
    page = stage.site.browser.get(ask_for_link(stage.site, person))
    with Watch(stage.site) as watch:
        stage.fake.trick("search", how)
        begin = time.monotonic()
        answer = typed(stage.site, page)
        assert time.monotonic() - begin < 6 * TIMEOUT
        assert LATER in answer.text and stage.fake.played.is_set()
        assert stage.fake.writes == 0
        assert stage.site.browser.get(f"{stage.site.reset_url}/").status == 200
    watch.assert_calm()
    assert stage.rogue.accepted == 0
    assert_set_once(stage, person, answer)


@pytest.mark.parametrize("how", [*HANGS, *FLOODS, "other_id", "bad_ber", "bad_controls",
                                 "notice", "close", "apply_and_drop"])
def test_a_write_without_an_answer_is_not_repeated_and_the_person_is_told(stage, how):
    person = stage.site.someone()
    page = stage.site.browser.get(ask_for_link(stage.site, person))
    with Watch(stage.site) as watch:
        stage.fake.trick("write", how)
        begin = time.monotonic()
        answer = typed(stage.site, page)
        assert time.monotonic() - begin < 4 * TIMEOUT
        assert answer.heading == UNSURE
        assert typed(stage.site, page).heading != "Passordet er endret"
        stage.fake.behave()
    watch.assert_calm()
    settle(stage.site)
    assert stage.fake.writes == 1
    assert stage.site.can_bind(person.uid, NEW) == (how == "apply_and_drop")


def test_a_referral_of_a_write_is_not_followed_and_leaves_the_link_alone(stage):
    person = stage.site.someone()
    page = stage.site.browser.get(ask_for_link(stage.site, person))
    stage.fake.trick("write", "referral")
    answer = typed(stage.site, page)
    assert LATER in answer.text
    assert stage.fake.writes == 1 and stage.rogue.accepted == 0
    assert_set_once(stage, person, answer)


def test_a_refusal_with_a_broken_control_is_a_refusal(stage):
    person = stage.site.someone()
    page = stage.site.browser.get(ask_for_link(stage.site, person))
    stage.fake.trick("write", "bad_control")
    answer = typed(stage.site, page)
    assert answer.status == 422 and stage.fake.writes == 1
    assert_set_once(stage, person, answer)
