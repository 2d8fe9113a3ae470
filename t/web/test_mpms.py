"""The three scenarios of test_resilience under each MPM: directory down, worker killed, restart.

A lease lasts ten seconds, so the MPMs' sites live at the same time, each in a thread of its own.
"""
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from site_steps import quick_site, settle
from workers import (audit, mute, row_in_hand, wait_until, wait_until_reaped, waiting_rows,
                     worker_of)

MPMS = ["prefork", "worker"]
READY = "resuming normal operations"
NOT_FOR_PREFORK = re.compile(r"^(ThreadsPerChild|M(in|ax)SpareThreads|MaxRequestWorkers|ServerLimit"
                             r"|GracefulShutdownTimeout) .*\n", re.MULTILINE)


def change_mpm(site, mpm):
    site.httpd.stop()
    conf = site.httpd.conf.read_text().replace("mpm_event", f"mpm_{mpm}")
    if mpm == "prefork":
        conf = NOT_FOR_PREFORK.sub("", conf)
    site.httpd.conf.write_text(conf)
    site.httpd.start()
    site.httpd.wait_for_log(f"mpm_{mpm}:notice")


def take_directory_away(site):
    person = site.someone()
    site.slapd.stop()
    assert site.ask(person.uid, follow=False).status == 303
    wait_until(lambda: audit(site, "mail-retry"), 10, "a failed try")
    site.slapd.start()
    site.mail_to(person.mails[0])


def kill_worker_with_row(site):
    """Returns the person whose mail is still to come, and the latest moment for it."""
    person = site.someone()
    worker = worker_of(site)
    with mute(site.smtp):
        site.ask(person.uid)
        row_in_hand(site)
        os.kill(worker, signal.SIGKILL)
        killed = time.monotonic()
    worker_of(site, other_than=worker)
    return person, killed + 15


def restart_with_row_in_hand(site):
    persons = [site.someone() for _ in range(3)]
    with mute(site.smtp):
        for person in persons:
            site.ask(person.uid)
        row_in_hand(site)
        site.httpd.graceful()
    for person in persons:
        site.mail_to(person.mails[0], 5)


def tell_stories(keeper, mpm):
    with quick_site(keeper) as site:
        change_mpm(site, mpm)
        try:
            take_directory_away(site)
            person, latest = kill_worker_with_row(site)
            restart_with_row_in_hand(site)
            site.mail_to(person.mails[0], latest - time.monotonic())
            settle(site)
            assert len(site.inbox.paths()) == 5 and waiting_rows(site) == 0
            wait_until_reaped(site)
        except BaseException as error:
            error.args = (f"{error}\n{site.httpd.last_words(40)}",)
            raise


@pytest.fixture(scope="module")
def scenarios(keeper):
    with ThreadPoolExecutor(len(MPMS)) as crowd:
        yield {mpm: crowd.submit(tell_stories, keeper, mpm) for mpm in MPMS}


@pytest.mark.parametrize("mpm", MPMS)
def test_nothing_accepted_is_lost_under(scenarios, mpm):
    scenarios[mpm].result()
