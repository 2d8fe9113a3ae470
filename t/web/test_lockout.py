"""Strangers lock no account by what they post at "change": a simulated week of posts against the three
directories, with their own lockout in force, and what happens where its policy or count is hidden.

The caps of the site are as wide as they go, so that the directory's own numbers alone are kept to."""
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from directory_389ds_fixture import CONTAINER, policy, policy_dn
from fake_counting_directory import FakeCountingDirectory
from fake_hostile_ldap import FakeHostileDirectory
from site_steps import ask_for_link, quick_site, store
from workers import audit, worker_of

from kit import people, samba, system
from kit.browser import Browser
from kit.ds389 import ACCESS, ROOT_DN, Ds389
from kit.samba import SambaAd
from kit.slapd import Slapd

# Of ldap3 itself.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")

NEW = "Sju-lange-netter-7"
SENTENCE = "Brukernavnet eller det gamle passordet er feil, eller det er prøvd for mange ganger."
WIDE = {"PwResetAttemptsPerHour": "100", "PwResetAttemptsPerDay": "1000"}
MARGIN = 2  # the count after our attempt is so much below the number that locks
HOUR, DAY = 3600, 86400
CROWD = 20


@dataclass
class Policy:
    """Failed logins that lock, and the seconds after which one counts no more; 0: it always does."""
    threshold: int
    interval: int

    @property
    def name(self):
        return f"lock{self.threshold}in{self.interval}"

    @property
    def room(self):
        return max(0, self.threshold - MARGIN)


# --- the three directories ---

def obey_slapd(directory, rule, uid):
    dn = f"cn={rule.name},ou=policies,{people.BASE}"
    with directory.admin() as connection:
        connection.search(f"ou=policies,{people.BASE}", f"(cn={rule.name})")
        if not connection.response:
            connection.add(dn, ["device", "pwdPolicy"], {
                **people.POLICY, "cn": rule.name, "pwdMaxFailure": str(rule.threshold),
                "pwdFailureCountInterval": str(rule.interval), "pwdLockoutDuration": "0"})
    directory.change_person(uid, pwdPolicySubentry=dn)


def obey_389ds(directory, rule, uid):
    dn = directory.dn_of(uid)
    values = {"passwordLockout": "on", "passwordMaxFailure": str(rule.threshold),
              "passwordResetFailureCount": str(rule.interval), "passwordUnlock": "off"}
    name = policy_dn("user", dn)
    with directory.admin() as connection:
        connection.search(people.PEOPLE_DN, "(cn=nsPwPolicyContainer)")
        if not [found for found in connection.response if found.get("dn")]:
            connection.add(CONTAINER, ["top", "nsContainer"])
        connection.add(name, ["top", "extensibleObject", "ldapsubentry", "passwordPolicy"], values)
    assert policy("user", dn, values).startswith(f"dn: {name}")
    directory.change_person(uid, pwdpolicysubentry=name)


def obey_samba(directory, rule, uid):
    directory.add_policy(f"{rule.name}-{uid}", uid, lock=rule.threshold, window=rule.interval)


@dataclass
class Kind:
    directory: type
    obey: callable  # puts a person under a policy
    rules: list
    is_locked: callable  # by what the entry says
    count: callable  # of failed logins that still count under a rule


THREE = {
    "OpenLDAP": Kind(
        Slapd, obey_slapd,
        [Policy(2, 0), Policy(3, 0), Policy(5, 0), Policy(3, HOUR), Policy(5, DAY)],
        is_locked=lambda entry: "pwdAccountLockedTime" in entry,
        count=lambda entry, rule: sum(
            not rule.interval or value > time.strftime("%Y%m%d%H%M%SZ", time.gmtime(
                time.time() - rule.interval)) for value in entry.get("pwdFailureTime", []))),
    "389-DS": Kind(
        Ds389, obey_389ds,
        [Policy(2, HOUR), Policy(3, HOUR), Policy(5, 600), Policy(5, 30 * DAY)],
        is_locked=lambda entry: "accountUnlockTime" in entry,
        count=lambda entry, _rule: int(entry.get("passwordRetryCount", ["0"])[0])),
    "Samba": Kind(
        SambaAd, obey_samba,
        [Policy(2, HOUR), Policy(3, HOUR), Policy(5, 1800), Policy(5, 30 * DAY)],
        is_locked=lambda entry: int(entry.get("lockoutTime", ["0"])[0]) > 0,
        count=lambda entry, _rule: int(entry.get("badPwdCount", ["0"])[0])),
}


