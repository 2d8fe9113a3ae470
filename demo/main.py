"""The demo: builds what is not up to date, starts a site in a folder that stays, tells about it.

`demo/run` calls this when the packages are there. The site itself is that of the tests (t/kit).
"""
import argparse
import fcntl
import hashlib
import os
import pwd
import selectors
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "t")

from kit import build, people, ports, process, site, system  # noqa: E402
from kit.scratch import Keeper  # noqa: E402

FIRST_PORT = 8443
MARK = ".mod_pwreset-demo"
PIECES = ("slapd", "smtp", "mail", "httpd", "state", "site", "conf", "ca", "env")
# In a demo everybody is one client, 127.0.0.1, and one person tries the flow over and over.
GENEROUS = {"PwResetClientLimits": "5000 10000 20000", "PwResetSiteLimits": "20000 40000",
            "PwResetMailsPerHour": "100", "PwResetMailsPerDay": "1000"}


class Refused(Exception):
    """The demo cannot start or stop; the text says why and what to do."""


class Ended(Exception):
    """A signal asked us to end."""


def say(text=""):
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Whoever listened has gone; the demo goes on without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def arguments():
    parser = argparse.ArgumentParser(
        prog="demo/run", description="An example intranet whose forgotten passwords are reset.")
    parser.add_argument("--detach", action="store_true", help="leave it running")
    parser.add_argument("--stop", action="store_true", help="end the demo of this folder")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where its files lie")
    parser.add_argument("--port", type=int, metavar="N", default=FIRST_PORT,
                        help=f"the first port (default {FIRST_PORT}); the next ones are used too")
    options = parser.parse_args()
    if not 1 <= options.port <= 65535 - site.PORT_COUNT:
        parser.error(f"--port must be between 1 and {65535 - site.PORT_COUNT}")
    options.dir = Path(os.path.realpath(options.dir)) if options.dir else own_folder()
    if set(str(options.dir)) & set("\"'\\${}%\n"):
        parser.error("the name of DIR has a character that configuration files do not take")
    return options


def own_folder():
    """One for each user and checkout. Not in the checkout, which httpd's user may not reach."""
    who = pwd.getpwuid(os.geteuid()).pw_name
    which = hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]
    return Path(tempfile.gettempdir()) / f"mod_pwreset-demo-{who}-{which}"


def claim_folder(folder):
    """Makes the folder or sees that it is ours to write to; returns the lock on it."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Refused(f"{folder} belongs to somebody else: choose another with --dir DIR")
    if not (folder / MARK).exists():
        foreign = [piece for piece in PIECES if (folder / piece).exists()]
        if foreign:
            raise Refused(f"{folder} has things in it that are not the demo's "
                          f"({', '.join(foreign)}): choose another with --dir DIR")
    lock = open(folder / MARK, "a", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(f"a demo in {folder} is just being started or stopped") from None
    return lock


def open_way(folder):
    """As root the servers drop their privileges and must still come to their files."""
    if os.geteuid() != 0:
        return
    folder.chmod(folder.stat().st_mode | 0o011)
    for user in (system.web_user(), system.slapd_user()):
        closed = system.closed_folder(folder, user)
        if closed:
            raise Refused(f"the user {user.pw_name}, as whom a server runs, may not pass through "
                          f"{closed}: run `chmod o+x {closed}`, or choose another folder with "
                          f"--dir DIR")


def read_env(folder):
    try:
        lines = (folder / "env").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines)


def running(folder):
    """Pids of the servers of this folder's demo, whoever has started them last."""
    env = read_env(folder)
    pids = []
    for key in ("HTTPD_PIDFILE", "SMTP_PIDFILE", "SLAPD_PIDFILE"):
        try:
            pid = int(Path(env[key]).read_text())
        except (KeyError, OSError, ValueError):
            continue
        if process.is_running(pid) and str(folder) in " ".join(process.argv_of(pid)):
            pids.append(pid)
    return pids


def leftovers(folder):
    """Servers of this folder that no pid file tells of, such as the children of a killed httpd."""
    marks = {str(folder / "httpd/httpd.conf"), str(folder / "slapd/slapd.conf"),
             str(folder / "smtp")}
    servers = ("apache2", "httpd", "slapd", "python3")
    found = []
    for pid in process.all_pids():
        argv = process.argv_of(pid)
        if argv and os.path.basename(argv[0]) in servers and marks & set(argv):
            found.append(pid)
    return found


