"""Nodes of the first release and of this one run on one database while they are upgraded one after the other:
nothing stops, and the links that are out work. The steps of the tables can be made by hand."""
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest
from nodes import Node, write_configuration
from released import released
from site_steps import OPEN_GATE
from test_store import Postgres
from workers import wait_until

from kit import build, ports, scratch
from kit.site import Site

NEW = "Sju-lange-netter-7"
STEP = "3"
QUICK = {"PwResetFormAge": "0s", **OPEN_GATE}
SCHEMA = "SELECT name, version FROM pwreset_schema ORDER BY name"


@pytest.fixture(scope="module")
def old():
    return released()


@pytest.fixture
def database(keeper):
    place = scratch.Scratch(keeper)
    block = ports.take(1)
    server = Postgres(place.folder / "server", keeper, block[0])
    server.log = place.folder / "log"
    try:
        server.prepare()
        server.start()
        server.make_database()
        yield server
        server.stop()
    finally:
        block.release()
        place.close()


def conf_of(site, old):
    conf = site.folder / "old-conf"
    if not conf.exists():
        shutil.copytree(old.conf, conf)
        for path in [conf, *conf.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    return conf


def start_old(keeper, old, store=None):
    """A site that the first release serves."""
    directives = {**QUICK, **({"PwResetStore": f'pgsql "{store.params}"'} if store else {})}
    block = ports.take(8)
    place = scratch.Scratch(keeper)
    site = Site(place.folder, block, keeper, directives=directives)
    site.on_close = [block.release, place.close]
    try:
        site.prepare()
        write_configuration(site, site.httpd, old.module, conf_of(site, old))
        for server in (site.slapd, site.smtp, site.httpd):
            server.start()
    except BaseException:
        site.close()
        raise
    return site


def state_of(database):
    done = subprocess.run([database.programs / "psql", "-h", "127.0.0.1", "-p", str(database.port), "-U", "pwreset",
                           "-d", "pwreset", "-A", "-t", "-c", SCHEMA], check=True, capture_output=True, text=True)
    return dict(line.split("|") for line in done.stdout.split())


def reload(httpd, url, site):
    """A graceful restart that httpd lives through; its pages are there afterwards."""
    pid = httpd.pid
    httpd.graceful()
    wait_until(lambda: site.browser.get(f"{url}/").status == 200, 10, "pages after the reload")
    assert httpd.pid == pid and httpd.is_running()


def reload_both(site, node):
    reload(site.httpd, site.reset_url, site)
    reload(node.httpd, node.reset_url, site)


def link_from(site, url, person):
    page = site.browser.get(f"{url}/")
    site.browser.submit(page, follow=False, name=person.uid)
    return site.link_of(site.mail_to(person.mails[0], 20))


def set_at(site, link, password=NEW):
    return site.set_password(link, password).heading


def test_two_nodes_are_upgraded_and_taken_back_one_after_the_other(keeper, old, database):
    site = start_old(keeper, old, database)
    node = Node(site, (site.state / "key").read_bytes(), old.module, conf_of(site, old))
    try:
        node.start()
        people = [site.someone() for _ in range(8)]
        links = [link_from(site, url, person) for person, url in
                 zip(people[:4], [site.reset_url, node.reset_url] * 2)]
        assert state_of(database) == {"version": "2"}

        write_configuration(site, site.httpd)
        site.httpd.restart()  # the new one, on this node: a reload keeps the program that it has in memory
        wait_until(lambda: state_of(database) == {"version": "2", "step": STEP}, 20, "the new steps")
        reload_both(site, node)
        assert set_at(site, node.at(links[0])) == "Passordet er endret"
        assert set_at(site, links[1]) == "Passordet er endret"
        for person, asked, opened in ((people[4], site.reset_url, node.at), (people[5], node.reset_url, str)):
            assert set_at(site, opened(link_from(site, asked, person))) == "Passordet er endret"

        node.use()
        node.httpd.restart()
        reload_both(site, node)
        assert set_at(site, node.at(links[2])) == "Passordet er endret"

        write_configuration(site, site.httpd, old.module, conf_of(site, old))  # a downgrade
        site.httpd.restart()
        reload_both(site, node)
        assert set_at(site, links[3]) == "Passordet er endret"
        assert set_at(site, link_from(site, site.reset_url, people[6])) == "Passordet er endret"
    finally:
        node.httpd.stop()
        site.close()


def test_one_node_on_sqlite_is_upgraded_by_a_restart(keeper, old):
    site = start_old(keeper, old)
    try:
        person = site.someone()
        link = link_from(site, site.reset_url, person)
        write_configuration(site, site.httpd)
        site.httpd.restart()
        reload(site.httpd, site.reset_url, site)
        assert set_at(site, link) == "Passordet er endret"
        assert set_at(site, link_from(site, site.reset_url, site.someone())) == "Passordet er endret"
    finally:
        site.close()


# The program


def schema_program(*words, given="", status=0):
    argv = [build.folder() / "pwreset-schema", *words]
    done = subprocess.run([str(word) for word in argv], input=given, capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_program_makes_says_and_prints_the_steps(tmp_path):
    file = tmp_path / "a.db"
    assert "There are no tables." in schema_program("look", "sqlite3", file)
    said = schema_program("apply", "sqlite3", "-", given=f"{file}\n")
    assert "Programs that know step 2 can use them" in said and "missing" not in said
    with closing(sqlite3.connect(file)) as database:
        made = sorted(row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    printed = tmp_path / "b.db"
    with closing(sqlite3.connect(printed)) as database:
        database.executescript(schema_program("print", "sqlite3"))
        assert made == sorted(row[0] for row in database.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))


def test_the_steps_of_an_upgrade_are_printed_alone(tmp_path):
    file = tmp_path / "a.db"
    both = schema_program("print", "sqlite3")
    later = schema_program("print", "sqlite3", "2")
    assert "CREATE TABLE IF NOT EXISTS pwreset_tokens" not in later
    with closing(sqlite3.connect(file)) as database:
        first = both[:both.index("ALTER TABLE")]
        database.executescript(first)
        assert dict(database.execute(SCHEMA)) == {"version": 2}
        database.executescript(later)
    assert "Steps are missing" not in schema_program("look", "sqlite3", file)


def test_a_downgrade_says_what_it_cannot(tmp_path):
    file = tmp_path / "a.db"
    schema_program("apply", "sqlite3", file)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE pwreset_schema SET version = 99 WHERE name = 'version'")
    said = schema_program("apply", "sqlite3", file, status=1)
    assert "PWR0213" in said and "restore the database from a backup" in said
    assert "Programs that know step 99" in schema_program("look", "sqlite3", file)
    assert "usage" not in schema_program("print", "nosuch", status=2)


def test_no_password_is_needed_on_the_command_line():
    said = schema_program("look", "pgsql", "-", status=1,
                          given="hostaddr=127.0.0.1 port=1 dbname=x password=hunter2\n")
    assert "PWR0202" in said and "hunter2" not in said
