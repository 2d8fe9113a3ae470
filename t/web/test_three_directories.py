"""One suite for the three directories: the same case on OpenLDAP, 389 Directory Server and Samba's
Active Directory, each through the web flow and a bind as the person afterwards. Where a server by its
nature differs, THREE says so, and why."""
import re
import time
from dataclasses import dataclass, field

import pytest
from test_policy import lines_of
from site_steps import ask_for_link, new_mails, quick_site

from kit import people, samba
from kit.ds389 import Ds389
from kit.samba import SambaAd
from kit.slapd import Slapd

# Of ldap3 itself.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")

NEW = "Sju-lange-netter-7"
OTHER = "Ni-korte-dager-9"
SIMPLE = "sju lange netter"
CHOSEN = "Sett-av-en-annen-3"
DONE, DEAD = "Passordet er endret", "Lenken virker ikke lenger"
WRONG = 5  # so many wrong logins lock

CATEGORIES = "Tegn fra minst 3 av disse: små bokstaver, store bokstaver, tall, andre tegn"
HISTORY = "Ikke et av de siste 5 passordene dine"

PROTECTED_NAME, GROUP = "Beskyttet", "styret"
READABLE = (f'(targetattr = "*")(version 3.0; acl "read"; allow (read, search) '
            f'userdn = "ldap:///{people.SERVICE_DN}";)')


def add_person(directory, person):
    """The same name and address as before, another entry."""
    if isinstance(directory, SambaAd):
        directory.domain.load(samba.person(person))
        return
    with directory.admin() as connection:
        connection.add(directory.dn_of(person.uid), "inetOrgPerson", {
            "uid": person.uid, "cn": person.given_name, "sn": person.surname,
            "mail": person.mails, "userPassword": people.PASSWORD})


@dataclass
class Kind:
    """What is the same everywhere stands in the cases. None for a sentence: the server takes it."""
    directory: type
    policy: dict
    box: list
    disabled: dict  # attributes of who is disabled
    expired: dict   # and of whose account has expired; None: this server has no such thing
    password: str   # the attribute by which an administrator sets one
    young: dict     # the policy of a minimum age of one day
    old: dict       # and of none
    must_change: dict  # what the entry says of who must change the password
    binds_before_change: bool
    used_before: str = "Nytt passord er brukt før."
    too_young: str = "Passordet ble endret nylig"
    simple: str = "Nytt passord må ha tegn fra minst 3 av disse"
    named: str = None   # of a password with the person's own address in it
    scheme: str = None  # of a password that looks like a hash
    second_mail: int = 1  # which address the mail goes to when the second one was typed
    policy_of_change: dict = field(default_factory=dict)  # lets PwResetChangeAtLogin work


THREE = {
    "OpenLDAP": Kind(
        directory=Slapd,
        policy={"pwdMinLength": "8", "pwdInHistory": "5", "pwdMaxFailure": str(WRONG)},
        box=["Minst 8 tegn", HISTORY],
        disabled={"pwdAccountLockedTime": "000001010000Z"},
        expired={"pwdEndTime": "20200101000000Z"},
        password="userPassword",
        young={"pwdMinAge": "86400"}, old={"pwdMinAge": "0"},
        must_change={"pwdReset": ["TRUE"]}, binds_before_change=True,
        simple=None,  # ppolicy itself counts bytes and nothing else
        scheme="Nytt passord er for enkelt."),  # it cannot look into a hash: pwdCheckQuality 2
    "389-DS": Kind(
        directory=Ds389,
        policy={"passwordMinCategories": "3", "passwordMaxFailure": str(WRONG)},
        box=["Minst 8 tegn", CATEGORIES,
             "Ikke navnet ditt, brukernavnet ditt eller «Eksempel AS»", HISTORY],
        disabled={"nsAccountLock": "true"},
        expired=None,  # accounts end by the Account Policy plug-in, in an entry of its own
        password="userPassword",
        young={"passwordMinAge": "86400"}, old={"passwordMinAge": "0"},
        must_change={"passwordExpirationTime": ["19700101000000Z"]}, binds_before_change=True,
        policy_of_change={"passwordMustChange": "on"},
        named="Nytt passord ligner for mye på navnet ditt",
        scheme="Nytt passord kan ikke begynne med et ord i krøllparenteser."),
    "Samba": Kind(
        directory=SambaAd,
        policy={"account-lockout-threshold": WRONG},
        box=["Minst 8 tegn", CATEGORIES],
        disabled={"userAccountControl": "514"},
        expired={"accountExpires": "132000000000000000"},
        password="unicodePwd",
        # It looks at neither when a password is set for somebody, and does not know the control
        # that would ask for it; so the box says nothing of them.
        used_before=None, too_young=None,
        young={"minPwdAge": "-864000000000"}, old={"minPwdAge": "0"},
        must_change={"pwdLastSet": ["0"]}, binds_before_change=False,  # "data 773"
        second_mail=0),  # an entry has one `mail`; the second is one of proxyAddresses
}


