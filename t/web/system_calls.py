"""What httpd's processes do, as strace sees it: which calls inside a folder a process made while it
was root, and which processes connected to a port."""
import re
import time

from kit import system

TRACED = "%file,connect,setuid,setreuid,setresuid,fork,vfork,clone,clone3"
LINE = re.compile(r"(\d+) +(.*)")
DROP = re.compile(r"set(?:re|res)?uid\(([1-9]\d*)")
BIRTH = re.compile(r"(?:fork|clone3?)(?:\(| resumed).* = (\d+)$")
END_SECONDS = 20


def strace(output):
    """The words before a command. The command keeps its pid: strace is its grandchild, in a session
    of its own, so that it sees the end."""
    return [system.program("strace"), "-DDD", "-f", "-y", "-q", "-o", str(output), "-e",
            f"trace={TRACED}", "-e", "signal=none"]


def read_calls(output, pid):
    """(pid, call) of every line, once the process `pid` and with it the trace has ended."""
    deadline = time.monotonic() + END_SECONDS
    while not re.search(rf"^{pid} +\+\+\+", output.read_text(errors="replace"), re.MULTILINE):
        assert time.monotonic() < deadline, "strace does not say that the process has ended"
        time.sleep(0.02)
    lines = output.read_text(errors="replace").splitlines()
    return [LINE.fullmatch(line).groups() for line in lines]


def births(calls):
    """Of each process or thread: its parent, and the number of the call that made it."""
    parents = {}
    for number, (pid, call) in enumerate(calls):
        born = BIRTH.search(call)
        if born:
            parents[born[1]] = (pid, number)
    return parents


def calls_of_root(calls, folder):
    """The calls inside the folder that a process made while it was root."""
    dropped, parents = {}, births(calls)
    for number, (pid, call) in enumerate(calls):
        if DROP.match(call):
            dropped.setdefault(pid, number)

    def is_root(pid, number):
        if pid in dropped and dropped[pid] <= number:
            return False
        return is_root(*parents[pid]) if pid in parents else True

    inside = re.compile(rf'{re.escape(str(folder))}/|<{re.escape(str(folder))}>, "[^"]')
    return [call for number, (pid, call) in enumerate(calls)
            if inside.search(call) and is_root(pid, number)]


def calls_inside(calls, folder):
    return [call for _, call in calls if f"{folder}/" in call]


def connected_from(calls, port):
    """Pid and ancestors of each process or thread that connected to this port."""
    parents, found = births(calls), []
    for pid, call in calls:
        if call.startswith("connect(") and f"htons({port})" in call:
            line = [pid]
            while line[-1] in parents:
                line.append(parents[line[-1]][0])
            found.append({int(pid) for pid in line})
    return found
