"""What eligibility is judged by, attribute by attribute, on each directory: one that is hidden from the
bind DN lets nobody through, whether it holds a bar or is absent. An absent one that can be read, and
one that holds no bar, let the person through."""
import uuid
from contextlib import ExitStack

import pytest
from site_steps import new_mails, quick_site, store
from workers import audit

from kit import people, samba
from kit.ds389 import Ds389
from kit.samba import SambaAd
from kit.slapd import Slapd

# Of ldap3 itself.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")

PASSED = "Passordet er endret"

# attribute -> (a value that bars, one that does not); None: there is no such value.
OPENLDAP = {
    "pwdAccountLockedTime": ("000001010000Z", "20200101000000Z"),
    "pwdStartTime": ("20990101000000Z", "20200101000000Z"),
    "pwdEndTime": ("20200101000000Z", "20990101000000Z"),
    "employeeType": ("service", "staff"),
}
DS389 = {
    "nsAccountLock": ("true", "false"),
    "employeeType": ("service", "staff"),
}
SAMBA = {
    "userAccountControl": ("514", "512"),
    "accountExpires": ("132000000000000000", "0"),
    "adminCount": ("1", "0"),
    "employeeType": ("service", "staff"),
    "isCriticalSystemObject": None,
    "memberOf": None,
    "tokenGroups": None,
}
ALWAYS_THERE = ("userAccountControl", "accountExpires")


def hiding_lines(kinds):
    """Rules that hide one attribute of one person each."""
    return "".join(f'access to dn.exact="uid={uid},{people.PEOPLE_DN}" attrs={name}\n'
                   f'  by dn.exact="{people.SERVICE_DN}" none\n' for name, uid in kinds)


class Rules:
    """How an attribute of an entry is hidden from the service, and given a value."""

    def __init__(self, site):
        self.site, self.directory = site, site.slapd
        self.open()

        self.number = 0
        self.used = {}
        member = self.directory.dn_of(site.someone().uid)
        self.judging = {"PwResetProtectedFilter": '"(employeeType=service)"',
                        "PwResetDenyGroup": f'"{add_group(self, self.lists[0], member)}"'}

    def next_number(self):
        self.number += 1
        return self.number

    def use(self, **directives):
        """Starts the site again with these directives alone; what waits is forgotten."""
        if directives == self.used:
            return
        store(self.site, "DELETE FROM pwreset_outbox WHERE state = 0")
        for name in self.used:
            del self.site.directives[name]
        self.used = directives
        self.site.directives.update(directives)
        self.site.configure()
        self.site.httpd.write_configuration()
        self.site.httpd.restart()

    def open(self):
        """Lets the service read what the site's own filter asks for."""

    def set(self, uid, name, value):
        self.directory.change(self.directory.dn_of(uid), **{name: value})


class SlapdRules(Rules):
    """slapd reads its rules when it starts: who is to have what hidden is settled before."""
    attributes = OPENLDAP
    lists = ("member", "uniqueMember")
    people = {(name, which): uid for (name, which), uid in zip(
        [(name, which) for name in OPENLDAP for which in ("with a bar", "absent")],
        people.ordinary_uids()[10:])}

    class Ruled(Slapd):
        access_lines = (
            f'access to dn.subtree="{people.PEOPLE_DN}" attrs=employeeType\n'
            f'  by dn.exact="{people.SERVICE_DN}" read\n')

    Ruled.access_lines = hiding_lines((name, uid) for (name, _), uid in people.items()
                                      ) + Ruled.access_lines
    directory_class = Ruled

    def open(self):
        self.site.untouched = [uid for uid in self.site.untouched
                               if uid not in self.people.values()]

    def hide(self, name, which):
        return self.people[name, which]


class LiveRules(Rules):
    def hide(self, name, _which):
        uid = self.site.someone().uid
        self.hide_of(self.directory.dn_of(uid), name)
        return uid


class DsRules(LiveRules):
    attributes, directory_class = DS389, Ds389
    lists = ("member", "uniqueMember", "memberUid")

    def open(self):
        self.add_aci(people.PEOPLE_DN, f'(targetattr = "employeeType")(version 3.0; acl "type"; '
                     f'allow (read, search) userdn = "ldap:///{people.SERVICE_DN}";)')

    def add_aci(self, dn, aci):
        with self.directory.admin() as connection:
            connection.modify(dn, {"aci": [("MODIFY_ADD", [aci])]})

    def hide_of(self, dn, name):
        self.add_aci(dn, (
            f'(targetattr = "{name}")(version 3.0; acl "hide"; deny (read, search, compare) '
            f'userdn = "ldap:///{people.SERVICE_DN}";)'))


class SambaRules(LiveRules):
    attributes, directory_class = SAMBA, SambaAd
    lists = ("member",)

    def guid_of(self, name):
        with self.directory.admin() as connection:
            connection.search(f"CN=Schema,CN=Configuration,{samba.BASE}",
                              f"(lDAPDisplayName={name})", attributes=["schemaIDGUID"])
            return uuid.UUID(bytes_le=connection.response[0]["raw_attributes"]["schemaIDGUID"][0])

    def hide_of(self, dn, name):
        self.directory.domain.allow(dn, f"(OD;;RP;{self.guid_of(name)};;{{sid}})",
                                    self.directory.service_sid)


ALL = {"OpenLDAP": SlapdRules, "389-DS": DsRules, "Samba": SambaRules}
CELLS = [(backend, name, state) for backend, rules in ALL.items() for name in rules.attributes
         for state in ("hidden with a bar", "hidden and absent", "absent", "a bar", "no bar")]
HIDDEN = ("hidden with a bar", "hidden and absent")


def is_cell(backend, name, state):
    values = ALL[backend].attributes[name]
    return ((values is not None or state in ("hidden and absent", "absent"))
            and (name not in ALWAYS_THERE or "absent" not in state))


