"""What several tests do to a site, beside what a person does (kit.site)."""
import base64
import re
import sqlite3
import time
from contextlib import closing
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit

from kit.browser import Browser
from kit.site import Site


# A gate that lets one client ask as often as a whole test does.
OPEN_GATE = {"PwResetClientLimits": "100000 200000 300000",
             "PwResetSiteLimits": "1000000 2000000"}


def quick_site(keeper, **options):
    """A site whose forms may be posted as soon as they were fetched, and as often as one likes."""
    directives = {"PwResetFormAge": "0s", **OPEN_GATE, **options.pop("directives", {})}
    return Site.in_scratch(keeper, directives=directives, **options)


def english(site):
    return Browser(site.ca.certificate, language="en-GB,en;q=0.8")


def store(site, statement, *values):
    """Runs a statement in the site's database; the rows that it gives."""
    with closing(sqlite3.connect(site.database, timeout=10)) as database, database:
        return database.execute(statement, values).fetchall()


def requests(site):
    """The ids of all rows of the outbox. The worker takes rows away that nothing needs any more, so a
    test that nothing was written asks whether `requests(site) <= before`."""
    return {row for row, in store(site, "SELECT id FROM pwreset_outbox")}


def settle(site, seconds=10.0):
    """Waits until every request that was accepted has been worked: what has not been mailed by
    now never will be."""
    deadline = time.monotonic() + seconds
    while store(site, "SELECT COUNT(*) FROM pwreset_outbox WHERE state = 0") != [(0,)]:
        assert time.monotonic() < deadline, "the outbox is still not empty"
        time.sleep(0.005)


def new_mails(site, action):
    """The mails that come of this action, all of them."""
    settle(site)
    before = set(site.inbox.paths())
    action()
    settle(site)
    return [site.inbox.mail(path) for path in site.inbox.paths() if path not in before]


def ask_for_link(site, person, browser=None):
    site.ask(person.uid, browser)
    return site.link_of(site.mail_to(person.mails[0]))


def token_of(link):
    return link.rpartition("/")[2]


def path_of(url):
    return urlsplit(url).path


def trail_until(site, page, event, seconds=10.0):
    """The trail of the request that this "sent" page is about, up to this event."""
    code = re.search(r'class="code".*?<strong[^>]*>([^<]+)<', page.html, re.DOTALL)[1]
    deadline = time.monotonic() + seconds
    while True:
        rows = store(site, "SELECT event FROM pwreset_trail WHERE support_code = ? ORDER BY id",
                     code)
        events = [name for name, in rows]
        if event in events:
            return events
        assert time.monotonic() < deadline, f"the trail of {code} says only {events}"
        time.sleep(0.005)


def has_no_secret(page, *secrets):
    """Every password field is empty, and nothing that was typed into one is on the page."""
    fields = [field for form in page.forms for field in form.of_kind("password")]
    return all(field.value == "" for field in fields) and not any(
        secret in page.html for secret in secrets)


def spellings(secret):
    """How it could stand somewhere: as it is, for a URL, for SMTP's and HTTP's login, in hex, and
    its first half."""
    raw = secret.encode()
    forms = {raw, quote(secret, safe="").encode(), "".join(f"%{byte:02X}" for byte in raw).encode(),
             base64.b64encode(raw).rstrip(b"="), raw.hex().encode(), raw[:len(raw) // 2 + 1]}
    return forms | {form.lower() for form in forms if b"%" in form}


def leaks(token, logs):
    """The lines with any spelling of the token."""
    forms = [form.decode() for form in spellings(token)]
    return [line for log in logs for line in log.splitlines()
            if any(form in line for form in forms)]


def some_token():
    """Of the right shape and never used before, so that no test finds the token of another."""
    return token_urlsafe(32)
