"""A real slapd in a scratch folder, with the least-privilege account that the program needs, and
fake servers for what a real one cannot be asked to do wrong."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from fake_server import FakeServer

from kit.ports import free_port

BASE = "dc=example,dc=org"
SERVICE_DN = "cn=pwreset,ou=services," + BASE
SERVICE_PASSWORD = "service-secret"
POLICY_DN = "cn=default,ou=policies," + BASE

READ = ("entry,objectClass,entryUUID,uid,mail,cn,displayName,pwdChangedTime,modifyTimestamp,"
        "pwdPolicySubentry,pwdAccountLockedTime,pwdStartTime,pwdEndTime")

# What the service account may do, and nothing else. The order matters: the first clause that
# names an attribute decides.
ACL = f"""
access to dn.base="" by * read
access to dn.base="cn=Subschema" by * read
access to dn.base="uid=guarded,ou=people,{BASE}" attrs=userPassword
  by anonymous auth
  by * none
access to dn.subtree="ou=people,{BASE}" attrs=userPassword
  by dn.exact="{SERVICE_DN}" =w
  by anonymous auth
  by * none
access to attrs=userPassword
  by anonymous auth
  by * none
access to dn.subtree="ou=people,{BASE}" attrs={READ}
  by dn.exact="{SERVICE_DN}" read
  by * none
access to dn.subtree="ou=policies,{BASE}"
  by dn.exact="{SERVICE_DN}" read
  by * none
access to dn.base="{BASE}" attrs=entry
  by dn.exact="{SERVICE_DN}" search
  by * none
access to * by * none
"""

CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/cert.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
authz-regexp "gidNumber=.*uidNumber={uid},cn=peercred,cn=external,cn=auth" "{service}"
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
directory {folder}/db
maxsize 67108864
index objectClass,entryUUID,uid,mail eq
overlay ppolicy
ppolicy_default "{policy}"
ppolicy_hash_cleartext
{acl}
"""


def person(uid, mails=(), *extra, klass="inetOrgPerson", password=None):
    name = uid.replace("\\", "\\5c")
    lines = [f"dn: uid={name},ou=people,{BASE}", f"objectClass: {klass}", f"uid: {uid}",
             f"cn: {uid}", f"sn: {uid}", f"userPassword: {password or 'start-' + uid}",
             "modifyTimestamp: 20200101000000Z"]
    return "\n".join(lines + [f"mail: {mail}" for mail in mails] + list(extra)) + "\n"


def policy(name, *rules):
    return "\n".join([f"dn: cn={name},ou=policies,{BASE}", "objectClass: device",
                      "objectClass: pwdPolicy", f"cn: {name}", "pwdAttribute: userPassword",
                      *rules]) + "\n"


