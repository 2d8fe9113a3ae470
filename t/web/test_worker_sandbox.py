"""What the worker has given up, seen from outside on the real one. What it is refused from inside
is in t/unit/httpd_worker_sandbox.c, whose programs enter the same sandbox."""
import ctypes
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from configuration import Configtest, ten_lines
from test_store import Postgres
from site_steps import quick_site, settle
from workers import keepers_of, wait_until, worker_of

from kit import ports, process, scratch, system

LANDLOCK_CREATE_RULESET, ASK_VERSION = 444, 1
ABI_OF_ALL = 6
LISTENING = "0A"  # in /proc/net/tcp
OTHER_USER = "nobody"
FAKE_OLD_KERNEL = Path(__file__).parent / "fake_old_kernel.c"


@pytest.fixture(scope="module")
def caged(keeper):
    # With CoreDumpDirectory httpd lets its children be dumped, and so be looked into.
    with quick_site(keeper, server_lines='CoreDumpDirectory "/tmp"') as site:
        site.httpd.wait_for_log("resuming normal operations")
        yield site


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def keeper_of(site):
    return wait_until(lambda: keepers_of(site), 3, "a keeper")[0]


@pytest.mark.parametrize("process_of", [worker_of, keeper_of], ids=["worker", "keeper"])
def test_it_has_no_capability_and_gets_no_new_privilege(caged, process_of):
    pid = process_of(caged)
    wait_until(lambda: status_of(pid)["NoNewPrivs"] == "1", 3, "no new privileges")
    status = status_of(pid)
    for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[field], 16) == 0, field
    if caged.httpd.user:
        assert int(status["CapBnd"], 16) == 0
        assert set(status["Uid"].split()) == {str(caged.httpd.user.pw_uid)}
    with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
        assert re.search(r"(?m)^Max core file size +0 +0 ", file.read())


def test_its_system_calls_are_filtered(caged):
    assert status_of(worker_of(caged))["Seccomp"] == "2"


@pytest.mark.parametrize("process_of", [worker_of, keeper_of], ids=["worker", "keeper"])
def test_others_of_the_same_user_may_not_look_into_it(caged, process_of):
    """What cannot be dumped belongs to root in /proc."""
    pid = process_of(caged)
    if os.geteuid() != 0:
        with pytest.raises(PermissionError):
            open(f"/proc/{pid}/mem", "rb").close()
    else:
        wait_until(lambda: os.stat(f"/proc/{pid}/mem").st_uid == 0, 3, "root's /proc/PID/mem")


def descriptors(pid):
    found = []
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            continue
    return found


def foreign_descriptors(site, pid, own):
    logs = re.escape(str(site.httpd.logs))
    own = re.compile(rf"/dev/null|/dev/pts/\d+|{re.escape(str(site.httpd.log))}|pipe:\[\d+\]|"
                     rf"{logs}/(error|audit)\.log|anon_inode:\[eventfd\]|{own}")
    return [name for name in descriptors(pid) if not own.fullmatch(name)]


def test_it_has_no_descriptor_of_the_server_but_its_logs_and_its_wake(caged):
    person = caged.someone()
    caged.ask(person.uid)
    caged.mail_to(person.mails[0])
    settle(caged)
    worker = worker_of(caged)
    own = rf"{re.escape(str(caged.state))}/.*|anon_inode:\[eventpoll\]|socket:\[\d+\]"
    assert foreign_descriptors(caged, worker, own) == []
    assert str(caged.database) in descriptors(worker)
    assert f"{caged.httpd.logs}/error.log" in descriptors(worker)
    assert not listening_sockets() & set(descriptors(worker))


def test_its_keeper_has_the_logs_and_the_wake_alone(caged):
    pid = keeper_of(caged)
    wait_until(lambda: status_of(pid)["NoNewPrivs"] == "1", 3, "no new privileges")
    assert foreign_descriptors(caged, pid, "nothing else") == []


