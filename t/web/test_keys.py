"""Another key: pwreset-key changes the key file, a graceful restart takes it over, and what is out works on
until the key before has ended."""
import re
import subprocess
import time

import pytest
from site_steps import ask_for_link, quick_site
from workers import wait_until

from kit import build, system

NEW = "Sju-lange-netter-7"
OPEN_SECONDS = 8 * 86400


@pytest.fixture(scope="module")
def served(keeper):
    with quick_site(keeper) as started:
        yield started


def key_program(site, *words, status=0, user=True):
    """pwreset-key, run as the server's user; what it said."""
    argv = [build.folder() / "pwreset-key", "-f", site.state / "key", *words]
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False,
                          timeout=20, cwd="/", **(system.as_user(site.httpd.user) if user else {}))
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def fingerprint(site, role):
    """Of the key that has this role."""
    return next(line.split()[0] for line in key_program(site, "list").splitlines() if role in line)


def reload(site):
    """Web processes of both generations have the keys of the file afterwards."""
    site.httpd.graceful()
    wait_until(lambda: site.browser.get(f"{site.reset_url}/").status == 200, 10, "an open flow")


def mail_of(site, person):
    site.ask(person.uid)
    return site.mail_to(person.mails[0])


def test_links_and_forms_that_are_out_work_after_a_rotation(served):
    person, other, third = served.someone(), served.someone(), served.someone()
    link = ask_for_link(served, person)
    page = served.browser.get(link)
    form = served.browser.get(f"{served.reset_url}/")
    dead = served.stop_link_of(mail_of(served, third))
    before = fingerprint(served, "seals")
    said = key_program(served, "rotate")
    after = fingerprint(served, "seals")
    assert after != before and f"Key {after} seals." in said
    reload(served)
    assert served.browser.submit(form, name=other.uid).status == 200
    newer = served.link_of(served.mail_to(other.mails[0]))
    first, second = page.form.of_kind("password")
    typed = {first.name: NEW, second.name: NEW}
    assert served.browser.submit(page, **typed).heading == "Passordet er endret"
    assert served.set_password(newer, NEW).heading == "Passordet er endret"
    assert served.browser.submit(served.browser.get(dead)).heading == "Lenken er stoppet"


def test_a_dead_link_of_the_key_before_asks_for_a_new_one(served):
    person = served.someone()
    link = ask_for_link(served, person)
    assert served.set_password(link, NEW).heading == "Passordet er endret"
    served.mail_to(person.mails[0])  # the confirmation
    key_program(served, "rotate")
    reload(served)
    served.browser.submit(served.browser.get(link))
    assert served.set_password(served.link_of(served.mail_to(person.mails[0])), NEW + "b").heading \
        == "Passordet er endret"


def test_a_key_that_was_added_seals_nothing_before_it_is_rotated_in(served):
    sealing = fingerprint(served, "seals")
    assert "reload each. Then run here: pwreset-key rotate" in key_program(served, "add")
    added = fingerprint(served, "opens, and seals after")
    assert fingerprint(served, "seals") == sealing
    reload(served)
    link = ask_for_link(served, served.someone())
    assert "has the added key" in key_program(served, "add", status=1)
    assert f"Key {added} seals." in key_program(served, "rotate")
    assert fingerprint(served, "seals") == added
    reload(served)
    assert served.browser.get(link).heading == "Angi nytt passord"


def test_a_key_opens_nothing_after_its_end_and_needs_no_reload_for_it(served):
    link = ask_for_link(served, served.someone())
    key_program(served, "rotate")
    key = served.state / "key"
    end = int(time.time()) + 3
    text, count = re.subn(r"^(open \S+ until) \d+", rf"\1 {end}", key.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    key.write_text(text)
    reload(served)
    assert served.browser.get(link).heading == "Angi nytt passord"
    wait_until(lambda: served.browser.get(link).heading == "Lenken er ikke fullstendig", 10, "the key's end")
    assert time.time() >= end


def test_what_the_program_writes_ends_eight_days_later_and_old_keys_are_left_out(served):
    key_program(served, "rotate")
    ends = [int(end) for end in re.findall(r"until (\d+)", (served.state / "key").read_text())]
    assert all(time.time() < end <= time.time() + OPEN_SECONDS for end in ends)
    for _ in range(7 - len(ends)):
        key_program(served, "rotate")
    assert "too many keys that still open" in key_program(served, "rotate", status=1)
    reload(served)  # the module takes as many as the program writes
    assert (served.state / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_file_of_an_earlier_version_is_taken_as_it_is_and_rotated(served):
    key = served.state / "key"
    key.write_bytes(b"0123456789abcdef0123456789abcdef")
    reload(served)
    link = ask_for_link(served, served.someone())
    key_program(served, "rotate")
    assert fingerprint(served, "counts") == "3eb1bd439947"
    reload(served)
    assert served.browser.get(link).heading == "Angi nytt passord"


def test_nobody_but_the_owner_of_the_file_changes_it(served):
    if served.httpd.user is None:
        pytest.skip("this is no root, and so the owner of the file")
    for words in (["rotate"], ["add"], ["list"], ["new"]):
        said = key_program(served, *words, status=1, user=False)
        assert f"runuser -u {served.httpd.user.pw_name} -- pwreset-key" in said
