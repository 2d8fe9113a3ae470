"""httpd's processes as the tests see them: the worker, the web children, and the row in hand."""
import os
import re
import signal
import sqlite3
import time
from contextlib import closing, contextmanager

from site_steps import store

from kit import process

WORKER = "pwreset-worker"
KEEPER = "pwreset-keeper"
OPENER = "pwreset-opener"
IN_HAND = "SELECT id, owner, due FROM pwreset_outbox WHERE state = 0 AND owner <> ''"
WAITING = "SELECT COUNT(*) FROM pwreset_outbox WHERE state = 0"


def wait_until(answer, seconds, what):
    """What `answer` gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = answer()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.005)


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def children_of(parent):
    """Pids of its children, dead ones that nobody has asked for included."""
    found = []
    for pid in process.all_pids():
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                if int(file.read().rpartition(b")")[2].split()[1]) == parent:
                    found.append(pid)
        except OSError:
            continue
    return found


def web_children(site):
    return [pid for pid in children_of(site.httpd.pid)
            if process.is_running(pid) and name_of(pid) not in (KEEPER, OPENER)]


def keepers_of(site):
    """Two for a moment, at a graceful restart."""
    return [pid for pid in children_of(site.httpd.pid)
            if process.is_running(pid) and name_of(pid) == KEEPER]


def worker_of(site, other_than=None, seconds=3.0):
    """The pid of the one worker, which must not be `other_than`."""
    def look():
        return [pid for keeper in keepers_of(site) for pid in children_of(keeper)
                if pid != other_than and name_of(pid) == WORKER and process.is_running(pid)]
    pids = wait_until(look, seconds, "a worker process")
    assert len(pids) == 1
    return pids[0]


def wait_until_reaped(site):
    """httpd asks for its dead children one at a time, now and then; none may stay."""
    wait_until(lambda: all(map(process.is_running, children_of(site.httpd.pid))), 10,
               "the end of every dead child")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def row_in_hand(site, seconds=5.0):
    """Id, owner and end of the lease of the row that a worker holds."""
    return wait_until(lambda: store(site, IN_HAND), seconds, "a row in a worker's hand")[0]


def waiting_rows(site):
    return store(site, WAITING)[0][0]


@contextmanager
def mute(server):
    """A server that takes connections and says nothing, until the block ends."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@contextmanager
def locked_store(site):
    """Nobody else can write to the database while the block runs."""
    with closing(sqlite3.connect(site.database, timeout=10, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        yield
        database.execute("ROLLBACK")


def audit(site, event):
    """The audit lines of this event."""
    return [line for line in site.audit_log.read_text().splitlines() if f'"{event}"' in line]


def shape(page):
    """What may be compared between answers to different people: everything but the hour, the
    sealed address of the page after it, and on that page the seal, the support code, the name, and
    its own address in the links to other languages."""
    headers = [field for field in page.raw_headers if field[0] not in ("Date", "Location")]
    html = re.sub(r'(name="seal" value=")[^"]+', lambda found: found[1] + "S" * len(found[0]),
                  page.html)
    html = re.sub(r"(?<=/sent/)[\w-]+", lambda found: "S" * len(found[0]), html)
    html = re.sub(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", "CODE-CODE", html)
    return page.status, headers, len(page.headers.get("Location", "")), len(page.body), html
