"""Server processes: started in a session of their own, ended with everything they have forked.

The session is what holds a server together: a worker that httpd has forked keeps it when httpd
itself is killed, so whoever tidies up still finds it.
"""
import os
import select
import signal
import subprocess
import time

from kit import system


class ServerError(Exception):
    """A server did not start; the text carries the end of what it said."""


def stat_of(pid):
    """State letter, session and start time of a process; None when there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return fields[0].decode(), int(fields[3]), int(fields[19])


def is_running(pid):
    stat = stat_of(pid)
    return stat is not None and stat[0] not in "ZX"


def argv_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def pids_with(argv):
    """Everything that was started by this very command line, children that kept it included."""
    argv = [str(part) for part in argv]
    return [pid for pid in all_pids() if argv_of(pid) == argv and is_running(pid)]


def pids_of_sessions(sessions):
    found = []
    for pid in all_pids():
        stat = stat_of(pid)
        if stat and stat[1] in sessions and stat[0] not in "ZX":
            found.append(pid)
    return found


def sessions_of(pids):
    """The sessions of these processes; never the one that we are in ourselves."""
    stats = [stat_of(pid) for pid in pids]
    return {stat[1] for stat in stats if stat} - {os.getsid(0)}


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def wait_gone(pids, seconds):
    """Waits for the end of processes that need not be our children; False when time was up."""
    deadline = time.monotonic() + seconds
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([handle], [], [], left)[0]:
                return False
        finally:
            os.close(handle)
    return True


def end(leaders, seconds=5.0):
    """Ends these processes politely, then whatever is left in their sessions."""
    leaders = [pid for pid in leaders if is_running(pid)]
    sessions = sessions_of(leaders)
    send(leaders, signal.SIGTERM)
    wait_gone(leaders, seconds)
    end_sessions(sessions)


def end_sessions(sessions):
    """Kills what is left in these sessions. A server may fork while we look, so it looks again."""
    for _ in range(20):
        left = pids_of_sessions(sessions)
        if not left:
            return
        send(left, signal.SIGKILL)
        wait_gone(left, 1.0)


class Server:
    """One server of a site. A subclass says how it is prepared, started, and seen to answer."""

    name = "server"
    ready_seconds = 30.0

    def __init__(self, folder, keeper=None):
        self.folder = folder
        self.keeper = keeper
        self.process = None
        self.pid_file = folder / f"{self.name}.pid"
        self.log = folder / f"{self.name}.log"
        self.environment = {}

    def argv(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def prepare(self):
        """Writes the server's files; called once, before the first start."""

    @property
    def pid(self):
        """The pid as the pid file says, so that it is right after a restart by somebody else."""
        return int(self.pid_file.read_text())

    def launch(self):
        """Starts without waiting until it answers."""
        environment = {"PATH": system.SYSTEM_PATH, "LANG": "C.UTF-8", **self.environment}
        announce = self.keeper.announce if self.keeper else None
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.argv()], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=environment, cwd="/", start_new_session=True,
                preexec_fn=announce)

    def wait_until_ready(self):
        deadline = time.monotonic() + self.ready_seconds
        while not self.is_ready():
            if self.process.poll() is not None:
                raise ServerError(f"{self.name} ended at once:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} does not answer:\n{self.last_words()}")
            time.sleep(0.004)

    def start(self):
        self.launch()
        self.wait_until_ready()

    def last_words(self, lines=15):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def leaders(self):
        """Running processes of this server: ours, the pid file's, and orphans of either."""
        found = set(pids_with(self.argv()))
        try:
            if str(self.folder) in " ".join(argv_of(self.pid)):
                found.add(self.pid)
        except (OSError, ValueError):
            pass
        return found

    def is_running(self):
        return bool(self.leaders())

    def stop(self, seconds=5.0):
        """Ends it as its init script would. Orphans of a killed server go as well."""
        leaders = self.leaders()
        if self.process is not None:
            leaders.add(self.process.pid)
        sessions = sessions_of(leaders)
        end([pid for pid in leaders if pid in sessions], seconds)
        end_sessions(sessions)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def kill(self):
        """As a crash would: no process of it gets a word in."""
        end_sessions(sessions_of(self.leaders()))
        if self.process is not None:
            self.process.wait()
            self.process = None

    def close(self):
        """Ends it for good."""
        self.stop()

    def restart(self):
        self.stop()
        self.start()