@pytest.fixture(scope="module", params=THREE)
def kind(request):
    if THREE[request.param].directory is SambaAd and samba.is_possible():
        pytest.skip(samba.is_possible())
    return THREE[request.param]


@pytest.fixture(scope="module")
def site(keeper, kind):
    with quick_site(keeper, directory=kind.directory, directives=WIDE) as started:
        yield started


# --- posts ---

def post(site, name, old, new=NEW):
    browser = Browser(site.ca.certificate)
    page = browser.get(f"{site.reset_url}/change")
    return browser.submit(page, name=name, old=old, first=new, second=new)


def guess(site, person, number=0):
    page = post(site, person.uid, f"Gjetning-nummer-{number}")
    assert page.status == 422 and SENTENCE in page.text
    return page


def entries_of(site, uids):
    """What the servers keep of failed logins, of all these people at once."""
    login = site.slapd.login
    names = ["pwdFailureTime", "pwdAccountLockedTime", "passwordRetryCount", "accountUnlockTime",
             "badPwdCount", "lockoutTime"]
    with site.slapd.admin() as connection:
        connection.search(site.slapd.people_dn, f"({login}=*)", attributes=[login, *names])
        found = [item["raw_attributes"] for item in connection.response if item.get("dn")]
    texts = [{name: [value.decode() for value in values] for name, values in raw.items() if values}
             for raw in found]
    entries = {entry[login][0]: entry for entry in texts}
    return {uid: entries[uid] for uid in uids}


def age_rows(site, seconds):
    store(site, "UPDATE pwreset_outbox SET created = created - ?, ended = ended - ?, "
                "needed = needed - ? WHERE kind = 5", *[seconds * 1000000] * 3)


def age(site, uids, seconds):
    """As if all that has happened had happened so much earlier."""
    age_rows(site, seconds)
    site.slapd.age_failures(uids, seconds)


# How strangers go about it: the hours of the week at which they post, how many at once, and how many
# after one another.
PATTERNS = {
    "one an hour, then one in twelve": (lambda hour: True, 1, 1),
    "a burst each day": (lambda hour: hour % 24 == 0, 1, 4),
    "twenty at once each second day": (lambda hour: hour % 48 == 12, CROWD, 1),
}
WEEK = [*range(6), *range(12, 7 * 24 + 1, 12)]


def strike(site, victims, hour, crowd):
    """What falls due at this hour, against all at the same time."""
    works = []
    for person, pattern in victims:
        is_due, at_once, in_a_row = PATTERNS[pattern]
        if is_due(hour):
            works += [crowd.submit(lambda who=person, times=in_a_row: [
                guess(site, who, f"{hour}-{number}") for number in range(times)])
                      for _ in range(at_once)]
    for work in works:
        work.result()


def test_no_week_of_posts_locks_an_account_and_one_mistake_is_left_to_its_owner(site, kind):
    victims = {(rule.name, pattern): (rule, site.someone())
               for rule in kind.rules for pattern in PATTERNS}
    for rule, person in victims.values():
        kind.obey(site.slapd, rule, person.uid)
    uids = [person.uid for _, person in victims.values()]
    most = dict.fromkeys(victims, 0)
    with ThreadPoolExecutor(CROWD * 3) as crowd:
        for hour, after in zip(WEEK, [*WEEK[1:], WEEK[-1]]):
            strike(site, [(person, pattern) for (_, pattern), (_, person) in victims.items()],
                   hour, crowd)
            entries = entries_of(site, uids)
            for key, (rule, person) in victims.items():
                entry = entries[person.uid]
                assert not kind.is_locked(entry), (key, hour)
                most[key] = max(most[key], kind.count(entry, rule))
            age(site, uids, (after - hour) * HOUR)
    for (name, pattern), (rule, _) in victims.items():
        # What may be tried is tried, but where twenty see one another. One an hour is one at a time
        # for who forgets sooner.
        in_time = 1 if "hour" in pattern and 0 < rule.interval < HOUR else rule.room
        least = 0 if "twenty" in pattern else min(in_time, rule.room)
        assert least <= most[name, pattern] <= rule.room, (name, pattern)
    for key, (_, person) in victims.items():
        assert not site.can_bind(person.uid, "Eierens-egen-feil-1")
        assert site.can_bind(person.uid, people.PASSWORD), key
        assert not kind.is_locked(site.slapd.person(person.uid))
    details = " ".join(audit(site, "change-refused"))
    assert '"lockout near"' in details and '"wrong password"' in details


