"""A postfix of one's own: its settings and queue in a folder, on a port of the loopback address. It takes mail for
example.org and throws it away."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from mail_fixture import free_port

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = relay.example.org
mydestination = example.org
alias_maps =
local_transport = discard:
local_recipient_maps = inline:{{kari=1,sso=1}}
smtpd_peername_lookup = no
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
"""


class Postfix:
    """`with Postfix(folder, smtpd_sender_restrictions="reject")`: settings beyond MAIN."""

    def __init__(self, folder, **settings):
        self.folder, self.port = Path(folder), free_port()
        for name in ("queue", "data"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "data", "postfix")
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.folder / "main.cf").write_text(MAIN.format(folder=self.folder) + lines)
        (self.folder / "master.cf").write_text(MASTER.format(port=self.port))
        for path in (self.folder, *self.folder.parents):  # postfix's own user must get through
            if path != Path("/") and path.stat().st_uid == os.getuid() and path != Path("/tmp"):
                path.chmod(path.stat().st_mode | 0o111)

    def __enter__(self):
        with (self.folder / "start").open("w") as said:
            self.process = subprocess.Popen(["postfix", "-c", self.folder, "start-fg"],
                                            stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        until = time.monotonic() + 30
        while not self.has_greeted():
            assert self.process.poll() is None and time.monotonic() < until, \
                (self.folder / "start").read_text()
            time.sleep(0.05)
        return self

    def has_greeted(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 10) as peer:
                return bool(peer.recv(1))
        except OSError:
            return False

    def __exit__(self, *_):
        # Debian's script does not become the master, which would outlive it.
        os.kill(int((self.folder / "queue" / "pid" / "master.pid").read_text()), signal.SIGTERM)
        self.process.wait(20)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port} NONE"


def has_postfix():
    return os.geteuid() == 0 and shutil.which("postfix") is not None \
        and "postfix" in {user.pw_name for user in pwd.getpwall()}
