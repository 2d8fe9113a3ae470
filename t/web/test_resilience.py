"""What was accepted is mailed, whatever breaks: directory, relay, database, worker, web child."""
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from crowd import browser_at
from site_steps import quick_site, settle, store
from workers import (audit, locked_store, mute, row_in_hand, shape, wait_until,
                     wait_until_reaped, waiting_rows, web_children, worker_of)

from kit import process

# A sanitizer looks at each process once more when it ends, and httpd waits for that.
GONE_BY = 10.0 if "PWRESET_HTTPD_LD_PRELOAD" in os.environ else 3.0


@pytest.fixture
def quick(make_site):
    """make_site with forms that may be posted at once."""
    def make(**options):
        directives = {"PwResetFormAge": "0s", **options.pop("directives", {})}
        return make_site(directives=directives, **options)
    return make


@pytest.fixture(scope="module")
def hardy(keeper):
    """One site for the tests that leave it as they found it."""
    with quick_site(keeper) as started:
        yield started


def mails_to(site, person):
    settle(site, 15)
    return [mail for mail in site.inbox.all() if mail.to == person.mails]


def assert_same_answer_and_mailed_later(site, server, seconds=10):
    """The scenario of a server that is down: `server` is one of the site's."""
    before, person = site.someone(), site.someone()
    as_ever = shape(site.ask(before.uid, follow=False))
    site.mail_to(before.mails[0])
    server.stop()
    answer = site.ask(person.uid, follow=False)
    assert shape(answer) == as_ever
    wait_until(lambda: audit(site, "mail-retry"), 10, "a failed try")
    assert waiting_rows(site) == 1
    server.start()
    site.mail_to(person.mails[0], seconds)
    assert len(mails_to(site, person)) == 1
    wait_until_reaped(site)


def test_a_request_while_the_directory_is_down_is_answered_as_ever_and_mailed_when_it_is_back(
        quick):
    site = quick()
    assert_same_answer_and_mailed_later(site, site.slapd)


@pytest.mark.parametrize("has_login", [False, True], ids=["open", "with login"])
def test_a_request_while_the_relay_is_down_is_answered_as_ever_and_mailed_when_it_is_back(
        quick, tmp_path, has_login):
    site = quick(smtp={"has_login": has_login})
    if has_login:
        secret = site.folder / "relay-password"
        secret.write_text(f"{site.smtp.password}\n")
        secret.chmod(0o600)
        site.directives["PwResetRelay"] = (
            f"smtp://{site.smtp.user}@127.0.0.1:{site.smtp.port}\n"
            f'PwResetRelayPassword "file:{secret}"')
        site.configure()
        site.httpd.write_configuration()
        site.httpd.restart()
    assert_same_answer_and_mailed_later(site, site.smtp)
    assert {entry["login"] for entry in site.inbox.envelopes()} == {"relay" if has_login else None}


def test_a_row_whose_worker_was_killed_is_mailed_within_15_seconds_and_others_at_once(hardy):
    person, other = hardy.someone(), hardy.someone()
    worker = worker_of(hardy)
    with mute(hardy.smtp):
        hardy.ask(person.uid)
        row, owner, _ = row_in_hand(hardy)
        os.kill(worker, signal.SIGKILL)
        killed = time.monotonic()
    worker_of(hardy, other_than=worker)
    held = store(hardy, "SELECT owner FROM pwreset_outbox WHERE id = ? AND state = 0", row)
    assert held == [(owner,)]  # nobody took it before its lease has ended
    hardy.ask(other.uid)
    hardy.mail_to(other.mails[0], 2)
    hardy.mail_to(person.mails[0], killed + 15 - time.monotonic())
    assert len(mails_to(hardy, person)) == 1
    wait_until_reaped(hardy)


def test_a_killed_worker_is_replaced_and_the_next_mail_comes_at_once(hardy):
    settle(hardy)
    worker, person = worker_of(hardy), hardy.someone()
    said = hardy.httpd.error_log.stat().st_size
    os.kill(worker, signal.SIGKILL)
    hardy.ask(person.uid)
    hardy.mail_to(person.mails[0], 3)
    assert worker_of(hardy) != worker
    hardy.httpd.wait_for_log(f"PWR0910: the worker (pid {worker}) died", said)
    wait_until_reaped(hardy)


def test_a_killed_web_child_loses_nothing_that_it_has_accepted(hardy):
    first, second = hardy.someone(), hardy.someone()
    with mute(hardy.slapd):
        hardy.ask(first.uid, follow=False)
        for pid in web_children(hardy):
            os.kill(pid, signal.SIGKILL)
    hardy.mail_to(first.mails[0])
    wait_until(lambda: web_children(hardy), 5, "a new web child")
    hardy.ask(second.uid)
    hardy.mail_to(second.mails[0])


