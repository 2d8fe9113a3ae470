"""A fake SMTP server for what no real one does on request: wrong words, silence and closed connections at a
chosen moment. It speaks no TLS; tests that need mail delivered use a real server."""
from fake_server import FakeServer

CLOSE = "close"
HANG = "hang"

GOOD = {
    "connect": "220 fake.example.org ESMTP",
    "EHLO": "250-fake.example.org\r\n250-SIZE 1000000\r\n250 8BITMIME",
    "HELO": "250 fake.example.org",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    "mail": "250 2.0.0 taken",
    "QUIT": "221 bye",
}


class FakeSmtpFaults(FakeServer):
    """`FakeSmtpFaults(RCPT="550 no")` behaves well but for that. Moments: connect, the verbs, and
    `mail` for the reply to the mail itself. `idle` ends a session at the first command
    behind its mail, without a word or with one. `lines` is all that came in, bodies apart."""

    def __init__(self, **faults):
        self.idle = faults.pop("idle", None)  # what becomes of a session behind its mail: CLOSE, or last words
        self.script = {**GOOD, **faults}
        self.lines, self.has_body = [], False
        super().__init__()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port} NONE"

    def serve(self, peer):
        with peer.makefile("rb") as lines:
            self.talk(peer, lines)

    def talk(self, peer, lines):
        is_open = self.answer(peer, "connect")
        while is_open:
            line = lines.readline()
            if not line:
                return
            self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))
            verb = self.lines[-1][:4].upper()
            is_open = self.answer(peer, verb if verb in self.script else self.lines[-1].upper())
            if is_open and verb == "DATA" and self.script["DATA"].startswith("3"):
                self.swallow(lines)
                is_open = self.answer(peer, "mail")
                if is_open and self.idle is not None:
                    if lines.readline() and self.idle != CLOSE:
                        peer.sendall(self.idle.encode() + b"\r\n")
                    return
            if verb == "QUIT":
                return

    def swallow(self, lines):
        for line in lines:
            if line == b".\r\n":
                self.has_body = True
                return

    def answer(self, peer, moment):
        """Does what the script says; false ends the talk."""
        action = self.script.get(moment, "502 what?")
        if action == HANG:
            self.ended.wait()
            return False
        if action == CLOSE:
            return False
        peer.sendall(action.encode() + b"\r\n")
        return True
