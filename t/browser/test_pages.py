"""Every page in every state: what axe, two validators, the golden trees and the page itself say.

One walk through all of them (accessibility.mjs) is looked at by several tests. What it leaves lies
in the build folder, under browser/; the pictures there are for people.

    PWR_GOLDENS=write t/run goldens     takes the trees and the stops of the Tab key as they are now
"""
import difflib
import json
import os
import re
import shutil
import subprocess
from email import message_from_bytes, policy

import pytest
import scripts
from scripts import CONF, HERE, TO_CAPTCHA, TO_WORK, assert_all_passed, flood

from kit import build, system
from kit.site import Site

SECONDS = 1000
WALKS = 6
GOLDEN = {"nb": HERE / "goldens" / "nb.txt", "en": HERE / "goldens" / "en.txt"}
# Shown by a site of its own in the place of a page that is easier to come to.
RARE = {"unsure": "help"}
# A form that is of no use without the script gets its button from it; the walk looks at the others.
PAGE_RULES = {"wcag/h32": "off"}
# Mails are styled where they stand, and tell by a role what browsers have elements for.
MAIL_RULES = {"no-inline-style": "off", "prefer-native-element": "off"}


class Walked:
    """Where the walk has left what; `mails` is the HTML of its mails; `failure` what it has found."""

    def __init__(self, folder):
        self.folder = folder
        self.pages = folder / "pages"
        self.mails = folder / "mails"
        self.trees = folder / "trees"
        self.failure = None


@pytest.fixture(scope="session")
def rare_site(keeper, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rare")
    for page, place in RARE.items():
        shutil.copyfile(CONF / "pages" / f"{page}.html", folder / f"{place}.html")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for parent in (folder.parent, folder.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o011)
    with Site.in_scratch(keeper, directives={"PwResetPages": f'"{folder}"'}) as site:
        yield site


@pytest.fixture(scope="session")
def walked(keeper, calm_site, rare_site, node_folder):
    found = Walked(build.folder() / "browser")
    shutil.rmtree(found.folder, ignore_errors=True)
    people = [calm_site.someone() for _ in range(WALKS)]
    with (Site.in_scratch(keeper, directives=TO_WORK) as busy,
          Site.in_scratch(keeper, directives=TO_CAPTCHA) as captcha):
        flood(busy, 6)
        flood(captcha, 6)
        process = scripts.start(
            node_folder, calm_site, "accessibility", "all", OUT=str(found.folder),
            WORK_URL=busy.reset_url, CAPTCHA_URL=captcha.reset_url, RARE_URL=rare_site.reset_url,
            STATE=str(captcha.state), PEOPLE_OF_WALKS=json.dumps(
                [{"uid": person.uid, "address": person.mails[0]} for person in people]))
        try:
            assert_all_passed(process, SECONDS)
        except AssertionError as failure:
            found.failure = failure
        finally:
            scripts.end(process)
    found.mails.mkdir(parents=True, exist_ok=True)
    for path in calm_site.inbox.paths():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        part = message.get_body(("html",))
        (found.mails / f"{path.stem}.html").write_text(part.get_content(), encoding="utf-8")
    return found


def test_axe_finds_nothing_on_any_page_in_any_state(walked):
    if walked.failure:
        raise walked.failure


def test_every_template_of_a_page_was_looked_at(walked):
    shown = {match for path in walked.pages.glob("*.html")
             for match in re.findall(r'<body class="page-(\w+)"', path.read_text("utf-8"))}
    templates = {path.stem for path in (CONF / "pages").glob("*.html")
                 if "{{> bottom}}" in path.read_text("utf-8")}
    assert templates - set(RARE) <= shown


def test_no_language_is_too_wide_or_half_filled(calm_site, node_folder):
    process = scripts.start(node_folder, calm_site, "accessibility", "languages")
    try:
        assert_all_passed(process)
    finally:
        scripts.end(process)


def html_validate(node_folder, folder, rules, kind):
    settings = node_folder / f"{kind}.json"
    settings.write_text(json.dumps({"root": True, "extends": ["html-validate:recommended"],
                                    "rules": rules}), encoding="ascii")
    done = subprocess.run(
        [system.program("node"), node_folder / "node_modules/html-validate/bin/html-validate.mjs",
         "--config", settings, "--max-warnings", "0", "--formatter", "text", folder],
        cwd=node_folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def nu(node_folder, folder):
    """The Nu checker's errors and warnings."""
    done = subprocess.run(
        [system.program("java"), "-Xss8m", "-jar",
         node_folder / "node_modules/vnu-jar/build/dist/vnu.jar", "--skip-non-html",
         "--format", "gnu", folder], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr


def test_html_validate_finds_nothing_on_a_page(walked, node_folder):
    assert len(list(walked.pages.glob("*.html"))) > 60
    html_validate(node_folder, walked.pages, PAGE_RULES, "pages")


def test_html_validate_finds_nothing_in_a_mail(walked, node_folder):
    assert len(list(walked.mails.glob("*.html"))) >= 3 * WALKS / 2
    html_validate(node_folder, walked.mails, MAIL_RULES, "mails")


def test_the_nu_checker_finds_nothing_on_a_page_or_in_a_mail(walked, node_folder):
    nu(node_folder, walked.pages)
    nu(node_folder, walked.mails)


@pytest.mark.parametrize("language", GOLDEN)
def test_screen_readers_and_the_tab_key_get_what_the_goldens_say(walked, language):
    seen = "\n".join(path.read_text("utf-8") for path in sorted((walked.trees / language).iterdir()))
    golden = GOLDEN[language]
    if os.environ.get("PWR_GOLDENS") == "write":
        golden.write_text(seen, encoding="utf-8")
    wanted = golden.read_text("utf-8")
    difference = difflib.unified_diff(wanted.splitlines(), seen.splitlines(), "golden", "seen",
                                      lineterm="", n=2)
    assert seen == wanted, "\n".join(difference)
