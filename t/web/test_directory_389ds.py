"""The directory component against a real 389 Directory Server, by the least-privilege account of
conf/examples/acl-389ds.ldif.

Runs the built programs t/unit/directory_389ds and t/unit/directory_389ds_rules; PWR_BUILD names the
folder that they were built in."""
import os
import pathlib
import subprocess
import time

import pytest

from kit import people, ports, system
from kit.certs import Authority
from kit.ds389 import ROOT_DN, Ds389
from kit.scratch import Scratch

import directory_389ds_fixture as fixture

PROGRAMS = pathlib.Path(os.environ.get("PWR_BUILD", system.ROOT / "build")) / "t" / "unit"


@pytest.fixture(scope="module")
def server(keeper):
    scratch, block = Scratch(keeper), ports.take(2)
    started = Ds389(scratch.folder / "ds389", (block[0], block[1]),
                    Authority(scratch.folder / "ca"), keeper, more=fixture.ldif())
    try:
        started.prepare()
        started.start()
        yield started
    finally:
        started.kill()
        block.release()
        scratch.close()


def run(server, program, *only, fault=None, **more):
    path = PROGRAMS / program
    assert path.exists(), f"{path} is not built: run t/run, or make check_PROGRAMS"
    given = {"URL": f"{server.url}/{people.PEOPLE_DN}?mail,uid?sub?(objectClass=inetOrgPerson)",
             "CA": server.authority.certificate, "BIND_DN": people.SERVICE_DN,
             "BIND_PASSWORD": server.service_password, "FAULT": fault, **more}
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("PWR_TEST_LDAP_")}
    environment.update({"PWR_TEST_LDAP_" + name: str(value)
                        for name, value in given.items() if value is not None})
    wrapper = os.environ.get("PWR_TEST_WRAPPER", "").split()
    done = subprocess.run([*wrapper, path, *only], env=environment, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "] 0 test(s) run" not in done.stdout
    assert not only or "SKIPPED" not in done.stdout, done.stdout
    return done.stdout


def service(server, **more):
    return server.connection(people.SERVICE_DN, server.service_password, auto_bind=True, **more)


def test_every_promise_holds_over_starttls(server):
    out = run(server, "directory_389ds")
    assert out.count("[       OK ]") == 16, out
    assert "a new secret" not in out and "own Choice" not in out


def test_policies_are_read(server):
    out = run(server, "directory_389ds_rules")
    assert out.count("[       OK ]") == 6, out


def test_a_hidden_policy(server):
    run(server, "directory_389ds_rules", "a_hidden_policy_shows_no_rule", fault="hidden_policy",
        BIND_DN=people.INTRANET_DN, BIND_PASSWORD=server.intranet_password)


def test_a_bind_above_the_policy_is_told_of(server):
    told = "a_bind_above_the_policy_is_told_of"
    group = f"cn=passordfolk,{people.BASE}"
    with server.admin() as connection:
        connection.add(group, "groupOfNames", {"member": people.SERVICE_DN, "aci": (
            f'(targetattr="*")(version 3.0; acl "read"; allow (read, search) '
            f'userdn="ldap:///{people.SERVICE_DN}";)')})
    try:
        for administrator in (people.SERVICE_DN, group):
            server.change_policy(passwordAdminDN=administrator)
            run(server, "directory_389ds_rules", told, fault="administrator")
    finally:
        server.change_policy(passwordAdminDN="")
    run(server, "directory_389ds_rules", told, fault="manager", BIND_DN=ROOT_DN,
        BIND_PASSWORD=server.admin_password)


def test_the_service_may_do_what_a_reset_needs_and_no_more(server):
    import ldap3
    dn = f"uid=eirik,{people.PEOPLE_DN}"
    with service(server) as connection:
        connection.search(dn, "(objectClass=*)", "BASE",
                          attributes=["*", "+", "userPassword", "passwordHistory"])
        seen = connection.response[0]["raw_attributes"]
        assert seen["uid"] and not seen["userPassword"] and not seen["passwordHistory"]
        assert not connection.modify(dn, {"mail": [(ldap3.MODIFY_REPLACE, ["x@example.org"])]})
        assert not connection.modify(people.INTRANET_DN,
                                     {"userPassword": [(ldap3.MODIFY_REPLACE, ["noe annet 1"])]})
        connection.search("cn=config", "(nsslapd-rootdn=*)", attributes=["*"])
        assert not connection.response
        connection.search("cn=config", "(passwordMinLength=*)", attributes=["*"])
        assert len(connection.response) == 1
        assert "nsslapd-rootpw" not in connection.response[0]["raw_attributes"]


def stamp(server, uid):
    with service(server) as connection:
        connection.search(f"uid={uid},{people.PEOPLE_DN}", "(objectClass=*)", "BASE",
                          attributes=["modifyTimestamp", "pwdUpdateTime"])
        return connection.response[0]["raw_attributes"]


def test_the_stamp_moves_with_the_password_and_not_with_logins(server):
    """The server counts in seconds: each step comes in a second of its own."""
    import ldap3
    uid, dn = "vidar", f"uid=vidar,{people.PEOPLE_DN}"
    tls = {"auto_bind": ldap3.AUTO_BIND_TLS_BEFORE_BIND}

    def next_second(step):
        before = stamp(server, uid)
        time.sleep(1.05 - time.time() % 1)
        step()
        return before, stamp(server, uid)

    def replace(connection, password):
        with connection:
            assert connection.modify(dn, {"userPassword": [(ldap3.MODIFY_REPLACE, [password])]})

    def operation(connection, old, new):
        with connection:
            assert connection.extend.standard.modify_password(dn, old, new)

    def fail():
        for _ in range(10):
            assert not server.can_bind(uid, "feil")

    still = [lambda: server.can_bind(uid, people.PASSWORD), fail]
    moving = [
        lambda: replace(service(server), "steg nummer 1"),
        lambda: replace(server.connection(dn, "steg nummer 1", auto_bind=True), "steg nummer 2"),
        lambda: operation(server.connection(dn, "steg nummer 2", **tls), "steg nummer 2",
                          "steg nummer 3"),
        lambda: operation(server.connection(people.SERVICE_DN, server.service_password, **tls),
                          None, "steg nummer 4"),
        lambda: server.change_person(uid, userPassword="steg nummer 5"),
        lambda: server.change_person(uid, mail="ny@example.org")]
    for step in still:
        before, after = next_second(step)
        assert before == after
    for step in moving:
        before, after = next_second(step)
        assert before != after


def test_without_tracking_the_time_of_the_update_stands_still(server):
    """Why pwdUpdateTime alone would be no stamp."""
    dn = f"uid=unni,{people.PEOPLE_DN}"
    server.change(dn, userPassword="forste hemmelige")
    server.change_policy(passwordTrackUpdateTime="off")
    try:
        before = stamp(server, "unni")
        time.sleep(1.05 - time.time() % 1)
        server.change(dn, userPassword="andre hemmelige")
        after = stamp(server, "unni")
    finally:
        server.change_policy(passwordTrackUpdateTime="on")
    assert before["pwdUpdateTime"] == after["pwdUpdateTime"]
    assert before["modifyTimestamp"] != after["modifyTimestamp"]


def test_a_new_entry_of_the_same_name_is_another_account(server):
    dn = f"uid=sissel,{people.PEOPLE_DN}"
    before = server.read(dn)
    with server.admin() as connection:
        connection.delete(dn)
        connection.add(dn, "inetOrgPerson", {name: before[name] for name in ("cn", "sn", "mail")})
    assert server.read(dn)["nsUniqueId"] != before["nsUniqueId"]
