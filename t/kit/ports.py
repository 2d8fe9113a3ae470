"""Blocks of free ports on loopback that two sites never share, even when started at once.

A port is claimed by an abstract Unix socket named after it. Such a name lives in the network
namespace, just as ports do, belongs to one process whatever its user, leaves no file behind, and is
gone with the process. So nobody waits: who finds a name taken moves on to the next block.
"""
import errno
import random
import socket
from collections import deque

STEP = 10
# Below Linux's range for outgoing connections, which could take a port between look and bind.
TEST_PORTS = range(20000, 32000, STEP)
SINGLE_PORTS = range(12000, 20000)
HELD = deque(maxlen=200)  # the claims of single ports; the oldest end first


class NoFreePorts(Exception):
    """Every block was taken."""


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def claim(port):
    """The socket that holds the claim, or None when somebody else has it."""
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        holder.bind(f"\0mod_pwreset-port-{port}")
    except OSError as error:
        holder.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return holder


def free_port():
    """One port of loopback that no other test takes meanwhile."""
    for port in random.sample(SINGLE_PORTS, len(SINGLE_PORTS)):
        holder = claim(port)
        if holder is not None and is_free(port):
            HELD.append(holder)
            return port
    raise NoFreePorts(f"no free port in {SINGLE_PORTS}")


class Block:
    """Consecutive ports, ours until `release` or the end of this process."""

    def __init__(self, first, holders):
        self.first = first
        self.holders = holders

    def __getitem__(self, index):
        if not 0 <= index < len(self.holders):
            raise IndexError(index)
        return self.first + index

    def release(self):
        for holder in self.holders:
            holder.close()
        self.holders = []


def take_at(first, count):
    """The block that starts right there, or None."""
    holders = []
    for port in range(first, first + count):
        holder = claim(port)
        if holder is not None:
            holders.append(holder)
        if holder is None or not is_free(port):
            Block(first, holders).release()
            return None
    return Block(first, holders)


def take(count, first=None):
    """A free block: the one at `first` or the next one after it; anywhere when `first` is None."""
    if first is None:
        begin = random.randrange(len(TEST_PORTS))
        candidates = [*TEST_PORTS[begin:], *TEST_PORTS[:begin]]
    else:
        candidates = range(first, 65536 - count, STEP)
    for candidate in candidates:
        block = take_at(candidate, count)
        if block is not None:
            return block
    raise NoFreePorts(f"no {count} free ports in a row" + (f" from {first} on" if first else ""))
