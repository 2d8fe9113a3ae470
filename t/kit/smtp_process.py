"""The SMTP server of a site, a process of its own: takes mail, writes each as a file as received.

With it in the same process runs the inbox page. It is started by `kit.smtp`, and by anybody again
with the same command line. Mails appear complete or not at all: written beside the folder, then
renamed into it.
"""
import argparse
import asyncio
import json
import os
import pwd
import re
import signal
import ssl
import sys
import time
from pathlib import Path

# This folder has modules with the names of others; the package's parent is what belongs here.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword  # noqa: E402

from kit import inbox_page  # noqa: E402

SIZE_LIMIT = 10 * 1024 * 1024


def next_number(folder):
    numbers = [int(name[:4]) for name in os.listdir(folder) if re.match(r"\d{4}-", name)]
    return max(numbers, default=0) + 1


SLOW = "*"


class Postman:
    """The handler of aiosmtpd. `answers` is a file {"address": "451 4.3.0 Later"} that is read for
    each recipient, so a test can have a refusal at once and take it back. A number of seconds at
    SLOW delays every recipient's answer."""

    def __init__(self, folder, mail_dir):
        self.mail_dir = mail_dir
        self.partial = folder / "mail.partial"
        self.envelopes = folder / "envelopes.jsonl"
        self.answers = folder / "answers.json"
        self.number = next_number(mail_dir)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        try:
            answers = json.loads(self.answers.read_text())
        except FileNotFoundError:
            answers = {}
        await asyncio.sleep(answers.get(SLOW, 0))
        if answers.get(address):
            return answers[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server, session, envelope):
        first = re.sub(r"[^A-Za-z0-9.@_+-]", "_", envelope.rcpt_tos[0])[:80]
        name = f"{self.number:04d}-{first}.eml"
        self.number += 1
        self.partial.write_bytes(envelope.original_content)
        with open(self.envelopes, "a", encoding="utf-8") as log:
            log.write(json.dumps({
                "file": name, "from": envelope.mail_from, "to": envelope.rcpt_tos,
                "options": envelope.mail_options, "tls": session.ssl is not None,
                "login": session.auth_data.login.decode() if session.auth_data else None,
                "time": time.time()}) + "\n")
        os.rename(self.partial, self.mail_dir / name)
        return f"250 2.0.0 OK {name[:4]}"


def authenticator(user, password):
    def check(_server, _session, _envelope, _mechanism, data):
        is_right = (isinstance(data, LoginPassword) and data.login == user.encode()
                    and data.password == password.encode())
        # handled=False lets aiosmtpd send the refusal; otherwise the client would wait for ever.
        return AuthResult(success=is_right, handled=False, auth_data=data)
    return check


def make_session(options, handler):
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
    login = {}
    if options.login_file:
        user, _, password = Path(options.login_file).read_text().strip().partition(":")
        login = {"authenticator": authenticator(user, password), "auth_required": True,
                 "auth_require_tls": context is not None}
    return lambda: SMTP(handler, hostname="mail.example.org", tls_context=context, timeout=60,
                        require_starttls=context is not None, data_size_limit=SIZE_LIMIT,
                        enable_SMTPUTF8=True, **login)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True, help="pid file and envelopes")
    parser.add_argument("--mail-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--inbox-port", type=int, required=True)
    parser.add_argument("--certificate", help="offers STARTTLS, and takes no mail without it")
    parser.add_argument("--key")
    parser.add_argument("--login-file", help="a line user:password; takes no mail without AUTH")
    parser.add_argument("--user", help="becomes this user when started as root")
    return parser.parse_args()


def become(name):
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


async def serve(options, sessions):
    loop = asyncio.get_running_loop()
    is_over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)
    server = await loop.create_server(sessions, "127.0.0.1", options.port, backlog=256)
    pages = inbox_page.start(options.inbox_port, options.mail_dir)
    pid_file = options.folder / "smtp.pid"
    pid_file.write_text(f"{os.getpid()}\n")
    await is_over.wait()
    server.close()
    pages.shutdown()
    pid_file.unlink(missing_ok=True)


def main():
    options = arguments()
    os.umask(0o077)
    if options.user and os.geteuid() == 0:
        become(options.user)
    postman = Postman(options.folder, options.mail_dir)
    asyncio.run(serve(options, make_session(options, postman)))


if __name__ == "__main__":
    main()
