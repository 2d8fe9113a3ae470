"""How the service account binds: each way carries a whole flow, and a setting that cannot work stops
configtest."""
import os
import shutil

import pytest
from configuration import Configtest, ten_lines
from site_steps import ask_for_link, settle
from workers import mute, wait_until

from kit import people, system
from kit.kdc import Kdc

NEW = "Sju-lange-netter-7"
NO_NAME = {"PwResetLDAPBindDN": None, "PwResetLDAPBindPassword": None}

# Certificates and tickets are taken where somebody has one; all three are the service account.
SLAPD = f"""\
TLSVerifyClient try
sasl-host 127.0.0.1
sasl-cbinding tls-endpoint
authz-regexp "gidNumber=.*uidNumber={{uid}},cn=peercred,cn=external,cn=auth" "{people.SERVICE_DN}"
authz-regexp "cn=127\\\\.0\\\\.0\\\\.1" "{people.SERVICE_DN}"
authz-regexp "uid=pwreset,cn=gssapi,cn=auth" "{people.SERVICE_DN}"
"""


def web_uid():
    user = system.web_user()
    return user.pw_uid if user else os.getuid()


@pytest.fixture
def bound(make_site):
    """A site that binds as these directives say."""
    def make(**directives):
        return make_site(slapd_lines=SLAPD.format(uid=web_uid()),
                         directives={"PwResetFormAge": "0s", **NO_NAME, **directives})
    return make


def rebind(site, **directives):
    site.directives.update(directives)
    site.configure()
    site.httpd.prepare()
    site.httpd.restart()


def assert_flow(site, mechanism):
    person = site.someone()
    done = site.set_password(ask_for_link(site, person), NEW)
    assert done.heading == "Passordet er endret"
    assert site.can_bind(person.uid, NEW)
    said = site.slapd.log.read_text(errors="replace")
    assert f'dn="{people.SERVICE_DN}" mech={mechanism}' in said
    assert f'BIND dn="{people.SERVICE_DN}" method=128' not in said


def url_at(server):
    return f'"{server}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)"'


def test_over_a_socket_the_process_is_known_by_its_user(bound):
    site = bound(PwResetLDAPTimeout="2s")
    rebind(site, PwResetLDAPBind="external", PwResetLDAPURL=url_at(site.slapd.socket_url))
    assert_flow(site, "EXTERNAL")


@pytest.mark.parametrize("scheme", ["starttls", "ldaps"])
def test_a_client_certificate_is_the_bind(bound, scheme):
    site = bound()
    folder = site.folder / "client"
    system.give(folder, site.httpd.user, 0o700)
    certificate, key = site.ca.issue(folder, site.httpd.user)
    url = (url_at(site.slapd.url) + " STARTTLS" if scheme == "starttls"
           else url_at(site.slapd.tls_url) + " SSL")
    rebind(site, PwResetLDAPBind="external", PwResetLDAPURL=url,
           PwResetLDAPClientCertificate=f'"{certificate}" "{key}"')
    assert_flow(site, "EXTERNAL")


# --- Kerberos ---

@pytest.fixture
def kerberos(bound):
    """A site with a realm; its slapd is a service of that realm."""
    if shutil.which("krb5kdc", path=system.SYSTEM_PATH) is None:
        pytest.skip("needs krb5-kdc and krb5-admin-server")
    site = bound(PwResetLDAPTimeout="1s")
    kdc = Kdc(site.folder / "kdc", site.block[5], site.keeper)
    kdc.prepare()
    kdc.start()
    site.servers.append(kdc)
    site.slapd.environment = {"KRB5_CONFIG": str(kdc.conf), "KRB5_KTNAME": str(
        kdc.keytab("ldap/127.0.0.1", site.slapd.user))}
    site.slapd.restart()
    site.httpd.environment["KRB5_CONFIG"] = str(kdc.conf)
    site.keytab = kdc.keytab("pwreset", site.httpd.user)
    rebind(site, PwResetLDAPBind="gssapi", PwResetLDAPKeytab=f'"{site.keytab}"',
           PwResetLDAPPrincipal="pwreset")
    return site, kdc


def test_kerberos_binds_with_a_keytab_and_leaves_no_ticket_on_disk(kerberos):
    site, _ = kerberos
    before = {path for path in os.listdir("/tmp") if path.startswith("krb5cc")}
    assert_flow(site, "GSSAPI")
    assert {path for path in os.listdir("/tmp") if path.startswith("krb5cc")} == before


def test_a_kdc_that_hangs_is_waited_for_no_longer_than_the_directory(kerberos):
    site, kdc = kerberos
    person = site.someone()
    with mute(kdc):
        assert site.ask(person.uid, follow=False).status == 303
        wait_until(lambda: "PWR0435" in site.httpd.error_log.read_text(), 10, "the fault")
    site.mail_to(person.mails[0], 20)
    settle(site)


def test_a_keytab_of_nobody_is_told_with_what_to_do(kerberos):
    site, kdc = kerberos
    kdc.run("kadmin.local", "-q", "delprinc -force pwreset")
    person = site.someone()
    site.ask(person.uid, follow=False)
    wait_until(lambda: "PWR0437" in site.httpd.error_log.read_text(), 10, "the fault")
    assert f"The keytab {site.keytab} must be readable" in site.httpd.error_log.read_text()


# --- settings ---

def pem(folder):
    path = folder / "client.pem"
    path.write_text("no matter")
    path.chmod(0o600)
    return path


WRONG = [
    ({"PwResetLDAPBind": "external"}, "PWR0497"),
    ({"PwResetLDAPBind": "external", **NO_NAME}, "PWR0491"),
    ({"PwResetLDAPBind": "gssapi"}, "PWR0497"),
    ({"PwResetLDAPBind": "gssapi", **NO_NAME, "PwResetLDAPURL": '"ldap://h/dc=x" NONE'}, "PWR0493"),
    ({"PwResetLDAPBind": "gssapi", **NO_NAME, "PwResetLDAPURL": '"ldapi://%2Frun%2Fx/dc=x"'},
     "PWR0492"),
    ({"PwResetLDAPPrincipal": "pwreset"}, "PWR0490"),
    ({"PwResetLDAPClientCertificate": "{pem}", "PwResetLDAPURL": '"ldap://h/dc=x" NONE'},
     "PWR0496"),
]


@pytest.mark.parametrize("directive", ["PwResetLDAPKeytab", "PwResetLDAPClientCertificate"])
def test_a_key_that_everybody_may_read_stops_configtest(tmp_path, directive):
    path = pem(tmp_path)
    path.chmod(0o644)
    passed, said = Configtest(tmp_path).judge(ten_lines(**{directive: path}))
    assert not passed and "everybody may read" in said


@pytest.mark.parametrize("directives,tag", WRONG)
def test_a_bind_that_cannot_work_stops_configtest(tmp_path, directives, tag):
    chosen = {name: value and value.format(pem=pem(tmp_path))
              for name, value in directives.items()}
    passed, said = Configtest(tmp_path).judge(ten_lines(**chosen))
    assert not passed and tag in said
