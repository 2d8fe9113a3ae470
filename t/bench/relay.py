"""The relay of the benches, a process of its own: takes every mail, keeps none, notes its moment.

STARTTLS, and no more of SMTP than a well-behaved client needs. It stands beside the kit's server
because that one spends longer on a mail than what is measured.
"""
import argparse
import asyncio
import os
import pwd
import re
import signal
import ssl
import time
from pathlib import Path

EXTENSIONS = ["mail.example.org", "SIZE 10485760", "8BITMIME", "SMTPUTF8"]


class Session(asyncio.Protocol):
    """One client. A mail's moment is taken when its last dot has come, before it is answered."""

    def __init__(self, context, notes):
        self.context, self.notes = context, notes
        self.is_safe = self.is_mail = self.is_switching = False
        self.buffer = b""
        self.recipients = []

    def connection_made(self, transport):
        self.transport = transport
        self.say("220 mail.example.org")

    def say(self, *lines):
        last = len(lines) - 1
        text = "".join(f"{line[:3]}{' ' if index == last else '-'}{line[4:]}\r\n"
                       for index, line in enumerate(lines))
        self.transport.write(text.encode())

    def data_received(self, data):
        self.buffer += data
        if not self.is_switching:
            self.work()

    def work(self):
        while (end := self.buffer.find(b"\r\n.\r\n" if self.is_mail else b"\r\n")) >= 0:
            if self.is_mail:
                self.take_mail()
                self.buffer = self.buffer[end + 5:]
            else:
                line, self.buffer = self.buffer[:end], self.buffer[end + 2:]
                self.obey(line.decode("utf-8", "replace"))

    def take_mail(self):
        now = time.monotonic_ns()
        os.write(self.notes, "".join(f"{now} {who}\n" for who in self.recipients).encode())
        self.is_mail, self.recipients = False, []
        self.say("250 2.0.0 OK")

    def obey(self, line):
        verb = line[:4].upper()
        if verb == "EHLO":
            offers = EXTENSIONS if self.is_safe else [*EXTENSIONS, "STARTTLS"]
            self.say(*(f"250 {offer}" for offer in offers))
        elif verb == "STAR" and not self.is_safe:
            self.say("220 2.0.0 Go on")
            self.is_switching = True
            self.switch = asyncio.ensure_future(self.start_tls())
        elif verb == "RCPT" and self.is_safe:
            self.recipients.append(re.search("<(.*?)>", line)[1])
            self.say("250 2.1.5 OK")
        elif verb == "DATA" and self.recipients:
            self.is_mail = True
            self.say("354 Go on")
        elif verb == "QUIT":
            self.say("221 2.0.0 Bye")
            self.transport.close()
        elif verb in ("RSET", "NOOP") or verb == "MAIL" and self.is_safe:
            self.recipients = []
            self.say("250 2.0.0 OK")
        else:
            self.say("503 5.5.1 Not now")

    async def start_tls(self):
        self.transport = await asyncio.get_running_loop().start_tls(
            self.transport, self, self.context, server_side=True)
        self.is_safe, self.is_switching = True, False
        self.work()  # what has come meanwhile could not be answered on the transport of before


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="where the pid file goes")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--notes", required=True, help="a pipe: nanoseconds and recipient")
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--user", help="becomes this user when started as root")
    return parser.parse_args()


async def serve(options):
    loop = asyncio.get_running_loop()
    is_over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    notes = os.open(options.notes, os.O_WRONLY)
    server = await loop.create_server(lambda: Session(context, notes), "127.0.0.1", options.port,
                                      backlog=256)
    (options.folder / "smtp.pid").write_text(f"{os.getpid()}\n")
    await is_over.wait()
    server.close()


def main():
    options = arguments()
    if options.user and os.geteuid() == 0:
        user = pwd.getpwnam(options.user)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
