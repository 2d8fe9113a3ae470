"""How a test runs one of the scripts beside this file, and what it makes of the script's words.

A script gets addresses and names by its environment, prints one check a line, and says at last that
it came to its end; a test fails with the checks that did.
"""
import json
import os
import shutil
import subprocess
from pathlib import Path

from kit import system

HERE = Path(__file__).resolve().parent
CONF = system.ROOT / "conf"
PASSWORD = "Et ganske nytt passord 1"
SECONDS = 300
# Of one client in five minutes: what goes beyond the next to last number is forgotten at the pace of
# the last, which is one request in five seconds.
TO_WORK = {"PwResetClientLimits": "1 60 61", "PwResetFormAge": "0s", "PwResetWork": "1500"}
TO_CAPTCHA = {"PwResetClientLimits": "1 2 60", "PwResetFormAge": "0s", "PwResetWork": "100",
           "PwResetWait": "2s"}


def flood(site, requests):
    """So many requests without work, from this machine's address."""
    for _ in range(requests):
        site.ask("kari", follow=False)


def firefox():
    """Debian's package has a name of its own."""
    return shutil.which("firefox-esr") or system.program("firefox")


def start(node_folder, site, name, scenario, **environment):
    """Starts a scenario of a script, for a person whom nobody has used yet."""
    person = site.someone()
    return subprocess.Popen(
        [system.program("node"), HERE / f"{name}.mjs", scenario],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={**os.environ, **{key: str(value) for key, value in site.env().items()},
             "NODE_FOLDER": str(node_folder), "CHROMIUM": system.program("chromium"),
             "FIREFOX": firefox(),
             "PYTHON": system.PYTHON, "ANSWER": str(HERE / "answer.py"),
             "MESSAGES": str(CONF / "messages"), "PAGES": str(CONF / "pages"),
             "STATE": str(site.state), "FORM_AGE": "1", "WAIT": "2", "PERSON": person.uid,
             "ADDRESS": person.mails[0], "PASSWORD": PASSWORD, **environment})


def end(process):
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.communicate()


def assert_all_passed(process, seconds=SECONDS):
    """Returns what was checked."""
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        raise AssertionError(f"no end after {seconds} s:\n{output}") from None
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
    return checks
