"""What a stranger asks costs the directory the same operations, and has the same answer, whoever is
named. Operations are counted and not timed: t/bench/oracle measures the time.

All of httpd's requests to the directory pass a fake that notes them and can be slow or fail, as far
as a real slapd stands behind it. The operations of the worker, which no answer waits for, are left
out of the count.
"""
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from fake_counting_directory import FakeCountingDirectory
from test_change import NEW, SENTENCE, WRONG, change, error_of, form_page
from test_lockout import Policy, obey_slapd
from site_steps import quick_site, some_token
from workers import shape, worker_of

from kit import people

ATTEMPTS = 12  # PwResetAttemptsPerHour: more than one name is tried here, but for the capped one
GROUP = "sperret"
ONE_CHILD = ("ServerLimit 1\nStartServers 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n"
             "MinSpareThreads 1\nMaxSpareThreads 25\nMaxConnectionsPerChild 0")
HIDDEN_FROM_SERVICE = 50
LOCKOUT_SEARCHES = 6  # three for the policy, three for the count
GONE = 32
OTHER = 80
UNAVAILABLE = 52

# A kind of name, and the password that is given as the old one. A right one is no help to whoever
# may not be tried.
KINDS = {"absent": WRONG, "known": WRONG, "wrong, and a bad new one": WRONG,
         "disabled": people.PASSWORD, "locked": people.PASSWORD, "protected": people.PASSWORD,
         "in a denied group": people.PASSWORD, "protected and without address": people.PASSWORD,
         "capped": people.PASSWORD, "ambiguous": people.PASSWORD, "filter": WRONG,
         "search fails": people.PASSWORD, "entry unreadable": people.PASSWORD,
         "bind fails": people.PASSWORD, "policy of its own": WRONG, "near its lock": people.PASSWORD,
         "policy unreadable": people.PASSWORD, "count unreadable": people.PASSWORD}


# That of "near its lock" leaves no room for an attempt beside the owner's own.
OWN_POLICIES = {"policy of its own": Policy(100, 0), "near its lock": Policy(2, 0),
                "policy unreadable": Policy(101, 0)}


@pytest.fixture(scope="module")
def site(keeper):
    directives = {"PwResetProtectedFilter": '"(displayName=Vernet*)"',
                  "PwResetDenyGroup": f'"cn={GROUP},{people.PEOPLE_DN}"',
                  "PwResetAttemptsPerHour": str(ATTEMPTS), "PwResetAttemptsPerDay": "1000",
                  "PwResetLDAPPolicyDN": f'"{people.POLICY_DN}"'}
    with quick_site(keeper, directives=directives, server_lines=ONE_CHILD,
                    policy={"pwdMaxFailure": "100"}) as started:
        fake = started.fake = FakeCountingDirectory(started.slapd.port)
        started.directives["PwResetLDAPURL"] = (
            f'"{fake.url}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)" NONE')
        started.configure()
        started.httpd.prepare()
        started.httpd.restart()
        fake.worker = worker_of(started)
        started.names = make_names(started)
        cap(started, started.names["capped"])
        yield started
        fake.stop()


def make_names(site):
    """A name for each kind, and what makes it so."""
    directory = site.slapd
    persons = {kind: site.someone().uid for kind in (
        "known", "wrong, and a bad new one", "locked", "protected", "in a denied group", "capped",
        "search fails", "entry unreadable", "bind fails", "policy of its own", "near its lock",
        "policy unreadable", "count unreadable")}
    for kind, rule in OWN_POLICIES.items():
        obey_slapd(directory, rule, persons[kind])
    directory.change_person(persons["locked"], pwdAccountLockedTime=time.strftime(
        "%Y%m%d%H%M%SZ", time.gmtime()))
    for uid in (persons["protected"], people.NOMAIL):
        directory.change_person(uid, displayName="Vernet Konto")
    with directory.admin() as connection:
        connection.add(f"cn={GROUP},{people.PEOPLE_DN}", "groupOfNames",
                       {"member": directory.dn_of(persons["in a denied group"])})
    return {**persons, "absent": "finnes-ikke", "disabled": people.DISABLED,
            "protected and without address": people.NOMAIL, "ambiguous": people.SHARED_MAIL,
            "filter": "*)(uid=*"}


