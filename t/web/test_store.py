"""The store's unit programs against a real PostgreSQL and a real MariaDB, and one that sees its
database go away and come back. PWR_BUILD is the folder of the build; the repository by default."""
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "t"))

from kit import ports, process, scratch, system  # noqa: E402

PROGRAMS = ["store_outbox", "store_tokens", "store_trail", "store_outbox_attempts", "store_schema",
            "store_size", "store_life", "flow_room"]
PROGRAM_SECONDS = 120


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def newest(pattern):
    found = sorted(Path("/").glob(pattern))
    if not found:
        raise system.Missing(f"no /{pattern} on this machine")
    return found[-1]


class Database(process.Server):
    """A server with a database `pwreset` in a folder of its own."""

    def __init__(self, folder, keeper, port, user):
        super().__init__(folder, keeper)
        self.port = port
        self.user = user
        self.data = folder / "data"

    def run_as(self, *argv):
        done = subprocess.run([str(part) for part in argv], cwd="/", check=False, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, **system.as_user(self.user))
        assert done.returncode == 0, done.stdout


class Postgres(Database):
    name = "pgsql"

    def __init__(self, folder, keeper, port):
        super().__init__(folder, keeper, port, system.account("postgres"))
        self.programs = newest("usr/lib/postgresql/*/bin/initdb").parent
        self.params = f"hostaddr=127.0.0.1 port={port} dbname=pwreset user=pwreset"

    def prepare(self):
        system.give(self.folder, self.user, 0o700)
        self.run_as(self.programs / "initdb", "-D", self.data, "-A", "trust", "-U", "pwreset",
                    "-E", "UTF8", "--no-locale")

    def argv(self):
        drop = []
        if self.user is not None:
            drop = [system.program("setpriv"), f"--reuid={self.user.pw_uid}",
                    f"--regid={self.user.pw_gid}", "--clear-groups"]
        return [*drop, self.programs / "postgres", "-D", self.data, "-c",
                "listen_addresses=127.0.0.1", "-c", f"port={self.port}", "-c",
                f"unix_socket_directories={self.folder}", "-c",
                f"external_pid_file={self.pid_file}"]

    def ask(self, database, sql):
        self.run_as(self.programs / "psql", "-h", self.folder, "-p", self.port, "-U", "pwreset",
                    "-d", database, "-c", sql)

    def is_ready(self):
        done = subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p",
                               str(self.port), "-U", "pwreset"], check=False, timeout=10)
        return done.returncode == 0

    def make_database(self):
        self.ask("postgres", "CREATE DATABASE pwreset")


class MariaDB(Database):
    name = "mysql"

    def __init__(self, folder, keeper, port):
        super().__init__(folder, keeper, port, system.account("mysql"))
        self.socket = folder / "socket"
        self.params = f"host=127.0.0.1,port={port},dbname=pwreset,user=pwreset,pass=secret"

    def prepare(self):
        system.give(self.folder, self.user, 0o700)
        user = [f"--user={self.user.pw_name}"] if self.user else []
        subprocess.run([system.program("mariadb-install-db"), "--no-defaults", *user,
                        f"--datadir={self.data}", "--auth-root-authentication-method=normal",
                        "--skip-test-db"], check=True, timeout=60, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def argv(self):
        user = [f"--user={self.user.pw_name}"] if self.user else []
        return [system.program("mariadbd"), "--no-defaults", *user, f"--datadir={self.data}",
                f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.socket}",
                f"--pid-file={self.pid_file}", "--innodb-buffer-pool-size=16M"]

    def is_ready(self):
        return answers(self.port)

    def make_database(self):
        sql = ("CREATE DATABASE pwreset; CREATE USER pwreset@'127.0.0.1' IDENTIFIED BY 'secret';"
               "GRANT ALL ON pwreset.* TO pwreset@'127.0.0.1'")
        self.run_as(system.program("mariadb"), "--no-defaults", "-uroot", "-S", self.socket,
                    "-e", sql)


@pytest.fixture(scope="module")
def keeper():
    keeper = scratch.Keeper()
    yield keeper
    keeper.close()


@pytest.fixture(scope="module", params=[Postgres, MariaDB], ids=["pgsql", "mysql"])
def database(request, keeper):
    place = scratch.Scratch(keeper)
    block = ports.take(1)
    server = request.param(place.folder / "server", keeper, block[0])
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


def command_of(program):
    path = Path(os.environ.get("PWR_BUILD", ROOT)) / "t" / "unit" / program
    assert path.exists(), f"{path} is not built"
    return [str(path)]


def environment_of(database):
    return {**os.environ, "srcdir": str(ROOT), "PWR_TEST_STORE_DRIVER": database.name,
            "PWR_TEST_STORE_PARAMS": database.params}


@pytest.mark.parametrize("program", PROGRAMS)
def test_keeps_its_promises(database, program):
    done = subprocess.run(command_of(program), env=environment_of(database), cwd=ROOT, check=False,
                          timeout=PROGRAM_SECONDS, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def test_finds_back_after_its_database_was_killed(database):
    deeds = {"stop": database.kill, "start": database.start,
             "restart": lambda: (database.kill(), database.start())}
    with subprocess.Popen(command_of("store_restart"), env=environment_of(database), cwd=ROOT,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as program:
        done = []
        for line in program.stdout:
            if line.strip() in deeds:
                deeds[line.strip()]()
                done.append(line.strip())
                program.stdin.write("done\n")
                program.stdin.flush()
        assert program.wait(timeout=PROGRAM_SECONDS) == 0, program.stderr.read()
    assert done == ["stop", "start", "restart"]


def test_a_flood_stays_under_its_ceilings_people_are_worked_and_used_forms_refused():
    """On a disk of memory where there is one: what is asked of is not the disk."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pwreset-", dir=memory) as folder:
        program = Path(command_of("../bench/flood")[0])
        done = subprocess.run([program, folder, "20000", "5"], check=False,
                              timeout=PROGRAM_SECONDS, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("20000 requests")
