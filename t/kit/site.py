"""A whole site: certificate authority, slapd, SMTP server with inbox, httpd with the module.

    with Site.in_scratch() as site:
        site.ask("kari")
        link = site.link_of(site.mail_to("kari@example.org"))
        assert site.set_password(link, "Et nytt passord 1").heading == "Passordet er endret"
        assert site.can_bind("kari", "Et nytt passord 1")

The demo starts the same site in a folder that stays.
"""
import re
import shutil
import threading
import time

from kit import build, people, ports, system
from kit.browser import Browser
from kit.certs import Authority
from kit.httpd import Httpd
from kit.scratch import Keeper, Scratch
from kit.slapd import Slapd
from kit.smtp import Smtp

PORT_COUNT = 8
PREFIX = "/passord"
CONF_SOURCE = system.ROOT / "conf"


def seconds_of(duration):
    """httpd's way of writing a duration ("1s", "500ms", "2min"; seconds without a unit)."""
    number, unit = re.fullmatch(r"(\d+)(ms|s|mi|min|h)?", str(duration)).groups()
    return int(number) * {"ms": 0.001, "s": 1, "mi": 60, "min": 60, "h": 3600, None: 1}[unit]


class Site:
    """Not started before `start`. `block` is a ports.Block of PORT_COUNT: httpd, inbox, SMTP, LDAP,
    LDAPS, and three that are free for the test.

    Options: `module` a path, or None for a site without it; `directives` overrides the module's
    lines by name (None drops one); `captcha` False leaves out mod_pwreset_captcha; `server_lines`, `host_lines` for httpd; `log_level`;
    `directory` another class than Slapd, with its `policy` and `slapd_lines`; `smtp` a dictionary
    for Smtp.
    """

    def __init__(self, folder, block, keeper=None, **options):
        self.folder = folder
        self.block = block
        self.keeper = keeper
        self.module = options.pop("module", "built")
        if self.module == "built":
            self.module = build.module()
        self.has_captcha = options.pop("captcha", True)
        self.directives = options.pop("directives", {})
        self.extra_server_lines = options.pop("server_lines", "")
        self.extra_host_lines = options.pop("host_lines", "")
        self.on_close = []
        self.ca = Authority(folder / "ca")
        directory = options.pop("directory", Slapd)
        self.slapd = directory(folder / "slapd", (block[3], block[4]), self.ca, keeper,
                               options.pop("policy", None), options.pop("slapd_lines", ""))
        self.smtp = Smtp(folder / "smtp", folder / "mail", (block[2], block[1]), self.ca, keeper,
                         **options.pop("smtp", {}))
        self.httpd = Httpd(folder / "httpd", block[0], self.ca, self.slapd, keeper)
        self.httpd.log_level = options.pop("log_level", self.default_log_level())
        if options:
            raise TypeError(f"unknown options: {', '.join(options)}")
        self.servers = [self.slapd, self.smtp, self.httpd]
        self.inbox = self.smtp.inbox
        self.url = self.httpd.url
        self.login_url = f"{self.url}/innlogging"
        self.reset_url = f"{self.url}{PREFIX}"
        self.state = folder / "state"
        self.database = self.state / "pwreset.db"
        self.audit_log = self.httpd.logs / "audit.log"
        self.browser = Browser(self.ca.certificate)
        self.untouched = [uid for uid in people.ordinary_uids()[2:]
                          if uid not in self.slapd.special]

    @classmethod
    def in_scratch(cls, keeper=None, **options):
        """A started site in a folder of its own that is gone with it."""
        own_keeper = None if keeper else Keeper()
        keeper = keeper or own_keeper
        scratch = Scratch(keeper)
        block = ports.take(PORT_COUNT)
        try:
            site = cls(scratch.folder, block, keeper, **options)
        except BaseException:
            scratch.close()
            raise
        site.on_close = [block.release, scratch.close]
        if own_keeper:
            site.on_close.append(own_keeper.close)
        try:
            site.start()
        except BaseException:
            site.close()
            raise
        return site

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def default_log_level(self):
        # mod_ssl tells of each connection at info, which hides everything else.
        return "info ssl:warn" + ("" if self.module is None else " pwreset:debug")

    # Starting and ending

    def prepare(self):
        """Writes everything anew: a fresh directory, no mail, an empty database."""
        for name in ("slapd", "smtp", "mail", "httpd", "state", "site", "conf"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        system.give(self.state, self.httpd.user, 0o700)
        if CONF_SOURCE.exists():
            shutil.copytree(CONF_SOURCE, self.folder / "conf")
            for path in [self.folder / "conf", *(self.folder / "conf").rglob("*")]:
                path.chmod(0o755 if path.is_dir() else 0o644)
        self.slapd.prepare()
        self.smtp.prepare()
        self.configure()
        self.httpd.prepare()

    def configure(self):
        """The module's lines, from the settings as they are now."""
        self.httpd.server_lines = self.extra_server_lines
        self.httpd.host_lines = self.extra_host_lines
        if self.module is None:
            return
        secret = self.folder / "httpd" / "ldap-password"
        secret.parent.mkdir(mode=0o755, exist_ok=True)
        system.write_private(secret, self.slapd.service_password)
        captcha = f'LoadModule pwreset_captcha_module "{build.captcha_module()}"'
        lines = [f'LoadModule pwreset_module "{self.module}"', *([captcha] * self.has_captcha),
                 *(f"{name} {value}" for name, value in self.settings(secret).items())]
        self.httpd.server_lines = "\n".join([*lines, self.extra_server_lines])
        self.httpd.host_lines = "\n".join([
            f'<Location "{PREFIX}">', "    SetHandler pwreset", "    Require all granted",
            "</Location>", self.extra_host_lines])

    def settings(self, secret):
        chosen = {
            "PwResetBaseURL": self.reset_url,
            "PwResetLDAPURL": f'"{self.slapd.url}/{self.slapd.people_dn}?{self.slapd.names}?sub'
                              f'?{self.slapd.filter}" STARTTLS',
            "PwResetLDAPBindDN": f'"{self.slapd.service_dn}"',
            "PwResetLDAPBindPassword": f'"file:{secret}"',
            "PwResetLDAPTrustedCA": f'"{self.ca.certificate}"',
            "PwResetRelay": f"smtp://127.0.0.1:{self.smtp.port} "
                            f"{'STARTTLS' if self.smtp.has_tls else 'NONE'}",
            "PwResetRelayTrustedCA": f'"{self.ca.certificate}"',
            "PwResetMailFrom": '"Eksempel AS <passord@example.org>"',
            "PwResetStore": f'sqlite3 "{self.database}"',
            "PwResetKeyFile": f'"{self.state / "key"}"',
            "PwResetAuditLog": f'"{self.audit_log}"',
            "PwResetFiles": f'"{self.folder / "conf"}"',
            "PwResetOrganisation": '"Eksempel AS"',
            "PwResetContact": '"IT-hjelp, tlf. 22 00 00 00"',
            "PwResetRegistry": '"lønnsansvarlig i firmaet"',
            "PwResetLoginURL": "/innlogging",
            "PwResetMinLength": "8",
            "PwResetFormAge": "1s",
            "PwResetLanguage": "nb",
            "PwResetTimeZone": "Europe/Oslo"}
        chosen.update(self.directives)
        return {name: value for name, value in chosen.items() if value is not None}

    def start(self):
        self.prepare()
        self.slapd.launch()
        self.smtp.launch()
        self.slapd.wait_until_ready()
        self.smtp.wait_until_ready()
        self.httpd.start()

    def stop(self):
        """Ends the servers, all at once."""
        enders = [threading.Thread(target=server.stop) for server in self.servers]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()

    def close(self):
        self.stop()
        self.slapd.close()
        for action in self.on_close:
            action()

    # What a person does

    def ask(self, name, browser=None, follow=True):
        """Fills in the request form for this name and sends it; returns the page after it."""
        browser = browser or self.browser
        page = browser.get(f"{self.reset_url}/")
        age = seconds_of(self.directives.get("PwResetFormAge", "1s"))
        if age:
            time.sleep(age + 0.05)
        form = page.form
        fields = form.of_kind("text", "email")
        field = next((f for f in fields if "username" in f.attributes.get("autocomplete", "")),
                     fields[0])
        ticked = {box.name: box.checked_value for box in form.of_kind("checkbox")}
        return browser.submit(page, form, follow, **{field.name: name, **ticked})

    def mail_to(self, address, seconds=10.0):
        """The oldest unread mail to this address; waits for it."""
        return self.inbox.wait(address, seconds)

    def link_of(self, mail):
        """The link "Angi nytt passord"."""
        return self.own_link(mail, "r")

    def stop_link_of(self, mail):
        """The link "not me"."""
        return self.own_link(mail, "stop")

    def own_link(self, mail, place):
        """Whoever chose a language has it in the link."""
        own = f"{self.reset_url}(/[A-Za-z-]{{2,}})?/{place}/"
        beginning = next((m[0] for m in (re.match(own, link) for link in mail.links) if m), own)
        return self.link_with(mail, beginning)

    @staticmethod
    def link_with(mail, beginning):
        for link in mail.links:
            if link.startswith(beginning):
                return link
        raise AssertionError(f"no link {beginning}... in {mail}:\n{mail.text}")

    def set_password(self, link, password, repeated=None, browser=None, follow=True):
        """Opens the link and types the password twice; returns the page after it."""
        browser = browser or self.browser
        page = browser.get(link)
        first, second = page.form.of_kind("password")
        typed = {first.name: password, second.name: password if repeated is None else repeated}
        return browser.submit(page, follow=follow, **typed)

    def can_bind(self, uid, password):
        return self.slapd.can_bind(uid, password)

    def login(self, uid, password):
        """Logs in on the intranet's own page; True when it lets this person in."""
        page = self.browser.post(self.login_url, follow=False, pairs={
            "httpd_username": uid, "httpd_password": password})
        return page.status == 302 and page.headers["Location"].endswith("/intranett/")

    def someone(self):
        """An ordinary person whom no test has used yet, so that tests leave each other alone."""
        uid = self.untouched.pop(0)
        return next(person for person in people.everybody() if person.uid == uid)

    def env(self):
        """What a script from outside needs to know, in the demo's names."""
        return {
            "PWRESET_URL": self.reset_url, "LOGIN_URL": self.login_url,
            "INBOX_URL": self.smtp.inbox_url, "CA_FILE": self.ca.certificate,
            "LDAP_URL": self.slapd.url, "LDAP_BASE": people.BASE,
            "LDAP_ADMIN_DN": people.ADMIN_DN, "LDAP_ADMIN_PASSWORD": self.slapd.admin_password,
            "MAIL_DIR": self.smtp.mail_dir, "SMTP_PORT": self.smtp.port,
            "HTTPD_CONF": self.httpd.conf, "HTTPD_PIDFILE": self.httpd.pid_file,
            "ERROR_LOG": self.httpd.error_log, "ACCESS_LOG": self.httpd.access_log,
            "AUDIT_LOG": self.audit_log, "DB_FILE": self.database,
            "SLAPD_PIDFILE": self.slapd.pid_file, "SMTP_PIDFILE": self.smtp.pid_file,
            "PEOPLE": " ".join(people.ordinary_uids()), "DISABLED": people.DISABLED,
            "NOMAIL": people.NOMAIL, "SHARED1": people.SHARED1, "SHARED2": people.SHARED2,
            "TWOMAILS": people.TWOMAILS}
