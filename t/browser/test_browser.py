"""Real pages in a real browser: Chromium, led by the scripts beside this file (Playwright).

A script gets addresses and names by its environment, prints one check a line, and says at last that
it came to its end; a test fails with the checks that did.
"""
import json
import os
import subprocess
from pathlib import Path

import pytest

from kit import system
from kit.site import Site

HERE = Path(__file__).resolve().parent
CONF = system.ROOT / "conf"
PASSWORD = "Et ganske nytt passord 1"
SECONDS = 100
# Of one client in five minutes: what goes beyond the next to last number is forgotten at the pace of
# the last, which is one request in five seconds.
TO_WORK = {"PwResetClientLimits": "1 60 61", "PwResetFormAge": "0s", "PwResetWork": "1500"}
TO_TASK = {"PwResetClientLimits": "1 2 60", "PwResetFormAge": "0s", "PwResetWork": "100",
           "PwResetWait": "2s"}


def flood(site, requests):
    """So many requests without work, from this machine's address."""
    for _ in range(requests):
        site.ask("kari", follow=False)


@pytest.fixture
def script(node_folder):
    """Starts a scenario of a script for a person whom nobody has used yet."""
    started = []

    def start(site, name, scenario, **environment):
        person = site.someone()
        process = subprocess.Popen(
            [system.program("node"), HERE / f"{name}.mjs", scenario],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            env={**os.environ, **{key: str(value) for key, value in site.env().items()},
                 "NODE_FOLDER": str(node_folder), "CHROMIUM": system.program("chromium"),
                 "PYTHON": system.PYTHON, "ANSWER": str(HERE / "answer.py"),
                 "MESSAGES": str(CONF / "messages"), "STATE": str(site.state), "FORM_AGE": "1",
                 "WAIT": "2", "PERSON": person.uid, "ADDRESS": person.mails[0],
                 "PASSWORD": PASSWORD, **environment})
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, 9)
        process.communicate()


def assert_all_passed(process):
    try:
        output, _ = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        raise AssertionError(f"no end after {SECONDS} s:\n{output}") from None
    checks, other = [], []
    for line in output.splitlines():
        if line.startswith('{"what":'):
            checks.append(json.loads(line))
        else:
            other.append(line)
    failed = [f"{check['what']}: {check['seen']}" for check in checks if not check["passed"]]
    assert not failed, "\n".join(failed)
    assert not other, "\n".join(other)
    assert process.returncode == 0
    assert len(checks) > 1 and checks[-1]["what"] == "came to its end"


@pytest.mark.parametrize("scenario", ["mouse", "plain", "keyboard"])
def test_the_flow_leads_from_the_login_page_back_to_it(calm_site, script, scenario):
    assert_all_passed(script(calm_site, "flow", scenario))


def test_more_work_is_shown_and_done(make_site, script):
    site = make_site(**TO_WORK)
    flood(site, 6)
    assert_all_passed(script(site, "challenge", "work"))


def test_a_level_that_rises_meanwhile_costs_one_more_press(make_site, script):
    assert_all_passed(script(make_site(**TO_WORK), "challenge", "more"))


@pytest.fixture(scope="module")
def task_site(keeper):
    with Site.in_scratch(keeper, directives=TO_TASK) as site:
        yield site


@pytest.mark.parametrize("scenario", ["picture", "picture-plain", "sound", "sound-plain", "wait",
                                      "wait-plain", "long", "long-plain", "keyboard"])
def test_each_way_of_the_task_leads_through(task_site, script, scenario):
    flood(task_site, 4)
    assert_all_passed(script(task_site, "challenge", scenario))


def test_axe_finds_nothing_on_any_page_in_any_state(calm_site, task_site, make_site, script):
    busy = make_site(**TO_WORK)
    flood(busy, 6)
    flood(task_site, 6)
    others = {"WORK_URL": busy.reset_url, "TASK_URL": task_site.reset_url,
              "STATE": str(task_site.state)}
    started = [script(calm_site, "accessibility", name, **others) for name in ("nb", "en", "plain")]
    for process in started:
        assert_all_passed(process)