def test_the_owner_changes_the_password_after_the_count_has_ended(site, kind):
    """By the interval, or by a right login."""
    rule = kind.rules[1]
    person = site.someone()
    kind.obey(site.slapd, rule, person.uid)
    for number in range(rule.room + 1):
        guess(site, person, number)
    assert post(site, person.uid, people.PASSWORD).status == 422  # the right one is not tried either
    assert kind.count(site.slapd.person(person.uid), rule) == rule.room
    if rule.interval:
        age(site, [person.uid], rule.interval + HOUR)
    else:
        assert site.can_bind(person.uid, people.PASSWORD)
    assert post(site, person.uid, people.PASSWORD).heading == "Passordet er endret"
    assert site.can_bind(person.uid, NEW)


def test_a_right_password_ends_our_count_too(site, kind):
    rule = kind.rules[-1]
    person = site.someone()
    kind.obey(site.slapd, rule, person.uid)
    passwords = [people.PASSWORD, NEW, "Ni-korte-dager-9"]
    for old, new in zip(passwords, passwords[1:]):
        for number in range(rule.room - 1):
            guess(site, person, number)
        assert post(site, person.uid, old, new).heading == "Passordet er endret"
        assert kind.count(site.slapd.person(person.uid), rule) == 0
    assert store(site, "SELECT COUNT(*) FROM pwreset_outbox WHERE state = 4") == [(0,)]


# --- what is hidden (OpenLDAP) ---

class FailuresHidden(Slapd):
    """The service account may not see the count."""

    def configuration(self):
        return super().configuration().replace("pwdFailureTime,", "", 1)


class OwnPolicyHidden(Slapd):
    def configuration(self):
        return super().configuration().replace("pwdPolicySubentry,", "", 1)


class PolicyHidden(Slapd):
    def configuration(self):
        rule = f'access to dn.subtree="ou=policies,{people.BASE}"\n'
        assert rule in super().configuration()
        return super().configuration().replace(
            rule, f"{rule[:-1]} attrs=pwdMaxFailure by * none\n{rule}", 1)


class Ds389Hidden(Ds389):
    """With the rights of the documentation but these."""

    hidden = ()

    def open_to_service(self):
        text = ACCESS.read_text(encoding="utf-8")
        for words in self.hidden:
            assert words in text
            text = text.replace(words, "cn")
        path = self.folder / "tmp" / "fewer-rights.ldif"
        path.write_text(text, encoding="utf-8")
        secret = system.write_private(self.folder / "tmp" / "secret", self.admin_password)
        self.run("ldapmodify", "-x", "-H", self.url, "-D", ROOT_DN, "-y", secret, "-f", path)


class FailuresHidden389(Ds389Hidden):
    hidden = ("passwordRetryCount || retryCountResetTime",)


class OwnPolicyHidden389(Ds389Hidden):
    hidden = ("pwdPolicySubentry",)


class PolicyHidden389(Ds389Hidden):
    hidden = ("passwordLockout || passwordMaxFailure",)


@pytest.fixture
def make_quick(keeper):
    sites = []

    def make(directory=Slapd, policy=None, **directives):
        sites.append(quick_site(keeper, directory=directory, policy=policy,
                                directives={**WIDE, **directives}))
        return sites[-1]

    yield make
    for started in sites:
        started.close()


FOR_EVER = {Slapd: {"pwdMaxFailure": "5"},
            Ds389: {"passwordMaxFailure": "5", "passwordResetFailureCount": str(3650 * DAY)}}


