"""Many clients on one machine: mod_remoteip tells httpd their addresses, and a few threads post for
all of them over connections that stay open."""
import itertools
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlencode, urlsplit

from site_steps import quick_site
from wire import FORM_TYPE

from kit import system
from kit.browser import Browser

THREADS = 8
SEAL = re.compile(rb'name="seal" value="([^"]+)"')


def remote_lines():
    """httpd behind a proxy on this machine, which says who asks."""
    return (f'LoadModule remoteip_module "{system.apache_modules()}/mod_remoteip.so"\n'
            "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1")


def proxied_site(keeper, **options):
    return quick_site(keeper, server_lines=remote_lines(), **options)


def at(address):
    """The headers of a client at this address."""
    return {"X-Forwarded-For": address}


def address(number):
    """An address of its own for each number, from those of benchmarks (RFC 2544)."""
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def browser_at(site, client):
    """A browser at this address."""
    return Browser(site.ca.certificate, **at(client))


class Crowd:
    """`clients` are addresses that nobody has used yet. `each` runs its work on THREADS threads."""

    clients = map(address, itertools.count())

    def __init__(self, site):
        self.site = site
        self.netloc = urlsplit(site.url).netloc
        self.path = urlsplit(site.reset_url).path
        self.local = threading.local()

    def request(self, method, path, body=None, headers=None):
        """Status, Location, body. A connection that httpd has closed between two requests is made
        anew."""
        for is_last in (False, True):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = HTTPSConnection(self.netloc, context=self.site.browser.context,
                                             timeout=60)
                self.local.connection = connection
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                return answer.status, answer.headers.get("Location", ""), answer.read()
            except (HTTPException, ConnectionError):
                connection.close()
                self.local.connection = None
                if is_last:
                    raise
        raise AssertionError

    def form(self, client):
        """The seal of a fresh form."""
        _, _, body = self.request("GET", f"{self.path}/", headers=at(client))
        return SEAL.search(body)[1].decode()

    def post(self, client, path="/", **fields):
        headers = {"Content-Type": FORM_TYPE, "Sec-Fetch-Site": "same-origin", **at(client)}
        return self.request("POST", f"{self.path}{path}", urlencode(fields), headers)

    def ask(self, client, name):
        """One person asks without script; status and where the answer leads."""
        status, location, _ = self.post(client, seal=self.form(client), name=name)
        return status, kind_of(location)

    def press(self, client):
        """Counts a whole request against the client, and leaves no row."""
        return self.post(client, seal="", name="ingen")[0]

    def each(self, work, items):
        with ThreadPoolExecutor(THREADS) as crowd:
            return list(crowd.map(work, items))


def kind_of(location):
    """Where an answer leads: sent, c (the captchas), or nowhere."""
    found = re.search(r"/(sent|c)/", location)
    return found[1] if found else ""
