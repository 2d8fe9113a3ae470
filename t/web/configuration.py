"""A configuration that is judged and never served: `apache2 -t` on a few lines."""
import os
import re
import subprocess
from dataclasses import dataclass

from kit import build, system

DIRECTIVES_C = system.ROOT / "src" / "httpd" / "directives.c"
ROW = re.compile(r'^    ROW\("(\w+)"(.*?)\),\n(?=    ROW|    \{\.name = NULL\})', re.MULTILINE | re.DOTALL)

# The ten lines of the README, less LoadModule and the Location.
TEN_LINES = {
    "PwResetBaseURL": "https://intranet.example.org/passord",
    "PwResetLDAPURL": '"ldap://ldap.example.org/ou=people,dc=example,dc=org?mail,uid"',
    "PwResetLDAPBindDN": '"cn=pwreset,ou=services,dc=example,dc=org"',
    "PwResetLDAPBindPassword": "hemmelig",
    "PwResetRelay": "smtp://mail.example.org",
    "PwResetMailFrom": '"Eksempel AS <passord@example.org>"'}

SERVER = """\
ServerRoot "{folder}"
{load}
ServerName 127.0.0.1
Listen 127.0.0.1:9
PidFile "{folder}/httpd.pid"
DefaultRuntimeDir "{folder}"
ErrorLog "{folder}/error.log"
"""


@dataclass
class Row:
    """A row of the table of directives. `lowest` and `highest` are None where it has no range."""
    kind: str
    lowest: int = None
    highest: int = None


def number(text):
    """A product of whole numbers, as ranges are written."""
    value = 1
    for factor in text.split("*"):
        value *= int(factor)
    return value


def rows():
    """Every directive, read from the source, so that a new one cannot be forgotten."""
    source = DIRECTIVES_C.read_text(encoding="utf-8")
    found = {}
    for name, rest in ROW.findall(source):
        row = Row(re.search(r"\.kind = PWR_KIND_(\w+)", rest)[1])
        span = re.search(r"\.lowest = ([\d* ]+), \.highest = ([\d* ]+)", " ".join(rest.split()))
        if span:
            row.lowest, row.highest = number(span[1]), number(span[2])
        found[name] = row
    assert len(found) == source.count("ROW(\"")
    return found


class Configtest:
    """Lines in a folder of their own. `lines` are (directive, value as written) pairs."""

    def __init__(self, folder):
        self.folder = folder
        self.conf = folder / "httpd.conf"

    def write(self, lines, behind=""):
        """Returns the number of each line in the file, in order."""
        modules = ["mpm_event", "authz_core"]
        load = [f'LoadModule {name}_module "{system.apache_modules()}/mod_{name}.so"'
                for name in modules] + [f'LoadModule pwreset_module "{build.module()}"']
        if system.web_user():
            load += [f"User {system.web_user().pw_name}", f"Group #{system.web_user().pw_gid}"]
        head = SERVER.format(folder=self.folder, load="\n".join(load))
        text = head + "".join(f"{name} {value}\n" for name, value in lines) + behind
        self.conf.write_bytes(text.encode("utf-8", "surrogateescape"))
        first = head.count("\n") + 1
        return range(first, first + len(lines))

    def run(self, *arguments):
        prefix = "PWRESET_HTTPD_"  # for httpd alone, as in kit.httpd
        ours = {name[len(prefix):]: value for name, value in os.environ.items()
                if name.startswith(prefix)}
        argv = [system.apache(), "-t", "-d", self.folder, "-f", self.conf, *arguments]
        return subprocess.run(argv, capture_output=True, text=True, errors="surrogateescape",
                              check=False, timeout=60, env={**os.environ, **ours})

    def judge(self, lines, behind=""):
        """(whether it passed, what was said)"""
        self.write(lines, behind)
        result = self.run()
        assert result.returncode in (0, 1)
        return result.returncode == 0, result.stdout + result.stderr


def ten_lines(**changed):
    """The ten lines with some of them changed, added, or (None) left out."""
    chosen = {**TEN_LINES, "PwResetFiles": f'"{system.ROOT / "conf"}"', **changed}
    return [(name, value) for name, value in chosen.items() if value is not None]
