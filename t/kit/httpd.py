"""Apache httpd with the event MPM, TLS and HTTP/2, the example intranet, and the module.

Nothing of the system's own configuration is used. httpd stays in the foreground of a session of its
own, so its pid is ours to signal, and a graceful restart works as on any other server.
"""
import os
import secrets
import shutil
import signal
import socket
import time

from kit import system
from kit.process import Server

SITE_SOURCE = system.ROOT / "demo" / "site"

MODULES = """
mpm_event authn_core authz_core authz_host authz_user alias dir mime env setenvif headers filter
include deflate reqtimeout status request session session_cookie session_crypto auth_form ldap
authnz_ldap socache_shmcb ssl http2
""".split()
# Built into the program on some systems, loadable on others.
PERHAPS = "unixd log_config logio version watchdog".split()

SERVER = """\
ServerRoot "{folder}"
{load}
{run_as}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile "{folder}/httpd.pid"
DefaultRuntimeDir "{folder}"
ErrorLog "{folder}/logs/error.log"
LogLevel {log_level}
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\" %D" detailed
CustomLog "{folder}/logs/access.log" detailed
ServerTokens Prod
ServerSignature Off
TraceEnable Off
Timeout 30
KeepAliveTimeout 15
ServerLimit 4
StartServers 2
ThreadsPerChild 32
MaxRequestWorkers 128
MinSpareThreads 32
MaxSpareThreads 128
GracefulShutdownTimeout 5
ExtendedStatus On
TypesConfig /dev/null
AddType text/html .html .shtml
AddType text/css .css
AddType image/svg+xml .svg
AddDefaultCharset utf-8
Protocols h2 http/1.1
SSLSessionCache "shmcb:{folder}/ssl-sessions(512000)"
LDAPTrustedGlobalCert CA_BASE64 "{ca_file}"
# The intranet asks the directory each time: a password must be known there at once.
LDAPSharedCacheSize 0
LDAPCacheEntries 0
LDAPOpCacheEntries 0
{server_lines}
<Directory />
    AllowOverride None
    Require all denied
</Directory>
"""

INTRANET = """\
DocumentRoot "{site}"
<Directory "{site}">
    Require all granted
    DirectoryIndex index.html index.shtml
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    AddOutputFilterByType DEFLATE text/html text/css image/svg+xml
    Header always setifempty Content-Security-Policy "default-src 'self'; frame-ancestors 'none'"
    Header always setifempty X-Content-Type-Options nosniff
</Directory>
Alias "/innlogging" "{site}/innlogging.shtml"
<Location "/innlogging">
    {form_login}
    AuthFormLoginSuccessLocation "/intranett/"
    ErrorDocument 401 /innlogging
    <If "%{{REQUEST_METHOD}} == 'POST'">
        SetHandler form-login-handler
    </If>
</Location>
<Location "/utlogging">
    {session}
    SetHandler form-logout-handler
    AuthFormLogoutLocation "/"
</Location>
<Location "/intranett">
    {form_login}
    AuthFormLoginRequiredLocation "/innlogging"
    Require valid-user
    Header always set Cache-Control "no-store"
</Location>
<Location "/glemt.shtml">
    Header always set Cache-Control "no-store"
</Location>
<Location "/server-status">
    SetHandler server-status
    Require local
</Location>
"""

SESSION = """Session On
    SessionCookieName intranett path=/;HttpOnly;Secure;SameSite=Lax
    SessionMaxAge 3600{crypto}"""

FORM_LOGIN = """AuthType form
    AuthName Intranett
    AuthFormProvider ldap
    AuthLDAPURL "{ldap_url}/{people_dn}?{login},cn?one?{filter}" TLS
    AuthLDAPBindDN "{intranet_dn}"
    AuthLDAPBindPassword "{intranet_password}"
    {session}"""

HOST = """\
<VirtualHost 127.0.0.1:{port}>
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCertificateFile "{folder}/cert.pem"
    SSLCertificateKeyFile "{folder}/key.pem"
{intranet}
{host_lines}
</VirtualHost>
"""


