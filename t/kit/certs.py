"""A certificate authority for one site, and the certificates of its servers, made by openssl."""
import subprocess

from kit import system

NAMES = "IP:127.0.0.1,DNS:localhost"


def openssl(*arguments):
    result = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed:\n{result.stderr}")


KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


class Authority:
    """`certificate` and `key` are its files. One that is still good for a week is used again, so
    that a browser which trusts it goes on doing so."""

    def __init__(self, folder):
        folder.mkdir(mode=0o755, exist_ok=True)
        self.certificate = folder / "ca.pem"
        self.key = folder / "ca-key.pem"
        if not self.is_usable():
            self.make()

    def is_usable(self):
        if not (self.certificate.exists() and self.key.exists()):
            return False
        check = ["openssl", "x509", "-checkend", "604800", "-noout", "-in", self.certificate]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0

    def make(self):
        system.write_private(self.key, "")
        openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.certificate,
                "-days", 365, "-subj", "/CN=Eksempel AS test CA",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, folder, user=None, names=NAMES, days=365):
        """Writes cert.pem and key.pem for a server that runs as `user` into its folder."""
        certificate, key = folder / "cert.pem", folder / "key.pem"
        system.write_private(key, "")
        openssl("req", "-x509", "-CA", self.certificate, "-CAkey", self.key, *KEY,
                "-keyout", key, "-out", certificate, "-days", days, "-subj", "/CN=127.0.0.1",
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-addext", "keyUsage=critical,digitalSignature",
                "-addext", "extendedKeyUsage=serverAuth",
                "-addext", f"subjectAltName={names}")
        system.give(key, user, 0o600)
        system.give(certificate, user, 0o644)
        return certificate, key
