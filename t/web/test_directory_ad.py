"""The directory component against Samba's Active Directory, and against a fake that claims to be Windows.

Runs the built programs t/unit/directory_ad and t/unit/directory_ad_fake; PWR_BUILD names the folder
that they were built in."""

import fake_ad
import pytest
from directory_slapd_fixture import make_certificate
from kit import people, samba
from kit.certs import Authority
from kit.scratch import Scratch
from test_directory import run, serve  # noqa: F401 (a fixture)

# Of ldap3 itself.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")

NAMES = "mail,sAMAccountName,userPrincipalName,proxyAddresses"
FILTER = "(&(objectCategory=person)(objectClass=user))"
STRICT, YOUNG = "ola", "odd"

GROUPS = f"""
dn: OU=Groups,{samba.BASE}
objectClass: organizationalUnit

dn: CN=styret,OU=Groups,{samba.BASE}
objectClass: group
member: CN=kjell,{samba.PEOPLE_DN}

dn: CN=ledelsen,OU=Groups,{samba.BASE}
objectClass: group
member: CN=styret,OU=Groups,{samba.BASE}
"""


@pytest.fixture(scope="module")
def domain(keeper):
    reason = samba.is_possible()
    if reason:
        pytest.skip(reason)
    scratch = Scratch(keeper)
    folder = scratch.folder / "samba"
    folder.mkdir(mode=0o700)
    server = samba.SambaAd(folder, None, Authority(scratch.folder / "ca"), keeper,
                           more=GROUPS)
    server.prepare()
    server.start()
    yield server
    server.close()
    scratch.close()


def run_ad(domain, *only, url=None, **more):
    given = {"CA": domain.ca, "BIND_DN": samba.SERVICE_DN, "BIND_PASSWORD": domain.service_password,
             **more}
    url = f"{url or domain.tls_url}/{samba.PEOPLE_DN}?{NAMES}?sub?{FILTER}"
    return run("directory_ad", url, *only, **given)


def test_every_promise_holds(domain):
    domain.add_policy("strict", STRICT, length=14, complex="FALSE")
    domain.add_policy("young", YOUNG, age=3600, complex="FALSE")
    domain.add_policy("shortlived", "hans", life=2 * 86400)
    domain.domain.age_password("hans", days=5)
    domain.change_person("eva", pwdLastSet="0")
    domain.lock("lars")
    before = domain.password_writes()
    out = run_ad(domain)
    assert domain.password_writes() > before + 20
    assert out.count("[       OK ]") == 22, out
    for secret in (samba.PASSWORD, "Husket det ikke", "Satt et annet sted", domain.service_password):
        assert secret not in out


def test_starttls(domain):
    run_ad(domain, "finds_by_each_name_in_any_case", url=domain.url)


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_kerberos_finds_and_writes(domain, monkeypatch, scheme):
    monkeypatch.setenv("KRB5_CONFIG", str(domain.kerberos))
    for promise in ("finds_by_each_name_in_any_case", "a_new_password_holds_and_moves_the_stamp"):
        run_ad(domain, promise, url=domain.url if scheme == "ldap" else domain.tls_url,
               BIND_DN=None, BIND_PASSWORD=None, KEYTAB=domain.keytab, PRINCIPAL=domain.principal)


def test_an_administrator_as_the_service_is_told_of(domain):
    run_ad(domain, "an_administrators_account_does_not", fault="administrator",
           BIND_DN=f"CN=Administrator,CN=Users,{samba.BASE}", BIND_PASSWORD=domain.admin_password)


