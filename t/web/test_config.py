"""A configuration that cannot work stops `apachectl configtest`, which says where and why."""
import os
import shutil
import time

import pytest
from configuration import Configtest, rows, ten_lines

ROWS = rows()
NUMBERS = ["", "x", "1.5", "0x10", "10x", "9223372036854775808", "99999999999999999999"]
DURATIONS = [*NUMBERS[:4], "-1", "1y", "60 min", "9223372036854775807d", "99999999999999999999"]
TEXTS = ["", '"a\x01b"', '"a\udcffb"', "one two three"]
PATHS = ["", '"a\x01b"', "one two three"]
ADDRESSES = ["", "x", "@example.org", "x@", "a@b@c", '"a b@c"', '"a,b@example.org"',
             '"x@example.org\x0bBcc:"', "x@exa!mple.org", "x@[127.0.0.1]", "x@ø..org",
             "a" * 250 + "@b.no"]
SECRETS = ["", "file:", "file:/", "file:/nonexistent/secret", "file:/dev/zero", "exec:",
           "exec:/nonexistent/command", "exec:/bin/true", "exec:/bin/false", "exec:|/bin/echo"]

# Whatever has no range. Directives with one are tried just outside of it.
BAD_VALUES = {
    "PwResetBaseURL": [
        "", "passord", "http://intranet.example.org/passord", "ftp://x/", "https:", "https://",
        "https:///passord", "https://user@example.org/", "https://example.org/?a=b",
        "https://example.org/#a", "https://example.org:0/", "https://example.org:65536/",
        "https://example.org:/", "https://example.org:a/", "https://example.org/../a",
        "https://example.org/a//b", '"https://example.org/a b"', "https://example.org/a%2f",
        "https://example.org,evil.test/", "https://-x/", "https://ø.no/", "https://example.org/ø",
        "https://[::1/", '"https://example.org/<b>"', "https://example.org/" + "a" * 200],
    "PwResetLDAPURL": [
        "", "ldap.example.org", "http://x/dc=x", "ldap://h", "ldap:///dc=x", "ldap://h/",
        "ldap://h/nodn", "ldap://h:99999/dc=x", "ldap://h/dc=x?a%20b", "ldap://h/dc=x?uid?tree",
        '"ldap://h/dc=x?uid?sub?(a=b"', '"ldap://h/dc=x?uid?sub?(a=b))"', "ldap://h/dc=x MAYBE",
        "ldap://h/dc=x SSL", "ldapi:///dc=x", "ldap://h/dc=x?uid?sub?(a=b)?ext",
        "ldap://h/dc=x NONE more", "ldap://h/dc=x%00"],
    "PwResetLDAPBindDN": TEXTS,
    "PwResetLDAPBindPassword": SECRETS,
    "PwResetLDAPBind": ["", "sasl", "external simple"],
    "PwResetLDAPKeytab": [*PATHS, "/nonexistent/keytab"],
    "PwResetLDAPPrincipal": TEXTS,
    "PwResetLDAPClientCertificate": [*PATHS, "/nonexistent/cert.pem", "/etc/passwd /nonexistent"],
    "PwResetLDAPTrustedCA": [*PATHS, "/nonexistent/ca.pem"],
    "PwResetLDAPLoginAttribute": [*TEXTS, '"a b"', '"uid)(uid=*"', "(uid)"],
    "PwResetLDAPMailAttribute": [*TEXTS[:3], '"a b"', "mail=*"],
    "PwResetLDAPPolicyDN": [*TEXTS, "default"],
    "PwResetLDAPKind": [*TEXTS, "novell"],
    "PwResetLDAPBase": [*TEXTS, "people"],
    "PwResetAllowGroup": [*TEXTS, "staff"],
    "PwResetDenyGroup": [*TEXTS, "admins"],
    "PwResetProtectedFilter": [*TEXTS, "uid=a", '"(uid=a"', '"(uid=a))"'],
    "PwResetLDAPScheme": [*TEXTS, "ssha"],
    "PwResetLDAPSamba": ["", "yes", "on off"],
    "PwResetLDAPShadow": ["", "yes", "on off"],
    "PwResetChangeAtLogin": ["", "yes", "on off"],
    "PwResetChange": ["", "yes", "on off"],
    "PwResetUnlock": ["", "yes", "on off"],
    "PwResetSeveralAccounts": ["", "yes", "on off"],
    "PwResetTellIneligible": ["", "yes", "on off"],
    "PwResetWorkerSandbox": ["", "yes", "on off"],
    "PwResetRelay": [
        "", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:0",
        "smtp://h:65536",
        "smtp://h:x", "smtp://h/path", "smtp://user:password@h", "smtp://@h", "smtp://u%0a@h",
        "smtp://h SSL", "smtps://h NONE", "smtp://u@h NONE", "folder:relative", "folder:/x NONE",
        '"smtp://h h"', "smtp://h STARTTLS more", "smtp://[::1", "smtp://-h", "smtp://ø.no"],
    "PwResetRelayPassword": ["hemmelig", *SECRETS],
    "PwResetRelayTrustedCA": [*PATHS, "/nonexistent/ca.pem"],
    "PwResetMailFrom": [*ADDRESSES, '"Eksempel <x"', '"Eksempel <x> y"', '"Eksempel x@y.no"',
                        '"a\x01 <x@y.no>"', '"\udcff <x@y.no>"'],
    "PwResetMailReplyTo": [*ADDRESSES, '"Hjelp <help@example.org>"'],
    "PwResetMailBounce": [*ADDRESSES, '"<>"'],
    "PwResetCaptcha": ["", "turnstile", "altavista KEY", "turnstile a b"],
    "PwResetCaptchaSecret": SECRETS,
    "PwResetCaptchaAction": TEXTS,
    "PwResetCaptchaVerifyURL": TEXTS,
    "PwResetCaptchaTrustedCA": [*PATHS, "/nonexistent"],
    "PwResetClientLimits": ["", "30", "30 120", "120 30 600", "0 1 2", "1 2 3 4", "a b c", "30 30 600"],
    "PwResetSiteLimits": ["", "120", "600 120", "0 1", "1 2 3", "a b"],
    "PwResetMFA": ["", "yes", "1"],
    "PwResetRefuseNames": ["", "yes", "on off"],
    "PwResetBlocklist": [*PATHS[:2], "one two", "/nonexistent/list.txt"],
    "PwResetPwned": [*PATHS, "/nonexistent/pwned.txt", "/dev/zero", "/etc/passwd", "/tmp"],
    "PwResetPwnedRange": ["", "on", "http://example.org/range/", "https://", "https:///range/",
                          "https://example.org/range", "https://user@example.org/range/",
                          '"https://example.org/a b/"', "https://ø.no/"],
    "PwResetPwnedTrustedCA": [*PATHS, "/nonexistent/ca.pem"],
    "PwResetPwnedOutage": ["", "ignore", "on"],
    "PwResetClasses": ["", "lower", "lower=", "lower=0", "lower=65", "lower=x", "lower=1x",
                       "small=1", "=1", "lower=1 others=1", "categories=5", "lower=-1",
                       "lower=99999999999999999999"],
    "PwResetFirstCharacter": [*TEXTS, "number", "letter digit"],
    "PwResetLastCharacter": [*TEXTS, "number", "special"],
    "PwResetForbiddenCharacters": TEXTS[:3] + ["% &"],
    "PwResetPattern": ["", "abc", '"" "nb:a"', '"!" "nb:a"', '"a(" "nb:a"', '"[z-a]" "a"',
                       '"(?<a" "a"', '"a" ""', '"a" "nb:"', '"a" "nb:\x01"', '"\udcff" "a"',
                       '"a" "\udcff"', f'"{"a" * 1100}" "a"', "a b c d e f g h i"],
    "PwResetAdvice": ["", "yes", "1"],
    "PwResetPlainHTTP": ["", "yes", "1"],
    "PwResetWellKnown": ["", "yes", "0"],
    "PwResetWorkerUser": [*TEXTS, "no-such-user", "root"],
    "PwResetStore": ["", "oracle", "pgsql", "mysql", 'pgsql ""', "sqlite3 a b", "/var/lib/x.db"],
    "PwResetKeyFile": PATHS,
    "PwResetAuditLog": PATHS,
    "PwResetFiles": [*PATHS, "/nonexistent"],
    "PwResetPages": [*PATHS, "/nonexistent"],
    "PwResetMails": [*PATHS, "/nonexistent"],
    "PwResetOrganisation": TEXTS,
    "PwResetContact": TEXTS,
    "PwResetRegistry": TEXTS,
    "PwResetLoginURL": ["", "login", "//evil.test/", "/\\evil.test", "http://x/", "javascript:a",
                        '"/a\x01"', "/a b"],
    "PwResetHelpURL": ["", "help", "//evil.test/", "http://x/", "javascript:a", "/a b"],
    "PwResetStyle": ["", "look.css", "https://evil.test/look.css", "//evil.test/look.css", "file:",
                     "file:/nonexistent/look.css", "/a b.css"],
    "PwResetLogo": ["", "logo.svg", "https://evil.test/logo.svg", "file:/nonexistent/logo.svg",
                    "file:/etc/passwd", "/\\evil.test"],
    "PwResetReturnURL": ["", "app", "//evil.test/", "http://app.example.org/", "https://a@b.test/",
                         "https://app.example.org/?a=b", "/a/../b", "/a%2fb", '"/a b"', "https://",
                         "/ok javascript:a", "https://-a.test/", "https:/a.test/"],
    "PwResetLanguage": [*TEXTS, "xx", "../messages/nb"],
    "PwResetLanguages": ["", "xx", "nb xx", '"nb en"', "en", "../messages/nb", "nb_NO"],
    "PwResetMailAlso": [*TEXTS, "xx", "EN"],
    "PwResetTimeZone": [*TEXTS, "Mars/Olympus", "Oslo"]}