@pytest.fixture(scope="module", params=THREE)
def kind(request):
    if THREE[request.param].directory is SambaAd and samba.is_possible():
        pytest.skip(samba.is_possible())
    return THREE[request.param]


@pytest.fixture(scope="module")
def site(keeper, kind):
    place = kind.directory.people_dn
    with quick_site(keeper, directory=kind.directory, policy=kind.policy,
                    directives={
                        "PwResetMinLength": "1", "PwResetRefuseNames": "off",
                        "PwResetBlocklist": "none",
                        "PwResetProtectedFilter": f'"(displayName={PROTECTED_NAME})"',
                        "PwResetDenyGroup": f'"cn={GROUP},{place}"'}) as started:
        add_group(started)
        yield started


def add_group(site):
    directory, dn = site.slapd, f"cn={GROUP},{site.slapd.people_dn}"
    classes, more = {
        Slapd: ("groupOfNames", {}), Ds389: ("groupOfNames", {"aci": READABLE}),
        SambaAd: ("group", {"sAMAccountName": GROUP})}[type(directory)]
    with directory.admin() as connection:
        connection.add(dn, classes, {"member": directory.dn_of("sverre"), **more})
    site.untouched.remove("sverre")


@pytest.fixture
def person(site):
    return site.someone()


def person_of(uid):
    return next(person for person in people.everybody() if person.uid == uid)


def sentence_of(page):
    assert page.status == 422, page.text
    return re.search(r'class="error"[^>]*><span[^>]*>Feil:</span> ([^<]+)<', page.html)[1]


def is_set(site, link, person, password):
    """By the link's form; afterwards the password is what one signs in with."""
    page = site.set_password(link, password)
    assert page.heading == DONE, page.text
    return site.can_bind(person.uid, password) and not site.can_bind(person.uid, password + "x")


def new_link(site, person):
    """Not the confirmation of an earlier change."""
    mail, = new_mails(site, lambda: site.ask(person.uid))
    return site.link_of(mail)


def judged(site, person, link, password, refusal):
    """Refused with this sentence, or taken when there is none."""
    if refusal is None:
        return is_set(site, link, person, password)
    return sentence_of(site.set_password(link, password)).startswith(refusal)


# --- who is found ---

@pytest.mark.parametrize("spelling", ["login", "mail", "LOGIN", "MAIL"])
def test_whoever_is_named_gets_a_mail(site, person, spelling):
    typed = person.uid if spelling.lower() == "login" else person.mails[0]
    typed = typed.upper() if spelling.isupper() else typed
    mail, = new_mails(site, lambda: site.ask(typed))
    assert mail.to == [person.mails[0]]
    assert is_set(site, site.link_of(mail), person, NEW)
    assert not site.can_bind(person.uid, people.PASSWORD)


def test_two_accounts_with_one_address_are_not_guessed_among(site):
    assert new_mails(site, lambda: site.ask(people.SHARED_MAIL)) == []
    link = ask_for_link(site, person_of(people.SHARED1))
    assert is_set(site, link, person_of(people.SHARED1), NEW)
    assert site.can_bind(people.SHARED2, people.PASSWORD)