def cap(site, name):
    forms = [form_page(site) for _ in range(ATTEMPTS)]
    with ThreadPoolExecutor(ATTEMPTS) as crowd:
        pages = list(crowd.map(lambda form: change(site, name, old=WRONG, page=form), forms))
    assert {page.status for page in pages} == {422}


def faults_of(site):
    """What goes wrong for five of the names and for no other."""
    def entry(kind):
        return b"uid=" + site.names[kind].encode() + b","

    own = f"cn={OWN_POLICIES['policy unreadable'].name},".encode()
    return [("search", [site.names["search fails"].encode()], OTHER),
            ("search", [entry("entry unreadable")], HIDDEN_FROM_SERVICE),
            ("search", [own], OTHER),
            ("search", [entry("count unreadable"), b"pwdFailureTime"], OTHER),
            ("bind", [entry("bind fails")], UNAVAILABLE)]


# States of the directory: (seconds for each operation, what fails for every name as well).
STATES = {"well": (0, []), "slow": (0.2, []),
          "no search works": (0, [("search", [people.PEOPLE_DN.encode()], OTHER)]),
          "no policy of an account can be read": (0, [("search", [b"cn=lock"], OTHER)]),
          "the denied group is gone": (0, [("search", [f"cn={GROUP}".encode()], GONE)]),
          "no bind works": (0, [("bind", [people.PEOPLE_DN.encode()], UNAVAILABLE)]),
          "down": (0, [])}


@contextmanager
def in_state(site, state):
    delay, faults = STATES[state]
    if state == "down":
        site.slapd.stop()
    site.fake.delay, site.fake.faults = delay, faults + faults_of(site)
    try:
        change(site, "oppvarming", old=WRONG)  # what is left of the state before ends here
        yield
    finally:
        site.fake.behave()
        if state == "down":
            site.slapd.start()


def label(operation):
    """What kind of operation it is, without the name that it is about."""
    if operation.kind == "bind":
        return "bind service" if operation.dn == people.SERVICE_DN else "bind person"
    if operation.kind != "search":
        return operation.kind
    places = {"": "root entry", people.PEOPLE_DN: "people", people.BASE: "policies",
              f"cn={GROUP},{people.PEOPLE_DN}": "group"}
    place = places.get(operation.dn, "policies" if "ou=policies" in operation.dn else "entry")
    return f"search {place} {operation.scope}"


def counted(site, action):
    """The page, and the operations of the request in their order. Rules for everybody are read once
    a minute, and a connection is made anew now and then, before the account is asked for: neither
    has to do with the name. A base search after that counts the same for whatever entry it is:
    an account's policy, the account, or the dummy."""
    before = len(site.fake.operations)
    page = action()
    labels = [label(operation) for operation in site.fake.operations[before:]]
    reached = labels.index("search root entry 0") if "search root entry 0" in labels else 0
    asked = labels.index("search people 2") if "search people 2" in labels else len(labels)
    reach = [name for name in labels[reached:asked] if not name.startswith("search policies")]
    return page, reach + [name.replace("policies 0", "entry 0") for name in labels[asked:]]


def masked(page, name):
    """Everything that an answer says, but for the name that was typed, the hour and the seals."""
    status, headers, location, size, html = shape(page)
    names = [field for field in headers if field[0] != "Content-Length"]
    shown = f'value="{name}"'
    size -= html.count(shown) * len(name)
    return status, names, location, size, html.replace(shown, 'value=""')


def answers(site, ask, fetch=lambda _: None):
    """(operations, answer) for each kind of name. What is fetched before does not count: a form is
    the same for all, and shows the rules for everybody, which are read once a minute."""
    found = {}
    for kind in KINDS:
        form = fetch(site)
        page, operations = counted(site, lambda at=kind: ask(site.names[at], at, form))
        found[kind] = operations, masked(page, site.names[kind])
    return found


def assert_alike(found):
    told = found["absent"]
    for kind, (operations, answer) in found.items():
        assert operations == told[0], kind
        assert answer == told[1], kind