@pytest.mark.parametrize("base, directory, most", [
    (Slapd, FailuresHidden, 3), (Slapd, OwnPolicyHidden, 1), (Slapd, PolicyHidden, 1),
    (Ds389, FailuresHidden389, 3), (Ds389, OwnPolicyHidden389, 1), (Ds389, PolicyHidden389, 1)])
def test_what_is_hidden_leaves_room_for_our_own_attempts_alone(make_quick, base, directory, most):
    """However long ago they were, and until the password is reset, which ends the directory's count."""
    site = make_quick(directory, FOR_EVER[base], PwResetKeep="1d")
    person = site.someone()
    count = next(kind.count for kind in THREE.values() if kind.directory is base)
    forever = Policy(5, 0)
    for week in range(2):
        for number in range(2):
            guess(site, person, f"{week}-{number}")
        age_rows(site, 7 * DAY)
    site.httpd.restart()  # the worker throws away what is older than PwResetKeep
    wait_until_nothing_is_old(site)
    guess(site, person)
    assert count(site.slapd.person(person.uid), forever) == most
    assert post(site, person.uid, people.PASSWORD).status == 422
    link = ask_for_link(site, person)
    assert site.set_password(link, NEW).heading == "Passordet er endret"
    assert count(site.slapd.person(person.uid), forever) == 0
    assert post(site, person.uid, NEW, "Ni-korte-dager-9").heading == "Passordet er endret"


def wait_until_nothing_is_old(site, seconds=20):
    """A row that nobody needs is put in, and is gone when the worker has gone over them."""
    store(site, "INSERT INTO pwreset_outbox (id, kind, realm, subject, subject_digest, "
                "account_digest, language, client, support_code, seed, proved, created, due, tries, "
                "state, ended, owner, life, needed) SELECT 'old', kind, realm, subject, 'x', 'x', "
                "language, client, support_code, seed, proved, 1, 1, tries, 2, 1, owner, 2, 1 "
                "FROM pwreset_outbox LIMIT 1")
    deadline = time.monotonic() + seconds
    while store(site, "SELECT 1 FROM pwreset_outbox WHERE id = 'old'"):
        assert time.monotonic() < deadline, "the old row is still there"
        time.sleep(0.02)


def test_the_same_searches_are_made_for_every_name(make_quick):
    site = make_quick(policy={"pwdMaxFailure": "3"})
    person = site.someone()
    parts = "attr=pwdFailureTime", "(!(pwdFailureTime=*))", "(!(pwdPolicySubentry=*))"

    def searches(name):
        log = site.slapd.log
        before = len(log.read_text(errors="replace"))
        post(site, name, "feil passord")
        lines = log.read_text(errors="replace")[before:].splitlines()
        return sum("SRCH" in line and any(part in line for part in parts) for line in lines)

    known, near = searches(person.uid), searches(person.uid)
    assert '"lockout near"' in audit(site, "change-refused")[-1]
    others = {name: searches(name) for name in ("finnes-ikke", people.DISABLED, people.SHARED_MAIL)}
    assert {known, near, *others.values()} == {3}


@pytest.mark.parametrize("base, searches", [("OpenLDAP", 7), ("389-DS", 9)])
def test_an_own_policy_and_none_cost_the_same_searches(make_quick, base, searches):
    """Behind the search for the name: those for the policy's lockout, those for the count."""
    kind = THREE[base]
    site = make_quick(kind.directory)
    own, near, other = (site.someone().uid for _ in range(3))
    kind.obey(site.slapd, kind.rules[2], own)
    kind.obey(site.slapd, kind.rules[0], near)  # leaves no room
    fake = FakeCountingDirectory(site.slapd.port)
    site.directives["PwResetLDAPURL"] = (
        f'"{fake.url}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)" NONE')
    site.configure()
    site.httpd.write_configuration()
    site.httpd.restart()
    fake.worker = worker_of(site)

    def behind_the_search(name):
        before = len(fake.operations)
        post(site, name, "feil passord")
        made = fake.operations[before:]
        at = next(number for number, operation in enumerate(made)
                  if (operation.dn, operation.scope) == (people.PEOPLE_DN, 2))
        return [operation.kind for operation in made[at + 1:]]

    try:
        for name in (own, near, other, "finnes-ikke", people.DISABLED, people.SHARED_MAIL):
            assert behind_the_search(name) == ["search"] * searches + ["connect", "bind"], name
    finally:
        fake.stop()
    assert '"lockout near"' in " ".join(audit(site, "change-refused"))