CELLS = [cell for cell in CELLS if is_cell(*cell)]


def add_group(rules, attribute, value):
    """A group that lists this value by this attribute; its DN."""
    directory = rules.directory
    dn = f"cn={attribute}-{rules.next_number()},{directory.people_dn}"
    classes, more = {"member": (["groupOfNames"], {}), "uniqueMember": (["groupOfUniqueNames"], {}),
                     "memberUid": (["posixGroup"], {"gidNumber": "4711"})}[attribute]
    if isinstance(directory, SambaAd):
        classes, more = ["group"], {}
    if isinstance(directory, Ds389):
        more["aci"] = (f'(targetattr = "*")(version 3.0; acl "read"; allow (read, search) '
                       f'userdn = "ldap:///{people.SERVICE_DN}";)')
    with directory.admin() as connection:
        connection.add(dn, classes, {attribute: value, **more})
    return dn


@pytest.fixture(scope="module")
def started(keeper):
    """Starts the site of a backend when it is first asked for."""
    with ExitStack() as stack:
        made = {}

        def start(backend):
            if backend not in made:
                directory = ALL[backend].directory_class
                made[backend] = ALL[backend](stack.enter_context(
                    quick_site(keeper, directory=directory)))
            return made[backend]

        yield start


@pytest.fixture
def rules(request, started):
    if ALL[request.param] is SambaRules and samba.is_possible():
        pytest.skip(samba.is_possible())
    return started(request.param)


def is_mailed(site, uid):
    return len(new_mails(site, lambda: site.ask(uid))) == 1


def may_change(site, uid):
    """By the old password, which asks for the same attributes another way."""
    page = site.browser.get(f"{site.reset_url}/change")
    new = "Sju-lange-netter-7"
    return site.browser.submit(page, name=uid, old=people.PASSWORD, first=new,
                               second=new).heading == PASSED


@pytest.mark.parametrize("rules, name, state", CELLS, indirect=["rules"])
def test_what_is_hidden_lets_nobody_through(rules, name, state):
    site, values = rules.site, rules.attributes[name]
    rules.use(**rules.judging)
    if state in HIDDEN:
        uid = rules.hide(name, "with a bar" if state == "hidden with a bar" else "absent")
    else:
        uid = site.someone().uid
    if "absent" not in state:
        rules.set(uid, name, values[1 if state == "no bar" else 0])
    before = len(audit(site, "account-ineligible"))
    offset = site.httpd.error_log.stat().st_size
    assert is_mailed(site, uid) == (state in ("absent", "no bar"))
    new = audit(site, "account-ineligible")[before:]
    assert len([line for line in new if "unreadable" in line]) == (state in HIDDEN)
    log = site.httpd.error_log.read_text(errors="replace")[offset:]
    told = [line for line in log.splitlines() if "PWR0448" in line or "PWR0449" in line]
    assert len(told) == (state in HIDDEN)
    assert all(name in line and site.slapd.dn_of(uid) in line for line in told)
    assert may_change(site, uid) == (state in ("absent", "no bar"))


@pytest.mark.parametrize("rules, attribute", [
    (backend, attribute) for backend in ALL for attribute in ALL[backend].lists],
    indirect=["rules"])
def test_a_group_keeps_out_those_whom_it_lists(rules, attribute):
    site, directory = rules.site, rules.directory
    member, person = site.someone(), site.someone()
    value = member.uid if attribute == "memberUid" else directory.dn_of(member.uid)
    rules.use(PwResetDenyGroup=f'"{add_group(rules, attribute, value)}"')
    assert not is_mailed(site, member.uid)
    assert is_mailed(site, person.uid)


@pytest.mark.parametrize("directive", ["PwResetDenyGroup", "PwResetAllowGroup"])
@pytest.mark.parametrize("rules, attribute", [
    (backend, attribute) for backend in ("389-DS", "Samba") for attribute in ALL[backend].lists],
    indirect=["rules"])
def test_a_group_whose_list_is_hidden_lets_nobody_through(rules, attribute, directive):
    site, directory = rules.site, rules.directory
    member, person = site.someone(), site.someone()
    value = member.uid if attribute == "memberUid" else directory.dn_of(member.uid)
    group = add_group(rules, attribute, value)
    rules.hide_of(group, attribute)
    rules.use(**{directive: f'"{group}"'})
    offset = site.httpd.error_log.stat().st_size
    # Active Directory knows of the member by the account as well.
    for uid in (person.uid, *([] if isinstance(directory, SambaAd) else [member.uid])):
        before = len(site.inbox.all())
        site.ask(uid)
        site.httpd.wait_for_log("PWR0454", offset)
        offset = site.httpd.error_log.stat().st_size
        assert len(site.inbox.all()) == before
    assert f"may not read {attribute} of it" in site.httpd.error_log.read_text(errors="replace")


@pytest.mark.parametrize("rules", ["389-DS"], indirect=True)
def test_in_a_group_of_names_each_name_of_a_person_counts(rules):
    site = rules.site
    member, person = site.someone(), site.someone()
    rules.use(PwResetDenyGroup=f'"{add_group(rules, "memberUid", "second-name")}"',
              PwResetLDAPLoginAttribute="mail")
    rules.set(member.uid, "uid", [member.uid, "second-name"])
    assert not is_mailed(site, member.uid)
    assert is_mailed(site, person.uid)


@pytest.mark.parametrize("rules", ["Samba"], indirect=True)
def test_the_primary_group_counts_as_a_group_on_active_directory(rules):
    rules.use(PwResetDenyGroup=f'"CN=Domain Users,CN=Users,{samba.BASE}"')
    assert not is_mailed(rules.site, rules.site.someone().uid)
