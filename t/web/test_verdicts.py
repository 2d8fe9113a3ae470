"""The box of rules and the server's verdict agree: random passwords are judged by the library, by the
rules that it reads from the directory, and sent to that directory.

Runs the built program t/unit/directory_verdict. PWR_TEST_PASSWORDS=5000 compares more of them than the
few of a daily run."""
import os
import random
import unicodedata
from contextlib import contextmanager

import directory_389ds_fixture
import pytest
from test_directory import run

from kit import ports, samba
from kit.certs import Authority
from kit.ds389 import Ds389
from kit.samba import SambaAd
from kit.scratch import Scratch
from kit.slapd import Slapd

# Of ldap3 itself.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")

COUNT = int(os.environ.get("PWR_TEST_PASSWORDS", "150"))

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", " ", "æøåéüñçþðÿāčęłőž", "ÆØÅÉÜÑÇÞÐŸĀČĘŁŐŽ", "ßıſŉªºµĸİ",
    "αβγδλωςάό", "ΑΒΓΔΛΩΆΌ", "абвгдежзяёї", "АБВГДЕЖЗЯЁЇ", "ابتثجحخ", "אבגדה", "中文密码",
    "ひらがなカタカナ", "€£¥§°±©®½÷×¿", "\u00a0\u2003", "😀🔑🧂", "𐐀𐐨𝄞", "ǄǅǆƦʀ", "Ꭰꭰᲀ", "ⓐⒶⅷⅧ",
    "a\u0308o\u030ae\u0301\u0323\u200d\ufe0f", "٠٣०९"]


# The class and its policy: one that takes some passwords and refuses others.
SERVERS = {
    "OpenLDAP": (Slapd, {"pwdMinLength": "8", "pwdMaxLength": "24", "pwdInHistory": "0"}),
    "389-DS": (Ds389, {"passwordHistory": "off"}),
    "Samba": (SambaAd, {})}

# By whose rules, and how long the passwords are. Those of "counted", "plain" and "ingrid" are their
# own, see directory_389ds_fixture and below.
CASES = [("OpenLDAP", "kari", 3, 14), ("389-DS", "per", 3, 14), ("389-DS", "counted", 5, 20),
         ("389-DS", "plain", 3, 14), ("Samba", "jan", 3, 14), ("Samba", "ingrid", 4, 20)]


@pytest.fixture(scope="module")
def server(keeper, request):
    directory, policy = SERVERS[request.param]
    if directory is SambaAd and samba.is_possible():
        pytest.skip(samba.is_possible())
    scratch, block = Scratch(keeper), ports.take(2)
    more = directory_389ds_fixture.ldif() if directory is Ds389 else ""
    started = directory(scratch.folder / "directory", (block[0], block[1]),
                        Authority(scratch.folder / "ca"), keeper, policy, more)
    try:
        started.prepare()
        started.start()
        if directory is SambaAd:
            started.add_policy("long", "ingrid", length=12, complex="FALSE")
        yield started
    finally:
        started.close()
        block.release()
        scratch.close()


def some_password(generator, length, own):
    """Near the rules' borders: of few classes, with repeats, with pieces of the name."""
    alphabets = generator.sample(ALPHABETS[:7], generator.randint(0, 7))
    alphabets += generator.sample(ALPHABETS, generator.randint(0 if alphabets else 1, 2))
    signs = [generator.choice(generator.choice(alphabets)) for _ in range(length)]
    if generator.random() < 0.3:
        place = generator.randrange(length)
        signs[place:place] = [signs[place]] * generator.randint(1, 3)
    if generator.random() < 0.3:
        start = generator.randrange(len(own))
        piece = own[start:start + generator.randint(2, 7)]
        place = generator.randrange(length)
        signs[place:place] = generator.choice([piece, piece.upper(), piece.lower(), piece.swapcase()])
    # As the form makes it, and as both are asked.
    return unicodedata.normalize("NFC", "".join(signs))


def passwords_for(server, uid, shortest, longest):
    entry = server.person(uid)
    own = "".join(entry.get(name, [""])[0] for name in (
        server.login, "cn", "sn", "givenName", "displayName", "mail", "ou"))
    generator = random.Random(f"{server.name} {uid}")
    return [some_password(generator, generator.randint(shortest, longest), own) for _ in range(COUNT)]


def library_verdicts(server, uid, passwords):
    url = f"{server.url}/{server.people_dn}?{server.names}?sub?{server.filter}"
    out = run("directory_verdict", url, fault="tell", BIND_DN=server.service_dn,
              BIND_PASSWORD=server.service_password, WHO=uid,
              CA=server.authority.certificate, typed="\n".join(passwords) + "\n")
    return [line.partition(" ")[2] for line in out.splitlines() if line.startswith("verdict ")]


@contextmanager
def as_service(server):
    import ldap3
    if isinstance(server, SambaAd):
        connection = server.connection(server.service_dn, server.service_password)
    else:
        connection = ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE),
                                      server.service_dn, server.service_password)
    assert connection.bind()
    yield connection
    connection.unbind()


def server_verdict(server, connection, uid, password):
    """None when it takes the password, else its words."""
    import ldap3
    from ldap3.protocol.rfc3062 import NewPasswd, PasswdModifyRequestValue, UserIdentity
    dn = server.dn_of(uid)
    if isinstance(server, Slapd):
        # By hand, as ldap3's own way has an opinion about the password (SASLprep).
        request = PasswdModifyRequestValue()
        request["userIdentity"] = UserIdentity(dn)
        request["newPasswd"] = NewPasswd(password.encode())
        connection.extended("1.3.6.1.4.1.4203.1.11.1", request)
    else:
        change = {"userPassword": password} if isinstance(server, Ds389) else {
            "unicodePwd": samba.quoted(password)}
        connection.modify(dn, {name: [(ldap3.MODIFY_REPLACE, [value])]
                               for name, value in change.items()})
    answer = connection.result
    if answer["result"] == 0:
        return None
    assert answer["result"] == 19 or answer["message"].startswith("0000052D"), answer
    return answer["message"]


@pytest.mark.parametrize("server, uid, shortest, longest", CASES, indirect=["server"])
def test_the_rules_and_the_server_agree(server, uid, shortest, longest):
    passwords = passwords_for(server, uid, shortest, longest)
    by_library = library_verdicts(server, uid, passwords)
    assert len(by_library) == len(passwords)
    disagreed, taken = [], 0
    with as_service(server) as connection:
        for password, verdict in zip(passwords, by_library):
            words = server_verdict(server, connection, uid, password)
            taken += words is None
            if (words is None) != (verdict == "fine"):
                disagreed.append((password, verdict, words))
    print(f"{COUNT} passwords, {taken} taken, {len(disagreed)} judged otherwise")
    assert not disagreed
    assert COUNT / 50 < taken < COUNT * 49 / 50


@pytest.mark.parametrize("server", ["Samba"], indirect=True)
def test_every_character_is_of_sambas_class(server):
    """With two classes beside it, is it a third? By Samba's own code, to which the server leaves that."""
    from samba import check_password_quality
    characters = [chr(point) for point in [*range(0xA0, 0xD800), *range(0xE000, 0x11000),
                                           *range(0x1E800, 0x1F800)]]
    passwords = [unicodedata.normalize("NFC", beside + character) for character in characters
                 for beside in ("aaaa1111", "AAAA1111", "aaaaAAAA")]
    by_library = library_verdicts(server, "jan", passwords)
    assert len(by_library) == len(passwords)
    assert [password for password, verdict in zip(passwords, by_library)
            if check_password_quality(password) != (verdict == "fine")] == []
