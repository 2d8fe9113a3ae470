"""What the mail tests stand on: certificates made on the fly, a real SMTP server, and the program
t/unit/mail_smtp that sends over it."""
import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from kit.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
USER, PASSWORD = "mailer@example.org", "correct horse battery staple"


def program():
    build = Path(os.environ.get("PWR_BUILD", ROOT / "build"))
    return Path(os.environ.get("PWR_MAIL_PROGRAM", build / "t" / "unit" / "mail_smtp"))


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make_authority(folder, name):
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    return folder / f"{name}.pem"


def make_context(folder, authority, names):
    """A server's TLS context: a certificate for `names`, signed by that authority."""
    base = authority.stem + "-" + names.replace(":", "-")
    (folder / f"{base}.ext").write_text(f"subjectAltName={names}\n")
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=relay", "-keyout",
            f"{base}.key", "-out", f"{base}.csr")
    openssl(folder, "x509", "-req", "-in", f"{base}.csr", "-CA", authority.name, "-CAkey",
            f"{authority.stem}.key", "-set_serial", "7", "-days", "2", "-extfile", f"{base}.ext",
            "-out", f"{base}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{base}.pem", folder / f"{base}.key")
    return context


class Relay(Controller):
    """A real server. `mails` are (envelope, has_tls, helo) in order of arrival."""

    def __init__(self, starttls=None, smtps=None, wants_login=False, has_utf8=True):
        self.mails, self.connections, self.logins = [], 0, []
        options = {"enable_SMTPUTF8": has_utf8, "decode_data": False}
        if starttls:
            options.update(tls_context=starttls, require_starttls=True)
        if wants_login:
            options.update(authenticator=self.check_login, auth_required=True,
                           auth_require_tls=smtps is None)
        super().__init__(self, hostname="127.0.0.1", port=free_port(), ssl_context=smtps, **options)

    def factory(self):
        self.connections += 1
        return SMTP(self, **self.SMTP_kwargs)

    def start(self):
        super().start()
        self.connections = 0  # the controller itself knocks once
        return self

    def check_login(self, _server, _session, _envelope, mechanism, data):
        self.logins.append(mechanism)
        is_right = (isinstance(data, LoginPassword) and data.login == USER.encode()
                    and data.password == PASSWORD.encode())
        return AuthResult(success=is_right, handled=is_right)

    async def handle_DATA(self, _server, session, envelope):
        self.mails.append((envelope, session.ssl is not None, session.host_name))
        return "250 OK"

    def url(self, scheme="smtp", user=None, tls=""):
        login = user.replace("@", "%40") + "@" if user else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}{' ' + tls if tls else ''}"


@dataclass
class Outcome:
    kind: str
    tag: str
    relay: str
    spent: int  # milliseconds
    detail: str


@dataclass
class Report:
    mails: list
    closing: int  # milliseconds
    output: str   # everything that was printed or logged

    @property
    def only(self):
        assert len(self.mails) == 1, self.output
        return self.mails[0]


def send(relays, environment=None, **settings):
    """Runs the program. Settings are its environment without PWR_MAIL_, in lower case."""
    own = {"PATH": os.environ.get("PATH", ""), "PWR_MAIL_RELAYS": ",".join(relays)}
    own.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
    own.update(environment or {})
    own.update({f"PWR_MAIL_{name.upper()}": str(value) for name, value in settings.items()})
    done = subprocess.run([program()], env=own, capture_output=True, timeout=60, check=False)
    output = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, output
    mails, closing = [], None
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        fields = line.split("\t")
        if fields[0] == "CLOSED":
            closing = int(fields[1])
        else:
            mails.append(Outcome(fields[0], fields[1], fields[2], int(fields[3]), fields[4]))
    assert closing is not None, output
    return Report(mails, closing, output)