def stop(folder):
    # The one that waits for Ctrl-C ends its servers itself; what is left is ended here.
    if (folder / "demo.pid").exists():
        pid = int((folder / "demo.pid").read_text() or 0)
        if any("demo/main.py" in part for part in process.argv_of(pid)):
            process.send([pid], signal.SIGTERM)
            process.wait_gone([pid], 10)
    heads = running(folder)
    left = leftovers(folder)
    sessions = process.sessions_of([*heads, *left])
    process.end(heads)
    process.end_sessions(sessions)
    (folder / "demo.pid").unlink(missing_ok=True)
    return bool(heads or left)


def built_module(folder):
    """PWRESET_MODULE=none starts without the module, for work on the demo itself."""
    if os.environ.get("PWRESET_MODULE") == "none":
        return None
    return build.build(lambda what: say(f"  {what} ..."), folder / "build")


def free_ports(first):
    block = ports.take(site.PORT_COUNT, first)
    if block.first != first:
        say(f"  a port from {first} on is taken, so the ports from {block.first} on are used")
    return block


def write_env(folder, demo):
    text = "".join(f"{key}={value}\n" for key, value in demo.env().items())
    partial = system.write_private(folder / "env.partial", text)
    os.rename(partial, folder / "env")


def tell(env):
    base = env["PWRESET_URL"].rsplit("/", 1)[0]
    folder = Path(env["ERROR_LOG"]).parents[2]
    say()
    say(f"  The intranet    {base}/")
    say(f"  Its login page  {env['LOGIN_URL']}   with the link \"Glemt ditt passord?\"")
    say(f"  The inbox       {env['INBOX_URL']}   every mail of everybody")
    say()
    say(f"  Be kari (kari@{people.DOMAIN}) or ola; everybody's password is {people.PASSWORD}")
    say(f"  {env['DISABLED']} is disabled, {env['NOMAIL']} has no mail, {env['SHARED1']} and "
        f"{env['SHARED2']} share one, {env['TWOMAILS']} has two.")
    say(f"  The browser will warn: the certificate is by the demo's own CA, {env['CA_FILE']}")
    say(f"  Logs            {env['ERROR_LOG']}")
    say(f"  For scripts     {folder}/env")
    say()


def raise_ended(*_signal):
    raise Ended


def wait_for_end(demo):
    """Until a signal, or until all servers are gone. One that ends alone may be started again by
    somebody who tries what happens, so the others go on."""
    with selectors.DefaultSelector() as selector:
        for server in demo.servers:
            handle = os.pidfd_open(server.process.pid)
            selector.register(handle, selectors.EVENT_READ, server)
        while selector.get_map():
            for key, _ in selector.select():
                selector.unregister(key.fileobj)
                os.close(key.fileobj)
                key.data.process.wait()
                say(f"  {key.data.name} has ended; the end of its log:\n{key.data.last_words(3)}")


def on_signals(action):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)


def start(options):
    folder = options.dir
    on_signals(raise_ended)
    lock = claim_folder(folder)
    if running(folder):
        say(f"The demo in {folder} runs already. End it with: demo/run --stop --dir {folder}")
        tell(read_env(folder))
        return
    stop(folder)
    open_way(folder)
    say("[1/3] Building the module")
    module = built_module(folder)
    say("[2/3] Looking for free ports")
    block = free_ports(options.port)
    # A detached demo has nobody to live and die with.
    keeper = None if options.detach else Keeper()
    say("[3/3] Starting slapd, the SMTP server and httpd")
    demo = site.Site(folder, block, keeper, module=module, directives=GENEROUS)
    try:
        demo.start()
        write_env(folder, demo)
        block.release()
        tell(read_env(folder))
        if options.detach:
            say(f"It runs. End it with: demo/run --stop --dir {folder}")
            return
        (folder / "demo.pid").write_text(f"{os.getpid()}\n")
        lock.close()
        say("It runs until you press Ctrl-C.")
        wait_for_end(demo)
    except BaseException:
        on_signals(signal.SIG_IGN)
        demo.stop()
        (folder / "demo.pid").unlink(missing_ok=True)
        raise


def main():
    options = arguments()
    try:
        if options.stop:
            if not options.dir.exists():
                say(f"No demo in {options.dir}.")
                return 0
            lock = claim_folder(options.dir)
            was_running = stop(options.dir)
            lock.close()
            say(f"{'Stopped' if was_running else 'No demo runs'}: {options.dir}")
        else:
            start(options)
    except Ended:
        say("\nStopped.")
    except (Refused, build.BuildFailed, process.ServerError, ports.NoFreePorts,
            system.Missing) as fault:
        print(f"demo/run: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
