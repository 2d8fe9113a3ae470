"""The mails that the SMTP server has written, and waiting for the next one."""
import email
import email.policy
import json
import re
import time
from pathlib import Path

LINK = re.compile(r"https?://[^\s<>\"]+")


class Mail:
    """One mail. `raw` is what came over the wire; `text` and `html` are its parts, decoded."""

    def __init__(self, path):
        self.path = path
        self.raw = path.read_bytes()
        self.message = email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def subject(self):
        return str(self.message["Subject"])

    @property
    def to(self):
        return [address.addr_spec for address in self.message["To"].addresses]

    def part(self, kind):
        body = self.message.get_body((kind,))
        return body.get_content() if body is not None else ""

    @property
    def text(self):
        return self.part("plain")

    @property
    def html(self):
        return self.part("html")

    @property
    def links(self):
        """Every link in the text part, in order."""
        return [link.rstrip(".,;)") for link in LINK.findall(self.text)]

    def __repr__(self):
        return f"<Mail {self.path.name} {self.subject!r}>"


class NoMail(AssertionError):
    """The awaited mail did not come in time."""


class Inbox:
    """Mails of one site. A mail that was waited for is not given again."""

    def __init__(self, mail_dir, envelopes):
        self.mail_dir = Path(mail_dir)
        self.envelope_log = envelopes
        self.taken = set()
        self.parsed = {}

    def paths(self):
        return sorted(self.mail_dir.glob("*.eml"))

    def all(self):
        return [self.mail(path) for path in self.paths()]

    def mail(self, path):
        """Read once: a mail never changes, and waiting looks often."""
        if path.name not in self.parsed:
            self.parsed[path.name] = Mail(path)
        return self.parsed[path.name]

    def unread(self, to=None):
        """Not yet taken, oldest first; for one address when `to` is given."""
        mails = [self.mail(path) for path in self.paths() if path.name not in self.taken]
        return [mail for mail in mails if to is None or to in mail.to]

    def wait(self, to=None, seconds=10.0):
        """Takes the oldest unread mail, waiting for it when there is none yet."""
        deadline = time.monotonic() + seconds
        while True:
            for mail in self.unread(to):
                self.taken.add(mail.path.name)
                return mail
            if time.monotonic() > deadline:
                raise NoMail(f"no mail to {to or 'anybody'} within {seconds} s; there are "
                             f"{[path.name for path in self.paths()]}")
            time.sleep(0.005)

    def envelopes(self):
        """What SMTP said of each mail: file, from, to, tls, login, time."""
        if not self.envelope_log.exists():
            return []
        return [json.loads(line) for line in self.envelope_log.read_text().splitlines()]

    def envelope_of(self, mail):
        return next(entry for entry in self.envelopes() if entry["file"] == mail.path.name)
