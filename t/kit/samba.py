"""Samba as an Active Directory domain controller with the two hundred people, on a loopback address of
its own: its ports are fixed.

Provisioning takes seconds, so a filled domain is made once per build folder and copied for each
server. Everything needs root: the provisioning gives files to other users, and the ports are low.
"""
import base64
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from kit import build, people, ports, system
from kit.process import Server, ServerError

REALM = "AD.EXAMPLE.ORG"
BASE = "DC=ad,DC=example,DC=org"
PEOPLE_DN = f"OU=People,{BASE}"
SERVICES_DN = f"OU=Services,{BASE}"
SERVICE = "pwreset"
SERVICE_DN = f"CN={SERVICE},{SERVICES_DN}"
ADMIN = f"administrator@{REALM.lower()}"
POLICIES_DN = f"CN=Password Settings Container,CN=System,{BASE}"
DC_DN = f"CN=DC1,OU=Domain Controllers,{BASE}"
PASSWORD = people.PASSWORD
DISABLED = people.DISABLED
POLICY = {"complexity": "on", "min-pwd-length": 8, "history-length": 5, "min-pwd-age": 0,
          "max-pwd-age": 0, "account-lockout-threshold": 5, "account-lockout-duration": 5,
          "reset-account-lockout-after": 5}

# Who is told from the others by attributes that only a domain controller has.
EXPIRED = "per"
PROTECTED = "solveig"

FROM_1601_TO_1970 = 11644473600  # seconds
NORMAL_ACCOUNT, ACCOUNT_DISABLED, NEVER_EXPIRES = 0x200, 0x2, 0x10000

# What the reset service may do, as rights in SDDL: schema GUIDs are the same in every domain.
USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
PWD_LAST_SET = "bf967a0a-0de6-11d0-a285-00aa003049e2"
LOCKOUT_TIME = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
ON_PEOPLE = (f"(OA;CIIO;CR;{RESET_PASSWORD};{USER};{{sid}})"
             f"(OA;CIIO;RPWP;{PWD_LAST_SET};{USER};{{sid}})"
             f"(OA;CIIO;RPWP;{LOCKOUT_TIME};{USER};{{sid}})"
             f"(OA;CIIO;RPRC;;{USER};{{sid}})")
ON_POLICIES = "(A;CI;LCRPLORC;;;{sid})"

# The folder's own path stands in this file and nowhere else in a provisioned domain. As a rule the
# password before the last one goes on working for an hour; a test could not tell then which one holds.
CONFIGURATION = """\
[global]
netbios name = DC1
realm = {realm}
workgroup = EKSEMPEL
server role = active directory domain controller
server services = ldap kdc
interfaces = {address}/8
bind interfaces only = yes
ldap server require strong auth = allow_sasl_over_tls
old password allowed period = 0
private dir = {folder}/private
lock directory = {folder}
state directory = {folder}/state
cache directory = {folder}/cache
binddns dir = {folder}/bind-dns
pid directory = {folder}/state
ncalrpc dir = {folder}/state/ncalrpc
tls enabled = yes
tls keyfile = {folder}/key.pem
tls certfile = {folder}/cert.pem
tls cafile = {folder}/ca.pem
log level = 1 dsdb_password_audit:5
logging = file
log file = {folder}/samba.log
max log size = 0
"""

KERBEROS = """\
[libdefaults]
default_realm = {realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
{realm} = {{
  kdc = {address}
}}
[domain_realm]
{address} = {realm}
"""


def is_possible():
    """None when such a server can be started here, else a sentence that says why not."""
    if os.geteuid() != 0:
        return "Samba's domain controller needs root: run the tests as root to have it tested"
    try:
        system.program("samba-tool"), system.program("samba")
    except system.Missing as missing:
        return f"{missing}: apt-get install samba-ad-dc samba-ad-provision"
    return None


