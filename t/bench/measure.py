"""What the benches share: a site that leaves out what is not measured, a client that costs little,
and how CPU time and memory are read.

CPU: user and system time of every process in httpd's session (parent, web children, worker), from
/proc/PID/stat, what ended children have used included. The kernel counts it exactly and shows it in
ticks of 10 ms, so a figure is worth something from some hundred ticks on.

Memory of the same processes, three ways. "pages": every physical page that at least one of them has
mapped, once (/proc/PID/pagemap; only root may see it). "PSS" and "private": /proc/PID/smaps, where
a page that n processes have in common counts one n-th for each, or not at all. Pages of libraries
are also shared with whatever else runs here, so on a busy machine "pages" is what compares.
"""
import array
import math
import os
import re
import socket
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from kit import process, system
from kit.browser import PageParser
from kit.site import PREFIX, Site
from kit.smtp import Smtp

WORKER = "pwreset-worker"
KEEPER = "pwreset-keeper"
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1024 * 1024

# As many processes in each run, none that ends or begins meanwhile, and no connection that is
# closed after a hundred requests.
STEADY = """\
ServerLimit 2
StartServers 2
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 128
MaxConnectionsPerChild 0
MaxKeepAliveRequests 0
KeepAliveTimeout 300
ExtendedStatus Off
"""


class Trouble(Exception):
    """The bench cannot go on; the text says why."""


# The site

class Relay(Smtp):
    """The relay of the bench in the place of the kit's: less work for each mail, and it notes when
    each one was complete. Those notes come through a pipe, so nobody polls."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.pipe = self.folder / "notes"
        self.notes = {}
        self.news = threading.Condition()

    def argv(self):
        argv = [system.PYTHON, "-B", Path(__file__).with_name("relay.py"),
                "--folder", self.folder, "--port", self.port, "--notes", self.pipe,
                "--certificate", self.folder / "cert.pem", "--key", self.folder / "key.pem"]
        return argv + (["--user", self.run_user.pw_name] if self.run_user else [])

    def prepare(self):
        super().prepare()
        os.mkfifo(self.pipe, 0o600)
        system.give(self.pipe, self.run_user, 0o600)
        reading = os.open(self.pipe, os.O_RDWR)
        threading.Thread(target=self.listen, args=(reading,), daemon=True).start()

    def listen(self, reading):
        with os.fdopen(reading, encoding="ascii") as lines:
            for line in lines:
                when, address = line.split()
                with self.news:
                    self.notes.setdefault(address, []).append(int(when))
                    self.news.notify_all()

    def wait(self, address, since, seconds=20.0):
        """When the first mail to this address after `since` was complete; both in nanoseconds of
        the monotonic clock, which all processes of a machine have in common."""
        def first():
            return next((when for when in self.notes.get(address, []) if when >= since), None)

        with self.news:
            if not self.news.wait_for(lambda: first() is not None, seconds):
                raise Trouble(f"no mail to {address} within {seconds} s")
            return first()


class BenchSite(Site):
    """Forms may be posted at once, no audit log is kept, httpd's processes stay the same. The limits of a
    client and of the site are counted as always, but lie beyond what a bench asks: all its requests come
    from one address, and the 31st of an hour would get a robot check."""

    def __init__(self, folder, block, keeper=None, **options):
        options["directives"] = {"PwResetFormAge": "0s", "PwResetAuditLog": None,
                                 "PwResetClientLimits": "100000 200000 300000",
                                 "PwResetSiteLimits": "1000000 2000000",
                                 **options.get("directives", {})}
        options["server_lines"] = STEADY + options.get("server_lines", "")
        options.setdefault("log_level", "warn")
        super().__init__(folder, block, keeper, **options)
        self.smtp = Relay(folder / "smtp", folder / "mail", (block[2], block[1]), self.ca, keeper)
        self.servers[1] = self.smtp

    def processes(self):
        """Pid and name of each process of httpd; the parent comes first."""
        parent = self.httpd.process.pid
        pids = process.pids_of_sessions({parent})
        names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids}
        return {pid: name if name in (WORKER, KEEPER) else "parent" if pid == parent else "child"
                for pid, name in sorted(names.items())}

    def worker(self):
        """Its pid; right after the start it may not have its name yet."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for pid, name in self.processes().items():
                if name == WORKER:
                    return pid
            time.sleep(0.01)
        raise Trouble("httpd has no worker")

    def cpu(self):
        """Seconds of CPU so far: {"httpd": ..., "worker": ...}."""
        spent = {"httpd": 0.0, "worker": 0.0}
        for pid, name in self.processes().items():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks = sum(map(int, fields[11:15] if name == "parent" else fields[11:13]))
            spent["worker" if name in (WORKER, KEEPER) else "httpd"] += ticks / TICKS
        return spent


def cpu_between(before, after):
    return {name: after[name] - before[name] for name in after}


# Memory

