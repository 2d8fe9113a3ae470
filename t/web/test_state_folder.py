"""The state folder belongs to the server's user, who may put anything there. Root does nothing with
it: not at the start, not at a reload, not in the self-check. Each of them says what is wrong."""
import os
import signal
import sqlite3
import struct
import subprocess
from contextlib import closing

import pytest
from system_calls import calls_inside, calls_of_root, read_calls, strace
from test_start import CHECK, rewrite
from site_steps import quick_site
from workers import wait_until, worker_of

from kit import system
from kit.process import ServerError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="httpd drops rights only if it has them")
pytestmark = needs_root

JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
SECTOR = 512
KEY_BYTES = 32
READY = "resuming normal operations"


@pytest.fixture(scope="module")
def started(keeper):
    with quick_site(keeper) as site:
        yield site


@pytest.fixture
def clean(started):
    """The shared site, running; afterwards it is stopped and its state folder is empty."""
    directives = dict(started.directives)
    argv = started.httpd.argv
    victims = started.folder / "root-alone"
    system.give(victims, None, 0o755)
    yield started
    started.httpd.argv = argv
    started.httpd.stop()
    started.directives = directives
    subprocess.run(["rm", "-rf", started.state, victims], check=True)
    system.give(started.state, started.httpd.user, 0o700)
    rewrite(started)


def make_victim(site):
    """A file of root in a folder of root; its size is a key's."""
    victim = site.folder / "root-alone" / "victim"
    victim.write_bytes(b"r" * KEY_BYTES)
    victim.chmod(0o600)
    return victim


def facts(path):
    about = path.lstat()
    return (path.read_bytes(), about.st_ino, about.st_mode, about.st_uid, about.st_gid,
            about.st_nlink, about.st_mtime_ns, about.st_ctime_ns)


def belongs_to_server(site, path, mode=None):
    os.chown(path, site.httpd.user.pw_uid, site.httpd.user.pw_gid, follow_symlinks=False)
    if mode is not None:
        path.chmod(mode)


# What the server's user puts into its folder


def put_symlink(name):
    def put(site, victim):
        path = site.state / name
        path.unlink(missing_ok=True)
        path.symlink_to(victim)
        belongs_to_server(site, path)
    return put


def put_hard_link(name):
    def put(site, victim):
        path = site.state / name
        path.unlink(missing_ok=True)
        os.link(victim, path)
    return put


def put_fifo(name):
    def put(site, _victim):
        path = site.state / name
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        belongs_to_server(site, path)
    return put


def put_folder(name):
    def put(site, _victim):
        path = site.state / name
        path.unlink(missing_ok=True)
        path.mkdir(0o700)
        belongs_to_server(site, path)
    return put


def put_strangers_file(name):
    def put(site, _victim):
        path = site.state / name
        content = path.read_bytes() if path.exists() else b"x" * KEY_BYTES
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        os.chown(path, site.httpd.user.pw_uid + 1, site.httpd.user.pw_gid)
    return put


def put_state_folder_link(site, victim):
    """The folder itself is a link, where the folder above belongs to the server's user."""
    inner = site.state / "inner"
    inner.symlink_to(victim.parent)
    belongs_to_server(site, inner)
    rewrite(site, PwResetStore=f'sqlite3 "{inner}/a.db"', PwResetKeyFile=f'"{inner}/key"')


def put_open_folder(site, _victim):
    site.state.chmod(0o777)


def put_strangers_folder(site, _victim):
    os.chown(site.state, site.httpd.user.pw_uid + 1, site.httpd.user.pw_gid)


