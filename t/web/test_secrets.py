"""No token, password or credential is in a log, the database, or a command line."""
import os

import pytest
from site_steps import settle, spellings, token_of

from kit import people, process, system
from kit.site import Site

NEW = "Sju-lange-nætter-7"
REFUSED = "Kort-7"
LOGS = """
LogFormat "%r|%U|%q|%f|%m|%{Referer}i|%{Host}i|%>s|%R" everything
CustomLog "logs/everything.log" everything
"""


class GuardedRelaySite(Site):
    """Its relay takes mail only from those who log in."""

    def __init__(self, *places, **options):
        super().__init__(*places, smtp={"has_login": True}, **options)

    def settings(self, secret):
        chosen = super().settings(secret)
        password = secret.with_name("relay-password")
        system.write_private(password, self.smtp.password)
        chosen["PwResetRelay"] = f"smtp://{self.smtp.user}@127.0.0.1:{self.smtp.port} STARTTLS"
        chosen["PwResetRelayPassword"] = f'"file:{password}"'
        return chosen


@pytest.fixture(scope="module")
def talkative(keeper):
    with GuardedRelaySite.in_scratch(
            keeper, directives={"PwResetFormAge": "0s"}, server_lines=LOGS,
            log_level="debug pwreset:trace8") as site:
        yield site


def places(site):
    """Every file that httpd, the module or the worker writes."""
    files = [path for folder in (site.httpd.logs, site.state) for path in folder.rglob("*")
             if path.is_file() and path.name != "key"]
    return [*files, site.httpd.log]


def found(site, secrets, more=()):
    """Where any spelling of these secrets stands, as "file: name"."""
    texts = {path.name: path.read_bytes() for path in places(site)}
    texts.update(more)
    assert {"error.log", "access.log", "audit.log", "pwreset.db"} <= set(texts)
    return [f"{where}: {what}" for where, text in texts.items() for what, secret in secrets.items()
            if any(form in text for form in spellings(secret))]


def walk(site):
    """A whole flow with everything going wrong on the way; the secrets that it used."""
    person = site.someone()
    browser = site.browser
    site.smtp.set_answers({person.mails[0]: "451 4.3.0 Later"})
    site.ask(person.uid)
    site.httpd.wait_for_log("4.3.0")
    site.smtp.set_answers({person.mails[0]: "550 5.1.1 No"})
    site.httpd.wait_for_log("5.1.1", seconds=20)
    site.smtp.set_answers({})
    site.ask(person.mails[0])
    mail = site.mail_to(person.mails[0])
    link, stop = site.link_of(mail), site.stop_link_of(mail)
    for url in (link[:-1], f"{link}?x={token_of(link)}", f"{site.reset_url}/?t={token_of(link)}",
                f"{site.reset_url}/r?token={token_of(link)}",
                f"{site.reset_url}/nowhere/{token_of(link)}"):
        browser.get(url, headers={"Referer": link})
    for page in (site.set_password(link, REFUSED), site.set_password(link, NEW, f"{NEW}x"),
                 site.set_password(link, people.PASSWORD)):
        assert page.status == 422
    url = f"{site.reset_url}/r"
    pairs = {"token": token_of(link), "first": NEW, "second": NEW}
    assert browser.post(url, pairs, headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert browser.post(f"{url}/", pairs).status == 405
    assert browser.post(url, [*pairs.items(), ("first", NEW)]).status == 400
    site.slapd.stop()
    assert site.set_password(link, NEW).status == 422
    site.slapd.start()
    browser.submit(browser.get(site.stop_link_of(ask_again(site, person))))
    assert site.set_password(link, NEW).heading == "Passordet er endret"
    assert browser.get(stop).status == 410
    settle(site)
    return {"token": token_of(link), "stop token": token_of(stop), "new password": NEW,
            "old password": people.PASSWORD, "refused password": REFUSED,
            "bind password": site.slapd.service_password, "relay password": site.smtp.password,
            "login at the relay": f"\0{site.smtp.user}\0{site.smtp.password}"}


def ask_again(site, person):
    site.ask(person.uid)
    return site.mail_to(person.mails[0])


def test_no_log_and_no_database_holds_a_secret_at_the_most_talkative_level(talkative):
    secrets = walk(talkative)
    argv = {f"argv of {pid}": b" ".join(os.fsencode(word) for word in process.argv_of(pid))
            for pid in process.pids_of_sessions({talkative.httpd.process.pid})}
    assert len(argv) >= 4  # parent, worker, children
    assert not found(talkative, secrets, argv)
    envelopes = talkative.inbox.envelopes()
    assert envelopes and {entry["login"] for entry in envelopes} == {talkative.smtp.user}


def test_the_database_and_the_key_are_for_the_servers_user_alone(talkative):
    talkative.ask(talkative.someone().uid)
    for path in talkative.state.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert talkative.audit_log.stat().st_mode & 0o007 == 0
