"""`demo/run` as somebody who has just cloned the repository uses it, with the module in it."""
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from kit import people, process, system
from kit.browser import Browser

KEYS = """
PWRESET_URL LOGIN_URL INBOX_URL CA_FILE LDAP_URL LDAP_BASE LDAP_ADMIN_DN LDAP_ADMIN_PASSWORD
MAIL_DIR SMTP_PORT HTTPD_CONF HTTPD_PIDFILE ERROR_LOG ACCESS_LOG AUDIT_LOG DB_FILE SLAPD_PIDFILE
SMTP_PIDFILE PEOPLE DISABLED NOMAIL SHARED1 SHARED2 TWOMAILS
""".split()
RUN = system.ROOT / "demo" / "run"


class Demo:
    """One demo folder, and the program to start and stop what lies in it."""

    def __init__(self, folder, user=None):
        self.folder = folder
        self.user = user

    def command(self, *arguments):
        become = []
        if self.user:
            become = ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
                      "--clear-groups", "env", "HOME=/nonexistent"]
        return [str(part) for part in [*become, RUN, "--dir", self.folder, *arguments]]

    def run(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True,
                              timeout=300, check=False)

    @property
    def env(self):
        lines = (self.folder / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def pids(self):
        return [int(Path(self.env[key]).read_text())
                for key in ("HTTPD_PIDFILE", "SLAPD_PIDFILE", "SMTP_PIDFILE")]

    def processes(self):
        """Everything on this machine that was started with this folder in its command line."""
        return [pid for pid in process.all_pids()
                if pid != os.getpid() and any(str(self.folder) in part
                                              for part in process.argv_of(pid))]


@pytest.fixture
def make_demo():
    demos = []

    def make(user=None):
        # As `mktemp -d` makes it: closed to everybody else.
        folder = Path(tempfile.mkdtemp(prefix="pwreset-demo-"))
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        demos.append(Demo(folder, user))
        return demos[-1]

    yield make
    for demo in demos:
        demo.run("--stop")
        shutil.rmtree(demo.folder, ignore_errors=True)


def assert_works(demo):
    browser = Browser(demo.env["CA_FILE"])
    login = browser.get(demo.env["LOGIN_URL"])
    assert "Glemt ditt passord?" in login.text
    answer = browser.submit(login, follow=False, httpd_username="kari",
                            httpd_password=people.PASSWORD)
    assert answer.status == 302
    assert browser.get(demo.env["PWRESET_URL"] + "/").status == 200
    with smtplib.SMTP("127.0.0.1", int(demo.env["SMTP_PORT"]), timeout=10) as client:
        assert client.noop()[0] == 250


def assert_nothing_left(demo, pids):
    assert not any(process.is_running(pid) for pid in pids)
    assert demo.processes() == []


def test_detached_demo_runs_and_stop_leaves_no_process(make_demo):
    demo = make_demo()
    begun = demo.run("--detach")
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert set(demo.env) == set(KEYS)
    assert demo.env["PEOPLE"].split()[:2] == ["kari", "ola"]
    assert (demo.folder / "env").stat().st_mode & 0o777 == 0o600
    assert_works(demo)
    pids, everything = demo.pids(), demo.processes()
    assert len(everything) >= 4
    assert demo.run("--stop").returncode == 0
    assert_nothing_left(demo, pids + everything)


def test_second_start_in_the_same_folder_says_that_it_runs(make_demo):
    demo = make_demo()
    assert demo.run("--detach").returncode == 0
    pids = demo.pids()
    again = demo.run("--detach")
    assert again.returncode == 0 and "runs already" in again.stdout
    assert demo.env["LOGIN_URL"] in again.stdout
    assert demo.pids() == pids


def test_second_demo_runs_beside_the_first(make_demo):
    first, second = make_demo(), make_demo()
    starts = [subprocess.Popen(demo.command("--detach"), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True) for demo in (first, second)]
    for start in starts:
        said = start.communicate(timeout=300)[0]
        assert start.returncode == 0, said
    assert_works(first)
    assert_works(second)
    assert not set(first.pids()) & set(second.pids())
    first.run("--stop")
    assert_works(second)


def test_a_taken_port_is_told_and_avoided(make_demo):
    demo = make_demo()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        begun = demo.run("--detach", "--port", str(port))
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert f"a port from {port} on is taken" in begun.stdout
    assert f":{port}/" not in demo.env["PWRESET_URL"]
    assert_works(demo)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_end_of_the_starter_ends_all_of_it(make_demo, number):
    demo = make_demo()
    # Its stderr is held by the starter and its reaper alone, so its end is the end of both.
    starter = subprocess.Popen(demo.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, start_new_session=True)
    try:
        while "Ctrl-C" not in (line := starter.stdout.readline()):
            assert line, starter.stderr.read()
        assert_works(demo)
        everything = demo.processes()
        # As a terminal does: to the whole group of processes.
        os.killpg(starter.pid, number)
        starter.communicate(timeout=20)
        assert_nothing_left(demo, everything)
    finally:
        starter.kill()


def test_stop_ends_what_a_killed_httpd_has_left(make_demo):
    demo = make_demo()
    assert demo.run("--detach").returncode == 0
    everything = demo.processes()
    os.kill(int(Path(demo.env["HTTPD_PIDFILE"]).read_text()), signal.SIGKILL)
    demo.run("--stop")
    assert_nothing_left(demo, everything)


def test_a_folder_of_somebody_elses_things_is_left_alone(make_demo):
    demo = make_demo()
    (demo.folder / "mail").mkdir()
    (demo.folder / "mail" / "dear").write_text("keep me")
    refused = demo.run("--detach")
    assert refused.returncode == 1 and "not the demo's" in refused.stderr
    assert (demo.folder / "mail" / "dear").read_text() == "keep me"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, which needs root")


@needs_root
def test_demo_runs_as_an_ordinary_user(make_demo):
    user = pwd.getpwnam("nobody")
    demo = make_demo(user)
    begun = demo.run("--detach")
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert_works(demo)
    everything = demo.processes()
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in everything}
    assert owners == {user.pw_uid}
    assert demo.run("--stop").returncode == 0
    assert_nothing_left(demo, everything)


@needs_root
def test_a_closed_folder_on_the_way_is_told_before_anything_starts(make_demo):
    closed = make_demo().folder
    demo = Demo(closed / "inner")
    refused = demo.run("--detach")
    assert refused.returncode == 1
    assert f"chmod o+x {closed}" in refused.stderr
    assert demo.processes() == []
