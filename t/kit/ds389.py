"""389 Directory Server with its own password policy and two hundred people, on its own port.

dscreate writes to /etc/dirsrv and asks for systemd, so the instance is made by hand: the folder of
a server is its dse.ldif, its schema and its NSS database, and ns-slapd takes any folder. All of it
lies in the scratch folder, and nothing but 127.0.0.1 is listened on.
"""
import glob
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from kit import people, system
from kit.process import Server, ServerError

ROOT_DN = "cn=Directory Manager"
TEMPLATE = "/usr/share/dirsrv/data/template-dse.ldif"
OPERATIONAL = ["nsUniqueId", "nsAccountLock", "pwdPolicySubentry"]  # "+" leaves them out
# An anonymous simple bind and the success in its answer (RFC 4511 4.2).
BIND_REQUEST = bytes.fromhex("300c020101600702010304008000")
BIND_SUCCESS = bytes.fromhex("0a0100")
ACCESS = system.ROOT / "conf/examples/acl-389ds.ldif"

# Over the template's values in cn=config.
CONFIGURATION = """\
nsslapd-listenhost: 127.0.0.1
nsslapd-securelistenhost: 127.0.0.1
nsslapd-securePort: {tls_port}
nsslapd-security: on
nsslapd-pwpolicy-local: on
nsslapd-auditlog-logging-enabled: on
"""

POLICY = {
    "passwordCheckSyntax": "on", "passwordMinLength": "8", "passwordMinCategories": "1",
    "passwordMinTokenLength": "5", "passwordHistory": "on", "passwordInHistory": "5",
    "passwordLockout": "on", "passwordMaxFailure": "10", "passwordLockoutDuration": "300",
    "passwordTrackUpdateTime": "on", "passwordStorageScheme": "SSHA512"}

DATABASE = """
dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
objectClass: top
objectClass: extensibleObject
objectClass: nsBackendInstance
cn: userRoot
nsslapd-suffix: {base}
nsslapd-directory: {db}/userRoot
nsslapd-cachememsize: 4194304

dn: cn="{base}",cn=mapping tree,cn=config
objectClass: top
objectClass: extensibleObject
objectClass: nsMappingTree
cn: {base}
nsslapd-state: backend
nsslapd-backend: userRoot
"""

# Without them it reserves a tenth of the machine's memory for its caches, and syncs each write.
SMALL = """\
nsslapd-cache-autosize: 0
nsslapd-dbcachesize: 1000000
nsslapd-db-durable-transaction: off
"""