def test_the_service_account_may_do_no_more(domain):
    import ldap3
    replace = ldap3.MODIFY_REPLACE
    connection = domain.connection(samba.SERVICE_DN, domain.service_password)
    assert connection.bind()
    kari = f"CN=kari,{samba.PEOPLE_DN}"
    password = {"unicodePwd": [(replace, [samba.quoted("Ikke-din-sak-1")])]}
    for dn, changes in [
            (kari, {"mail": [(replace, ["other@example.org"])]}),
            (kari, {"userAccountControl": [(replace, ["514"])]}),
            (samba.SERVICE_DN, {"description": [(replace, ["me"])]}),
            (samba.BASE, {"minPwdLength": [(replace, ["1"])]}),
            (f"CN=Administrator,CN=Users,{samba.BASE}", password)]:
        connection.modify(dn, changes)
        assert connection.result["result"] == 50, (dn, connection.result)
    connection.search(kari, "(objectClass=*)", "BASE", attributes=["unicodePwd", "ntPwdHistory",
                                                                   "supplementalCredentials"])
    assert not any(connection.response[0]["raw_attributes"].values())


def test_samba_refuses_policy_hints_and_plain_binds(domain):
    """What docs/directories.md and the example say of Samba; a version that behaves otherwise shows up here."""
    import ldap3
    connection = domain.connection(samba.SERVICE_DN, domain.service_password)
    assert connection.bind()
    connection.modify(f"CN=kari,{samba.PEOPLE_DN}",
                      {"unicodePwd": [(ldap3.MODIFY_REPLACE, [samba.quoted("Med-hint-1")])]},
                      controls=[(fake_ad.HINTS.decode(), True, b"\x30\x03\x02\x01\x01")])
    assert connection.result["result"] == 12
    plain = ldap3.Connection(ldap3.Server(domain.address, get_info=ldap3.NONE), samba.SERVICE_DN,
                             domain.service_password)
    assert not plain.bind() and plain.result["result"] == 8


# --- the fake ---

@pytest.fixture
def windows(serve, tmp_path):  # noqa: F811
    make_certificate(tmp_path)

    def start(only, fault="windows", **options):
        server = serve(fake_ad.FakeActiveDirectory, tmp_path, **options)
        url = f"ldaps://127.0.0.1:{server.port}/{fake_ad.BASE.decode()}?{NAMES}?sub"
        run("directory_ad_fake", url, only, fault=fault, CA=tmp_path / "cert.pem")
        return server.requests

    return start


def test_what_windows_asks_of_a_password(windows):
    windows("windows_rules_are_told_apart_from_sambas")


@pytest.mark.parametrize("offered,sent", [
    ((fake_ad.HINTS, fake_ad.HINTS_OLD), fake_ad.HINTS), ((fake_ad.HINTS_OLD,), fake_ad.HINTS_OLD),
    ((), None)])
def test_a_reset_asks_for_the_history_where_it_can(windows, offered, sent):
    [request] = windows("windows_is_sent_a_password", controls=offered)
    assert request.dn == fake_ad.DN
    assert request.changes == [(2, b"unicodePwd", [samba.quoted("\"\\ æ😀Z9")])]
    assert request.controls == ({sent: (True, bytes.fromhex("3003020101"))} if sent else {})


def test_an_order_to_change_goes_with_the_password(windows):
    [request] = windows("windows_is_sent_an_order_to_change")
    assert request.changes == [(2, b"unicodePwd", [samba.quoted("Aa1-bcde")]),
                               (2, b"pwdLastSet", [b"0"])]


def test_an_own_change_takes_the_old_and_adds_the_new(windows):
    [request] = windows("windows_is_sent_an_own_change")
    assert request.changes == [(1, b"unicodePwd", [samba.quoted("Gml1")]),
                               (0, b"unicodePwd", [samba.quoted("Ny-1")])]
    assert request.controls == {}


@pytest.mark.parametrize("code,words", [(53, fake_ad.RESTRICTION), (19, fake_ad.OWN_RESTRICTION)])
def test_a_refusal_without_a_reason(windows, code, words):
    assert len(windows("windows_gives_no_reason", "windows_refuses", answer=(code, words))) == 1


def test_a_password_is_not_sent_in_the_clear(serve):  # noqa: F811
    server = serve(fake_ad.FakeActiveDirectory)
    run("directory_ad_fake", f"ldap://127.0.0.1:{server.port}/{fake_ad.BASE.decode()}?{NAMES}?sub",
        "nothing_is_sent_that_others_could_read", fault="plain", TLS="none")
    assert server.requests == []
