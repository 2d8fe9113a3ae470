"""Fixtures of the web tests: a real site, shared by those that leave no trace, or one's own.

`site` is one for all tests; take `site.someone()` as the person to reset, so that tests leave each
other alone. `make_site(**options)` makes another one, for tests that stop servers, change the
password policy, or need other directives.
"""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kit.scratch import Keeper  # noqa: E402
from kit.site import Site  # noqa: E402

SITES = pytest.StashKey()


@pytest.fixture(scope="session")
def keeper():
    """Ends every server when pytest is gone, even by SIGKILL."""
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture(scope="session")
def site(keeper):
    with Site.in_scratch(keeper) as started:
        yield started


@pytest.fixture
def make_site(keeper, request):
    """A factory of sites that end with the test. Options: see kit.site.Site."""
    sites = request.node.stash.setdefault(SITES, [])

    def make(**options):
        sites.append(Site.in_scratch(keeper, **options))
        return sites[-1]

    yield make
    for started in sites:
        started.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of httpd's error log of each site that it used."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        used = list(item.stash.get(SITES, []))
        used += [value for value in getattr(item, "funcargs", {}).values()
                 if isinstance(value, Site)]
        for started in used:
            report.sections.append((f"httpd at {started.url}", started.httpd.last_words(40)))


# Where tests run side by side (t/run), those of a file stay together, because they share servers.
# These files take minutes: each test of them stands alone, and they begin first.
LONG = ("test_lockout.py", "test_equal_operations.py")


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.path.name
        item.add_marker(pytest.mark.xdist_group(item.nodeid if name in LONG else name))
    items.sort(key=lambda item: item.path.name not in LONG)