def bad_values(name):
    row = ROWS[name]
    if row.kind not in ("NUMBER", "DURATION"):
        return BAD_VALUES[name]
    unit = "s" if row.kind == "DURATION" else ""
    outside = [f"{row.lowest - 1}{unit}", f"{row.highest + 1}{unit}", f"-{row.highest}{unit}"]
    return outside + (DURATIONS if row.kind == "DURATION" else NUMBERS)


@pytest.fixture
def configtest(tmp_path):
    return Configtest(tmp_path)


def test_the_table_of_bad_values_knows_every_directive():
    ranged = {name for name, row in ROWS.items() if row.lowest is not None}
    assert ranged == {name for name, row in ROWS.items() if row.kind in ("NUMBER", "DURATION")}
    assert set(BAD_VALUES) == set(ROWS) - ranged


@pytest.mark.parametrize("name", ROWS)
def test_a_bad_value_is_refused_with_file_line_directive_and_what_to_write(configtest, name):
    accepted, unclear = [], []
    for value in bad_values(name):
        lines = [line for line in ten_lines() if line[0] != name] + [(name, value)]
        place = configtest.write(lines)
        result = configtest.run()
        said = result.stdout + result.stderr
        if result.returncode == 0:
            accepted.append(value)
        first = f"{configtest.conf}:{place[0]}: "
        is_placed = f"on line {place[-1]} of {configtest.conf}:" in said or first in said
        told = said.partition(name)[2]
        has_fix = any(word in told for word in ("Write ", "Give ", "Name ", "Use ", "Ask "))
        if not (is_placed and has_fix and "Segmentation" not in said):
            unclear.append((value, said))
    assert not accepted
    assert not unclear


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.lowest is not None])
def test_both_ends_of_a_range_are_accepted(configtest, name):
    unit = "s" if ROWS[name].kind == "DURATION" else ""
    for value in (ROWS[name].lowest, ROWS[name].highest):
        passed, said = configtest.judge(ten_lines(**{name: f"{value}{unit}"}))
        assert passed, said


