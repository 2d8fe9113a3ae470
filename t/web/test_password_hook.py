"""Another module is told of each new password, by the hook that mod_pwreset.h declares. The module is the
example of docs/login-pages.md, compiled as it stands there against the header alone."""
import shutil
import subprocess

import pytest
from documents import blocks_of
from site_steps import ask_for_link, quick_site, token_of
from test_change import WRONG, change
from test_unlock import locked_person, press

from kit import people, system

NEW = "Sju-lange-netter-7"
EXAMPLE = "mod_end_sessions.c"


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    folder = tmp_path_factory.mktemp("module")
    text = next(block.text for block in blocks_of("docs/login-pages.md") if block.words == EXAMPLE)
    (folder / EXAMPLE).write_text(text, encoding="utf-8")
    shutil.copy(system.ROOT / "src/httpd/mod_pwreset.h", folder)  # without the rest of src/
    apxs = shutil.which("apxs") or shutil.which("apxs2")
    subprocess.run([apxs, "-c", "-Wc,-Wall", "-Wc,-Werror", f"-I{folder}", EXAMPLE], cwd=folder, check=True,
                   capture_output=True)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    return folder / ".libs" / "mod_end_sessions.so"


def load_line(module):
    return f'LoadModule end_sessions_module "{module}"'


@pytest.fixture(scope="module")
def told(keeper, module):
    with quick_site(keeper, policy={"pwdMaxFailure": "5"}, server_lines=load_line(module)) as started:
        yield started


def calls(site):
    return [line.partition("sessions of ")[2].partition(", referer")[0]
            for line in site.httpd.error_log.read_text().splitlines() if "sessions of " in line]


def test_a_reset_is_told_once(told):
    person = told.someone()
    link = ask_for_link(told, person)
    before = len(calls(told))
    short = told.set_password(link, "kort-1")
    assert short.status == 422 and len(calls(told)) == before
    assert told.set_password(link, NEW).heading == "Passordet er endret"
    assert calls(told)[before:] == [f"{person.uid} at {told.reset_url} end: reset"]
    spent = told.browser.post(f"{told.reset_url}/r", {"token": token_of(link), "first": NEW, "second": NEW})
    assert spent.status == 410
    assert len(calls(told)) == before + 1


def test_a_change_is_told_once_though_the_form_is_sent_twice(told):
    person = told.someone()
    before = len(calls(told))
    assert change(told, person.uid, old=WRONG).status == 422
    assert change(told, person.uid, new="kort-1").status == 422
    assert len(calls(told)) == before
    page = told.browser.get(f"{told.reset_url}/change")
    for _ in range(2):
        assert change(told, person.uid, page=page).heading == "Passordet er endret"
    assert calls(told)[before:] == [f"{person.uid} at {told.reset_url} end: change"]


def test_an_unlock_is_no_new_password(told):
    person = locked_person(told)
    before = len(calls(told))
    page = told.browser.get(ask_for_link(told, person))
    assert press(told, page).heading == "Kontoen er låst opp"
    assert told.can_bind(person.uid, people.PASSWORD) and len(calls(told)) == before


def test_the_example_module_loads_without_mod_pwreset(make_site, module):
    site = make_site(module=None, server_lines=load_line(module))
    assert site.browser.get(f"{site.url}/").status == 200
