"""Runs the blocks of documents as a new administrator would, on a fresh file system of its own.

    unshare --mount --net --pid --fork --kill-child python3 fresh_machine.py PLAN RESULT

PLAN is JSON: {"scratch": folder, "root": this repository, "build": its build folder, "documents": {name:
[{"line", "language", "words", "text"}]}}. RESULT is a JSON list of {"document", "line", "status", "output"}, written
after each block. The file system is an overlay of the real one in memory: what is changed goes with the process, and
so do network and processes. A slapd as Debian's package makes it, a mail server, and certificates for the names
in the documents are there before the first block.
"""
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

ADMIN_PASSWORD = "adminhemmelig"
SUFFIX = "dc=example,dc=org"
HOSTS = ("intranet.example.org", "ldap.example.org", "mail.example.org")
HOME = Path("/srv/pwreset-documents")  # where files without a path are saved
MODULES = ("ssl", "include", "headers", "rewrite", "alias", "ldap", "authnz_ldap", "auth_form", "session",
           "session_cookie", "request", "remoteip", "reqtimeout", "status")
PEOPLE = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people

dn: uid=kari,ou=people,{SUFFIX}
objectClass: inetOrgPerson
uid: kari
cn: Kari Nordmann
sn: Nordmann
mail: kari@example.org
userPassword: Gammelt-passord-1
"""


def enter_overlay(scratch):
    """From here on the root is a copy that is written to memory."""
    run("mount", "-t", "tmpfs", "tmpfs", scratch)
    for name in ("upper", "work", "root"):
        (scratch / name).mkdir()
    root = scratch / "root"
    run("mount", "-t", "overlay", "overlay", "-o",
        f"lowerdir=/,upperdir={scratch / 'upper'},workdir={scratch / 'work'}", root)
    run("mount", "-t", "proc", "proc", root / "proc")
    run("mount", "--rbind", "/dev", root / "dev")
    run("mount", "-t", "tmpfs", "tmpfs", root / "run")
    run("ip", "link", "set", "lo", "up")
    os.chroot(root)
    os.chdir("/")


def run(*argv, **options):
    result = subprocess.run([str(part) for part in argv], capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{argv} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


def forget_what_is_installed():
    """What a fresh Debian does not have, and what the machine that runs the tests may have."""
    for path in ("/var/lib/mod_pwreset", "/usr/local/share/mod_pwreset", "/etc/ldap/slapd.d", "/var/lib/ldap"):
        shutil.rmtree(path, ignore_errors=True)
    for path in Path("/etc/apache2").glob("pwreset*"):
        path.unlink()
    HOME.mkdir(parents=True)
    for path in ("/run/lock", "/run/apache2", "/run/slapd"):
        Path(path).mkdir(exist_ok=True)
    Path("/run/lock").chmod(0o1777)
    # What is installed is taken as it is: there is no network to fetch a newer one from.
    Path("/etc/apt/apt.conf.d/99documents").write_text('APT::Get::Upgrade "false";\n', encoding="ascii")
    with open("/etc/hosts", "a", encoding="ascii") as hosts:
        hosts.write(f"127.0.0.1 localhost {' '.join(HOSTS)}\n")


def certificates():
    from kit.certs import Authority
    authority = Authority(HOME / "ca")
    shutil.copy(authority.certificate, "/usr/local/share/ca-certificates/documents.crt")
    run("update-ca-certificates")
    (HOME / "tls").mkdir()
    authority.issue(HOME / "tls", names=",".join(f"DNS:{host}" for host in HOSTS))
    shutil.copy(HOME / "tls/cert.pem", "/etc/ssl/certs/intranet.example.org.pem")
    shutil.copy(HOME / "tls/key.pem", "/etc/ssl/private/intranet.example.org.key")
    return authority


def start_slapd(authority):
    """As the postinst of Debian's package does, from its own file."""
    from kit import people, system
    user = system.slapd_user()
    ldif = Path("/usr/share/slapd/slapd.init.ldif").read_text(encoding="utf-8")
    ldif = ldif.replace("@SUFFIX@", SUFFIX).replace("@PASSWORD@", people.hashed(ADMIN_PASSWORD, b"saltsalt"))
    for path in ("/etc/ldap/slapd.d", "/var/lib/ldap", "/run/slapd", "/etc/ldap/tls"):
        Path(path).mkdir(exist_ok=True)
        shutil.chown(path, user.pw_uid, user.pw_gid)
    tls = ("olcTLSCertificateFile: /etc/ldap/tls/cert.pem\n"
           "olcTLSCertificateKeyFile: /etc/ldap/tls/key.pem\n")
    authority.issue(Path("/etc/ldap/tls"), user, ",".join(f"DNS:{host}" for host in HOSTS))
    ldif = ldif.replace("cn: config\n", "cn: config\n" + tls, 1)
    run("slapadd", "-n", "0", "-F", "/etc/ldap/slapd.d", input=ldif, **system.as_user(user))
    run("slapadd", "-F", "/etc/ldap/slapd.d", "-b", SUFFIX, input=PEOPLE, **system.as_user(user))
    run("slapd", "-F", "/etc/ldap/slapd.d", "-u", user.pw_name, "-g", str(user.pw_gid),
        "-h", "ldap:/// ldapi:///")