class FakeSilentDirectory(FakeHostileDirectory):
    """Does not answer a person's bind; the service's goes through."""

    binds = 0

    def stage_of(self, message, tag):
        stage = super().stage_of(message, tag)
        if stage == "bind" and b"ou=services" not in message:
            self.binds += 1
            return "bind of a person"
        return stage


def test_a_bind_that_was_not_answered_is_not_made_at_another_server(make_quick):
    """Both servers may count it."""
    site = make_quick(PwResetLDAPTimeout="1s")
    fakes = [FakeSilentDirectory(site.slapd.port) for _ in range(2)]
    try:
        hosts = " ".join(f"127.0.0.1:{fake.port}" for fake in fakes)
        site.directives["PwResetLDAPURL"] = (
            f'"ldap://{hosts}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)" NONE')
        site.configure()
        site.httpd.write_configuration()
        site.httpd.restart()
        for fake in fakes:
            fake.trick("bind of a person", "hang")
        assert SENTENCE in post(site, site.someone().uid, people.PASSWORD).text
        assert sum(fake.binds for fake in fakes) == 1
    finally:
        for fake in fakes:
            fake.stop()


# --- the self-check ---

def warnings(site):
    """{what: why} of each WARNING of `apachectl -t -D PWRESET_CHECK`, which are no failures."""
    argv = [site.httpd.argv()[0], "-t", "-D", "PWRESET_CHECK", "-d", site.httpd.folder,
            "-f", site.httpd.conf]
    result = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120,
                            env={**os.environ, **site.httpd.environment})
    assert result.returncode == 0 and "FAILED" not in result.stdout, result.stdout
    lines = result.stdout.splitlines()
    return " ".join(lines[number + 1].strip() for number, line in enumerate(lines)
                    if line.startswith("WARNING"))


@pytest.mark.parametrize("options, words", [
    ({"policy": {"pwdMaxFailure": "5"}},
     ["PwResetAttemptsPerHour 100", "PwResetAttemptsPerDay 1000", "locks an account at 5",
      "until a right login", "Write PwResetAttemptsPerHour 3 and PwResetAttemptsPerDay 3"]),
    ({"policy": {"pwdMaxFailure": "5", "pwdFailureCountInterval": "1800"}},
     ["within 30 minutes", "Write PwResetAttemptsPerHour 6 and PwResetAttemptsPerDay 144"]),
    ({"policy": {"pwdMaxFailure": "2"}},
     ["at 2 failed logins", "no old password is tried", "at 3 or more", "PwResetChange off"]),
    ({"policy": {"pwdMaxFailure": "1"}}, ["at 1 failed logins", "no old password is tried"]),
    ({"directory": FailuresHidden}, ["cannot read pwdFailureTime", "read and search"]),
    ({"directory": OwnPolicyHidden}, ["cannot read pwdPolicySubentry"]),
    ({"directory": FailuresHidden389}, ["cannot read passwordRetryCount"]),
    ({"directory": PolicyHidden389}, ["passwordLockout, passwordMaxFailure and"]),
    ({"directory": PolicyHidden}, ["pwdLockout, pwdMaxFailure and pwdFailureCountInterval",
                                   "one wrong old password"]),
], ids=["caps", "caps within an interval", "2", "1", "failures", "own policy", "failures of 389-DS",
        "policy of 389-DS", "policy"])
def test_the_self_check_warns_of_what_cannot_be_had(make_quick, options, words):
    said = warnings(make_quick(**options))
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize("options", [
    {"policy": {"pwdLockout": "FALSE"}}, {"policy": {"pwdLockout": None}},
    {"policy": {"pwdMaxFailure": "0"}}, {"policy": {"pwdMaxFailure": None}},
    {"policy": {"pwdMaxFailure": "2"}, "PwResetChange": "off"},
    {"PwResetAttemptsPerHour": "4", "PwResetAttemptsPerDay": "8"},
], ids=["off", "not set", "0", "no number", "no page", "within"])
def test_the_self_check_warns_of_nothing_else(make_quick, options):
    assert warnings(make_quick(**options)) == ""
