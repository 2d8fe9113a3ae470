"""Where this machine keeps the programs, and whom the servers run as.

Debian's places come first, then Fedora's. Nothing here starts anything.
"""
import glob
import os
import pwd
import shutil
import subprocess
from pathlib import Path

T_FOLDER = Path(__file__).resolve().parent.parent
ROOT = T_FOLDER.parent
PYTHON = "/usr/bin/python3"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Missing(Exception):
    """Something that this machine should have is not there."""


def program(*names):
    for name in names:
        found = shutil.which(name, path=SYSTEM_PATH)
        if found:
            return found
    raise Missing(f"the program {' or '.join(names)} is not installed")


def folder(what, *places):
    for place in places:
        if os.path.isdir(place):
            return place
    raise Missing(f"no folder with {what}: looked in {', '.join(places)}")


def apache():
    return program("apache2", "httpd")


def apache_modules():
    places = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"]
    return folder("httpd's modules", *places)


def slapd_modules():
    return folder("slapd's modules", "/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")


def slapd_schema():
    return folder("slapd's schema", "/etc/ldap/schema", "/etc/openldap/schema")


def has_apr_crypto():
    """The driver is a package of its own on some systems."""
    name = "apr-util-1/apr_crypto_openssl*.so"
    return bool(glob.glob(f"/usr/lib/*/{name}") or glob.glob(f"/usr/lib*/{name}"))


def account(*names):
    """The first of these users that exists when we are root, else None: everything runs as us."""
    if os.geteuid() != 0:
        return None
    for name in names:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Missing(f"no user {' or '.join(names)} on this machine")


def web_user():
    return account("www-data", "apache")


def slapd_user():
    return account("openldap", "ldap")


def as_user(user):
    """Keyword arguments for subprocess that run a program as this user."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give(path, user, mode):
    """Makes the folder or takes the file as it is; sets its mode, and its owner when we may."""
    path = Path(path)
    if not path.exists():
        path.mkdir(parents=True)
    path.chmod(mode)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def write_private(path, text, user=None):
    """A file with mode 0600 from its first byte on."""
    path = Path(path)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def closed_folder(path, user):
    """The first folder on the way to `path`, itself included, that `user` may not pass; or None."""
    if user is None:
        return None
    path = Path(path).resolve()
    for place in [*reversed(path.parents), path]:
        check = subprocess.run(["/usr/bin/test", "-x", place], check=False, **as_user(user))
        if check.returncode != 0:
            return place
    return None
