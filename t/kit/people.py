"""The two hundred people of Eksempel AS, always the same ones, as LDIF for slapadd.

Kari and Ola come first. Among the rest are those that a reset must treat with care: one disabled,
one without mail, two that share an address, one with two addresses.
"""
import base64
import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

BASE = "dc=example,dc=org"
PEOPLE_DN = f"ou=people,{BASE}"
ADMIN_DN = f"cn=admin,{BASE}"
SERVICE_DN = f"cn=pwreset,ou=services,{BASE}"
INTRANET_DN = f"cn=intranet,ou=services,{BASE}"
POLICY_DN = f"cn=default,ou=policies,{BASE}"
DOMAIN = "example.org"
COUNT = 200

# Everybody's password until it is reset.
PASSWORD = "Gammelt-passord-1"

DISABLED = "gunnar"
NOMAIL = "turid"
SHARED1 = "nina"
SHARED2 = "tor"
TWOMAILS = "liv"
SPECIAL = (DISABLED, NOMAIL, SHARED1, SHARED2, TWOMAILS)
SHARED_MAIL = f"resepsjon@{DOMAIN}"

GIVEN_NAMES = """
Kari Ola Ingrid Lars Anne Jan Solveig Per Astrid Bjørn Marit Kjell Berit Svein Liv Arne Gerd Knut
Randi Odd Eva Tor Bjørg Geir Inger Hans Hilde Morten Nina Terje Marianne Erik Elisabeth Anders Tone
Rune Kristin Trond Bente Tore Heidi Harald Hege Gunnar Turid Einar Silje Jon Camilla Kristian Ida
Martin Nora Jonas Emma Henrik Sara Magnus Julie Sindre Thea Eirik Åse Øystein Maria Stian Linn Espen
Ragnhild Frode Torill Øyvind Sissel Vidar Unni Roar Grete Sverre Ellen Leif Åshild Håkon Sigrid Olav
Guro Torbjørn Maren Asbjørn Synnøve Sigurd Ragna Halvor Tiril Ivar Vilde Trygve Frida Steinar Oda
Jørgen
""".split()

SURNAMES = """
Nordmann Hansen Johansen Olsen Larsen Andersen Pedersen Nilsen Kristiansen Jensen Karlsen Johnsen
Pettersen Eriksen Berg Haugen Hagen Johannessen Andreassen Jacobsen Dahl Jørgensen Henriksen Lund
Halvorsen Sørensen Jakobsen Moen Gundersen Iversen Strand Solberg Svendsen Eide Knutsen Martinsen
Paulsen Bakken Kristoffersen Mathisen Lie Amundsen Nguyen Rasmussen Lunde Solheim Moe Berge Nygård
Bakke
""".split()


@dataclass
class Person:
    uid: str
    given_name: str
    surname: str
    mails: list = field(default_factory=list)

    @property
    def dn(self):
        return f"uid={self.uid},{PEOPLE_DN}"


class Tree:
    """Where and how a directory keeps these people, as the settings of a site name it."""

    people_dn = PEOPLE_DN
    service_dn = SERVICE_DN
    intranet_dn = INTRANET_DN
    login = "uid"
    names = "mail,uid"  # what people may type
    filter = "(objectClass=inetOrgPerson)"
    special = ()  # who is treated otherwise by this directory, beside those above

    @staticmethod
    def dn_of(uid):
        return f"uid={uid},{PEOPLE_DN}"


def plain(name):
    """A name in the letters of a login name."""
    name = name.lower().replace("ø", "o").replace("æ", "ae")
    return unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()


def mails_of(uid, surname):
    if uid == NOMAIL:
        return []
    if uid in (SHARED1, SHARED2):
        return [SHARED_MAIL]
    if uid == TWOMAILS:
        return [f"{uid}@{DOMAIN}", f"{uid}.{plain(surname)}@{DOMAIN}"]
    return [f"{uid}@{DOMAIN}"]


def everybody():
    people = []
    for index in range(COUNT):
        round_number, place = divmod(index, len(GIVEN_NAMES))
        given_name = GIVEN_NAMES[place]
        surname = SURNAMES[(place // 2 * 7 + round_number * 11) % len(SURNAMES)]
        uid = plain(given_name) + (plain(surname)[:2] if round_number else "")
        people.append(Person(uid, given_name, surname, mails_of(uid, surname)))
    return people


def ordinary_uids():
    return [person.uid for person in everybody() if person.uid not in SPECIAL]


def hashed(password, salt):
    """RFC 2307's salted SHA-1, which is what slapd itself would store by default. Clear text in
    the LDIF would later lie in pwdHistory as clear text."""
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


def earlier(times, seconds):
    """Values of GeneralizedTime, so many seconds before; a fraction stays."""
    moved = []
    for value in times:
        whole = datetime.strptime(value[:14], "%Y%m%d%H%M%S") - timedelta(seconds=seconds)
        moved.append(whole.strftime("%Y%m%d%H%M%S") + value[14:])
    return moved


def entry(dn, attributes):
    lines = [f"dn: {dn}"]
    for name, values in attributes.items():
        for value in values if isinstance(values, list) else [values]:
            if value.isascii() and not value.startswith((" ", ":", "<")):
                lines.append(f"{name}: {value}")
            else:
                lines.append(f"{name}:: {base64.b64encode(value.encode()).decode()}")
    return "\n".join(lines) + "\n"


def person_entry(person):
    name = f"{person.given_name} {person.surname}"
    attributes = {
        "objectClass": "inetOrgPerson", "uid": person.uid, "cn": name, "sn": person.surname,
        "givenName": person.given_name, "displayName": name, "mail": person.mails,
        "userPassword": hashed(PASSWORD, person.uid.encode())}
    if person.uid == DISABLED:
        # For ever, as an administrator locks an account (draft-behera-ldap-password-policy 5.3.3).
        attributes["pwdAccountLockedTime"] = "000001010000Z"
    return entry(person.dn, attributes)


def service_entry(dn, password):
    return entry(dn, {
        "objectClass": ["applicationProcess", "simpleSecurityObject"],
        "cn": dn.partition(",")[0].partition("=")[2],
        "userPassword": hashed(password, dn.encode()[:8])})


POLICY = {
    "pwdAttribute": "userPassword", "pwdMinLength": "8", "pwdInHistory": "5",
    "pwdCheckQuality": "2", "pwdLockout": "TRUE", "pwdMaxFailure": "10",
    "pwdLockoutDuration": "300", "pwdSafeModify": "FALSE"}


def policy_entry(dn, overrides):
    chosen = {name: value for name, value in {**POLICY, **overrides}.items() if value is not None}
    return entry(dn, {"objectClass": ["device", "pwdPolicy"],
                      "cn": dn.partition(",")[0].partition("=")[2], **chosen})


def unit_entry(name):
    return entry(f"ou={name},{BASE}", {"objectClass": "organizationalUnit", "ou": name})


def ldif(service_password, intranet_password, policy):
    parts = [entry(BASE, {"objectClass": ["dcObject", "organization"], "dc": "example",
                          "o": "Eksempel AS"})]
    parts += [unit_entry(name) for name in ("people", "services", "policies")]
    parts.append(policy_entry(POLICY_DN, policy))
    parts.append(service_entry(SERVICE_DN, service_password))
    parts.append(service_entry(INTRANET_DN, intranet_password))
    parts += [person_entry(person) for person in everybody()]
    return "\n".join(parts)
