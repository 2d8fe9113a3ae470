"""What a start makes and what it refuses, and what the self-check says of the servers."""
import os
import stat
import subprocess

import pytest
from kit import people, slapd, system
from site_steps import quick_site, store

from kit.process import ServerError

CHECK = ["-t", "-D", "PWRESET_CHECK"]


@pytest.fixture(scope="module")
def started(keeper):
    with quick_site(keeper) as site:
        yield site


@pytest.fixture
def unmade(started):
    """The shared site, stopped; it is put right and started again afterwards."""
    directives = dict(started.directives)
    started.httpd.stop()
    yield started
    started.httpd.stop()
    started.directives = directives
    started.slapd.start() if not started.slapd.is_running() else None
    started.smtp.start() if not started.smtp.is_running() else None
    system.give(started.state / "key", started.httpd.user, 0o600)
    rewrite(started)
    started.httpd.start()


def rewrite(site, **directives):
    site.directives = {**site.directives, **directives}
    site.configure()
    site.httpd.write_configuration()


def facts(path):
    about = path.stat()
    return stat.S_IMODE(about.st_mode), about.st_uid


def test_files_are_made_for_the_servers_user_alone(unmade):
    state = unmade.folder / "fresh" / "state"
    system.give(state.parent, None, 0o755)
    rewrite(unmade, PwResetStore=f'sqlite3 "{state}/a.db"', PwResetKeyFile=f'"{state}/key"')
    unmade.httpd.start()
    owner = unmade.httpd.user.pw_uid if unmade.httpd.user else os.geteuid()
    assert facts(state) == (0o700, owner)
    unmade.ask(unmade.someone().uid)
    made = sorted(state.iterdir())
    assert {"a.db", "a.db-wal", "a.db-shm", "key"} == {path.name for path in made}
    assert [facts(path) for path in made] == [(0o600, owner)] * len(made)
    assert (state / "key").stat().st_size == 32
    assert facts(unmade.audit_log)[0] & 0o007 == 0


def test_a_key_stays_the_same_over_restarts_and_so_do_links(started):
    person = started.someone()
    key = (started.state / "key").read_bytes()
    started.ask(person.uid)
    link = started.link_of(started.mail_to(person.mails[0]))
    started.httpd.restart()
    assert (started.state / "key").read_bytes() == key
    assert started.browser.get(link).heading == "Angi nytt passord"


@pytest.mark.parametrize("size, mode, words", [
    (31, 0o600, "PWR0902"), (33, 0o600, "PWR0902"), (0, 0o600, "PWR0902"),
    (32, 0o640, "run chmod 0600"), (32, 0o604, "run chmod 0600")])
def test_a_key_file_of_wrong_size_or_too_open_stops_the_start(unmade, size, mode, words):
    key = unmade.folder / "other-key"
    key.write_bytes(b"k" * size)
    system.give(key, unmade.httpd.user, mode)
    rewrite(unmade, PwResetKeyFile=f'"{key}"')
    with pytest.raises(ServerError):
        unmade.httpd.start()
    said = unmade.httpd.last_words(5)
    assert words in said and str(key) in said and f"{unmade.httpd.conf}:" in said
    assert key.stat().st_size == size


@pytest.mark.parametrize("directive, value", [
    ("PwResetStore", 'sqlite3 "/nonexistent/a/a.db"'), ("PwResetKeyFile", "/nonexistent/a/key"),
    ("PwResetAuditLog", "/nonexistent/a.log"), ("PwResetStore", 'sqlite3 "{folder}"'),
    ("PwResetStore", 'sqlite3 "{conf}"'), ("PwResetStore", 'sqlite3 "{state}/link"')])
def test_a_place_that_cannot_be_used_stops_the_start_and_is_named(unmade, directive, value):
    value = value.format(folder=unmade.folder, conf=unmade.httpd.conf, state=unmade.state)
    target = unmade.folder / "not-for-the-server"
    target.touch(mode=0o600)
    (unmade.state / "link").symlink_to(target)
    rewrite(unmade, **{directive: value})
    before = facts(unmade.httpd.conf), facts(target)
    with pytest.raises(ServerError):
        unmade.httpd.start()
    (unmade.state / "link").unlink()
    assert (facts(unmade.httpd.conf), facts(target)) == before
    said = unmade.httpd.last_words(5)
    assert f"{unmade.httpd.conf}:" in said and "PWR0" in said
    assert value.split('"')[-2 if '"' in value else 0].rpartition("/")[0] in said


