"""A database that comes up after httpd: nobody waits for it at the start, the tables are made when it
answers, and no restart is needed."""
import pytest
from system_calls import connected_from, read_calls, strace
from test_store import MariaDB, Postgres
from site_steps import OPEN_GATE
from workers import wait_until, worker_of

from kit import ports, scratch, system

READY = "resuming normal operations"


DATABASES = pytest.mark.parametrize("kind", [Postgres, MariaDB], ids=["pgsql", "mysql"])


@pytest.fixture
def database(keeper, kind):
    """Its port is ours, and nothing listens there yet."""
    place = scratch.Scratch(keeper)
    block = ports.take(1)
    server = kind(place.folder / "server", keeper, block[0])
    server.log = place.folder / "log"
    try:
        yield server
        server.stop()
    finally:
        block.release()
        place.close()


def site_on(make_site, database):
    return make_site(directives={"PwResetFormAge": "0s", **OPEN_GATE,
                                 "PwResetStore": f'{database.name} "{database.params}"'})


@DATABASES
def test_tables_are_made_when_the_database_comes_up_after_httpd(make_site, database):
    database.prepare()
    database.start()
    database.make_database()
    database.stop()
    site = site_on(make_site, database)
    pid, person = site.httpd.pid, site.someone()
    site.httpd.wait_for_log("PWR0972")
    assert site.browser.get(f"{site.reset_url}/").status == 200
    assert site.ask(person.uid).status == 503
    database.start()
    site.httpd.wait_for_log("PWR0973", seconds=30)
    assert site.ask(person.uid).status == 200
    link = site.link_of(site.mail_to(person.mails[0]))
    assert site.set_password(link, "Sju lange netter 7").heading == "Passordet er endret"
    assert site.httpd.pid == pid and site.httpd.error_log.read_text().count(READY) == 1


@DATABASES
def test_a_start_and_a_reload_leave_the_network_to_the_worker(make_site, database, tmp_path):
    site = site_on(make_site, database)
    site.httpd.stop()
    site.httpd.error_log.unlink()
    plain = site.httpd.argv()
    site.httpd.argv = lambda: [*strace(tmp_path / "calls"), *plain]
    site.httpd.start()
    pid, workers = site.httpd.process.pid, [worker_of(site)]
    site.httpd.wait_for_log("PWR0972")
    said = site.httpd.error_log.stat().st_size
    site.httpd.graceful()
    workers.append(worker_of(site, other_than=workers[0], seconds=10))
    site.httpd.wait_for_log("PWR0972", said)
    site.httpd.stop()
    connected = connected_from(read_calls(tmp_path / "calls", pid), database.port)
    assert all(any(worker in line for line in connected) for worker in workers)
    assert [line for line in connected if not line & set(workers)] == []


def tell(database, sql):
    """Says it to the database `pwreset`."""
    if database.name == "pgsql":
        database.ask("pwreset", sql)
    else:
        database.run_as(system.program("mariadb"), "--no-defaults", "-uroot", "-S", database.socket, "-e", sql,
                        "pwreset")


@DATABASES
def test_tables_of_a_newer_program_close_the_pages_until_they_are_right(make_site, database):
    database.prepare()
    database.start()
    database.make_database()
    site = site_on(make_site, database)
    pid, person, form = site.httpd.pid, site.someone(), f"{site.reset_url}/"
    wait_until(lambda: site.ask(person.uid).status == 200, 10, "tables")
    site.mail_to(person.mails[0])
    page = site.browser.get(form)
    tell(database, "UPDATE pwreset_schema SET version = 99 WHERE name = 'version'")
    assert site.browser.submit(page, name=person.uid).status == 503  # before anybody reloads
    said = site.httpd.error_log.stat().st_size
    site.httpd.graceful()
    wait_until(lambda: site.browser.get(form).status == 503, 10, "closed pages")
    assert site.browser.get(site.url).status == 200
    tell(database, "UPDATE pwreset_schema SET version = 2 WHERE name = 'version'")
    site.httpd.wait_for_log("PWR0973", said)
    wait_until(lambda: site.browser.get(form).status == 200, 10, "open pages")
    log = site.httpd.error_log.read_bytes()[said:].decode()
    assert log.count("PWR0972") == log.count("PWR0213") == 1 and site.httpd.pid == pid
    site.ask(person.uid)
    assert site.mail_to(person.mails[0])
