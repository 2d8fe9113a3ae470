"""OpenLDAP's slapd with the password policy overlay and two hundred people, on its own port."""
import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager

from kit import people, system
from kit.process import Server, ServerError

CONFIGURATION = """\
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
{global_lines}
database mdb
suffix {base}
directory {folder}/db
maxsize {maxsize}
rootdn {admin_dn}
rootpw {admin_password}
index objectClass,uid,mail,entryUUID eq

# What the reset service may do, and no more: find people, read what the rules depend on, end a
# lock, order a change at the next login, and set a password without reading one.
{access_lines}access to dn.subtree="ou=people,{base}" attrs=userPassword
  by dn.exact="{service_dn}" =xw
  by self =xw
  by anonymous auth
access to dn.subtree="ou=people,{base}" attrs=pwdAccountLockedTime
  by dn.exact="{service_dn}" write
  by dn.exact="{intranet_dn}" read
access to dn.subtree="ou=people,{base}" attrs=pwdReset
  by dn.exact="{service_dn}" write
access to dn.subtree="ou=people,{base}"
    attrs=entry,objectClass,member,uniqueMember,uid,mail,cn,sn,givenName,displayName,preferredLanguage,{operational}
  by dn.exact="{service_dn}" read
  by dn.exact="{intranet_dn}" read
access to dn.subtree="ou=policies,{base}"
  by dn.exact="{service_dn}" read
access to dn.subtree="ou=services,{base}" attrs=userPassword
  by anonymous auth
access to dn.subtree="{base}" attrs=entry
  by dn.exact="{service_dn}" search
  by dn.exact="{intranet_dn}" search

overlay ppolicy
ppolicy_default {policy_dn}
ppolicy_hash_cleartext
ppolicy_use_lockout
{database_lines}
"""

OPERATIONAL = ",".join("""
entryUUID createTimestamp modifyTimestamp pwdChangedTime pwdAccountLockedTime
pwdAccountTmpLockoutEnd pwdFailureTime pwdGraceUseTime
pwdPolicySubentry pwdStartTime pwdEndTime
""".split())

# An anonymous simple bind and its answer's first bytes (RFC 4511 4.2).
BIND_REQUEST = bytes.fromhex("300c020101600702010304008000")
BIND_SUCCESS = bytes.fromhex("300c02010161070a0100")


class Slapd(people.Tree, Server):
    """`ports` are those of ldap:// and ldaps://. `policy` overrides values of the policy entry; a
    value None leaves the attribute out. `global_lines` goes into slapd.conf as it is, before the
    database; `database_lines`, set before `prepare`, behind it. It listens at `socket_url` too."""

    name = "slapd"

    access_lines = ""  # rules that come before all others; a subclass has them

    def __init__(self, folder, ports, authority, keeper=None, policy=None, global_lines=""):
        super().__init__(folder, keeper)
        self.port, self.tls_port = ports
        self.authority = authority
        self.policy = policy or {}
        self.global_lines = global_lines
        self.database_lines = ""
        self.maxsize = 64 << 20
        self.user = system.slapd_user()
        self.admin_password = secrets.token_urlsafe(18)
        self.service_password = secrets.token_urlsafe(18)
        self.intranet_password = secrets.token_urlsafe(18)
        self.url = f"ldap://127.0.0.1:{self.port}"
        self.tls_url = f"ldaps://127.0.0.1:{self.tls_port}"
        self.socket_url = f"ldapi://{str(folder / 'ldapi').replace('/', '%2F')}"

    def argv(self):
        who = ["-u", self.user.pw_name, "-g", str(self.user.pw_gid)] if self.user else []
        # A debug level, here that of statistics, keeps it in the foreground.
        return [system.program("slapd"), "-d", "stats", "-f", self.folder / "slapd.conf", *who,
                "-h", f"{self.url}/ {self.tls_url}/ {self.socket_url}/"]

    def prepare(self):
        system.give(self.folder, self.user, 0o711)
        system.give(self.folder / "db", self.user, 0o700)
        shutil.copy(self.authority.certificate, self.folder / "ca.pem")
        self.authority.issue(self.folder, self.user)
        system.write_private(self.folder / "slapd.conf", self.configuration(), self.user)
        self.load(self.ldif())

    def ldif(self):
        return people.ldif(self.service_password, self.intranet_password, self.policy)

    def configuration(self):
        return CONFIGURATION.format(
            schema=system.slapd_schema(), modules=system.slapd_modules(), folder=self.folder,
            base=people.BASE, admin_dn=people.ADMIN_DN, global_lines=self.global_lines,
            access_lines=self.access_lines, database_lines=self.database_lines, maxsize=self.maxsize,
            admin_password=people.hashed(self.admin_password, secrets.token_bytes(8)),
            service_dn=people.SERVICE_DN, intranet_dn=people.INTRANET_DN,
            policy_dn=people.POLICY_DN, operational=OPERATIONAL)

    def load(self, ldif):
        result = subprocess.run(
            [system.program("slapadd"), "-q", "-f", self.folder / "slapd.conf"], input=ldif,
            text=True, capture_output=True, check=False, **system.as_user(self.user))
        if result.returncode != 0:
            raise ServerError(f"slapadd failed:\n{result.stderr}")

    def is_ready(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(BIND_REQUEST)
                return connection.recv(64).startswith(BIND_SUCCESS)
        except OSError:
            return False

    def can_bind(self, uid, password):
        """Whether this person can log in with this password."""
        import ldap3
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, self.dn_of(uid), password)
        try:
            return connection.bind()
        finally:
            connection.unbind()

    @contextmanager
    def admin(self):
        """An ldap3 connection that may do everything. The policy does not bind it."""
        import ldap3
        server = ldap3.Server(self.url, get_info=ldap3.NONE)
        with ldap3.Connection(server, people.ADMIN_DN, self.admin_password,
                              auto_bind=True, raise_exceptions=True) as connection:
            yield connection

    def read(self, dn):
        """All attributes of an entry, the operational ones included: name to list of values."""
        with self.admin() as connection:
            connection.search(dn, "(objectClass=*)", "BASE", attributes=["*", "+"])
            raw = connection.response[0]["raw_attributes"]
        return {name: [value.decode(errors="surrogateescape") for value in values]
                for name, values in raw.items()}

    def person(self, uid):
        return self.read(self.dn_of(uid))

    def change(self, dn, **attributes):
        """Replaces attributes; [] removes one. Operational ones need slapd's relax control."""
        import ldap3
        relax = ("1.3.6.1.4.1.4203.666.5.12", True, None)
        changes = {name: [(ldap3.MODIFY_REPLACE, value if isinstance(value, list) else [value])]
                   for name, value in attributes.items()}
        with self.admin() as connection:
            connection.modify(dn, changes, controls=[relax])

    def change_person(self, uid, **attributes):
        self.change(self.dn_of(uid), **attributes)

    def age_failures(self, uids, seconds):
        """As if the failed logins of these people had happened so much earlier."""
        for uid in uids:
            entry = self.person(uid)
            times = {name: people.earlier(entry[name], seconds)
                     for name in ("pwdFailureTime", "pwdAccountLockedTime") if name in entry}
            if times:
                self.change_person(uid, **times)

    def change_policy(self, **attributes):
        self.change(people.POLICY_DN, **attributes)

    def password_writes(self):
        """How many password operations (RFC 3062) it has been sent so far, by its own log."""
        return self.log.read_text(errors="replace").count(" PASSMOD ")
