"""A restart, of whatever kind and however often, loses no request and leaves nothing behind."""
import os
import ssl
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest
from site_steps import path_of, quick_site, settle, store
from workers import (mute, open_files, row_in_hand, wait_until, wait_until_reaped, waiting_rows,
                     web_children, worker_of)

from kit import process

READY = "resuming normal operations"


@pytest.fixture
def served(keeper):
    """A site whose httpd takes signals; its worker has one thread, so rows wait behind one."""
    with quick_site(keeper, directives={"PwResetWorkers": "1"}) as started:
        started.httpd.wait_for_log(READY)
        yield started


def restart(site, kind):
    if kind == "stop and start":
        site.httpd.restart()
    elif kind == "graceful":
        site.httpd.graceful()
    else:
        said = site.httpd.error_log.stat().st_size
        os.kill(site.httpd.pid, 1)  # SIGHUP: `apachectl restart`
        site.httpd.wait_for_log(READY, said)


@pytest.mark.parametrize("kind", ["graceful", "restart", "stop and start"])
def test_a_restart_loses_neither_waiting_rows_nor_the_one_in_hand(served, kind):
    persons = [served.someone() for _ in range(4)]
    worker = worker_of(served)
    with mute(served.smtp):
        for person in persons:
            served.ask(person.uid)
        row_in_hand(served)
        assert waiting_rows(served) == len(persons)
        restart(served, kind)
        assert waiting_rows(served) == len(persons)
        assert not process.is_running(worker)
    for person in persons:
        served.mail_to(person.mails[0], 5)
    settle(served)
    assert len(served.inbox.paths()) == len(persons)
    assert worker_of(served) != worker
    wait_until_reaped(served)


def ask_until_accepted(site, person):
    """A person sends the form again when the connection broke; what was said of it is noted."""
    trouble = []
    for _ in range(5):
        try:
            page = site.ask(person.uid, follow=False)
        except (OSError, HTTPException, ssl.SSLError) as error:
            trouble.append(error)
            continue
        assert page.status == 303
        return trouble
    raise AssertionError(trouble)


def test_thirty_requests_among_graceful_restarts_are_all_mailed(served):
    """A mail may come twice when a restart takes the row from a worker that had just handed it to
    the relay; then both are the same mail, with one Message-ID."""
    persons = [served.someone() for _ in range(30)]
    with ThreadPoolExecutor(6) as crowd:
        begun = []
        for number, person in enumerate(persons):
            begun.append(crowd.submit(ask_until_accepted, served, person))
            if number % 8 == 7:
                served.httpd.graceful()
            time.sleep(0.12)  # spreads them over four restarts, about one a second
        trouble = [error for answer in begun for error in answer.result()]
    settle(served, 20)
    mails = served.inbox.all()
    came = Counter(mail.to[0] for mail in mails)
    assert set(came) == {person.mails[0] for person in persons}
    ids = {(mail.to[0], mail.message["Message-ID"]) for mail in mails}
    print(f"{len(trouble)} broken connections, {len(mails) - len(ids)} mails came twice")
    # A form that was accepted, but whose answer got lost, was sent again as another one.
    assert 30 <= len(ids) <= 30 + len(trouble)
    assert store(served, "SELECT COUNT(*) FROM pwreset_outbox WHERE state <> 1") == [(0,)]


def test_ten_graceful_restarts_leak_no_file_and_no_process(served):
    served.httpd.graceful()
    generation = web_children(served)
    files = open_files(served.httpd.pid)
    for _ in range(10):
        worker = worker_of(served)
        served.httpd.graceful()
        assert worker_of(served, other_than=worker)
    wait_until(lambda: not set(generation) & set(web_children(served)), 10, "the old ones' end")
    assert open_files(served.httpd.pid) == files
    wait_until_reaped(served)
    person = served.someone()
    served.ask(person.uid)
    served.mail_to(person.mails[0])
    log = served.httpd.error_log.read_text()
    assert "long lost child" not in log and "exit signal" not in log and "AH00052" not in log


SECOND_HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLCertificateFile "{folder}/cert.pem"
    SSLCertificateKeyFile "{folder}/key.pem"
    PwResetBaseURL {url}
    PwResetOrganisation "Datter AS"
    PwResetMailFrom "Datter AS <passord@datter.example.org>"
    <Location "/passord">
        SetHandler pwreset
        Require all granted
    </Location>
</VirtualHost>
"""


def test_virtual_hosts_share_a_database_and_know_nothing_of_each_others_links(served):
    port = served.block[5]
    other_url = f"https://127.0.0.1:{port}/passord"
    served.extra_server_lines = SECOND_HOST.format(
        port=port, folder=served.httpd.folder, url=other_url)
    served.configure()
    served.httpd.write_configuration()
    served.httpd.graceful()
    browser, person = served.browser, served.someone()

    def link_from(url):
        browser.submit(browser.get(f"{url}/"), name=person.uid)
        mail = served.mail_to(person.mails[0])
        return mail, served.link_with(mail, f"{url}/r/")

    mail, link = link_from(served.reset_url)
    other_mail, other_link = link_from(other_url)
    assert mail.subject == "Angi nytt passord hos Eksempel AS"
    assert other_mail.subject == "Angi nytt passord hos Datter AS"
    assert served.inbox.envelope_of(other_mail)["from"] == "passord@datter.example.org"
    assert {site for site, in store(served, "SELECT realm FROM pwreset_tokens")} == {
        served.reset_url, other_url}
    moved = [f"https://127.0.0.1:{port}{path_of(link)}", f"{served.url}{path_of(other_link)}"]
    for address in moved:
        assert browser.get(address).heading == "Lenken er ikke fullstendig"
    for address in (link, other_link):
        assert browser.get(address).heading == "Angi nytt passord"
    assert served.set_password(other_link, "Sju-lange-netter-7").heading == "Passordet er endret"
    assert served.can_bind(person.uid, "Sju-lange-netter-7")
