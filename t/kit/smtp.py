"""The SMTP server as the tests see it: start, stop, inbox, and refusals on order."""
import json
import os
import secrets
import socket
from pathlib import Path

from kit import system
from kit.inbox import Inbox
from kit.process import Server


class Smtp(Server):
    """`ports` are those of SMTP and of the inbox page. `has_tls` False offers no STARTTLS;
    `has_login` True demands AUTH with `user` and `password`."""

    name = "smtp"

    def __init__(self, folder, mail_dir, ports, authority, keeper=None, **options):
        super().__init__(folder, keeper)
        self.mail_dir = mail_dir
        self.port, self.inbox_port = ports
        self.authority = authority
        self.has_tls = options.get("has_tls", True)
        self.has_login = options.get("has_login", False)
        self.names = options.get("names", "IP:127.0.0.1,DNS:localhost")
        self.user, self.password = "relay", secrets.token_urlsafe(18)
        self.run_user = system.web_user()
        self.inbox = Inbox(mail_dir, folder / "envelopes.jsonl")
        self.inbox_url = f"http://127.0.0.1:{self.inbox_port}/"

    def argv(self):
        argv = [system.PYTHON, "-B", Path(__file__).with_name("smtp_process.py"),
                "--folder", self.folder, "--mail-dir", self.mail_dir,
                "--port", self.port, "--inbox-port", self.inbox_port]
        if self.has_tls:
            argv += ["--certificate", self.folder / "cert.pem", "--key", self.folder / "key.pem"]
        if self.has_login:
            argv += ["--login-file", self.folder / "login"]
        if self.run_user:
            argv += ["--user", self.run_user.pw_name]
        return argv

    def prepare(self):
        system.give(self.folder, self.run_user, 0o711)
        system.give(self.mail_dir, self.run_user, 0o700)
        self.authority.issue(self.folder, self.run_user, self.names)
        system.write_private(self.folder / "login", f"{self.user}:{self.password}\n",
                             self.run_user)

    def is_ready(self):
        # The pid file is written last, when both ports are open.
        try:
            if self.process is not None and self.pid != self.process.pid:
                return False
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(4) == b"220 "
        except (OSError, ValueError):
            return False

    def set_answers(self, answers):
        """{"kari@example.org": "451 4.3.0 Later"}: what it says to these recipients from now on."""
        path = self.folder / "answers.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(answers))
        partial.chmod(0o644)
        os.rename(partial, path)