def test_a_stop_ends_the_worker_within_three_seconds_and_the_row_in_its_hand_is_mailed_later(quick):
    site = quick()
    person = site.someone()
    with mute(site.smtp):
        site.ask(person.uid)
        row_in_hand(site)
        worker, parent = worker_of(site), site.httpd.pid
        os.kill(parent, signal.SIGTERM)
        assert process.wait_gone([worker], GONE_BY)
        assert process.wait_gone([parent], GONE_BY)
    site.httpd.stop()
    assert waiting_rows(site) == 1
    site.httpd.start()
    site.mail_to(person.mails[0], 3)
    assert len(mails_to(site, person)) == 1


def test_a_worker_does_not_outlive_a_killed_parent(quick):
    site = quick()
    worker = worker_of(site)
    os.kill(site.httpd.pid, signal.SIGKILL)
    assert process.wait_gone([worker], GONE_BY)


def test_a_locked_database_delays_answers_and_loses_nothing(hardy):
    known = hardy.someone()
    names = [known.uid, "x" * len(known.uid)]
    with ThreadPoolExecutor(2) as crowd:
        with locked_store(hardy):
            begun = [crowd.submit(hardy.ask, name, None, False) for name in names]
            time.sleep(2)  # the trouble itself, less than PwResetStoreTimeout
            assert not any(answer.done() for answer in begun)
        answers = [answer.result() for answer in begun]
    assert [answer.status for answer in answers] == [303, 303]
    assert shape(answers[0]) == shape(answers[1])
    hardy.mail_to(known.mails[0])
    assert len(mails_to(hardy, known)) == 1


def mount_small_disk(folder, owner):
    """A file system that a test can fill, or a skip. It is gone from the tree, though not
    from the processes that use it, as soon as the caller says `umount --lazy`."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk to fill")
    options = f"size=1m,mode=0700,uid={owner.pw_uid},gid={owner.pw_gid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False,
                             capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")


def fill(folder):
    with open(folder / "full", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_a_full_disk_is_said_to_the_person_and_room_on_it_is_found_without_a_restart(quick):
    site = quick()
    site.httpd.stop()
    mount_small_disk(site.state, site.httpd.user)
    try:
        site.httpd.start()
        worker, children = worker_of(site), web_children(site)
        first, second = site.someone(), site.someone()
        site.ask(first.uid)
        site.mail_to(first.mails[0])
        settle(site)
        fill(site.state)
        for name in (first.uid, "finnes-ikke"):
            page = site.ask(name, follow=False)
            assert (page.status, page.heading) == (503, "Det gikk ikke")
        assert "PWR02" in site.httpd.error_log.read_text()
        (site.state / "full").unlink()
        assert site.ask(second.uid, follow=False).status == 303
        site.mail_to(second.mails[0])
        assert waiting_rows(site) == 0
        assert worker_of(site) == worker and set(children) <= set(web_children(site))
        site.httpd.stop()
    finally:
        subprocess.run(["umount", "--lazy", site.state], check=True)


def test_what_is_in_hand_when_the_disk_fills_up_is_ended_and_a_form_refused_then_is_taken(quick):
    site = quick()
    site.httpd.stop()
    mount_small_disk(site.state, site.httpd.user)
    try:
        site.httpd.start()
        first, second = site.someone(), site.someone()
        form = site.browser.get(f"{site.reset_url}/")
        with mute(site.smtp):
            site.ask(first.uid, browser_at(site, "192.0.2.1"))
            wait_until(lambda: store(site, "SELECT digest FROM pwreset_tokens"), 10, "a link")
            fill(site.state)
            page = site.browser.submit(form, name=second.uid)
            assert (page.status, page.heading) == (503, "Det gikk ikke")
        wait_until(lambda: "pwreset_outbox_end" in site.httpd.error_log.read_text(), 20,
                   "the end of the row, which cannot be written")
        (site.state / "full").unlink()
        assert site.browser.submit(form, follow=False, name=second.uid).status == 303
        site.mail_to(second.mails[0])
        wait_until(lambda: waiting_rows(site) == 0, 30, "the end of both rows")
        assert store(site, "SELECT state FROM pwreset_outbox") == [(1,), (1,)]
        assert 1 <= len(mails_to(site, first)) <= 2
        site.httpd.stop()
    finally:
        subprocess.run(["umount", "--lazy", site.state], check=True)


@pytest.mark.parametrize("is_relay_back", [False, True], ids=["relay down", "relay back"])
def test_a_mail_that_could_not_leave_while_its_link_would_have_lived_is_dropped(
        quick, is_relay_back):
    site = quick(directives={"PwResetLinkLife": "10min"})
    person, next_one = site.someone(), site.someone()
    site.smtp.stop()
    site.ask(person.uid)
    wait_until(lambda: audit(site, "mail-retry"), 10, "a failed try")
    site.httpd.stop()
    store(site, "UPDATE pwreset_outbox SET created = created - ?", 601 * 1000000)
    if is_relay_back:
        site.smtp.start()
    site.httpd.start()
    wait_until(lambda: audit(site, "mail-given-up"), 10, "the end of the row")
    settle(site)
    assert store(site, "SELECT state, subject, seed FROM pwreset_outbox") == [(2, "", "")]
    if not is_relay_back:
        site.smtp.start()
    site.ask(next_one.uid)
    site.mail_to(next_one.mails[0])
    assert not mails_to(site, person)