@pytest.mark.parametrize("name", ["PwResetBaseURL", "PwResetLDAPURL", "PwResetLDAPBindDN",
                                  "PwResetLDAPBindPassword", "PwResetRelay", "PwResetMailFrom"])
def test_a_missing_line_is_named_with_an_example(configtest, name):
    passed, said = configtest.judge(ten_lines(**{name: None}))
    assert not passed
    assert f"{name} is missing" in said and f"Write {name} " in said
    assert f"{configtest.conf}:" in said


def test_a_relay_with_a_user_needs_a_password(configtest):
    passed, said = configtest.judge(ten_lines(PwResetRelay="smtp://relay@mail.example.org"))
    assert not passed and "Write PwResetRelayPassword" in said


def test_what_is_kept_is_kept_as_long_as_a_form_can_be_posted(configtest):
    passed, said = configtest.judge(ten_lines(PwResetKeep="1d", PwResetFormLife="86401s"))
    assert not passed and "PwResetKeep must be as long as PwResetFormLife" in said
    passed, said = configtest.judge(ten_lines(PwResetKeep="1d", PwResetFormLife="86400s"))
    assert passed, said


def test_a_form_lives_a_minute_longer_than_its_person_may_have_to_wait(configtest):
    passed, said = configtest.judge(ten_lines(PwResetWait="10min", PwResetFormLife="659s"))
    assert not passed and "PwResetFormLife must be a minute longer than PwResetWait" in said
    passed, said = configtest.judge(ten_lines(PwResetWait="10min", PwResetFormLife="660s"))
    assert passed, said