def test_ten_lines_are_enough(make_site):
    """Beside them only what a module that is not installed needs, and forms that need not wait."""
    defaults = ["PwResetLDAPTrustedCA", "PwResetRelayTrustedCA", "PwResetAuditLog",
                "PwResetOrganisation", "PwResetContact", "PwResetRegistry", "PwResetLoginURL",
                "PwResetMinLength", "PwResetLanguage", "PwResetTimeZone"]
    site = make_site(smtp={"has_tls": False}, captcha=False, directives={
        **dict.fromkeys(defaults), "PwResetFormAge": "0s"})
    url = site.settings("")["PwResetLDAPURL"].replace("STARTTLS", "NONE")
    site.httpd.stop()
    rewrite(site, PwResetLDAPURL=url)
    site.httpd.start()
    assert len([line for line in site.httpd.server_lines.splitlines()
                if line.startswith(("PwReset", "LoadModule"))]) == 10 + 1
    person = site.someone()
    site.ask(person.uid)
    mail = site.mail_to(person.mails[0])
    assert mail.subject == "Angi nytt passord hos 127.0.0.1"
    assert site.set_password(site.link_of(mail), "Sju lange netter 7").heading \
        == "Passordet er endret"


# The self-check


def self_check(site):
    """Exit status and lines of `apachectl -t -D PWRESET_CHECK`."""
    argv = [site.httpd.argv()[0], *CHECK, "-d", site.httpd.folder, "-f", site.httpd.conf]
    result = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120,
                            env={**os.environ, **site.httpd.environment})
    assert result.returncode in (0, 1)
    return result.returncode, result.stdout


def failures(said):
    """(what failed, why) of each FAILED line, which has its cause below it."""
    lines = said.splitlines()
    return [(line.partition("FAILED")[2].strip(), lines[number + 1].strip())
            for number, line in enumerate(lines) if line.startswith("FAILED")]


def test_the_self_check_of_a_sound_site_says_ok_to_everything(started):
    rows = store(started, "SELECT COUNT(*) FROM pwreset_outbox")
    mails = len(started.inbox.paths())
    status, said = self_check(started)
    assert status == 0 and not failures(said)
    assert said.splitlines()[0] == started.reset_url
    assert len([line for line in said.splitlines() if line.startswith("ok ")]) >= 5
    for part in ("key file", "database", f"directory {started.slapd.url}",
                 f"relay smtp://127.0.0.1:{started.smtp.port}"):
        assert part in said
    assert store(started, "SELECT COUNT(*) FROM pwreset_outbox") == rows
    assert len(started.inbox.paths()) == mails


def directory_down(site):
    site.slapd.stop()


def bind_password_wrong(site):
    secret = site.folder / "wrong"
    secret.write_text("feil passord")
    secret.chmod(0o600)
    rewrite(site, PwResetLDAPBindPassword=f'"file:{secret}"')


def ca_of_another(site):
    path = site.folder / "stranger.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null", "-out", path,
                    "-subj", "/CN=stranger"], check=True, capture_output=True)
    path.chmod(0o644)
    return path


def bind_as_manager(site):
    secret = site.folder / "manager"
    secret.write_text(site.slapd.admin_password)
    secret.chmod(0o600)
    rewrite(site, PwResetLDAPBindDN=f'"{people.ADMIN_DN}"',
            PwResetLDAPBindPassword=f'"file:{secret}"')


def nobody_there(site):
    rewrite(site, PwResetLDAPURL=f'"{site.slapd.url}/ou=services,{people.BASE}?uid"')


def directory_ca_unknown(site):
    rewrite(site, PwResetLDAPTrustedCA=f'"{ca_of_another(site)}"')


