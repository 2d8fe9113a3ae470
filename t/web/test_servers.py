"""Several directory servers: one dies in mid-flow, one is a read-only copy of the other."""

import pytest
from site_steps import ask_for_link, settle
from workers import mute

from kit import people
from kit.replica import Replica, make_provider
from kit.site import Site

NEW = "Sju-lange-netter-7"
LATER = "Vi fikk ikke lagret passordet. Lenken virker fortsatt. Prøv igjen om litt."


class TwoServers(Site):
    """`order` names the servers of PwResetLDAPURL: "copy provider", say. The copy refers to the
    provider when `refers`."""

    def __init__(self, folder, block, keeper=None, **options):
        self.order = options.pop("order")
        refers = options.pop("refers", True)
        super().__init__(folder, block, keeper, **options)
        make_provider(self.slapd)
        self.copy = Replica(folder / "copy", (block[5], block[6]), self.ca, self.slapd, keeper,
                            refers)
        self.servers.append(self.copy)

    def settings(self, secret):
        ports_of = {"provider": self.slapd.port, "copy": self.copy.port}
        hosts = " ".join(f"127.0.0.1:{ports_of[name]}" for name in self.order.split())
        return {**super().settings(secret),
                "PwResetLDAPURL": f'"ldap://{hosts}/{people.PEOPLE_DN}?mail,uid?sub'
                                  f'?(objectClass=inetOrgPerson)" STARTTLS'}

    def start(self):
        self.prepare()
        self.slapd.start()
        self.copy.prepare()
        self.copy.start()
        self.copy.wait_for(people.ordinary_uids()[-1], "uid", [people.ordinary_uids()[-1]])
        self.smtp.start()
        self.httpd.start()


@pytest.fixture
def two(keeper, request):
    sites = []

    def make(order, **options):
        directives = {"PwResetFormAge": "0s", "PwResetLDAPTimeout": "1s"}
        sites.append(TwoServers.in_scratch(keeper, order=order, directives=directives, **options))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def writes(site):
    return site.slapd.password_writes(), site.copy.password_writes()


def assert_set(site, person, page):
    first, second = page.form.of_kind("password")
    done = site.browser.submit(page, **{first.name: NEW, second.name: NEW})
    assert done.heading == "Passordet er endret"
    assert site.can_bind(person.uid, NEW)


@pytest.mark.parametrize("refers", [True, False], ids=["with referral", "without"])
def test_a_read_only_copy_in_front_is_recognised_and_the_write_goes_to_the_next(two, refers):
    site = two("copy provider", refers=refers)
    for turn in range(3):
        person = site.someone()
        assert_set(site, person, site.browser.get(ask_for_link(site, person)))
        site.copy.wait_for(person.uid, "pwdChangedTime",
                           site.slapd.person(person.uid)["pwdChangedTime"])
    # Each child that writes learns it once; and every write was done once.
    provider, copy = writes(site)
    assert provider == 3 and 1 <= copy <= 2
    assert site.httpd.error_log.read_text().count("PWR0428") == copy
    settle(site)


def test_the_flow_goes_on_when_the_first_server_is_killed_after_the_link_was_opened(two):
    site = two("copy provider")
    person = site.someone()
    page = site.browser.get(ask_for_link(site, person))
    site.copy.kill()
    assert_set(site, person, page)
    assert writes(site) == (1, 0)


def test_the_flow_goes_on_when_the_first_server_hangs(two):
    site = two("copy provider")
    person, next_one = site.someone(), site.someone()
    page = site.browser.get(ask_for_link(site, person))
    with mute(site.copy):
        assert_set(site, person, page)
        assert_set(site, next_one, site.browser.get(ask_for_link(site, next_one)))
    settle(site)


def test_a_copy_serves_the_reading_while_its_provider_is_gone_and_the_person_is_told(two):
    site = two("provider copy")
    person = site.someone()
    site.slapd.kill()
    page = site.browser.get(ask_for_link(site, person))
    first, second = page.form.of_kind("password")
    answer = site.browser.submit(page, **{first.name: NEW, second.name: NEW})
    assert LATER in answer.text
    assert site.copy.password_writes() == 1
    site.slapd.start()
    assert_set(site, person, answer)
    settle(site)
