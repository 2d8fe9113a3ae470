"""Whatever stands in one person's entry, everybody else's flow goes on, and the row of that person
comes to an end."""
import ldap3
import pytest
from fake_hostile_ldap import FakeHostileDirectory
from site_steps import quick_site, settle, store
from workers import worker_of

from kit import people

NEW = "Sju-lange-netter-7"
NEVER = "000001010000Z"
INJECTED = "X-Injected: yes"

# What slapd takes, and what then becomes of the mail: does it go to the good address?
STORED = {
    "CR LF in the address": ({"mail": "a@example.org\r\n" + INJECTED}, False),
    "an address and one with CR LF": ({"mail": ["{good}", "b@example.org\r\n" + INJECTED]}, True),
    "NUL in the address": ({"mail": "a@example.org\0b"}, False),
    "a blank for an address": ({"mail": " "}, False),
    "several addresses in one value": ({"mail": "a@example.org,b@example.org"}, False),
    "an address of 300 letters": ({"mail": "a" * 300 + "@example.org"}, False),
    "100 addresses": ({"mail": ["{good}", *(f"a{n}@example.org" for n in range(99))]}, None),
    "a name of a megabyte": ({"displayName": "x" * 1000000}, True),
    "a name over several lines": ({"displayName": "Kari\r\n" + INJECTED + "\r\n\r\n<script>"}, True),
    "names that turn the text": ({"displayName": "\u202eira\u2066K"}, True),
    "control signs": ({"cn": "\x01\x1b[31m", "displayName": "\x07\x7f"}, True),
    "a time in the year 0": ({"pwdChangedTime": NEVER}, True),
    "failures in the year 0": ({"pwdFailureTime": NEVER}, True),
    "a lock in the year 0": ({"pwdAccountLockedTime": NEVER}, False),
    "a start in the year 9999": ({"pwdStartTime": "99991231235959Z"}, None),
    "an end in the year 0": ({"pwdEndTime": NEVER}, None),
    "a time with a fraction": ({"pwdChangedTime": "20200101000000.123456789Z"}, True),
    "a policy that is not there": ({"pwdPolicySubentry": "cn=gone," + people.BASE}, True),
    "a policy that is a person": ({"pwdPolicySubentry": "uid=kari," + people.PEOPLE_DN}, True),
    "a language that is none": ({"preferredLanguage": "../../etc/passwd%0d%0a"}, True),
}


@pytest.fixture(scope="module")
def site(keeper):
    with quick_site(keeper) as started:
        yield started


def spoil(site, person, attributes):
    values = {name: [one.format(good=person.mails[0]) if one.startswith("{") else one
                     for one in (value if isinstance(value, list) else [value])]
              for name, value in attributes.items()}
    try:
        site.slapd.change_person(person.uid, **values)
    except ldap3.core.exceptions.LDAPException as error:
        pytest.skip(f"slapd does not take it: {error}")


def assert_others_go_on(site, uid, good):
    """Somebody asks with a spoilt entry, and then somebody else; `good` as in STORED."""
    person, worker = site.someone(), worker_of(site)
    assert site.ask(uid, follow=False).status == 303
    site.ask(person.uid)
    done = site.set_password(site.link_of(site.mail_to(person.mails[0])), NEW)
    assert done.heading == "Passordet er endret"
    settle(site)
    assert worker_of(site) == worker
    mails = [mail for mail in site.inbox.all() if f"{uid}@example.org" in mail.to]
    assert good is None or bool(mails) == good
    for path in site.inbox.paths():
        assert INJECTED.encode() not in path.read_bytes().partition(b"\n\n")[0]
    return mails


@pytest.mark.parametrize("attributes,good", STORED.values(), ids=STORED)
def test_a_bad_value_is_the_trouble_of_one_person_alone(site, attributes, good):
    person = site.someone()
    spoil(site, person, attributes)
    mails = assert_others_go_on(site, person.uid, good)
    for mail in mails[:1]:
        page = site.browser.get(site.link_of(mail))
        assert page.status == 200
        page.html.encode("utf-8")


# --- what slapd's schema does not let in ---

@pytest.fixture(scope="module")
def behind_a_fake(keeper):
    started = quick_site(keeper)
    started.fake = FakeHostileDirectory(started.slapd.port)
    started.directives["PwResetLDAPURL"] = (
        f'"{started.fake.url}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)" NONE')
    started.configure()
    started.httpd.prepare()
    started.httpd.restart()
    yield started
    started.fake.stop()
    started.close()


def no_values(address):
    """As many empty values as there is room for in place of this one."""
    stored = b"\x04" + bytes([len(address)]) + address.encode()
    return stored, b"\x04\x00" * (len(stored) // 2)


def bad_letters(name):
    """The same length, and no UTF-8: a lone surrogate, an overlong slash, 0xFF."""
    raw = name.encode()
    return raw, (b"\xed\xa0\x80\xc0\xaf\xff" * len(raw))[:len(raw)]


def test_an_empty_address_is_none(behind_a_fake):
    site = behind_a_fake
    person = site.someone()
    while len(person.mails[0]) % 2:
        person = site.someone()
    old, new = no_values(person.mails[0])
    assert len(old) == len(new)
    site.fake.swap = lambda piece: piece.replace(old, new)
    assert_others_go_on(site, person.uid, False)


def test_a_name_that_is_no_utf8_does_not_reach_page_or_mail(behind_a_fake):
    site = behind_a_fake
    person = site.someone()
    old, new = bad_letters(f"{person.given_name} {person.surname}")
    site.fake.swap = lambda piece: piece.replace(old, new)
    mails = assert_others_go_on(site, person.uid, True)
    page = site.browser.get(site.link_of(mails[0]))
    assert page.status == 200 and "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd" not in page.html
    page.body.decode("utf-8")
    site.set_password(site.link_of(mails[0]), NEW)
    settle(site)
    assert store(site, "SELECT COUNT(*) FROM pwreset_outbox WHERE state = 0") == [(0,)]