@pytest.mark.parametrize("state", STATES)
def test_a_wrong_change_is_the_same_for_every_kind_of_name(site, state):
    def ask(name, kind, form):
        return change(site, name, old=KINDS[kind], page=form, follow=False,
                      new="x" if "bad new one" in kind else NEW)

    with in_state(site, state):
        found = answers(site, ask, form_page)
    assert_alike(found)
    operations, (status, *_) = found["absent"]
    assert status == (503 if state == "down" else 422)
    if state != "down":
        assert operations == [
            "search root entry 0", "search people 2", "search entry 0",
            *["search group 0"] * (3 if "group is gone" in state else 2),
            *["search entry 0"] * LOCKOUT_SEARCHES, "connect", "bind person"]


def test_a_form_that_was_sent_before_costs_no_operation_and_tells_nothing(site):
    page = form_page(site)
    assert SENTENCE in error_of(change(site, "finnes-ikke", old=WRONG, page=page), "old")

    def ask(name, kind, _):
        return site.browser.submit(page, follow=False, name=name, old=KINDS[kind], first=NEW,
                                   second=NEW)

    for state in STATES:
        with in_state(site, state):
            found = answers(site, ask)
        assert_alike(found)
        assert found["absent"][0] == []
        assert found["absent"][1][0] == 422


@pytest.mark.parametrize("state", STATES)
def test_a_request_asks_the_directory_nothing(site, state):
    with in_state(site, state):
        found = answers(site, lambda name, *_: site.ask(name, follow=False))
        assert_alike(found)
        assert found["absent"][0] == [] and found["absent"][1][0] == 303
        sent = answers(site, lambda name, *_: site.ask(name))
    for operations, (status, names, *_) in sent.values():
        assert (operations, status, names) == ([], 200, sent["absent"][1][1])


def test_a_form_sent_with_other_names_asks_the_directory_nothing(site):
    """The second name, the second name again, and one name too many."""
    def send(page, name):
        return site.browser.submit(page, follow=False, name=name)

    def open_form(names):
        def fetch(_):
            page = site.browser.get(f"{site.reset_url}/")
            for name in names:
                assert send(page, name).status == 303
            return page
        return fetch

    for names, status in ((["en-annen"], 303), (["en", "to", "tre"], 422)):
        found = answers(site, lambda name, _, page: send(page, name), open_form(names))
        assert_alike(found)
        assert found["absent"][0] == [] and found["absent"][1][0] == status
    found = answers(site, lambda name, _, page: [send(page, name), send(page, name)][1],
                    open_form(["en-annen"]))
    assert_alike(found)
    assert found["absent"][0] == [] and found["absent"][1][0] == 303


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", ["r", "stop"])
def test_a_token_that_never_was_asks_the_directory_nothing(site, path, state):
    with in_state(site, state):
        for token in (some_token(), "x", "A" * 43):
            page, operations = counted(
                site, lambda at=token: site.browser.get(f"{site.reset_url}/{path}/{at}"))
            assert (page.status, operations) == (410 if path == "stop" else page.status, [])
            posted, operations = counted(site, lambda at=token: site.browser.post(
                f"{site.reset_url}/{path}", {"token": at, "first": NEW, "second": NEW}))
            assert operations == [] and posted.status == page.status


def test_what_went_wrong_is_told_to_the_operator(site):
    before = len(site.httpd.error_log.read_text(errors="replace"))
    site.fake.faults = faults_of(site)
    try:
        for kind in ("search fails", "entry unreadable", "bind fails", "policy unreadable",
                     "count unreadable", "near its lock"):
            assert SENTENCE in change(site, site.names[kind]).text
        site.fake.faults = STATES["the denied group is gone"][1]
        assert SENTENCE in change(site, site.names["known"]).text
    finally:
        site.fake.behave()
    log = site.httpd.error_log.read_text(errors="replace")[before:]
    for tag in ("PWR0445", "PWR0426", "PWR0454"):
        assert tag in log
    # Not the audit log, which counts what comes too often.
    told = " ".join(line for line in log.splitlines() if "PWR0605: change-refused" in line)
    for detail in ("account unreadable", "groups unreadable", "no answer to the bind",
                   "lockout policy unreadable", "nearness to the lock unreadable", "lockout near"):
        assert detail in told


def test_the_right_password_is_told_what_the_new_one_lacks_and_then_changes_it(site):
    person = site.someone()
    assert error_of(change(site, person.uid, new="kort-1"), "first").startswith(
        "Nytt passord må ha minst 8 tegn")
    assert change(site, person.uid).heading == "Passordet er endret"
    assert site.can_bind(person.uid, NEW)
