"""The module of the first release, built from the history of this repository, for the tests of upgrades.
PWRESET_RELEASED is a folder where it is built already: conf/ and build/.libs/mod_pwreset.so."""
import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from kit import build, system

COMMIT = "e014a45"
BUILD_SECONDS = 900


class Released:
    """Its module, and the files that it reads."""

    def __init__(self, folder):
        self.module = folder / "build" / ".libs" / "mod_pwreset.so"
        self.conf = folder / "conf"


def released():
    if os.environ.get("PWRESET_RELEASED"):
        return Released(Path(os.environ["PWRESET_RELEASED"]))
    with open(build.folder() / "released.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests that run beside this one want it, too
        return make()


def make():
    folder = build.folder() / "released"
    made = Released(folder)
    if not made.module.exists():
        known = subprocess.run(["git", "-C", system.ROOT, "cat-file", "-e", COMMIT], check=False,
                               capture_output=True)
        if known.returncode != 0:
            pytest.skip(f"the history of this tree does not reach back to {COMMIT}")
        folder.mkdir(exist_ok=True)
        subprocess.run(
            f"git -C '{system.ROOT}' archive {COMMIT} | tar -x && autoreconf -fi && mkdir -p build"
            " && cd build && ../configure && make mod_pwreset.la",
            shell=True, cwd=folder, check=True, timeout=BUILD_SECONDS, capture_output=True)
    return made
