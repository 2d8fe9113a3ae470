"""A small process that outlives its starter, and then ends the servers and folders it was told of.

It reads lines from a pipe whose other end only the starter holds. However the starter dies, even by
SIGKILL, the kernel closes that end, and the reaper reads the end of file. PR_SET_PDEATHSIG would
not do: the kernel clears it when a server drops its privileges.

Run by `Keeper` as `python3 -m kit.reaper`; its own session keeps it out of the terminal's reach.
"""
import os
import shutil
import signal
import sys

from kit import process


def read_orders(lines):
    sessions, folders = [], []
    for line in lines:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "session":
            sessions.append(int(rest))
        elif verb == "folder":
            folders.append(rest)
        elif verb == "forget":
            folders.remove(rest)
    return sessions, folders


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    sessions, folders = read_orders(sys.stdin)
    process.end(reversed(sessions), seconds=2.0)
    process.end_sessions(set(sessions))
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
