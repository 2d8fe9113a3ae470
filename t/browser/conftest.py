"""One site on which nobody is asked for more than silent work, and the packages from npm."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "web"))

from kit import build, system  # noqa: E402
from kit.scratch import Keeper  # noqa: E402
from kit.site import Site  # noqa: E402

CALM = {"PwResetClientLimits": "1000 2000 3000", "PwResetSiteLimits": "1000 2000"}


@pytest.fixture(scope="session")
def keeper():
    """Ends every server when pytest is gone, even by SIGKILL."""
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture(scope="session")
def calm_site(keeper):
    with Site.in_scratch(keeper, directives=CALM) as started:
        yield started


@pytest.fixture
def make_site(keeper):
    """A factory of sites that end with the test."""
    sites = []

    def make(**directives):
        sites.append(Site.in_scratch(keeper, directives=directives))
        return sites[-1]

    yield make
    for started in sites:
        started.close()


@pytest.fixture(scope="session")
def node_folder():
    """The folder with node_modules, as package.json asks for them."""
    folder = build.folder() / "node"
    wanted, present = HERE / "package.json", folder / "package.json"
    is_there = (folder / "node_modules" / ".package-lock.json").exists()
    if is_there and present.read_bytes() == wanted.read_bytes():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(wanted, present)
    subprocess.run([system.program("npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund",
                    "--no-update-notifier"], cwd=folder, env=os.environ, check=True, timeout=300)
    return folder