@dataclass
class Memory:
    """Bytes, and the physical pages by number."""

    pss: int = 0
    private: int = 0
    pages: frozenset = frozenset()

    def __add__(self, other):
        return Memory(self.pss + other.pss, self.private + other.private, self.pages | other.pages)


MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+\s*(.*)")
PAGE = os.sysconf("SC_PAGE_SIZE")
IS_PRESENT = 1 << 63
NUMBER = (1 << 55) - 1


def name_of(permissions, path):
    """Of a mapping: what of a library is code, and what is not, stands apart."""
    name = path if path.startswith("[") else os.path.basename(path) or "[anonymous]"
    return name + (" code" if ".so" in name and "x" in permissions else "")


def pages_of(pagemap, begin, end):
    pagemap.seek(begin // PAGE * 8)
    entries = array.array("Q", pagemap.read((end - begin) // PAGE * 8))
    return frozenset(entry & NUMBER for entry in entries if entry & IS_PRESENT) - {0}


def mappings_of(pid):
    """{name of a mapping: Memory}"""
    found = {}
    with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
        for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
            mapping = MAPPING.fullmatch(line)
            if mapping:
                begin, end = int(mapping[1], 16), int(mapping[2], 16)
                name = name_of(mapping[3], mapping[4])
                continue
            key, _, value = line.partition(":")
            size = int(value.split()[0]) * 1024 if value.endswith(" kB") else 0
            if not size:
                continue
            more = {"Rss": lambda: Memory(pages=pages_of(pagemap, begin, end)),
                    "Pss": lambda: Memory(pss=size),
                    "Private_Clean": lambda: Memory(private=size),
                    "Private_Dirty": lambda: Memory(private=size)}.get(key)
            if more:
                found[name] = found.get(name, Memory()) + more()
    return found


def total(memories):
    return sum(memories, Memory())


# A client

class Connection:
    """One keep-alive connection over TLS. It reads no more of an answer than it must."""

    def __init__(self, site):
        self.host = f"127.0.0.1:{site.httpd.port}"
        raw = socket.create_connection(("127.0.0.1", site.httpd.port), timeout=30)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = site.browser.context.wrap_socket(raw, server_hostname="127.0.0.1")
        self.waiting = b""

    def request(self, method, path, body=b""):
        """Status, head, body. `self.sent` is when the request was handed to the kernel."""
        head = (f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nAccept: text/html\r\n"
                "Accept-Language: nb-NO,nb;q=0.9,en;q=0.5\r\nSec-Fetch-Site: same-origin\r\n")
        if method == "POST":
            head += ("Content-Type: application/x-www-form-urlencoded\r\n"
                     f"Content-Length: {len(body)}\r\n")
        self.sent = time.monotonic_ns()
        self.socket.sendall(head.encode() + b"\r\n" + body)
        head = self.read_until(b"\r\n\r\n").decode("latin-1")
        length = re.search(r"(?im)^content-length: *(\d+)", head)
        body = self.read(int(length[1]) if length else 0)
        self.answered = time.monotonic_ns()
        return int(head.split(" ", 2)[1]), head, body

    def more(self):
        data = self.socket.recv(65536)
        if not data:
            raise Trouble("httpd closed a connection that should have been kept")
        self.waiting += data

    def read_until(self, end):
        while end not in self.waiting:
            self.more()
        head, _, self.waiting = self.waiting.partition(end)
        return head

    def read(self, length):
        while len(self.waiting) < length:
            self.more()
        body, self.waiting = self.waiting[:length], self.waiting[length:]
        return body

    def get(self, path):
        status, _, body = self.request("GET", path)
        if status != 200:
            raise Trouble(f"GET {path} was answered {status}")
        return body

    def post_form(self, body):
        """Posts a filled-in request form; returns where the answer leads."""
        status, head, answer = self.request("POST", f"{PREFIX}/", body)
        if status != 303:
            raise Trouble(f"POST {PREFIX}/ was answered {status}:\n{answer.decode()[:400]}")
        return re.search(r"(?im)^location: *(\S+)", head)[1]

    def close(self):
        self.socket.close()


def filled_form(page, **filled):
    """The body that posts the form of this page with these fields filled in."""
    parser = PageParser()
    parser.feed(page.decode())
    form = next(form for form in parser.forms if form.method == "post")
    return urlencode(form.values(**filled)).encode()


# Figures

def percentile(values, share):
    """The smallest value that is not exceeded by this share of all (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def spread(values, unit=1e6):
    """p50 and p99 of nanoseconds, in milliseconds."""
    return (f"p50 {statistics.median(values) / unit:7.2f} ms   "
            f"p99 {percentile(values, 0.99) / unit:7.2f} ms")


def introduce(name):
    """The first lines of a report: what the figures were taken on."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{name}: {os.uname().sysname} {os.uname().release}, {cores} cores, "
          f"{time.strftime('%Y-%m-%d %H:%M')}, load {load:.1f}")
    if load > cores / 4:
        print("busy machine: something else ran when this began; ratios count, not figures")
