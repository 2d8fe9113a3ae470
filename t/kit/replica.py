"""A read-only copy of a slapd (RFC 4533), as sites have them: it refers writes to its provider."""
import shutil
import time

from kit import people, system
from kit.slapd import Slapd

# Behind the provider's database.
PROVIDER = "overlay syncprov\nsyncprov-checkpoint 100 10"
CONSUMER = """\
syncrepl rid=1 provider={provider.url} type=refreshAndPersist searchbase="{base}" retry="1 +"
  bindmethod=simple binddn="{admin_dn}" credentials="{provider.admin_password}"
  keepalive=0:0:0 network-timeout=2 timeout=2
{updateref}
"""


def make_provider(slapd):
    """To be said before `prepare`."""
    slapd.global_lines += "\nmoduleload syncprov\nserverID 1"
    slapd.database_lines = PROVIDER


class Replica(Slapd):
    """`refers` to the provider for writes, or else just says that it takes none."""

    name = "slapd"

    def __init__(self, folder, ports, authority, provider, keeper=None, refers=True):
        super().__init__(folder, ports, authority, keeper)
        self.provider = provider
        self.service_password = provider.service_password
        self.intranet_password = provider.intranet_password
        updateref = f"updateref {provider.url}" if refers else ""
        self.database_lines = CONSUMER.format(
            provider=provider, base=people.BASE, admin_dn=people.ADMIN_DN, updateref=updateref)

    def prepare(self):
        """It begins empty and is filled by its provider."""
        system.give(self.folder, self.user, 0o711)
        system.give(self.folder / "db", self.user, 0o700)
        shutil.copy(self.authority.certificate, self.folder / "ca.pem")
        self.authority.issue(self.folder, self.user)
        system.write_private(self.folder / "slapd.conf", self.configuration(), self.user)

    def value(self, uid, name):
        import ldap3
        try:
            return self.person(uid).get(name)
        except (IndexError, ldap3.core.exceptions.LDAPException):
            return None

    def wait_for(self, uid, name, values, seconds=10.0):
        """Waits until its copy of this person has these values."""
        deadline = time.monotonic() + seconds
        while self.value(uid, name) != values:
            assert time.monotonic() < deadline, self.last_words()
            time.sleep(0.02)