def test_two_addresses_of_one_account(site, kind):
    person = person_of(people.TWOMAILS)
    for typed, to in ((person.mails[1], kind.second_mail), (person.mails[0], 0)):
        mail, = new_mails(site, lambda name=typed: site.ask(name))
        assert mail.to == [person.mails[to]]
    assert is_set(site, site.link_of(mail), person, NEW)


# --- who may ---

@pytest.mark.parametrize("why", ["disabled", "expired", "no mail", "protected", "in a group",
                                 "an administrator"])
def test_who_may_not_reset_gets_no_mail(site, kind, why):
    if why == "expired" and kind.expired is None:
        pytest.skip("this directory has no such state of an entry")
    if why == "an administrator" and kind.directory is not SambaAd:
        pytest.skip("adminCount is Active Directory's")
    uid = {"no mail": people.NOMAIL, "in a group": "sverre",
           "an administrator": samba.PROTECTED}.get(why) or site.someone().uid
    attributes = {"disabled": kind.disabled, "expired": kind.expired,
                  "protected": {"displayName": PROTECTED_NAME}}.get(why)
    if attributes:
        assert len(new_mails(site, lambda: site.ask(uid))) == 1
        site.slapd.change_person(uid, **attributes)
    assert new_mails(site, lambda: site.ask(uid)) == []


def test_who_is_locked_by_failed_logins_gets_in_with_the_new_password(site, person):
    for _ in range(WRONG + 1):
        assert not site.can_bind(person.uid, "feil passord")
    assert not site.can_bind(person.uid, people.PASSWORD)
    assert is_set(site, ask_for_link(site, person), person, NEW)


def test_who_is_locked_and_remembers_the_password_only_unlocks(site, person):
    for _ in range(WRONG + 1):
        assert not site.can_bind(person.uid, "feil passord")
    page = site.browser.get(ask_for_link(site, person))
    form = next(form for form in page.forms if any(at.name == "unlock" for at in form.fields))
    assert site.browser.submit(page, form, unlock="yes").heading == "Kontoen er låst opp"
    assert site.can_bind(person.uid, people.PASSWORD)


# --- one's own change ---

def own_change(site, name, old, new):
    page = site.browser.get(f"{site.reset_url}/change")
    return site.browser.submit(page, name=name, old=old, first=new, second=new)


def test_who_knows_the_old_password_changes_it(site, person):
    assert own_change(site, person.uid, people.PASSWORD, NEW).heading == DONE
    assert site.can_bind(person.uid, NEW) and not site.can_bind(person.uid, people.PASSWORD)


@pytest.mark.parametrize("new", [NEW, "{SSHA}" + NEW], ids=["good", "like a hash"])
def test_a_wrong_old_password_does_not_tell_who_exists(site, person, new):
    known, unknown = (own_change(site, name, "feil passord 1", new)
                      for name in (person.uid, "q" * len(person.uid)))
    assert sentence_of(known) == sentence_of(unknown)
    assert sentence_of(known).startswith("Brukernavnet eller det gamle passordet er feil")
    assert site.can_bind(person.uid, people.PASSWORD)


def test_an_own_change_to_what_looks_like_a_hash(site, kind, person):
    page = own_change(site, person.uid, people.PASSWORD, "{SSHA}" + NEW)
    if kind.scheme is None:
        assert page.heading == DONE and site.can_bind(person.uid, "{SSHA}" + NEW)
    else:
        assert sentence_of(page).startswith(kind.scheme)
        assert site.can_bind(person.uid, people.PASSWORD)


# --- the rules ---

def test_the_box_says_the_directorys_own_rules(site, kind, person):
    assert lines_of(site.browser.get(ask_for_link(site, person))) == kind.box


def test_too_short(site, person):
    link = ask_for_link(site, person)
    assert judged(site, person, link, "Sju-7", "Nytt passord må ha minst 8 tegn. Du skrev 5.")
    assert is_set(site, link, person, "Sju-7-ja")


def test_of_too_few_classes(site, kind, person):
    link = ask_for_link(site, person)
    assert judged(site, person, link, SIMPLE, kind.simple)
    assert kind.simple is None or not site.can_bind(person.uid, SIMPLE)
    assert kind.simple is None or is_set(site, link, person, SIMPLE + "7-")