def load_lines():
    folder = system.apache_modules()
    present = [name for name in PERHAPS if os.path.exists(f"{folder}/mod_{name}.so")]
    chosen = present + [name for name in MODULES
                        if name != "session_crypto" or system.has_apr_crypto()]
    return "\n".join(f'LoadModule {name}_module "{folder}/mod_{name}.so"' for name in chosen)


def indented(text):
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


class Httpd(Server):
    """`server_lines` and `host_lines` go into the server and into the virtual host as they are.
    Variables PWRESET_HTTPD_X=... of our environment become X=... of httpd's, for sanitizers."""

    name = "httpd"

    def __init__(self, folder, port, authority, slapd, keeper=None):
        super().__init__(folder, keeper)
        self.port = port
        self.authority = authority
        self.slapd = slapd
        self.server_lines = ""
        self.host_lines = ""
        self.log_level = "info"
        self.site = folder.parent / "site"
        self.logs = folder / "logs"
        self.conf = folder / "httpd.conf"
        self.error_log = self.logs / "error.log"
        self.access_log = self.logs / "access.log"
        self.user = system.web_user()
        self.url = f"https://127.0.0.1:{port}"
        prefix = "PWRESET_HTTPD_"
        self.environment = {name[len(prefix):]: value for name, value in os.environ.items()
                            if name.startswith(prefix)}

    def argv(self):
        return [system.apache(), "-D", "FOREGROUND", "-d", self.folder, "-f", self.conf]

    def prepare(self):
        system.give(self.folder, None, 0o755)
        system.give(self.logs, None, 0o755)
        self.authority.issue(self.folder)
        # A copy, as the checkout may lie where httpd's user cannot go.
        shutil.copytree(SITE_SOURCE, self.site, dirs_exist_ok=True)
        for path in [self.site, *self.site.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        self.write_configuration()

    def write_configuration(self):
        system.write_private(self.conf, self.configuration())

    def configuration(self):
        run_as = f"User {self.user.pw_name}\nGroup #{self.user.pw_gid}" if self.user else ""
        server = SERVER.format(
            folder=self.folder, load=load_lines(), run_as=run_as, port=self.port,
            log_level=self.log_level, ca_file=self.authority.certificate,
            server_lines=self.server_lines)
        return server + HOST.format(
            port=self.port, folder=self.folder, intranet=indented(self.intranet()),
            host_lines=indented(self.host_lines))

    def intranet(self):
        crypto = ""
        if system.has_apr_crypto():
            crypto = f"\n    SessionCryptoPassphrase {secrets.token_hex(16)}"
        session = SESSION.format(crypto=crypto)
        form_login = FORM_LOGIN.format(
            ldap_url=self.slapd.url, people_dn=self.slapd.people_dn, login=self.slapd.login,
            filter=self.slapd.filter, intranet_dn=self.slapd.intranet_dn,
            intranet_password=self.slapd.intranet_password, session=session)
        return INTRANET.format(site=self.site, form_login=form_login, session=session)

    def is_ready(self):
        # The pid file comes last, so only then it is worth a connection.
        try:
            if self.pid != self.process.pid:
                return False
            socket.create_connection(("127.0.0.1", self.port), timeout=2).close()
            return True
        except (OSError, ValueError):
            return False

    def last_words(self, lines=15):
        said = super().last_words(lines)
        if self.error_log.exists():
            said += "\n" + "\n".join(self.error_log.read_text(errors="replace")
                                     .splitlines()[-lines:])
        return said

    def graceful(self):
        """A graceful restart; returns when the new generation has been started."""
        self.wait_for_log("resuming normal operations")  # before that, the signal would end it
        before = self.error_log.stat().st_size
        os.kill(self.pid, signal.SIGUSR1)
        self.wait_for_log("resuming normal operations", before)

    def wait_for_log(self, text, offset=0, seconds=10.0):
        """Waits until the error log says this, after a place in it."""
        deadline = time.monotonic() + seconds
        while text not in self.error_log.read_bytes()[offset:].decode(errors="replace"):
            if time.monotonic() > deadline:
                raise AssertionError(f"error log does not say {text!r}:\n{self.last_words()}")
            time.sleep(0.01)