@pytest.mark.parametrize("url", [
    "https://example.org", "https://example.org/", "https://[::1]:8443/p",
    "https://intranet.example.org:8443/konto/passord/"])
def test_a_base_url_may_have_any_host_port_and_plain_path(configtest, url):
    passed, said = configtest.judge(ten_lines(PwResetBaseURL=url))
    assert passed, said


def snapshot(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in folder.rglob("*")}


def test_the_ten_lines_pass_and_nothing_is_made(configtest):
    state = configtest.folder / "state"
    configtest.write(ten_lines(PwResetKeyFile=f'"{state}/key"',
                               PwResetStore=f'sqlite3 "{state}/pwreset.db"',
                               PwResetAuditLog=f'"{configtest.folder}/audit.log"'))
    before = snapshot(configtest.folder)
    result = configtest.run()
    assert result.returncode == 0 and "Syntax OK" in result.stderr
    assert snapshot(configtest.folder) == before


def test_a_directive_is_refused_inside_a_location(configtest):
    behind = "<Location /passord>\nPwResetMinLength 8\n</Location>\n"
    passed, said = configtest.judge(ten_lines(), behind)
    assert not passed and "PwResetMinLength not allowed" in said


# Lines of the second of two virtual hosts with one base URL, and the directive that differs.
SECOND_HOSTS = {
    "the same": ([], None),
    "the same in other quotes": ([("PwResetOrganisation", "Eksempel")], None),
    "a default, written": ([("PwResetLanguage", "nb")], None),
    "another directory": ([("PwResetLDAPURL", "ldap://other.example.org/dc=example,dc=org?uid")],
                          "PwResetLDAPURL"),
    "another relay beside the first": ([("PwResetRelay", "smtp://second.example.org")],
                                       "PwResetRelay"),
    "another database": ([("PwResetStore", 'pgsql "host=127.0.0.1"')], "PwResetStore"),
    "another organisation": ([("PwResetOrganisation", '"Eksempel AS"')], "PwResetOrganisation"),
    "one directive more": ([("PwResetContact", '"IT"')], "PwResetContact"),
}


@pytest.mark.parametrize("name", SECOND_HOSTS)
def test_two_virtual_hosts_with_one_base_url_are_one_site_or_are_refused(configtest, name):
    """Rows are worked by one set of settings: those of the other host would be dropped unseen."""
    lines, differing = SECOND_HOSTS[name]
    first = ten_lines(PwResetOrganisation='"Eksempel"')
    second = [pair for pair in first if pair[0] not in dict(lines) or name.endswith("the first")]
    second += lines
    hosts = [f"<VirtualHost 127.0.0.1:9>\nServerName {server}\n"
             + "".join(f"{key} {value}\n" for key, value in pairs) + "</VirtualHost>\n"
             for server, pairs in (("a.example.org", first), ("b.example.org", second))]
    passed, said = configtest.judge([], "".join(hosts))
    assert passed == (differing is None), said
    if differing:
        text = configtest.conf.read_text().splitlines()
        places = [number for number, line in enumerate(text, 1) if line.startswith(f"{differing} ")]
        assert f"PWR0940: {differing} differs between " in said
        assert all(f"{configtest.conf}:{number}" in said for number in (places[0], places[-1]))
        assert "give one of them a base URL of its own" in said


def test_one_host_may_say_more_than_the_server_around_it(configtest):
    behind = ("<VirtualHost 127.0.0.1:9>\nServerName a.example.org\nPwResetOrganisation A\n"
              "</VirtualHost>\n<VirtualHost 127.0.0.1:9>\nServerName b.example.org\n"
              "</VirtualHost>\n")
    passed, said = configtest.judge(ten_lines(), behind)
    assert passed, said
    passed, said = configtest.judge(ten_lines(), behind.replace(
        "b.example.org\n", "b.example.org\nPwResetOrganisation B\n"))
    assert not passed and "PWR0940: PwResetOrganisation differs" in said


