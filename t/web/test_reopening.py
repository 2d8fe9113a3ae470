"""What is wrong with a site's key file, folder or database at a reload closes that site alone, with 503
and one line in the log. The site opens by itself when it is right again; httpd is not restarted."""
import os
import shutil
import sqlite3
from contextlib import closing

import pytest
from site_steps import quick_site
from test_restarts import SECOND_HOST
from workers import OPENER, children_of, name_of, wait_until, worker_of

READY = "resuming normal operations"
OPEN_AGAIN = "PWR0976"
NEEDED = "UPDATE pwreset_schema SET version = {} WHERE name = 'version'"


@pytest.fixture(scope="module")
def served(keeper):
    """A site beside another one, which has a folder of its own. Both are open."""
    with quick_site(keeper) as site:
        port = site.block[5]
        site.other_url = f"https://127.0.0.1:{port}/passord"
        other = SECOND_HOST.format(port=port, folder=site.httpd.folder, url=site.other_url)
        state = site.folder / "other-state"
        state.mkdir(mode=0o700)
        give_back(site, state)
        site.extra_server_lines = other.replace("PwResetOrganisation", (
            f'PwResetStore sqlite3 "{state}/a.db"\nPwResetKeyFile "{state}/key"\nPwResetOrganisation'))
        site.configure()
        site.httpd.write_configuration()
        site.httpd.graceful()
        yield site


def give_back(site, path):
    """To the server's user."""
    if site.httpd.user is not None:
        os.chown(path, site.httpd.user.pw_uid, site.httpd.user.pw_gid)


def move_away(path):
    path.rename(path.with_name(path.name + ".away"))


def move_back(path):
    path.with_name(path.name + ".away").rename(path)


def tell_database(site, statement):
    with closing(sqlite3.connect(site.database, timeout=10)) as database, database:
        database.execute(statement)


class Wrong:
    """What is done to a site, and undone; the words that the log has for it."""

    def __init__(self, words, do, undo):
        self.words, self.do, self.undo = words, do, undo


def put_folder_for_key(site):
    move_away(site.state / "key")
    (site.state / "key").mkdir()


def remove_folder_for_key(site):
    (site.state / "key").rmdir()
    move_back(site.state / "key")


def cut_key(site):
    shutil.copy2(site.state / "key", site.folder / "key.copy")
    (site.state / "key").write_bytes(b"half")


def restore_key(site):
    (site.state / "key").write_bytes((site.folder / "key.copy").read_bytes())


def put_rubbish_for_database(site):
    move_away(site.database)
    site.database.write_bytes(b"no database at all\n" * 100)
    site.database.chmod(0o600)
    give_back(site, site.database)


def remove_rubbish(site):
    site.database.unlink()
    move_back(site.database)


WRONGS = {
    "folder for key": Wrong("is a folder", put_folder_for_key, remove_folder_for_key),
    "half a key": Wrong("PWR0902", cut_key, restore_key),
    "open key": Wrong("PWR0903", lambda site: (site.state / "key").chmod(0o644),
                      lambda site: (site.state / "key").chmod(0o600)),
    "open folder": Wrong("PWR0966", lambda site: site.state.chmod(0o777),
                         lambda site: site.state.chmod(0o700)),
    "no database": Wrong("PWR02", put_rubbish_for_database, remove_rubbish),
    "newer tables": Wrong("PWR0213",
                          lambda site: tell_database(site, NEEDED.format(99)),
                          lambda site: tell_database(site, NEEDED.format(2))),
}


def status_of(site, url=None):
    return site.browser.get(f"{url or site.reset_url}/").status


def openers_of(site):
    return [pid for pid in children_of(site.httpd.pid) if name_of(pid) == OPENER]


