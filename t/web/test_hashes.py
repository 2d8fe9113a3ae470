"""What is written beside the password, or in its place, where the site says so."""
import hashlib
import time

import pytest
from site_steps import ask_for_link

from kit import people, slapd

# Of Samba's schema, what is needed here: Debian's slapd does not have it.
SAMBA = """
attributetype ( 1.3.6.1.4.1.7165.2.1.25 NAME 'sambaNTPassword' EQUALITY caseIgnoreIA5Match
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{32} SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.7165.2.1.27 NAME 'sambaPwdLastSet' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.7165.2.2.6 NAME 'sambaSamAccount' SUP top AUXILIARY
  MAY ( sambaNTPassword $ sambaPwdLastSet ) )
"""
SCHEMA = f"include {slapd.system.slapd_schema()}/nis.schema\n{SAMBA}moduleload argon2\n"
RIGHTS = """
access to dn.subtree="ou=people,{base}"
    attrs=sambaNTPassword,sambaPwdLastSet,shadowLastChange
  by dn.exact="{service_dn}" =w
"""
PASSWORD = "Sju lange nætter 7"


def rights(monkeypatch):
    first = "access to dn.subtree"
    monkeypatch.setattr(slapd, "CONFIGURATION",
                        slapd.CONFIGURATION.replace(first, RIGHTS.strip() + "\n" + first, 1))


def with_classes(site, person):
    site.slapd.change_person(person.uid, objectClass=[
        "inetOrgPerson", "posixAccount", "shadowAccount", "sambaSamAccount"],
        uidNumber="1000", gidNumber="1000", homeDirectory="/nonexistent")


def reset(site, person):
    link = ask_for_link(site, person)
    assert site.set_password(link, PASSWORD).heading == "Passordet er endret"
    assert site.can_bind(person.uid, PASSWORD)


def nt_hash(password):
    try:
        return hashlib.new("md4", password.encode("utf-16le")).hexdigest().upper()
    except ValueError:  # OpenSSL keeps MD4 in a provider of its own
        return slapd.subprocess.run(
            ["openssl", "dgst", "-md4", "-provider", "legacy", "-r"],
            input=password.encode("utf-16le"), capture_output=True,
            check=True).stdout.split()[0].decode().upper()


def test_samba_and_shadow_attributes_follow_the_password_where_the_classes_are(make_site,
                                                                               monkeypatch):
    rights(monkeypatch)
    site = make_site(slapd_lines=SCHEMA,
                     directives={"PwResetLDAPSamba": "on", "PwResetLDAPShadow": "on"})
    person, plain = site.someone(), site.someone()
    with_classes(site, person)
    reset(site, person)
    entry = site.slapd.person(person.uid)
    assert entry["sambaNTPassword"] == [nt_hash(PASSWORD)]
    assert abs(int(entry["sambaPwdLastSet"][0]) - time.time()) < 60
    assert abs(int(entry["shadowLastChange"][0]) - time.time() / 86400) < 2
    reset(site, plain)
    assert not {"sambaNTPassword", "shadowLastChange"} & set(site.slapd.person(plain.uid))
    log = site.httpd.error_log.read_text()
    assert "PWR0484" not in log and nt_hash(PASSWORD) not in log


def test_without_being_asked_none_of_them_is_written(make_site, monkeypatch):
    rights(monkeypatch)
    site = make_site(slapd_lines=SCHEMA)
    person = site.someone()
    with_classes(site, person)
    reset(site, person)
    assert not {"sambaNTPassword", "shadowLastChange"} & set(site.slapd.person(person.uid))


def test_what_may_not_be_written_is_told_and_the_password_holds(make_site):
    site = make_site(slapd_lines=SCHEMA, directives={"PwResetLDAPShadow": "on"})
    person = site.someone()
    with_classes(site, person)
    reset(site, person)
    assert "PWR0484" in site.httpd.error_log.read_text()


@pytest.mark.parametrize("password", [PASSWORD, "{SSHA}bokstavelig 1", " innrykk og æøå "])
def test_a_bare_server_gets_an_argon2_hash(make_site, password):
    site = make_site(slapd_lines=SCHEMA, policy={"pwdCheckQuality": "1"},
                     directives={"PwResetLDAPScheme": "argon2"})
    person = site.someone()
    link = ask_for_link(site, person)
    assert site.set_password(link, password).heading == "Passordet er endret"
    stored = site.slapd.read(f"uid={person.uid},{people.PEOPLE_DN}")["userPassword"]
    assert [value[:19] for value in stored] == ["{ARGON2}$argon2id$v"]
    assert site.can_bind(person.uid, password)