class Ds389(people.Tree, Server):
    """`ports` are those of ldap:// and ldaps://. `policy` overrides values of the global policy; a
    value None leaves the attribute out. `more` is LDIF that is loaded beside the people."""

    name = "ds389"

    def __init__(self, folder, ports, authority, keeper=None, policy=None, more=""):
        super().__init__(folder, keeper)
        self.port, self.tls_port = ports
        self.authority = authority
        self.policy = {**POLICY, **(policy or {})}
        self.more = more
        self.user = system.account("dirsrv")
        self.config = folder / "config"
        self.admin_password = secrets.token_urlsafe(18)
        self.service_password = secrets.token_urlsafe(18)
        self.intranet_password = secrets.token_urlsafe(18)
        self.url = f"ldap://127.0.0.1:{self.port}"
        self.tls_url = f"ldaps://127.0.0.1:{self.tls_port}"
        self.is_open = False

    def argv(self):
        # A debug level keeps it in the foreground.
        return [system.program("ns-slapd"), "-D", self.config, "-i", self.pid_file, "-d", "0"]

    def prepare(self):
        for name in ("", "config", "config/schema", "db", "logs", "run", "tmp"):
            system.give(self.folder / name, self.user, 0o711 if name == "" else 0o700)
        for path in glob.glob("/etc/dirsrv/schema/*.ldif"):
            self.take(path, self.config / "schema")
        for name in ("slapd-collations.conf", "certmap.conf"):
            self.take(f"/etc/dirsrv/config/{name}", self.config)
        self.make_certificates()
        system.write_private(self.config / "dse.ldif", self.configuration(), self.user)
        self.load(self.ldif())

    def take(self, source, folder):
        shutil.copy(source, folder)
        system.give(folder / Path(source).name, self.user, 0o600)

    def make_certificates(self):
        """NSS takes a certificate with its key as PKCS #12 alone."""
        certificate, key = self.authority.issue(self.config, None)
        bundle = self.config / "server.p12"
        database = f"sql:{self.config}"
        self.run("openssl", "pkcs12", "-export", "-name", "Server-Cert", "-in", certificate,
                 "-inkey", key, "-out", bundle, "-passout", "pass:")
        self.run("certutil", "-N", "-d", database, "--empty-password")
        self.run("pk12util", "-i", bundle, "-d", database, "-W", "", "-K", "")
        self.run("certutil", "-A", "-n", "CA", "-t", "CT,,", "-a", "-d", database, "-i",
                 self.authority.certificate)
        for path in self.config.iterdir():
            system.give(path, self.user, 0o700 if path.is_dir() else 0o600)

    @staticmethod
    def run(program, *arguments, text=None, **more):
        result = subprocess.run([system.program(program), *map(str, arguments)], input=text,
                                capture_output=True, text=True, check=False, **more)
        if result.returncode != 0:
            raise ServerError(f"{program} failed:\n{result.stdout}{result.stderr}")

    def configuration(self):
        folder = self.folder
        values = {
            "schema_dir": self.config / "schema", "lock_dir": folder / "run",
            "run_dir": folder / "run", "tmp_dir": folder / "tmp",
            "cert_dir": self.config, "ldif_dir": folder / "tmp",
            "bak_dir": folder / "tmp", "inst_dir": folder / "run", "log_dir": folder / "logs",
            "fqdn": "localhost", "ds_port": self.port, "rootdn": ROOT_DN,
            "ds_user": self.user.pw_name if self.user else pwd.getpwuid(os.getuid()).pw_name,
            "ds_passwd": people.hashed(self.admin_password, secrets.token_bytes(8)),
            "ds_suffix": people.BASE, "config_dir": self.config, "db_dir": folder / "db",
            "db_home_dir": folder / "db", "db_lib": "bdb", "ldapi": folder / "run" / "ldapi",
            "ldapi_enabled": "off", "ldapi_autobind": "off"}
        text = Path(TEMPLATE).read_text(encoding="utf-8")
        for name, value in values.items():
            text = text.replace(f"%{name}%", str(value))
        own = CONFIGURATION.format(tls_port=self.tls_port) + "".join(
            f"{name}: {value}\n" for name, value in self.policy.items() if value is not None)
        text = text.replace("dn: cn=config\ncn: config\n", f"dn: cn=config\ncn: config\n{own}", 1)
        text = text.replace("nsslapd-backend-implement:", SMALL + "nsslapd-backend-implement:", 1)
        return text.rstrip() + "\n" + DATABASE.format(base=people.BASE, db=folder / "db")

    def ldif(self):
        parts = [people.entry(people.BASE, {"objectClass": ["dcObject", "organization"],
                                            "dc": "example", "o": "Eksempel AS"})]
        parts += [people.unit_entry(name) for name in ("people", "services")]
        parts.append(people.service_entry(people.SERVICE_DN, self.service_password))
        parts.append(people.service_entry(people.INTRANET_DN, self.intranet_password))
        # An administrator disables an account by another attribute here.
        parts += [people.person_entry(person).replace("pwdAccountLockedTime: 000001010000Z",
                                                      "nsAccountLock: true")
                  for person in people.everybody()]
        return "\n".join([*parts, self.more])

    def load(self, ldif):
        path = system.write_private(self.folder / "tmp" / "base.ldif", ldif, self.user)
        self.run("ns-slapd", "ldif2db", "-D", self.config, "-n", "userRoot", "-i", path)

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(BIND_REQUEST)
                return BIND_SUCCESS in connection.recv(64)
        except OSError:
            return False

    def wait_until_ready(self):
        super().wait_until_ready()
        if not self.is_open:
            self.open_to_service()
            self.is_open = True

    def open_to_service(self):
        """Gives the service account the rights that the documentation shows."""
        secret = system.write_private(self.folder / "tmp" / "secret", self.admin_password)
        self.run("ldapmodify", "-x", "-H", self.url, "-D", ROOT_DN, "-y", secret, "-f", ACCESS)

    def can_bind(self, uid, password):
        """Whether this person can log in with this password."""
        connection = self.connection(self.dn_of(uid), password)
        try:
            return connection.bind()
        finally:
            connection.unbind()

    def connection(self, dn, password, **more):
        """An ldap3 connection, not yet bound. Nothing here needs TLS."""
        import ldap3
        return ldap3.Connection(ldap3.Server(self.url, get_info=ldap3.NONE), dn, password, **more)

    @contextmanager
    def admin(self):
        """An ldap3 connection that may do everything. The policy does not bind it."""
        with self.connection(ROOT_DN, self.admin_password, auto_bind=True,
                             raise_exceptions=True) as connection:
            yield connection

    def read(self, dn):
        """All attributes of an entry, the operational ones included: name to list of values."""
        with self.admin() as connection:
            connection.search(dn, "(objectClass=*)", "BASE", attributes=["*", "+", *OPERATIONAL])
            raw = connection.response[0]["raw_attributes"]
        return {name: [value.decode(errors="surrogateescape") for value in values]
                for name, values in raw.items() if values}

    def person(self, uid):
        return self.read(self.dn_of(uid))

    def change(self, dn, **attributes):
        """Replaces attributes; [] removes one."""
        import ldap3
        changes = {name: [(ldap3.MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                   for name, value in attributes.items()}
        with self.admin() as connection:
            connection.modify(dn, changes)

    def change_person(self, uid, **attributes):
        self.change(self.dn_of(uid), **attributes)

    def age_failures(self, uids, seconds):
        """As if the failed logins of these people had happened so much earlier."""
        for uid in uids:
            entry = self.person(uid)
            times = {name: people.earlier(entry[name], seconds)
                     for name in ("retryCountResetTime", "accountUnlockTime") if name in entry}
            if times:
                self.change_person(uid, **times)

    def change_policy(self, **attributes):
        """Of everybody who has no other policy."""
        self.change("cn=config", **attributes)

    def password_writes(self):
        """How many passwords it has been sent so far, by its own log."""
        log = self.folder / "logs" / "audit"
        return log.read_text(errors="replace").count("replace: userPassword") if log.exists() else 0
