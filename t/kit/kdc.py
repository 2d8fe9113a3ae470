"""A Kerberos realm (MIT's krb5kdc) on loopback: a key for each of its services, in keytabs.

    kdc = Kdc(folder, port); kdc.prepare(); kdc.start()
    keytab = kdc.keytab("pwreset", owner)
    environment["KRB5_CONFIG"] = kdc.conf
"""
import socket
import subprocess

from kit import system
from kit.process import Server, ServerError

REALM = "EXAMPLE.ORG"

# Names are taken as they are written: 127.0.0.1 is a host like any other.
CONFIGURATION = """\
[libdefaults]
 default_realm = {realm}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 {realm} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 127.0.0.1 = {realm}
"""

SERVER = """\
[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {realm} = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
 }}
[logging]
 kdc = FILE:{folder}/krb5kdc.log
"""


class Kdc(Server):
    name = "kdc"

    def __init__(self, folder, port, keeper=None):
        super().__init__(folder, keeper)
        self.port = port
        self.conf = folder / "krb5.conf"
        self.environment = {"KRB5_CONFIG": str(self.conf),
                            "KRB5_KDC_PROFILE": str(folder / "kdc.conf")}

    def argv(self):
        return [system.program("krb5kdc"), "-n", "-P", self.pid_file]

    def prepare(self):
        system.give(self.folder, None, 0o755)
        values = {"realm": REALM, "port": self.port, "folder": self.folder}
        self.conf.write_text(CONFIGURATION.format(**values))
        self.conf.chmod(0o644)
        (self.folder / "kdc.conf").write_text(SERVER.format(**values))
        self.run("kdb5_util", "create", "-s", "-P", "no matter", "-r", REALM)

    def run(self, name, *arguments):
        result = subprocess.run(
            [system.program(name), *map(str, arguments)], capture_output=True, text=True,
            check=False, env={"PATH": system.SYSTEM_PATH, **self.environment})
        if result.returncode != 0:
            raise ServerError(f"{name} failed:\n{result.stderr}")

    def keytab(self, principal, owner=None):
        """Makes the principal, with keys that are nowhere but in this file."""
        path = self.folder / (principal.replace("/", "-") + ".keytab")
        for query in (f"addprinc -randkey {principal}", f"ktadd -k {path} {principal}"):
            self.run("kadmin.local", "-r", REALM, "-q", query)
        return system.give(path, owner, 0o600)

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            return True
        except OSError:
            return False