def relay_ca_unknown(site):
    rewrite(site, PwResetRelayTrustedCA=f'"{ca_of_another(site)}"')


def relay_down(site):
    site.smtp.stop()


def state_folder_missing(site):
    rewrite(site, PwResetKeyFile="/nonexistent/a/key")


def ca_for_root_alone(site):
    path = ca_of_another(site)
    path.write_bytes(site.ca.certificate.read_bytes())
    path.chmod(0o600)
    rewrite(site, PwResetLDAPTrustedCA=f'"{path}"')


def key_of_root(site):
    os.chown(site.state / "key", 0, 0)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="httpd drops rights only if it has them")


@pytest.mark.parametrize("spoil, failed, why", [
    pytest.param(ca_for_root_alone, "the server's user can read the file of PwResetLDAPTrustedCA",
                 "PWR0860", marks=needs_root),
    pytest.param(key_of_root, "key file", "PWR0969", marks=needs_root),
    (directory_down, "directory ldap", "PWR04"), (bind_password_wrong, "directory ldap", "PWR04"),
    (bind_as_manager, "our bind is one", "PWR0457"), (nobody_there, "directory shows", "PWR0459"),
    (directory_ca_unknown, "directory ldap", "PWR04"), (relay_down, "relay smtp", "PWR05"),
    (relay_ca_unknown, "relay smtp", "PWR05"), (state_folder_missing, "key file", "PWR09")])
def test_the_self_check_names_what_is_wrong_and_exits_with_1(unmade, spoil, failed, why):
    spoil(unmade)
    status, said = self_check(unmade)
    assert status == 1
    told = failures(said)
    assert told and told[0][0].startswith(failed) and told[0][1].startswith(why)
    assert len(told[0][1]) > 40
    assert "feil passord" not in said and unmade.slapd.service_password not in said


@pytest.mark.parametrize("is_right", [True, False])
def test_the_self_check_logs_in_at_the_relay(make_site, is_right):
    site = make_site(smtp={"has_login": True})
    secret = site.folder / "relay-password"
    secret.write_text(site.smtp.password if is_right else "feil passord")
    secret.chmod(0o600)
    rewrite(site, PwResetRelay=f"smtp://relay@127.0.0.1:{site.smtp.port}\n"
                               f'PwResetRelayPassword "file:{secret}"')
    status, said = self_check(site)
    assert status == (0 if is_right else 1)
    assert bool(failures(said)) != is_right
    assert "feil passord" not in said and site.smtp.password not in said
    assert is_right or failures(said)[0][0].startswith("relay")


def test_directives_are_inherited_by_and_overridden_in_a_virtual_host(unmade):
    """The module's lines stand in the server; the host has its own registry and language."""
    unmade.extra_host_lines = ('PwResetRegistry "sentralbordet"\nPwResetLanguage en\n'
                               "PwResetLinkLife 20min\n")
    try:
        rewrite(unmade)
        unmade.httpd.start()
        page = unmade.browser.get(f"{unmade.reset_url}/help", headers={"Accept-Language": "et"})
        assert page.language == "en"
        assert "sentralbordet" in page.text and "lønnsansvarlig" not in page.text
        assert "tlf. 22 00 00 00" in page.text
        person = unmade.someone()
        unmade.ask(person.uid)
        unmade.mail_to(person.mails[0])
        assert store(unmade, "SELECT ROUND((expires - created) / 6e7) FROM pwreset_tokens "
                             "ORDER BY created DESC LIMIT 1") == [(20.0,)]
    finally:
        unmade.extra_host_lines = ""


def test_a_directory_that_hides_when_passwords_change_is_told_of(make_site, monkeypatch):
    monkeypatch.setattr(slapd, "OPERATIONAL", slapd.OPERATIONAL.replace(",pwdChangedTime", ""))
    site = make_site()
    person = site.someone()
    site.ask(person.uid)
    link = site.link_of(site.mail_to(person.mails[0]))
    assert site.set_password(link, "Sju lange netter 7").heading == "Passordet er endret"
    assert "PWR0486" in site.httpd.error_log.read_text()
