"""A second node of a site: another httpd on the same database, with the same base URL, directory and relay."""
from urllib.parse import urlsplit, urlunsplit

from kit import build, system
from kit.httpd import Httpd


class Node:
    """`key` is the content of its key file; None: it makes one of its own. `module` and `conf` are those of
    another build of the module; `directives` overrides the site's. Its URLs are the site's with another port."""

    def __init__(self, site, key=None, module=None, conf=None, directives=None):
        self.site = site
        self.folder = site.folder / "node"
        self.state = self.folder / "state"
        self.httpd = Httpd(self.folder / "httpd", site.block[6], site.ca, site.slapd, site.keeper)
        self.httpd.log_level = site.httpd.log_level
        self.directives = directives or {}
        system.give(self.folder, None, 0o755)
        system.give(self.state, self.httpd.user, 0o700)
        if key is not None:
            self.key_file.write_bytes(key)
            system.give(self.key_file, self.httpd.user, 0o600)
        self.use(module, conf)

    @property
    def key_file(self):
        return self.state / "key"

    def use(self, module=None, conf=None):
        """Writes the configuration, with the site's module or with this one."""
        write_configuration(self.site, self.httpd, module, conf, {
            "PwResetKeyFile": f'"{self.key_file}"',
            "PwResetAuditLog": f'"{self.httpd.logs}/audit.log"', **self.directives})

    def start(self):
        self.httpd.prepare()
        self.httpd.start()

    def at(self, url):
        """The same page, asked of this node."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=f"127.0.0.1:{self.httpd.port}"))

    @property
    def reset_url(self):
        return self.at(self.site.reset_url)

    def ask(self, name):
        page = self.site.browser.get(f"{self.reset_url}/")
        return self.site.browser.submit(page, follow=False, name=name)


def write_configuration(site, httpd, module=None, conf=None, directives=None):
    """The module's lines into `httpd`, for this module and these files (None: the site's own)."""
    site.configure()
    lines = httpd_lines(site, module, conf, directives or {})
    host_lines = site.httpd.host_lines
    httpd.server_lines, httpd.host_lines = lines, host_lines
    if httpd.folder.exists():
        httpd.write_configuration()


def httpd_lines(site, module, conf, directives):
    secret = site.folder / "httpd" / "ldap-password"
    settings = {**site.settings(secret), **directives}
    if conf is not None:
        settings["PwResetFiles"] = f'"{conf}"'
    load = [f'LoadModule pwreset_module "{module or site.module}"']
    if module is None:
        load.append(f'LoadModule pwreset_captcha_module "{build.captcha_module()}"')
    return "\n".join([*load, *(f"{name} {value}" for name, value in settings.items()),
                      site.extra_server_lines])