def listening_sockets():
    """As /proc/PID/fd names them."""
    found = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        found |= {f"socket:[{row[9]}]" for row in rows if row[3] == LISTENING}
    assert found  # httpd's own, at least
    return found


def landlock_abi():
    return ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, ASK_VERSION)


def test_what_the_kernel_lacks_is_told(caged):
    assert caged.httpd.error_log.read_text().count("PWR0924") == (landlock_abi() < ABI_OF_ALL)


def test_a_kernel_without_landlock_is_told_of_once_and_the_mail_leaves(keeper, tmp_path, monkeypatch):
    fake = tmp_path / "fake_old_kernel.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", fake, FAKE_OLD_KERNEL], check=True)
    fake.chmod(0o755)
    preloaded = os.environ.get("PWRESET_HTTPD_LD_PRELOAD", "")
    monkeypatch.setenv("PWRESET_HTTPD_LD_PRELOAD", f"{preloaded} {fake}".strip())
    with quick_site(keeper) as site:
        worker = worker_of(site)
        assert status_of(worker)["Seccomp"] == "2"
        site.httpd.graceful()
        worker_of(site, other_than=worker)
        told = [line for line in site.httpd.error_log.read_text().splitlines() if "PWR0924" in line]
        assert len(told) == 1 and "files (Landlock" in told[0] and "seccomp" not in told[0]
        person = site.someone()
        site.ask(person.uid)
        site.mail_to(person.mails[0])


def test_without_the_sandbox_it_is_a_process_as_any_other(keeper):
    with quick_site(keeper, directives={"PwResetWorkerSandbox": "off"}) as site:
        status = status_of(worker_of(site))
        assert (status["NoNewPrivs"], status["Seccomp"]) == ("0", "0")
        person = site.someone()
        site.ask(person.uid)
        site.mail_to(person.mails[0])


# Mails to a folder: one that the worker may write to, and one that it is led to later

def write_to_folder(site, folder):
    site.directives["PwResetRelay"] = f"folder:{folder}"
    site.configure()
    site.httpd.write_configuration()
    site.httpd.restart()
    site.ask(site.someone().uid)


def test_mail_is_written_to_the_folder_of_a_directive_and_to_no_other(keeper):
    with quick_site(keeper) as site:
        folder, other, link = (site.folder / name for name in ("written", "other", "link"))
        for each in (folder, other):
            system.give(each, site.httpd.user, 0o700)
        link.symlink_to(folder)
        write_to_folder(site, link)
        wait_until(lambda: list(folder.glob("*.eml")), 5, "a mail")
        link.unlink()
        link.symlink_to(other)
        said = site.httpd.error_log.stat().st_size
        site.ask(site.someone().uid)
        if landlock_abi() > 0:
            site.httpd.wait_for_log("PWR0521", said)
            assert list(other.iterdir()) == []
        else:
            wait_until(lambda: list(other.glob("*.eml")), 5, "a mail")


# The private key of TLS

def key_shapes(key):
    """The secret part of a key as it may lie in memory: as the file has it, and as numbers whose
    first byte is the highest or the lowest."""
    said = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"], capture_output=True,
                          text=True, check=True).stdout
    numbers = re.findall(r"(?:priv|privateExponent|prime1|prime2):\s*\n((?:\s+[0-9a-f:]+\n)+)", said)
    assert numbers, said
    raw = [bytes.fromhex(re.sub(r"[\s:]", "", number)).lstrip(b"\0") for number in numbers]
    text = key.read_text(encoding="ascii").splitlines()[1][:40].encode()
    return [text, *(number[:24] for number in raw), *(number[::-1][:24] for number in raw)]


def has_in_memory(pid, shapes):
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
            for line in maps:
                first, last = (int(end, 16) for end in line.split()[0].split("-"))
                if line.split()[1][0] != "r" or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                    continue
                try:
                    held = os.pread(memory, last - first, first)
                except OSError:
                    continue
                if any(shape in held for shape in shapes):
                    return True
        return False
    finally:
        os.close(memory)