def put_hot_journal(site, victim):
    """A rollback journal that ends with the name of a super-journal. SQLite deletes a super-journal
    when no journal belongs to it any more. The victim's words name none. The worker is stopped, or
    its next connection to the database would use the journal up, without harm."""
    if site.httpd.is_running():
        os.kill(worker_of(site), signal.SIGSTOP)
    with closing(sqlite3.connect(site.database)) as database:
        pages, = database.execute("PRAGMA page_count").fetchone()
        size, = database.execute("PRAGMA page_size").fetchone()
    name = os.fsencode(victim)
    header = JOURNAL_MAGIC + struct.pack(">IIIII", 0, 1, pages, SECTOR, size)
    lock_page = 0x40000000 // size + 1
    end = struct.pack(">I", lock_page) + name + struct.pack(">II", len(name), sum(name))
    journal = site.database.with_name(site.database.name + "-journal")
    journal.write_bytes(header.ljust(SECTOR, b"\0") + end + JOURNAL_MAGIC)
    belongs_to_server(site, journal, 0o600)


PLANTS = {
    "hot journal": (put_hot_journal, "names another file that SQLite would delete"),
    "link for key": (put_symlink("key"), "is a symbolic link"),
    "link for database": (put_symlink("pwreset.db"), "is a symbolic link"),
    "link for wal": (put_symlink("pwreset.db-wal"), "is a symbolic link"),
    "link for folder": (put_state_folder_link, "a symbolic link of the user"),
    "hard link for key": (put_hard_link("key"), "belongs to the user root"),
    "hard link for database": (put_hard_link("pwreset.db"), "belongs to the user root"),
    "hard link for journal": (put_hard_link("pwreset.db-journal"), "belongs to the user root"),
    "fifo for key": (put_fifo("key"), "is a FIFO"),
    "fifo for database": (put_fifo("pwreset.db"), "is a FIFO"),
    "fifo for shm": (put_fifo("pwreset.db-shm"), "is a FIFO"),
    "stranger's key": (put_strangers_file("key"), "belongs to the user"),
    "stranger's database": (put_strangers_file("pwreset.db"), "belongs to the user"),
    "folder for key": (put_folder("key"), "is a folder"),
    "folder for database": (put_folder("pwreset.db"), "is a folder"),
    "folder for all": (put_open_folder, "may be written by others"),
    "stranger's folder": (put_strangers_folder, "the folder"),
}


def self_check(site, output):
    """Exit status, lines, and system calls of the self-check."""
    argv = [*strace(output), system.apache(), *CHECK, "-d", site.httpd.folder, "-f",
            site.httpd.conf]
    with subprocess.Popen([str(word) for word in argv], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT) as process:
        said = process.stdout.read()
        status = process.wait(60)
    return status, said, read_calls(output, process.pid)


def launch_traced(site, output):
    """Its pid, before it has said whether it starts."""
    plain = type(site.httpd).argv(site.httpd)
    site.httpd.argv = lambda: [*strace(output), *plain]
    site.httpd.launch()
    return site.httpd.process.pid


def start_traced(site, output):
    said = site.httpd.error_log.stat().st_size
    pid = launch_traced(site, output)
    site.httpd.wait_until_ready()
    site.httpd.wait_for_log(READY, said)
    return pid


@pytest.mark.parametrize("plant", PLANTS)
def test_root_touches_nothing_that_the_servers_user_has_put_there(clean, plant, tmp_path):
    put, words = PLANTS[plant]
    site, victim = clean, make_victim(clean)
    site.httpd.stop()
    pid = start_traced(site, tmp_path / "reload")
    put(site, victim)
    before, neighbours = facts(victim), sorted(victim.parent.iterdir())

    said = site.httpd.error_log.stat().st_size
    site.httpd.graceful()
    assert words in site.httpd.error_log.read_bytes()[said:].decode()
    wait_until(lambda: site.browser.get(f"{site.reset_url}/").status == 503, 10, "a closed flow")
    assert site.browser.get(site.url).status == 200
    site.httpd.stop()
    traces = [read_calls(tmp_path / "reload", pid)]

    status, told, calls = self_check(site, tmp_path / "check")
    assert status == 1 and words in told
    traces.append(calls)

    pid = launch_traced(site, tmp_path / "start")
    with pytest.raises(ServerError):
        site.httpd.wait_until_ready()
    assert words in site.httpd.last_words(5)
    traces.append(read_calls(tmp_path / "start", pid))

    assert facts(victim) == before and sorted(victim.parent.iterdir()) == neighbours
    for calls in traces:
        assert calls_of_root(calls, site.state) == []