@pytest.mark.parametrize("lines, is_served", [
    ("", False), ("<Location /passord>\nSetHandler pwreset\n</Location>", True),
    ("<Location /passord/>\nSetHandler pwreset\n</Location>", True),
    ("<Location />\nSetHandler pwreset\n</Location>", True),
    ("<Location /pass>\nSetHandler pwreset\n</Location>", False),
    ("<Location /passord>\nSetHandler pwreset\n</Location>\n"
     "<Location />\nSetHandler default-handler\n</Location>", False),
    ("<Directory />\nSetHandler pwreset\n</Directory>", False)])
def test_a_base_url_that_no_location_serves_is_named(configtest, lines, is_served):
    passed, said = configtest.judge(ten_lines(), lines + "\n")
    assert passed
    assert ("PWR0941: no <Location> hands the address" in said) != is_served
    assert is_served or '<Location "/passord"> SetHandler pwreset' in said


def secret_file(folder, content, mode=0o600):
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [b"hemmelig", b"hemmelig\n", b"hemmelig\r\n"])
def test_a_secret_file_may_end_with_or_without_a_line_end(configtest, content):
    path = secret_file(configtest.folder, content)
    passed, said = configtest.judge(ten_lines(PwResetLDAPBindPassword=f"file:{path}"))
    assert passed, said


@pytest.mark.parametrize("content, mode, reason", [
    (b"hemmelig", 0o644, "run chmod 0600"), (b"hemmelig", 0o602, "run chmod 0600"),
    (b"", 0o600, "gave nothing"), (b"\n", 0o600, "gave nothing"),
    (b"hem\0melig", 0o600, "NUL"), (b"x" * 5000, 0o600, "4096 bytes")])
def test_a_secret_file_that_is_unsafe_or_no_secret_is_refused(configtest, content, mode, reason):
    path = secret_file(configtest.folder, content, mode)
    passed, said = configtest.judge(ten_lines(PwResetLDAPBindPassword=f'"file:{path}"'))
    assert not passed
    assert reason in said and str(path) in said and "PwResetLDAPBindPassword: " in said
    assert "hemmelig" not in said and "xxxx" not in said


@pytest.mark.parametrize("value, reason", [
    ('"exec:/bin/echo hemmelig"', None), ('"exec:/usr/bin/printf %s hemmelig"', None),
    ('"exec:/bin/sh -c \'echo hemmelig; exit 3\'"', "did not end well"),
    ('"exec:/bin/sh -c \'kill -9 $$\'"', "did not end well"),
    ('"exec:/usr/bin/seq 5000"', "said more than"), ('"exec:/usr/bin/yes"', "said more than"),
    ('"exec:/nonexistent/x hemmelig"', "cannot be run")])
def test_a_command_gives_the_secret_or_is_refused(configtest, value, reason):
    passed, said = configtest.judge(ten_lines(PwResetLDAPBindPassword=value))
    assert passed == (reason is None), said
    assert reason is None or (reason in said and "PwResetLDAPBindPassword: " in said)


@pytest.mark.parametrize("command", ["/bin/sleep 6", "/bin/sh -c 'exec >&-; exec sleep 6'"],
                         ids=["silent", "output closed"])
def test_a_command_that_hangs_holds_up_the_start_for_five_seconds_at_most(configtest, command):
    begin = time.monotonic()
    passed, said = configtest.judge(ten_lines(PwResetLDAPBindPassword=f'"exec:{command}"'))
    assert not passed and "within five seconds" in said
    assert 4.5 < time.monotonic() - begin < 5.9


@pytest.mark.parametrize("file, broken", [
    ("messages/en.txt", "a line without a sign\n"), ("messages/nb.txt", "x = {n, plural, one{\n"),
    ("pages/request.html", "<p>{{#open}}</p>"), ("mail/link.txt", "{{typed"),
    ("pages/top.html", "\udcff"), ("assets/pwreset.css", None), ("mail/link.html", None)])
def test_a_broken_file_is_named_with_its_line(configtest, file, broken):
    files = configtest.folder / "files"
    shutil.copytree(ten_lines_files(), files)
    path = files / file
    if broken is None:
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8").splitlines(keepends=True)
        text.insert(1, broken)
        path.write_bytes("".join(text).encode("utf-8", "surrogateescape"))
    passed, said = configtest.judge(ten_lines(PwResetFiles=f'"{files}"'))
    assert not passed
    assert str(path) in said or os.path.basename(path) in said
    assert broken is None or any(mark in said for mark in (f"{path.name}:2", "line 2")), said


def ten_lines_files():
    return dict(ten_lines())["PwResetFiles"].strip('"')