@pytest.mark.parametrize("wrong", WRONGS.values(), ids=WRONGS)
def test_what_is_wrong_at_a_reload_closes_the_site_until_it_is_right(served, wrong):
    pid, worker = served.httpd.pid, worker_of(served)
    said = served.httpd.error_log.stat().st_size
    wrong.do(served)
    try:
        served.httpd.graceful()
        wait_until(lambda: status_of(served) == 503, 10, "a closed flow")
        log = served.httpd.error_log.read_bytes()[said:].decode()
        assert status_of(served, served.other_url) == 200 and served.browser.get(served.url).status == 200
        assert openers_of(served)
    finally:
        wrong.undo(served)
    assert wrong.words in log and "Until this is right, the password pages" in log
    served.httpd.wait_for_log(OPEN_AGAIN, said)
    wait_until(lambda: status_of(served) == 200, 10, "an open flow")
    log = served.httpd.error_log.read_bytes()[said:].decode()
    assert log.count("answer 503") == 1 and log.count(READY) == 1 and served.httpd.pid == pid
    wait_until(lambda: not openers_of(served), 10, "the opener's end")
    worker_of(served, other_than=worker)
    person = served.someone()
    served.ask(person.uid)
    link = served.link_of(served.mail_to(person.mails[0]))
    assert served.set_password(link, "Sju-lange-netter-7").heading == "Passordet er endret"
    assert "long lost child" not in log and "PWR0910" not in log


def test_each_new_reason_is_told_once_and_an_open_page_works_after_the_closing(served):
    """A link that was out, and a form that was open, when the site closed."""
    person = served.someone()
    served.ask(person.uid)
    link = served.link_of(served.mail_to(person.mails[0]))
    page = served.browser.get(link)
    said = served.httpd.error_log.stat().st_size
    cut_key(served)
    served.httpd.graceful()
    wait_until(lambda: served.browser.get(link).status == 503, 10, "a closed flow")
    first, second = page.form.of_kind("password")
    typed = {first.name: "Sju-lange-netter-7", second.name: "Sju-lange-netter-7"}
    assert served.browser.submit(page, **typed).status == 503
    (served.state / "key").chmod(0o644)
    restore_key(served)
    served.httpd.wait_for_log("PWR0903", said)
    (served.state / "key").chmod(0o600)
    served.httpd.wait_for_log(OPEN_AGAIN, said)
    assert served.browser.submit(page, **typed).heading == "Passordet er endret"
    log = served.httpd.error_log.read_bytes()[said:].decode()
    assert log.count("PWR0902") == 1 and log.count("PWR0903") == 1


def test_settings_that_are_refused_at_a_reload_close_the_sites_that_have_them(served):
    """A file was changed after configtest, or configtest is a newer program than the one in memory."""
    pid = served.httpd.pid
    said = served.httpd.error_log.stat().st_size
    own = served.folder / "own-pages"
    own.mkdir(mode=0o755, exist_ok=True)
    (own / "request.html").write_text("{{nobody_knows_this}}")
    served.directives["PwResetPages"] = f'"{own}"'
    for is_wrong in (True, False):
        if not is_wrong:
            (own / "request.html").unlink()
        served.configure()
        served.httpd.write_configuration()
        served.httpd.graceful()
        wait_until(lambda: status_of(served) == (503 if is_wrong else 200), 10, "the pages' answer")
        assert served.browser.get(served.url).status == 200 and served.httpd.pid == pid
    log = served.httpd.error_log.read_bytes()[said:].decode()
    assert log.count("answer 503") == 2 and "restart the server" in log  # the other site has the pages too


def test_a_site_that_stays_closed_ends_with_its_httpd(served):
    cut_key(served)
    served.httpd.graceful()
    wait_until(lambda: openers_of(served), 10, "an opener")
    opener, = openers_of(served)
    served.httpd.graceful()
    wait_until(lambda: openers_of(served) and opener not in openers_of(served), 10, "another opener")
    opener, = openers_of(served)
    served.httpd.stop()
    assert name_of(opener) != OPENER
    restore_key(served)
