"""What the bind DN cannot read counts as a no: an account is eligible by a filter or a group only where
both can be judged, and the log names what is hidden."""
import pytest
from site_steps import new_mails, quick_site
from workers import audit

from kit import people
from kit.slapd import Slapd

GROUP_DN = f"cn=denied,{people.PEOPLE_DN}"


def directory_with(dn, attributes, rights):
    """A slapd in which the service has these rights to the attributes of what lies at or below `dn`."""
    class Ruled(Slapd):
        access_lines = (f'access to dn.subtree="{dn}" attrs={attributes}\n'
                        f'  by dn.exact="{people.SERVICE_DN}" {rights}\n')
    return Ruled


def site_with(keeper, directory, **directives):
    return quick_site(keeper, directory=directory, directives=directives)


def is_mailed(site, person):
    return [mail.to for mail in new_mails(site, lambda: site.ask(person.uid))] == [person.mails]


TYPED = directory_with(people.PEOPLE_DN, "employeeType", "read")
FILTERS = {
    "hidden": (Slapd, '"(employeeType=service)"'),
    "misspelt": (TYPED, '"(employeType=service)"'),
    "one of two hidden": (Slapd, '"(|(uid=nobody)(employeeType=service))"'),
}


@pytest.mark.parametrize("case", FILTERS)
def test_by_a_filter_that_cannot_be_judged_nobody_is_eligible_and_the_log_says_why(keeper, case):
    directory, protected = FILTERS[case]
    with site_with(keeper, directory, PwResetProtectedFilter=protected) as site:
        service, person = site.someone(), site.someone()
        site.slapd.change_person(service.uid, employeeType="service")
        assert not is_mailed(site, service) and not is_mailed(site, person)
        assert len([line for line in audit(site, "account-ineligible") if "unreadable" in line]) == 2
        log = site.httpd.error_log.read_text()
        assert "PWR0448" in log and "PwResetProtectedFilter" in log


@pytest.mark.parametrize("protected", ['"(employeeType=service)"', '"(!(employeeType=staff))"'])
def test_by_a_filter_that_can_be_judged_those_it_matches_are_not_eligible(keeper, protected):
    with site_with(keeper, TYPED, PwResetProtectedFilter=protected) as site:
        service, person, staff = site.someone(), site.someone(), site.someone()
        site.slapd.change_person(service.uid, employeeType="service")
        site.slapd.change_person(staff.uid, employeeType="staff")
        assert not is_mailed(site, service)
        assert is_mailed(site, staff)
        assert is_mailed(site, person) == ("service" in protected)  # who has no type at all
        assert "PWR0448" not in site.httpd.error_log.read_text()


def add_group(site, classes, attributes):
    with site.slapd.admin() as connection:
        assert connection.add(GROUP_DN, classes, attributes), connection.result


@pytest.mark.parametrize("directive", ["PwResetDenyGroup", "PwResetAllowGroup"])
def test_by_a_group_whose_members_are_hidden_nobody_is_eligible_and_the_log_says_so(keeper,
                                                                                  directive):
    hiding = directory_with(GROUP_DN, "member", "none")
    with site_with(keeper, hiding, **{directive: f'"{GROUP_DN}"'}) as site:
        member, person = site.someone(), site.someone()
        add_group(site, "groupOfNames", {"member": site.slapd.dn_of(member.uid)})
        offset = site.httpd.error_log.stat().st_size
        site.ask(member.uid)
        site.ask(person.uid)
        for _ in range(2):
            site.httpd.wait_for_log("PWR0454", offset)
        log = site.httpd.error_log.read_text()
        assert "the bind DN may not read member of it" in log
        assert not site.inbox.all()


@pytest.mark.parametrize("classes, attribute", [("groupOfNames", "member"),
                                                ("groupOfUniqueNames", "uniqueMember")])
def test_by_a_group_whose_members_can_be_read_its_members_alone_are_denied(keeper, classes,
                                                                         attribute):
    readable = directory_with(GROUP_DN, attribute, "read")
    with site_with(keeper, readable, PwResetDenyGroup=f'"{GROUP_DN}"') as site:
        member, person = site.someone(), site.someone()
        add_group(site, classes, {attribute: site.slapd.dn_of(member.uid)})
        assert not is_mailed(site, member) and is_mailed(site, person)
