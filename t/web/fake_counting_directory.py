"""A fake directory that stands before a real slapd, notes each operation that comes by, and can
make each of them slow or have it fail.

    fake = FakeCountingDirectory(slapd.port)
    fake.delay = 0.2                                  # seconds for each operation from now on
    fake.faults = [("search", [b"uid=kari"], 80)]     # answered with this code, not passed on
    fake.behave()
    list(fake.operations)                             # [Operation("search", base, ...), ...]

A connection that is made counts as an operation of its own.
"""

import contextlib
import os
import socket
import threading
from dataclasses import dataclass

from directory_slapd_fixture import (BIND, EXTENDED, SEARCH, SEARCH_DONE, UNBIND, FakeServer,
                                     read_message, result, tlv)

ABANDON, MODIFY = 0x50, 0x66
KINDS = {BIND: "bind", SEARCH: "search", EXTENDED: "extended", MODIFY: "modify"}
ANSWERS = {BIND: 0x61, SEARCH: SEARCH_DONE, EXTENDED: 0x78, MODIFY: 0x67}


@dataclass(frozen=True)
class Operation:
    """`dn`: whom a bind is for, or the base of a search; `scope` is a search's. `peer`: the port
    that it came from."""
    kind: str
    dn: str = ""
    scope: int = 0
    peer: int = 0


def element(data, at):
    """The value of the BER element that begins at `at`, and where the next one begins."""
    length = data[at + 1]
    at += 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[at:at + size], "big")
        at += size
    return data[at:at + length], at + length


def operation_of(message, tag, peer):
    """RFC 4511, 4.2 and 4.5.1: a bind names its DN second, a search its base first."""
    body, _ = element(message, 0)
    _, at = element(body, 0)  # the message's id
    request, _ = element(body, at)
    if tag == BIND:
        _, at = element(request, 0)
        return Operation("bind", element(request, at)[0].decode(), peer=peer)
    if tag == SEARCH:
        base, at = element(request, 0)
        return Operation("search", base.decode(), element(request, at)[0][0], peer)
    return Operation(KINDS[tag], peer=peer)


def holds_socket(pid, port):
    """Whether this process has the loopback connection that begins at this port."""
    mine = f"0100007F:{port:04X}"
    with open("/proc/net/tcp", encoding="ascii") as table:
        inodes = [line.split()[9] for line in table if line.split()[1] == mine]
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}") in [f"socket:[{at}]" for at in inodes]:
                    return True
    return False


class FakeCountingDirectory(FakeServer):
    def __init__(self, behind):
        self.behind = behind
        self.operations = []
        self.worker = None  # the pid of a process whose operations are not noted
        self.behave()
        super().__init__()

    def behave(self):
        self.delay = 0
        self.faults = []  # (kind, what the request must hold, result code)

    @property
    def url(self):
        return f"ldap://127.0.0.1:{self.port}"

    def code_for(self, kind, message):
        return next((code for where, needles, code in self.faults
                     if where == kind and all(needle in message for needle in needles)), None)

    def serve(self, stream):
        peer = stream.getpeername()[1]
        is_noted = self.worker is None or not holds_socket(self.worker, peer)
        note = self.operations.append if is_noted else lambda _: None
        note(Operation("connect", peer=peer))
        with socket.create_connection(("127.0.0.1", self.behind)) as server:
            threading.Thread(target=self.pass_back, args=(server, stream), daemon=True).start()
            while True:
                message, identity, tag = read_message(stream)
                if tag in (UNBIND, ABANDON):
                    server.sendall(message)
                    continue
                operation = operation_of(message, tag, peer)
                note(operation)
                threading.Event().wait(self.delay)
                code = self.code_for(operation.kind, message)
                if code is None:
                    server.sendall(message)
                else:
                    stream.sendall(tlv(0x30, identity, result(ANSWERS[tag], code)))

    @staticmethod
    def pass_back(server, stream):
        with contextlib.suppress(OSError):
            while piece := server.recv(65536):
                stream.sendall(piece)
            stream.shutdown(socket.SHUT_RDWR)