def test_with_a_piece_of_the_name(site, kind, person):
    link = ask_for_link(site, person)
    assert judged(site, person, link, f"Xx {person.mails[0].upper()} 9", kind.named)
    assert kind.named is None or is_set(site, link, person, NEW)


def test_used_before(site, kind, person):
    assert is_set(site, ask_for_link(site, person), person, NEW)
    for used in (NEW, people.PASSWORD):
        assert judged(site, person, new_link(site, person), used, kind.used_before)
        assert site.can_bind(person.uid, NEW if kind.used_before else used)
    assert is_set(site, new_link(site, person), person, OTHER)


def test_changed_a_moment_ago(site, kind, person):
    site.slapd.change_policy(**kind.young)
    try:
        assert is_set(site, ask_for_link(site, person), person, NEW)
        link = new_link(site, person)
        assert judged(site, person, link, OTHER, kind.too_young)
        assert site.can_bind(person.uid, NEW if kind.too_young else OTHER)
    finally:
        site.slapd.change_policy(**kind.old)
    assert kind.too_young is None or is_set(site, link, person, OTHER)


# --- what is written ---

@pytest.mark.parametrize("password", [
    "Sju\"lange\\netter'7", "Nøkkel-🔑-år-7", " Sju lange netter 7", "Sju lange netter 7 ",
    "*)(uid=*) Sju,7", "${7*7}-%s-Netter", "Aa1-" * 64, "Å" + "åA1" * 85,
], ids=["quotes and backslashes", "beyond U+FFFF", "blank before", "blank behind", "filter",
        "format", "256 characters", "256 characters of two bytes"])
def test_a_password_is_written_as_it_was_typed(site, person, password):
    assert is_set(site, ask_for_link(site, person), person, password)


def test_a_password_that_looks_like_a_hash(site, kind, person):
    link = ask_for_link(site, person)
    assert judged(site, person, link, "{SSHA}" + NEW, kind.scheme)
    assert kind.scheme is None or not site.can_bind(person.uid, NEW)
    assert kind.scheme is None or is_set(site, link, person, OTHER)


# --- what ends a link ---

def disable(site, kind, person):
    site.slapd.change_person(person.uid, **kind.disabled)


def move_mail(site, _kind, person):
    site.slapd.change_person(person.uid, mail="annen@example.org")


def set_elsewhere(site, kind, person):
    value = samba.quoted(CHOSEN) if kind.password == "unicodePwd" else CHOSEN
    site.slapd.change_person(person.uid, **{kind.password: value})


def make_anew(site, _kind, person):
    with site.slapd.admin() as connection:
        connection.delete(site.slapd.dn_of(person.uid))
    add_person(site.slapd, person)


@pytest.mark.parametrize("change", [disable, move_mail, set_elsewhere, make_anew])
def test_a_change_elsewhere_ends_the_link(site, kind, person, change):
    link = ask_for_link(site, person)
    page = site.browser.get(link)
    assert page.heading == "Angi nytt passord"
    time.sleep(1.05 - time.time() % 1)  # two of the servers count in seconds
    change(site, kind, person)
    assert site.browser.submit(page, first=NEW, second=NEW).heading == DEAD
    assert site.browser.get(link).heading == DEAD
    assert not site.can_bind(person.uid, NEW)
    assert change is not set_elsewhere or site.can_bind(person.uid, CHOSEN)


# --- and last, as it starts httpd again ---

def test_an_order_to_change_at_the_next_login(site, kind, person):
    site.directives["PwResetChangeAtLogin"] = "on"
    site.configure()
    site.httpd.write_configuration()
    site.httpd.restart()
    if kind.policy_of_change:
        site.slapd.change_policy(**kind.policy_of_change)
    assert site.set_password(ask_for_link(site, person), NEW).heading == DONE
    entry = site.slapd.person(person.uid)
    assert {name: entry.get(name) for name in kind.must_change} == kind.must_change
    assert site.can_bind(person.uid, NEW) == kind.binds_before_change
    assert not site.can_bind(person.uid, people.PASSWORD)