def tool(*arguments, seconds=120):
    """samba-tool asks questions when it thinks that it has something to ask."""
    done = subprocess.run([system.program("samba-tool"), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=seconds)
    if done.returncode != 0:
        raise ServerError(f"samba-tool {' '.join(map(str, arguments[:2]))} failed:\n{done.stderr}")
    return done.stdout


def quoted(password):
    """A password as unicodePwd takes it."""
    return f'"{password}"'.encode("utf-16-le")


def account(name, unit, password, control=NORMAL_ACCOUNT | NEVER_EXPIRES, **attributes):
    """An LDIF entry of somebody who can sign in."""
    lines = people.entry(f"CN={name},{unit}", {
        "objectClass": ["top", "person", "organizationalPerson", "user"], "sAMAccountName": name,
        "userPrincipalName": f"{name}@{REALM.lower()}", "userAccountControl": str(control),
        **attributes})
    return lines + f"unicodePwd:: {base64.b64encode(quoted(password)).decode()}\n"


def person(someone):
    name = f"{someone.given_name} {someone.surname}"
    control = NORMAL_ACCOUNT
    attributes = {"displayName": name, "givenName": someone.given_name, "sn": someone.surname}
    if someone.mails:
        attributes["mail"] = someone.mails[:1]
        attributes["proxyAddresses"] = ["SMTP:" + someone.mails[0],
                                        *("smtp:" + mail for mail in someone.mails[1:])]
    if someone.uid == DISABLED:
        control |= ACCOUNT_DISABLED
    if someone.uid == EXPIRED:
        attributes["accountExpires"] = "132000000000000000"  # in 2019
    if someone.uid == PROTECTED:
        attributes["adminCount"] = "1"
    return account(someone.uid, PEOPLE_DN, PASSWORD, control, **attributes)


def ldif(service_password):
    parts = [people.entry(dn, {"objectClass": ["top", "organizationalUnit"]})
             for dn in (PEOPLE_DN, SERVICES_DN)]
    parts.append(account(SERVICE, SERVICES_DN, service_password))
    parts += [person(someone) for someone in people.everybody()]
    return "\n".join(parts)


class Domain:
    """A provisioned and filled domain in a folder, not running."""

    def __init__(self, folder):
        self.folder = folder
        self.configuration = folder / "etc" / "smb.conf"
        self.database = folder / "private" / "sam.ldb"
        self.known = folder / "known.json"
        self.partition = folder / "private" / "sam.ldb.d" / f"{BASE.upper()}.ldb"

    def tool(self, *arguments):
        return tool(*arguments, "-H", self.database, "-s", self.configuration)

    def make(self):
        known = {"admin": secrets.token_urlsafe(18) + "+Aa1",
                 "service": secrets.token_urlsafe(18) + "+Aa1"}
        tool("domain", "provision", f"--realm={REALM}", "--domain=EKSEMPEL", "--server-role=dc",
             f"--adminpass={known['admin']}", "--dns-backend=NONE", "--host-name=dc1",
             "--host-ip=127.0.0.1", f"--targetdir={self.folder}")
        self.settle("127.0.0.1")
        self.tool("domain", "passwordsettings", "set",
                  *(f"--{name}={value}" for name, value in POLICY.items()))
        self.load(ldif(known["service"]))
        known["sid"] = self.sid_of(SERVICE)
        self.allow(PEOPLE_DN, ON_PEOPLE, known["sid"])
        self.allow(POLICIES_DN, ON_POLICIES, known["sid"])
        tool("domain", "exportkeytab", self.folder / "service.keytab",
             f"--principal={SERVICE}@{REALM}", "-s", self.configuration)
        system.write_private(self.known, json.dumps(known))

    def settle(self, address):
        self.configuration.write_text(CONFIGURATION.format(
            realm=REALM, folder=self.folder, address=address))

    def load(self, text, *partition):
        done = subprocess.run([system.PYTHON, "-B", "-m", "kit.samba_load", self.configuration,
                               *partition], input=text, capture_output=True, text=True, check=False,
                              cwd=system.T_FOLDER, timeout=120)
        if done.returncode != 0:
            raise ServerError(f"the people could not be loaded:\n{done.stderr}")

    def age_password(self, uid, days):
        """As if it had been set so many days ago."""
        ticks = int((time.time() - days * 86400 + FROM_1601_TO_1970) * 10000000)
        self.load(f"dn: CN={uid},{PEOPLE_DN}\nchangetype: modify\nreplace: pwdLastSet\n"
                  f"pwdLastSet: {ticks}\n-\n", self.partition)

    def sid_of(self, name):
        for line in self.tool("user", "show", name, "--attributes=objectSid").splitlines():
            if line.startswith("objectSid: "):
                return line.partition(": ")[2]
        raise ServerError(f"{name} has no SID")

    def allow(self, dn, rights, sid):
        self.tool("dsacl", "set", f"--objectdn={dn}", f"--sddl={rights.format(sid=sid)}")


def filled_domain():
    """The folder of a domain to copy. A change of the files that make it makes a new one."""
    texts = b"".join((system.T_FOLDER / "kit" / name).read_bytes()
                     for name in ("samba.py", "samba_load.py", "people.py"))
    place = build.folder() if build.may_write(build.folder()) else Path("/var/tmp")
    cache = place / f"samba-ad-{hashlib.sha256(texts).hexdigest()[:16]}"
    place.mkdir(parents=True, exist_ok=True)
    with open(place / ".samba-ad.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not cache.exists():
            for older in place.glob("samba-ad-*"):
                shutil.rmtree(older)
            making = place / f"samba-ad-{os.getpid()}"
            making.mkdir(mode=0o700)
            Domain(making).make()
            making.rename(cache)
    return cache


class SambaAd(people.Tree, Server):
    """`policy` overrides POLICY's values, which samba-tool's passwordsettings knows. `more` is LDIF
    that is loaded beside the people. Its ports are fixed: of `_ports` it makes no use."""

    name = "samba"
    people_dn = PEOPLE_DN
    service_dn = intranet_dn = SERVICE_DN
    login = "sAMAccountName"
    names = "mail,sAMAccountName,userPrincipalName,proxyAddresses"
    filter = "(&(objectCategory=person)(objectClass=user))"
    special = (EXPIRED, PROTECTED)

    def __init__(self, folder, _ports, authority, keeper=None, policy=None, more=""):
        super().__init__(folder, keeper)
        self.authority = authority
        self.policy = policy or {}
        self.more = more
        self.domain = Domain(folder)
        self.holder, self.address = own_address()
        self.url = f"ldap://{self.address}"
        self.tls_url = f"ldaps://{self.address}"
        self.keytab = folder / "service.keytab"
        self.principal = f"{SERVICE}@{REALM}"
        self.kerberos = folder / "krb5.conf"
        self.ca = folder / "ca.pem"

    @staticmethod
    def dn_of(uid):
        return f"CN={uid},{PEOPLE_DN}"

    def argv(self):
        return [system.program("samba"), "-s", self.domain.configuration, "-F", "-M", "single",
                "--no-process-group"]

    def prepare(self):
        shutil.copytree(filled_domain(), self.folder, dirs_exist_ok=True)
        self.domain.settle(self.address)
        shutil.copy(self.authority.certificate, self.ca)
        self.authority.issue(self.folder, names=f"IP:{self.address}")
        known = json.loads(self.domain.known.read_text())
        self.admin_password, self.service_password = known["admin"], known["service"]
        self.intranet_password = self.service_password
        self.service_sid = known["sid"]
        # A client that knows the server by its address asks for a ticket to that.
        self.domain.load(f"dn: {DC_DN}\nchangetype: modify\nadd: servicePrincipalName\n"
                         f"servicePrincipalName: ldap/{self.address}\n-\n")
        if self.more:
            self.domain.load(self.more)
        self.kerberos.write_text(KERBEROS.format(realm=REALM, address=self.address))
        if self.policy:
            self.domain.tool("domain", "passwordsettings", "set",
                             *(f"--{name}={value}" for name, value in self.policy.items()))

    @property
    def pid(self):
        return int((self.folder / "state" / "samba.pid").read_text())

    def is_ready(self):
        try:
            with socket.create_connection((self.address, 636), timeout=2):
                return True
        except OSError:
            return False

    def close(self):
        self.stop()
        self.holder.close()

    def connection(self, user, password):
        import ldap3
        import ssl
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(self.ca))
        server = ldap3.Server(self.address, port=636, use_ssl=True, tls=tls, get_info=ldap3.NONE)
        return ldap3.Connection(server, user, password, raise_exceptions=False)

    def can_bind(self, uid, password):
        """Whether this person can log in with this password."""
        connection = self.connection(self.dn_of(uid), password)
        try:
            return connection.bind()
        finally:
            connection.unbind()

    @contextmanager
    def admin(self):
        """An ldap3 connection of a domain administrator."""
        import ldap3
        connection = self.connection(ADMIN, self.admin_password)
        connection.raise_exceptions = True
        if not connection.bind():
            raise ldap3.core.exceptions.LDAPBindError(str(connection.result))
        try:
            yield connection
        finally:
            connection.unbind()

    def read(self, dn, attributes=("*", "msDS-User-Account-Control-Computed",
                                   "msDS-ResultantPSO", "msDS-KeyVersionNumber")):
        with self.admin() as connection:
            connection.search(dn, "(objectClass=*)", "BASE", attributes=list(attributes))
            raw = connection.response[0]["raw_attributes"]
        return {name: [value.decode(errors="surrogateescape") for value in values]
                for name, values in raw.items()}

    def person(self, uid):
        return self.read(self.dn_of(uid))

    def change(self, dn, **attributes):
        """Replaces attributes; [] removes one."""
        import ldap3
        changes = {name.replace("__", "-"):
                   [(ldap3.MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                   for name, value in attributes.items()}
        with self.admin() as connection:
            connection.modify(dn, changes)

    def change_person(self, uid, **attributes):
        self.change(self.dn_of(uid), **attributes)

    def age_failures(self, uids, seconds):
        """As if the failed logins of these people had happened so much earlier."""
        names = ("badPasswordTime", "lockoutTime")
        parts = []
        with self.admin() as connection:
            for uid in uids:
                connection.search(self.dn_of(uid), "(objectClass=*)", "BASE", attributes=names)
                raw = connection.response[0]["raw_attributes"]
                ticks = {name: int(raw[name][0]) for name in names if raw.get(name)}
                parts += [f"dn: {self.dn_of(uid)}\nchangetype: modify\nreplace: {name}\n"
                          f"{name}: {value - seconds * 10000000}\n-\n"
                          for name, value in ticks.items() if value]
        if parts:
            self.domain.load("\n".join(parts), self.domain.partition)

    def set_password(self, uid, password):
        self.change_person(uid, unicodePwd=quoted(password))

    def change_policy(self, **attributes):
        """Attributes of the domain's head: minPwdLength, pwdHistoryLength, minPwdAge, ..."""
        self.change(BASE, **attributes)

    def add_policy(self, name, *uids, **values):
        """A fine-grained policy (PSO) for these people."""
        settings = {"length": 8, "history": 0, "complex": "TRUE", "age": 0, "life": 0,
                    "lock": 0, "window": 1800, **values}
        window = str(settings["window"] * -10000000)
        life = settings["life"] * -10000000 or -9223372036854775808
        text = people.entry(f"CN={name},{POLICIES_DN}", {
            "objectClass": ["top", "msDS-PasswordSettings"],
            "msDS-PasswordSettingsPrecedence": "10",
            "msDS-MinimumPasswordLength": str(settings["length"]),
            "msDS-PasswordHistoryLength": str(settings["history"]),
            "msDS-PasswordComplexityEnabled": settings["complex"],
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-MinimumPasswordAge": str(settings["age"] * -10000000),
            "msDS-MaximumPasswordAge": str(life), "msDS-LockoutThreshold": str(settings["lock"]),
            "msDS-LockoutObservationWindow": window, "msDS-LockoutDuration": window,
            "msDS-PSOAppliesTo": [f"CN={uid},{PEOPLE_DN}" for uid in uids]})
        self.domain.load(text)

    def password_writes(self):
        """How many passwords have been set or changed so far, by its own log."""
        text = (self.folder / "samba.log").read_text(errors="replace")
        return text.count("[Reset]") + text.count("[Change]")

    def lock(self, uid, wrong="Feil-passord-9"):
        """As somebody who has forgotten the password would."""
        deadline = time.monotonic() + 20
        while not int(self.person(uid).get("lockoutTime", ["0"])[0]):
            self.can_bind(uid, wrong)
            if time.monotonic() > deadline:
                raise ServerError(f"{uid} does not get locked")


def own_address():
    """A loopback address that no other server of these tests has; its ports are fixed."""
    for last in range(20, 250):
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(f"\0mod_pwreset-address-{last}")
            with socket.socket() as probe:
                probe.bind((f"127.0.0.{last}", 389))
            return holder, f"127.0.0.{last}"
        except OSError:
            holder.close()
    raise ports.NoFreePorts("no loopback address is free")
