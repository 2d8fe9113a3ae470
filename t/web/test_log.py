"""What the error log tells: each line of a request stands in the log of its virtual host, with the
request's id and support code, one line a step."""
import re

import pytest
from site_steps import quick_site, settle, store

LINE = re.compile(r"pwreset:(\w+)\].* (PWR\d{4}): (.*)")


@pytest.fixture(scope="module")
def own_log(keeper):
    """The virtual host has an ErrorLog of its own."""
    with quick_site(keeper, host_lines="ErrorLog logs/host.log") as started:
        yield started


def host_log(site):
    return (site.httpd.logs / "host.log").read_text()


def lines_of(site, text):
    return [match.groups() for line in host_log(site).splitlines() if text in line
            and (match := LINE.search(line))]


def request_of(site, code):
    return store(site, "SELECT id FROM pwreset_outbox WHERE support_code = ?", code)[0][0]


def test_each_step_of_a_request_is_one_line_in_its_hosts_log(own_log):
    person = own_log.someone()
    own_log.ask(person.uid)
    settle(own_log)
    own_log.mail_to(person.mails[0])
    code = store(own_log, "SELECT support_code FROM pwreset_outbox ORDER BY created DESC LIMIT 1")[0][0]
    identity = request_of(own_log, code)
    steps = [words for _, _, words in lines_of(own_log, identity)]
    for step in ("request-accepted", "the worker has taken the request; delivery 1",
                 "the directory has 1 accounts of this name", f"mail-sent, account {person.uid}"):
        assert [words for words in steps if words.startswith(step)
                and words.endswith(f"[request {identity}, code {code}]")], (step, steps)
    assert identity not in own_log.httpd.error_log.read_text()


def test_a_fault_of_the_worker_stands_in_its_hosts_log_with_the_request(own_log):
    own_log.smtp.stop()
    person = own_log.someone()
    own_log.ask(person.uid)
    identity = store(own_log, "SELECT id FROM pwreset_outbox ORDER BY created DESC LIMIT 1")[0][0]
    own_log.smtp.start()
    own_log.mail_to(person.mails[0])
    settle(own_log)
    faults = [(level, words) for level, _, words in lines_of(own_log, identity)
              if level in ("warn", "error")]
    assert faults and all(f"[request {identity}" in words for _, words in faults)
    assert identity not in own_log.httpd.error_log.read_text()


def test_the_lines_of_a_link_carry_the_id_of_the_request_it_came_from(own_log):
    person = own_log.someone()
    own_log.ask(person.uid)
    link = own_log.link_of(own_log.mail_to(person.mails[0]))
    settle(own_log)
    identity = store(own_log, "SELECT id FROM pwreset_outbox ORDER BY created DESC LIMIT 1")[0][0]
    assert own_log.browser.get(link).status == 200
    opened = [words for _, tag, words in lines_of(own_log, identity) if tag == "PWR0930"]
    assert opened and "/r/- was answered with 200" in opened[-1]
