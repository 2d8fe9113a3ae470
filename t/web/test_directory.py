"""The directory component against a real slapd and against servers that misbehave.

Runs the built programs t/unit/directory_slapd and t/unit/directory_faults; PWR_BUILD names
the folder that they were built in."""

import os
import pathlib
import subprocess

import pytest

from directory_slapd_fixture import (BASE, POLICY_DN, SERVICE_DN, SERVICE_PASSWORD,
                                     FakeDroppingProxy, FakeHangingServer, FakeScriptedServer,
                                     Slapd, free_port, make_certificate)

ROOT = pathlib.Path(__file__).parent.parent.parent
PROGRAMS = pathlib.Path(os.environ.get("PWR_BUILD", ROOT / "build")) / "t" / "unit"
PEOPLE = f"ou=people,{BASE}?mail,uid?sub?(objectClass=inetOrgPerson)"


def run(program, url, *only, fault=None, typed=None, **more):
    path = PROGRAMS / program
    assert path.exists(), f"{path} is not built: run t/run, or make check_PROGRAMS"
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("PWR_TEST_LDAP_")}
    given = {"URL": url, "BIND_DN": SERVICE_DN, "BIND_PASSWORD": SERVICE_PASSWORD,
             "FAULT": fault, **more}
    environment.update({"PWR_TEST_LDAP_" + name: str(value)
                        for name, value in given.items() if value is not None})
    wrapper = os.environ.get("PWR_TEST_WRAPPER", "").split()
    done = subprocess.run([*wrapper, path, *only], env=environment, capture_output=True, text=True,
                          input=typed, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "] 0 test(s) run" not in done.stdout
    assert not only or "SKIPPED" not in done.stdout, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def slapd(tmp_path_factory):
    server = Slapd(tmp_path_factory.mktemp("slapd"))
    yield server
    server.stop()


@pytest.fixture
def serve():
    """Starts fake servers and stops them at the end."""
    started = []

    def start(fake, *arguments, **script):
        started.append(fake(*arguments, **script))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def url_of(*ports, scheme="ldap"):
    hosts = " ".join(f"127.0.0.1:{port}" for port in ports)
    return f"{scheme}://{hosts}/{PEOPLE}"


def test_every_promise_holds_over_starttls(slapd):
    out = run("directory_slapd", url_of(slapd.port), CA=slapd.ca, POLICY=POLICY_DN)
    assert out.count("[       OK ]") == 17, out
    assert "STARTTLS" in slapd.log()
    for secret in ("a new password", "first-password", "wrong-password"):
        assert secret not in out


def test_ldaps(slapd):
    run("directory_slapd", url_of(slapd.tls_port, scheme="ldaps"), "finds_by_each_name_in_any_case",
        CA=slapd.ca)


def test_ldapi_without_a_bind_dn_is_external(slapd):
    path = str(slapd.folder / "ldapi").replace("/", "%2F")
    before = len(slapd.log())
    run("directory_slapd", f"ldapi://{path}/{PEOPLE}", "finds_by_each_name_in_any_case", BIND_DN=None,
        BIND_PASSWORD=None)
    assert "mech=EXTERNAL" in slapd.log()[before:]


def test_the_service_account_cannot_read_a_hash(slapd):
    done = subprocess.run(
        ["ldapsearch", "-x", "-LLL", "-H", f"ldap://127.0.0.1:{slapd.port}", "-D", SERVICE_DN,
         "-w", SERVICE_PASSWORD, "-b", BASE, "(uid=alice)", "*", "+"],
        capture_output=True, text=True)
    assert "uid: alice" in done.stdout
    for hidden in ("userPassword", "pwdHistory", "sn:"):
        assert hidden not in done.stdout


@pytest.mark.parametrize("scheme", ["ldap", "ldaps"])
def test_an_untrusted_certificate(slapd, tmp_path, scheme):
    make_certificate(tmp_path)
    port = slapd.port if scheme == "ldap" else slapd.tls_port
    run("directory_slapd", url_of(port, scheme=scheme), "an_untrusted_certificate_is_refused",
        fault="untrusted", CA=tmp_path / "cert.pem")


def test_several_policies_and_none_named(slapd):
    run("directory_slapd", url_of(slapd.port), "several_policies_without_a_name_show_no_rule",
        fault="no_policy_named", CA=slapd.ca)


def test_a_single_policy(tmp_path):
    server = Slapd(tmp_path, policies=1)
    try:
        run("directory_slapd", url_of(server.port), "a_single_policy_is_found_without_a_name",
            fault="single_policy", CA=server.ca)
    finally:
        server.stop()


def test_a_stopped_server():
    run("directory_faults", url_of(free_port()), "a_stopped_server_is_for_later", fault="stopped",
        TLS="none")


@pytest.mark.parametrize("scheme,tls", [("ldap", "none"), ("ldap", None), ("ldaps", None)])
def test_a_server_that_never_answers(serve, scheme, tls):
    server = serve(FakeHangingServer)
    run("directory_faults", url_of(server.port, scheme=scheme), "a_server_that_hangs_is_bounded",
        fault="hung", TLS=tls)


@pytest.mark.parametrize("script", [
    {"starttls": "hang"}, {"starttls": "half"}, {"starttls": "fine"}, {"bind": "half"},
    {"search": "hang"}, {"search": "half"}, {"search": "close"}])
def test_a_server_that_hangs_in(serve, script):
    """After a StartTLS that goes well the handshake gets no sensible answer."""
    server = serve(FakeScriptedServer, **script)
    tls = None if "starttls" in script else "none"
    if script == {"starttls": "fine"}:
        server.fine = lambda stream, identity, answer: (
            FakeScriptedServer.fine(server, stream, identity, answer),
            server.wait_for_silence(stream))
    run("directory_faults", url_of(server.port), "a_server_that_hangs_is_bounded", fault="hung",
        TLS=tls)


@pytest.mark.parametrize("how", ["endless", "huge"])
def test_answers_that_are_too_long(serve, how):
    server = serve(FakeScriptedServer, search=how)
    run("directory_faults", url_of(server.port), "an_answer_without_end_is_not_awaited",
        fault="endless", TLS="none")


def test_referrals(serve):
    elsewhere = serve(FakeHangingServer)
    server = serve(FakeScriptedServer, elsewhere.port, search="referral", write="referral")
    run("directory_faults", url_of(server.port), "a_referral_is_not_followed", fault="referral",
        TLS="none")
    assert elsewhere.accepted == 0


def test_a_garbled_control(serve):
    server = serve(FakeScriptedServer, write="garbled")
    run("directory_faults", url_of(server.port), "a_garbled_control_does_not_hide_the_refusal",
        fault="garbled", TLS="none")


@pytest.mark.parametrize("how", ["close", "hang", "half", "huge"])
def test_a_write_that_gets_no_answer_is_not_repeated(serve, how):
    server = serve(FakeScriptedServer, write=how)
    run("directory_faults", url_of(server.port, server.port),
        "a_write_without_answer_is_unknown", fault="silent_write", TLS="none")
    assert server.seen.count("write") == 1


def test_a_connection_that_was_lost(slapd, serve):
    proxy = serve(FakeDroppingProxy, slapd.port)
    before = slapd.log().count("PASSMOD")
    run("directory_faults", url_of(proxy.port), "a_lost_connection_is_made_anew", fault="dropping",
        TLS="none")
    assert slapd.log().count("PASSMOD") == before + 1


def test_a_server_that_failed_rests(slapd, serve):
    hung, proxy = serve(FakeHangingServer), serve(FakeDroppingProxy, slapd.port)
    run("directory_faults", url_of(hung.port, proxy.port), "a_server_that_failed_rests",
        fault="second", TLS="none")