def start_mail_server(authority):
    from kit.smtp import Smtp
    HOME.chmod(0o755)
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("25\n")  # of this namespace: it is not root
    smtp = Smtp(HOME / "smtp", HOME / "mail", (25, 8025), authority, names="DNS:mail.example.org")
    smtp.prepare()
    smtp.start()
    return smtp


class Machine:
    def __init__(self, plan, result):
        self.plan = plan
        self.result = result
        self.documents = plan["documents"]
        self.results = []
        self.support_code = None
        self.smtp = None

    def prepare(self):
        forget_what_is_installed()
        authority = certificates()
        start_slapd(authority)
        self.smtp = start_mail_server(authority)
        self.certificate = authority.certificate

    def run_all(self):
        for name, blocks in self.documents.items():
            for block in blocks:
                self.tell(name, block["line"], *self.do(block))
            if name == "install.md":
                self.tell(name, 0, *self.first_reset())
                run("a2enmod", *MODULES)

    def tell(self, document, line, status, output):
        self.results.append({"document": document, "line": line, "status": status, "output": output})
        self.result.seek(0)
        json.dump(self.results, self.result)
        self.result.flush()

    def do(self, block):
        language, words, text = block["language"], block["words"], block["text"]
        if language in ("ldif", "apache", "c") and words:
            path = HOME / words  # an absolute path stays as it is
            path.write_text(text, encoding="utf-8")
            return 0, f"saved as {path}"
        if language == "apache":
            return self.configtest(text)
        if words.startswith("only make install"):
            text = f"make -C {self.plan['build']} install"
        return self.shell(text)

    def shell(self, text):
        """In a terminal, as programs ask for passwords there. The support code is that of the first reset."""
        if self.support_code:
            text = text.replace("6V1V-J96K", self.support_code)
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(HOME)
            os.environ["DEBIAN_FRONTEND"] = "noninteractive"
            os.execvp("bash", ["bash", "-e", "-o", "pipefail", "-c", text])
        output, asked = b"", 0
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                part = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            output += part
            if output.lower().count(b"password:") > asked:
                asked += 1
                os.write(terminal, ADMIN_PASSWORD.encode() + b"\n")
        else:
            os.kill(child, 9)
        _, status = os.waitpid(child, 0)
        os.close(terminal)  # not before: it hangs up
        return os.waitstatus_to_exitcode(status), output.decode(errors="replace")

    def configtest(self, text):
        """The block at the end of the virtual host, below the lines of install.md."""
        path = Path("/etc/apache2/pwreset.conf")
        before = path.read_text(encoding="utf-8")
        path.write_text(f"{before}\n{text}", encoding="utf-8")
        result = subprocess.run(["apachectl", "configtest"], capture_output=True, text=True, check=False)
        path.write_text(before, encoding="utf-8")
        return result.returncode, result.stdout + result.stderr

    def first_reset(self):
        """What step 7 says, with the form's age of three seconds that a person needs anyway."""
        from kit.browser import Browser
        try:
            browser = Browser(self.certificate)
            base = "https://intranet.example.org/passord"
            page = browser.get(f"{base}/")
            field = page.form.of_kind("text", "email")[0]
            time.sleep(3.1)  # PwResetFormAge, as a person without a script meets it
            sent = browser.submit(page, page.form, True, **{field.name: "kari"})
            self.support_code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", sent.text)[0]
            mail = self.smtp.inbox.wait("kari@example.org", 20)
            link = next(link for link in mail.links if "/r/" in link)
            page = browser.get(link)
            first, second = page.form.of_kind("password")
            new = "Et helt nytt passord 27"
            browser.submit(page, **{first.name: new, second.name: new})
            return 0, run("ldapwhoami", "-x", "-ZZ", "-H", "ldap://ldap.example.org", "-D",
                          f"uid=kari,ou=people,{SUFFIX}", "-w", new)
        except Exception as error:  # told as the result of this step  # pylint: disable=broad-except
            log = Path("/var/log/apache2/error.log")
            said = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            return 1, f"{type(error).__name__}: {error}\n{said}"


def main():
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.path.insert(0, f"{plan['root']}/t")
    with open(sys.argv[2], "w", encoding="utf-8") as result:  # opened on the real file system
        enter_overlay(Path(plan["scratch"]))
        machine = Machine(plan, result)
        machine.prepare()
        machine.run_all()


if __name__ == "__main__":
    main()
