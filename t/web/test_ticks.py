"""The ticks of the script and the verdict of the server agree: the first line that the script leaves
open is the rule that the server names."""
import html
import json
import random
import re
import shutil
import subprocess

import pytest
from site_steps import OPEN_GATE, ask_for_link

from kit import system
from kit.site import Site

COUNT = 400
SCRIPT = system.ROOT / "conf" / "assets" / "pwreset.js"
RULES = {
    "PwResetFormAge": "0s", **OPEN_GATE,
    "PwResetMinLength": "6", "PwResetMaxLength": "14", "PwResetMaxBytes": "20",
    "PwResetClasses": "lower=2 upper=1 digits=1 specials=1 letters=4 categories=3 repeats=2",
    "PwResetFirstCharacter": "letter", "PwResetLastCharacter": "alnum",
    "PwResetForbiddenCharacters": '"%&🔑"', "PwResetRefuseNames": "off",
    "PwResetBlocklist": "none",
    # Everything is refused in the end, so that the link lives on.
    "PwResetPattern": '"!." "never"'}
ALPHABETS = ["abcdefgh", "ABCDEFGH", "0123456789", "!?-+ %&~", "æøåßé", "ÆØÅΩЖ", "日本א٣", "€🔑ªǅ",
             "a\u0308o\u030a"]
NODE = """
const document = { querySelectorAll: () => [], querySelector: () => ({ value: "kari" }) };
const self = {};
%s
const { rules, passwords } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(passwords.map((password) => {
    const open = rules.find((rule) => keeps(password.normalize("NFC"), rule) === false);
    return open ? open.rule : null;
})));
"""


class Telling(Site):
    """Says the name of the broken rule in place of its sentence."""

    def prepare(self):
        super().prepare()
        for path in (self.folder / "conf" / "messages").glob("*.txt"):
            text = path.read_text()
            path.write_text(re.sub(r"^password\.(\w+) = .*$", r"password.\1 = [\1]", text,
                                   flags=re.MULTILINE))


def random_passwords():
    generator = random.Random(20261122)
    for _ in range(COUNT):
        parts = generator.sample(ALPHABETS, generator.randint(2, 6))
        if generator.random() < 0.7:
            parts = ALPHABETS[:4] + generator.sample(ALPHABETS[4:], generator.randint(0, 2))
        password = "".join(generator.choice(generator.choice(parts)) for _ in range(generator.randint(4, 15)))
        yield generator.choice("aBcDæ") + password.strip() + generator.choice("1b?")


def rules_of(page):
    return [dict(zip(("rule", "value", "counting"), map(html.unescape, found))) for found in
            re.findall(r'data-rule="(\w+)" data-value="([^"]*)" data-counting="(\w+)"', page.html)]


def ticked(rules, passwords):
    """What the script leaves open first, for each."""
    done = subprocess.run([shutil.which("node"), "-e", NODE % SCRIPT.read_text()], check=True,
                          input=json.dumps({"rules": rules, "passwords": passwords}),
                          capture_output=True, text=True)
    return json.loads(done.stdout)


# The script has one name for a rule, the server's sentence may have another.
NAMES = {"short": "min_length", "long": "max_length", "pattern": None}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs nodejs")
def test_the_script_ticks_what_the_server_takes(keeper):
    with Telling.in_scratch(keeper, directives=dict(RULES)) as site:
        link = ask_for_link(site, site.someone())
        page = site.browser.get(link)
        passwords = list(random_passwords())
        judged = []
        for password in passwords:
            answer = site.browser.submit(page, first=password, second=password)
            assert answer.status == 422
            said = re.search(r'id="first-error"><span[^>]*>[^<]*</span> \[(\w+)\]', answer.html)[1]
            judged.append(NAMES.get(said, said))
        by_script = ticked(rules_of(page), passwords)
    differing = [found for found in zip(passwords, by_script, judged) if found[1] != found[2]]
    assert not differing
    assert len(set(judged)) >= 11  # every rule was met and broken


@pytest.mark.skipif(shutil.which("node") is None, reason="needs nodejs")
def test_sambas_sorts_are_ticked_as_far_as_the_script_can_know_them():
    """Up to U+00FF as Samba's own code has them; of what is beyond it says nothing."""
    samba = pytest.importorskip("samba")
    passwords = [beside + chr(point) for point in [*range(0x20, 0x7F), *range(0xA0, 0x180)]
                 for beside in ("aaaa1111", "AAAA1111", "aaaaAAAA")]
    by_script = ticked([{"rule": "categories", "value": 3, "counting": "samba"}], passwords)
    assert by_script == ["categories" if password[-1] <= "\u00ff"
                         and not samba.check_password_quality(password) else None
                         for password in passwords]