def use_key_of(site, kind):
    if kind == "rsa":
        key = site.httpd.folder / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        subprocess.run(["openssl", "req", "-x509", "-key", key, "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-out", site.httpd.folder / "cert.pem"], check=True,
                       capture_output=True)
        site.httpd.restart()
    site.httpd.wait_for_log("resuming normal operations")
    return key_shapes(site.httpd.folder / "key.pem")


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_the_private_key_of_tls_is_in_the_memory_of_no_worker(keeper, kind):
    if os.geteuid() != 0:
        pytest.skip("only root can read the worker's memory")
    with quick_site(keeper) as site:
        shapes = use_key_of(site, kind)
        assert has_in_memory(site.httpd.pid, shapes)  # so it would be found
        worker = worker_of(site)
        assert not has_in_memory(worker, shapes)
        os.kill(worker, signal.SIGKILL)
        worker = worker_of(site, other_than=worker)
        assert not has_in_memory(worker, shapes)
        site.httpd.graceful()
        worker = worker_of(site, other_than=worker)
        assert not has_in_memory(worker, shapes)
        assert not has_in_memory(keeper_of(site), shapes)


def test_a_killed_keeper_is_replaced_and_the_copy_of_the_parent_is_told_of(caged):
    worker, person = worker_of(caged), caged.someone()
    said = caged.httpd.error_log.stat().st_size
    os.kill(keeper_of(caged), signal.SIGKILL)
    assert process.wait_gone([worker], 5)
    caged.ask(person.uid)
    caged.mail_to(person.mails[0])
    assert worker_of(caged) != worker
    caged.httpd.wait_for_log("PWR0921", said)
    caged.httpd.graceful()


# A user of its own

@pytest.fixture
def postgres(keeper):
    place, block = scratch.Scratch(keeper), ports.take(1)
    server = Postgres(place.folder / "server", keeper, block[0])
    try:
        server.prepare()
        server.log = place.folder / "log"
        server.start()
        server.make_database()
        yield server
        server.stop()
    finally:
        block.release()
        place.close()


def test_a_worker_of_another_user_mails_from_a_database_that_both_reach(keeper, postgres):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with quick_site(keeper, directives={"PwResetStore": f'pgsql "{postgres.params}"',
                                        "PwResetWorkerUser": OTHER_USER}) as site:
        user = system.account(OTHER_USER)
        status = status_of(worker_of(site))
        assert set(status["Uid"].split()) == {str(user.pw_uid)} != {str(site.httpd.user.pw_uid)}
        assert set(status["Gid"].split()) == {str(user.pw_gid)}
        person = site.someone()
        wait_until(lambda: site.ask(person.uid).status == 200, 10, "tables, made by the worker")
        link = site.link_of(site.mail_to(person.mails[0]))
        assert site.set_password(link, "Sju-lange-netter-7").heading == "Passordet er endret"


def test_a_worker_of_another_user_is_refused_beside_sqlite(tmp_path):
    passed, said = Configtest(tmp_path).judge(ten_lines(PwResetWorkerUser=OTHER_USER))
    assert not passed
    assert "Write PwResetStore pgsql or mysql" in said and "PwResetWorkerUser" in said


def test_two_sites_cannot_name_two_users_of_the_one_worker(tmp_path):
    behind = ("<VirtualHost 127.0.0.1:9>\nPwResetBaseURL https://other.example.org/passord\n"
              "PwResetWorkerUser daemon\n</VirtualHost>\n")
    lines = ten_lines(PwResetWorkerUser=OTHER_USER, PwResetStore='pgsql "host=127.0.0.1"')
    passed, said = Configtest(tmp_path).judge(lines, behind)
    assert not passed and "PwResetWorkerUser must be the same for all sites" in said
    passed, said = Configtest(tmp_path).judge(lines, behind.replace("daemon", OTHER_USER))
    assert passed, said
