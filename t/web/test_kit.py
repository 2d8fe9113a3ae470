"""What the other tests rely on: sites that do not disturb each other and leave nothing behind."""
import smtplib
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from kit import people, ports, process, system
from kit.browser import Browser
from kit.site import Site

STARTER = """
import sys
sys.path.insert(0, sys.argv[1])
from kit.site import Site
site = Site.in_scratch(module=None)
print(site.folder, site.url, *(server.pid for server in site.servers), flush=True)
sys.stdin.read()
"""


class Starter:
    """Another process that starts a site and waits until its stdin is closed."""

    def __init__(self):
        # Only the starter and its reaper hold the pipe of stderr.
        self.process = subprocess.Popen([sys.executable, "-B", "-c", STARTER, system.T_FOLDER],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def wait_until_started(self):
        folder, self.url, *pids = self.process.stdout.readline().split()
        self.folder, self.pids = Path(folder), [int(pid) for pid in pids]

    def kill(self):
        """Ends it by SIGKILL, and waits until its reaper has ended too."""
        self.process.kill()
        errors = self.process.communicate(timeout=20)[1]
        assert errors == ""


@pytest.fixture
def starters():
    begun = [Starter(), Starter()]
    yield begun
    for starter in begun:
        if starter.process.returncode is None:
            starter.kill()


@pytest.fixture(scope="module")
def plain_site(keeper):
    """A site without the module, for what does not concern it."""
    with Site.in_scratch(keeper, module=None) as site:
        yield site


def send(site, to, text="Hei"):
    context = ssl.create_default_context(cafile=site.ca.certificate)
    with smtplib.SMTP("127.0.0.1", site.smtp.port, timeout=10) as client:
        client.starttls(context=context)
        client.sendmail("passord@example.org", [to], text.encode())


def test_two_sites_started_at_once_do_not_collide(starters):
    for starter in starters:
        starter.wait_until_started()
    first, second = starters
    assert first.folder != second.folder
    pids = first.pids + second.pids
    assert len(set(pids)) == 6 and all(process.is_running(pid) for pid in pids)


def test_nothing_is_left_when_the_starter_is_killed(starters):
    starter, other = starters
    starter.wait_until_started()
    other.wait_until_started()
    browser = Browser(starter.folder / "ca" / "ca.pem")
    assert browser.get(starter.url).status == 200
    everything = process.pids_of_sessions(set(starter.pids))
    assert len(everything) >= 4  # slapd, SMTP, httpd and at least one child of it
    starter.kill()
    assert not any(process.is_running(pid) for pid in everything)
    assert not process.pids_of_sessions(set(starter.pids))
    assert not starter.folder.exists()
    assert all(process.is_running(pid) for pid in other.pids)


def test_a_port_that_is_claimed_is_not_given_again():
    first = ports.take(3)
    try:
        assert ports.take_at(first.first, 3) is None
        assert ports.take_at(first.first + 2, 1) is None
        assert ports.take(3, first.first).first != first.first
    finally:
        first.release()
    again = ports.take_at(first.first, 3)
    assert again is not None
    again.release()


def test_the_people_are_those_the_demo_promises(plain_site):
    everybody = people.everybody()
    assert len({person.uid for person in everybody}) == 200
    assert people.ordinary_uids()[:2] == ["kari", "ola"]
    assert plain_site.can_bind("kari", people.PASSWORD)
    assert not plain_site.can_bind("kari", "noe annet")
    assert not plain_site.can_bind(people.DISABLED, people.PASSWORD)
    assert "mail" not in plain_site.slapd.person(people.NOMAIL)
    shared = [plain_site.slapd.person(uid)["mail"] for uid in (people.SHARED1, people.SHARED2)]
    assert shared[0] == shared[1]
    assert len(plain_site.slapd.person(people.TWOMAILS)["mail"]) == 2


def test_the_service_may_set_a_password_and_not_read_one(plain_site):
    import ldap3
    server = ldap3.Server(plain_site.slapd.url, get_info=ldap3.NONE)
    person = plain_site.someone()
    with ldap3.Connection(server, people.SERVICE_DN, plain_site.slapd.service_password,
                          auto_bind=True) as service:
        service.search(person.dn, "(objectClass=*)", "BASE", attributes=["*", "+"])
        seen = service.response[0]["raw_attributes"]
        assert "entryUUID" in seen and "userPassword" not in seen and "pwdHistory" not in seen
        assert service.extend.standard.modify_password(person.dn, new_password="Helt-nytt-1")
        assert not service.modify(person.dn, {"mail": [(ldap3.MODIFY_REPLACE, ["x@example.org"])]})
        assert not service.extend.standard.modify_password(people.INTRANET_DN,
                                                           new_password="Helt-nytt-1")
    assert plain_site.can_bind(person.uid, "Helt-nytt-1")


def test_the_policy_refuses_short_and_used_passwords_by_the_service(plain_site):
    import ldap3
    server = ldap3.Server(plain_site.slapd.url, get_info=ldap3.NONE)
    person = plain_site.someone()
    with ldap3.Connection(server, people.SERVICE_DN, plain_site.slapd.service_password,
                          auto_bind=True) as service:
        change = service.extend.standard.modify_password
        assert not change(person.dn, new_password="kort123")
        assert change(person.dn, new_password="Langt-nok-1")
        assert change(person.dn, new_password="Langt-nok-2")
        assert not change(person.dn, new_password="Langt-nok-1")
        assert not change(person.dn, new_password=people.PASSWORD)


def test_login_page_tells_right_from_wrong_and_links_to_the_reset(plain_site):
    browser = plain_site.browser
    page = browser.get(plain_site.login_url)
    assert "/passord/" in page.links and "Glemt ditt passord?" in page.text
    bad = browser.submit(page, httpd_username="kari", httpd_password="feil")
    assert bad.status == 401 and "Feil brukernavn eller passord" in bad.text and bad.form
    good = browser.submit(page, follow=False, httpd_username="kari",
                          httpd_password=people.PASSWORD)
    assert good.status == 302
    cookie = good.headers["Set-Cookie"].partition(";")[0]
    inside = browser.get(f"{plain_site.url}/intranett/", headers={"Cookie": cookie})
    assert inside.heading == "Velkommen, kari"
    assert browser.get(f"{plain_site.url}/intranett/").hops == [302]


def test_a_mail_is_kept_as_it_came(plain_site):
    plain_site.smtp.set_answers({"nei@example.org": "550 5.1.1 Ukjent"})
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(plain_site, "nei@example.org")
    text = "To: ja@example.org\r\nSubject: A\r\n\r\n.punktum\r\n..to\r\n"
    send(plain_site, "ja@example.org", text)
    mail = plain_site.mail_to("ja@example.org")
    assert mail.raw == text.encode()
    assert plain_site.inbox.envelope_of(mail)["to"] == ["ja@example.org"]
    assert plain_site.inbox.envelope_of(mail)["tls"]


def test_smtp_takes_no_mail_without_starttls(plain_site):
    with smtplib.SMTP("127.0.0.1", plain_site.smtp.port, timeout=10) as client:
        client.ehlo()
        assert client.mail("passord@example.org")[0] == 530


def test_inbox_page_escapes_what_a_mail_says(plain_site):
    send(plain_site, "fare@example.org",
         "To: fare@example.org\r\nSubject: <script>alert(1)</script>\r\n"
         "Content-Type: text/plain; charset=utf-8\r\n\r\n"
         '<img src=x> https://127.0.0.1/passord/r/abc"onclick="x\r\n')
    plain_site.mail_to("fare@example.org")
    with urllib.request.urlopen(plain_site.smtp.inbox_url) as answer:
        page = answer.read().decode()
    assert "<script>alert" not in page and "<img src=x>" not in page
    assert '<a href="https://127.0.0.1/passord/r/abc" ' in page
    assert "fare@example.org" in page


def test_servers_can_be_stopped_and_started_again(plain_site):
    for server in plain_site.servers:
        server.kill()
        assert not server.is_running()
        server.start()
    assert plain_site.login("ola", people.PASSWORD)
    plain_site.httpd.graceful()
    assert plain_site.login("ola", people.PASSWORD)