def ldif(policies):
    entries = [f"dn: {BASE}\nobjectClass: domain\ndc: example\n"]
    for unit in ("people", "services", "policies"):
        entries.append(f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n")
    for name in ("pwreset", "robot"):
        entries.append(f"dn: cn={name},ou=services,{BASE}\nobjectClass: organizationalRole\n"
                       f"objectClass: simpleSecurityObject\ncn: {name}\n"
                       f"userPassword: {SERVICE_PASSWORD}\n")
    entries.append(policy("default", "pwdMinLength: 8", "pwdCheckQuality: 2", "pwdInHistory: 3",
                          "pwdLockout: TRUE", "pwdMaxFailure: 3"))
    if policies > 1:
        entries.append(policy("young", "pwdMinLength: 10", "pwdCheckQuality: 2",
                              "pwdMinAge: 3600"))
        entries.append(policy("loose", "pwdCheckQuality: 0"))
    young, loose = (f"pwdPolicySubentry: cn={name},ou=policies,{BASE}"
                    for name in ("young", "loose"))
    entries += [
        person("alice", ["alice@example.org"], "displayName:: QWxpY2Ugw4Vz"),
        person("bob", ["bob@example.org", "robert@example.org"]),
        person("carol", ["twins@example.org"]),
        person("dave", ["twins@example.org"]),
        person("erin"),
        person("frank", ["frank@example.org"], "pwdAccountLockedTime: 000001010000Z"),
        person("grace", ["grace@example.org"], young),
        person("heidi", ["heidi@example.org"]),
        person("ivan", ["ivan@example.org"], "pwdAccountLockedTime: 20200101000000Z"),
        person("judy", ["judy@example.org"]),
        person("guarded", ["guarded@example.org"]),
        person("leo", ["leo@example.org"], loose),
        person("mallory", ["mallory@example.org"]),
        person("o'neil*(x)\\y", ["oneil@example.org"]),
        person("robot", ["robot@example.org"], klass="account").replace(
            "sn: robot\n", "").replace("cn: robot\n", "").replace("mail: robot@example.org\n", "")
        .replace("objectClass: account", "objectClass: account\nobjectClass: simpleSecurityObject"),
    ]
    entries += [person(f"many{i}", ["many@example.org"]) for i in range(12)]
    return "\n".join(entries)


def die_with_parent():
    """A test that is killed must not leave its server behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "30",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True)


class Slapd:
    def __init__(self, folder, policies=2):
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.ca = folder / "cert.pem"
        (folder / "db").mkdir()
        make_certificate(folder)
        (folder / "slapd.conf").write_text(
            CONF.format(folder=folder, base=BASE, policy=POLICY_DN, acl=ACL, uid=os.getuid(),
                        service=SERVICE_DN))
        (folder / "base.ldif").write_text(ldif(policies))
        self.run("slapadd", "-q", "-f", folder / "slapd.conf", "-l", folder / "base.ldif")
        self.start()

    @staticmethod
    def run(*command):
        path = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
        done = subprocess.run([path, *command[1:]], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self):
        path = shutil.which("slapd", path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/openldap")
        with open(self.folder / "slapd.log", "ab") as log:
            self.process = subprocess.Popen(
                [path, "-d", "stats", "-f", self.folder / "slapd.conf", "-h",
                 f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/ "
                 f"ldapi://{str(self.folder / 'ldapi').replace('/', '%2F')}"],
                stdout=log, stderr=log, preexec_fn=die_with_parent)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.01)

    def log(self):
        return (self.folder / "slapd.log").read_text(errors="replace")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


# --- fakes ---

def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + body


def result(tag, code, *more):
    return tlv(tag, tlv(0x0A, bytes([code])), tlv(4), tlv(4), *more)


def read_exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def read_message(stream):
    """One LDAP message: its bytes, the id's own bytes, and the operation's tag."""
    head = read_exactly(stream, 2)
    size = head[1]
    if size & 0x80:
        more = read_exactly(stream, size & 0x7F)
        head, size = head + more, int.from_bytes(more, "big")
    body = read_exactly(stream, size)
    identity = body[: 2 + body[1]]
    return head + body, identity, body[len(identity)]


BIND, SEARCH, EXTENDED, UNBIND = 0x60, 0x63, 0x77, 0x42
SEARCH_DONE = 0x65
STARTTLS_OID = b"1.3.6.1.4.1.1466.20037"
ATTRIBUTES = {b"entryUUID": b"11", b"uid": b"alice", b"mail": b"alice@example.org",
              b"modifyTimestamp": b"20260101000000Z"}
ENTRY = tlv(0x64, tlv(4, b"uid=alice,ou=people," + BASE.encode()), tlv(0x30, *[
    tlv(0x30, tlv(4, name), tlv(0x31, tlv(4, value))) for name, value in ATTRIBUTES.items()]))
POLICY_CONTROL = tlv(0x30, tlv(4, b"1.3.6.1.4.1.42.2.27.8.5.1"), tlv(4, b"\x30\x7f\xa0\x01"))


class FakeHangingServer(FakeServer):
    """Accepts and never answers."""

    def serve(self, stream):
        self.wait_for_silence(stream)


class FakeScriptedServer(FakeServer):
    """Answers binds; what it does with other requests stands in `script` by name: "hang", "close",
    "half", "endless", "huge", "referral", "garbled", or "fine"."""

    def __init__(self, elsewhere=1, **script):
        self.script = script
        self.seen = []  # the requests that came, by name
        self.elsewhere = tlv(0xA3, tlv(4, b"ldap://127.0.0.1:%d/" % elsewhere))
        super().__init__()

    def serve(self, stream):
        while True:
            message, identity, tag = read_message(stream)
            name = {BIND: "bind", SEARCH: "search", EXTENDED: "write", UNBIND: "unbind"}.get(tag)
            if STARTTLS_OID in message:
                name = "starttls"
            self.seen.append(name)
            if name == "unbind":
                return
            answer = {BIND: 0x61, SEARCH: SEARCH_DONE, EXTENDED: 0x78}[tag]
            getattr(self, self.script.get(name, "fine"))(stream, identity, answer)

    def fine(self, stream, identity, answer):
        entry = tlv(0x30, identity, ENTRY) if answer == SEARCH_DONE else b""
        stream.sendall(entry + tlv(0x30, identity, result(answer, 0)))

    def hang(self, stream, *_):
        self.wait_for_silence(stream)

    def close(self, stream, *_):
        stream.close()

    def half(self, stream, identity, answer):
        stream.sendall(tlv(0x30, identity, result(answer, 0))[:-3])
        self.wait_for_silence(stream)

    def huge(self, stream, *_):
        stream.sendall(b"\x30\x84\x7f\xff\xff\xff" + b"\x02\x01\x01")
        self.wait_for_silence(stream)

    def endless(self, stream, identity, _):
        while True:
            stream.sendall(tlv(0x30, identity, ENTRY))

    def referral(self, stream, identity, answer):
        stream.sendall(tlv(0x30, identity, result(answer, 10, self.elsewhere)))

    def garbled(self, stream, identity, answer):
        stream.sendall(tlv(0x30, identity, result(answer, 19), tlv(0xA0, POLICY_CONTROL)))


class FakeDroppingProxy(FakeServer):
    """Stands before a real server and cuts every connection after its second search."""

    def __init__(self, port):
        self.behind = port
        self.seen = []  # the tags of the answers that were passed on
        super().__init__()

    def serve(self, stream):
        with socket.create_connection(("127.0.0.1", self.behind)) as server:
            threading.Thread(target=self.forward, args=(stream, server), daemon=True).start()
            searches = 0
            while True:
                message, _, tag = read_message(server)
                self.seen.append(tag)
                stream.sendall(message)
                searches += tag == SEARCH_DONE
                if searches == 2:
                    stream.shutdown(socket.SHUT_RDWR)
                    return

    def forward(self, stream, server):
        with contextlib.suppress(OSError):
            while True:
                message, _, _ = read_message(stream)
                server.sendall(message)