def test_root_makes_the_folder_and_goes_no_further(clean, tmp_path):
    """Also shows that the trace sees what is done there with other rights."""
    state = clean.folder / "made" / "state"
    system.give(state.parent, None, 0o755)
    rewrite(clean, PwResetStore=f'sqlite3 "{state}/a.db"', PwResetKeyFile=f'"{state}/key"')
    clean.httpd.stop()
    pid = start_traced(clean, tmp_path / "start")
    clean.httpd.graceful()
    assert clean.browser.get(f"{clean.reset_url}/").status == 200
    clean.httpd.stop()
    calls = read_calls(tmp_path / "start", pid)
    assert calls_of_root(calls, state) == []
    assert any("O_CREAT" in call for call in calls_inside(calls, state))
    assert [call for call in calls_of_root(calls, state.parent) if "mkdirat" in call]
    subprocess.run(["rm", "-rf", state.parent], check=True)


def test_an_audit_log_where_the_servers_user_may_write_is_refused(clean):
    clean.httpd.stop()
    for folder in (clean.state, clean.state / "below"):
        rewrite(clean, PwResetAuditLog=f'"{folder}/audit.log"')
        with pytest.raises(ServerError):
            clean.httpd.start()
        said = clean.httpd.last_words(5)
        assert "PWR0971" in said and f"{folder}/audit.log" in said and "PwResetAuditLog" in said
        assert f"the folder {clean.state}, in which the server's user" in said
        assert not (folder / "audit.log").exists()


@pytest.mark.parametrize("way", ["file", "exec"])
def test_a_credential_where_the_servers_user_may_write_is_refused_untouched(clean, way, tmp_path):
    site, secret = clean, clean.state / "secret"
    site.httpd.stop()
    secret.write_text("#!/bin/sh\necho hemmelig\n")
    belongs_to_server(site, secret, 0o700)
    rewrite(site, PwResetLDAPBindPassword=f'"{way}:{secret}"')
    pid = launch_traced(site, tmp_path / "start")
    with pytest.raises(ServerError):
        site.httpd.wait_until_ready()
    said = site.httpd.last_words(5)
    assert f"root does not use {secret}, because it lies in the folder {site.state}, in" in said
    assert "PwResetLDAPBindPassword" in said
    assert calls_of_root(read_calls(tmp_path / "start", pid), site.state) == []


@pytest.mark.parametrize("directive, name", [
    ("PwResetPages", "pages"), ("PwResetMails", "mails"), ("PwResetStyle", "own.css"),
    ("PwResetLogo", "own.svg"), ("PwResetBlocklist", "words.txt"), ("PwResetFiles", "")])
def test_files_that_root_reads_at_the_start_must_lie_where_root_alone_may_write(
        clean, directive, name, tmp_path):
    place = clean.state / name
    if "." in name:
        os.mkfifo(place)
    else:
        place.mkdir(exist_ok=True)
    belongs_to_server(clean, place)
    scheme = "file:" if directive in ("PwResetStyle", "PwResetLogo") else ""
    rewrite(clean, **{directive: f'"{scheme}{place}"'})
    clean.httpd.stop()
    pid = launch_traced(clean, tmp_path / "start")
    with pytest.raises(ServerError):
        clean.httpd.wait_until_ready()
    said = clean.httpd.last_words(5)
    assert f"PWR0974: {directive}: root reads {place}" in said and str(clean.state) in said
    calls = calls_of_root(read_calls(tmp_path / "start", pid), clean.state)
    assert [call for call in calls if not call.startswith("access(")] == []  # which opens nothing
