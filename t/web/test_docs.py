"""Every command in the documents works as it stands there. A fresh machine runs the blocks in order, from the empty
system to the first reset password; a block that cannot be run says why in its first line."""
import os
import re

import pytest
from documents import DOCUMENTS, READ, RUN, blocks_of, run_on_fresh_machine

from kit import system

BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
RUN_BLOCKS = [block for block in BLOCKS if block.is_run]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="makes a file system and a network of its own")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run_on_fresh_machine(tmp_path_factory.mktemp("documents"), RUN_BLOCKS)


@needs_root
@pytest.mark.parametrize("block", RUN_BLOCKS, ids=str)
def test_a_block_works_as_it_stands(results, block):
    status, output = results[block.document.removeprefix("docs/"), block.line]
    assert status == 0, f"{block}\n{block.text}\n{output}"


@needs_root
def test_the_first_reset_works_behind_the_installation(results):
    status, output = results["install.md", 0]
    assert (status, output.strip()) == (0, "dn:uid=kari,ou=people,dc=example,dc=org"), output


@needs_root
def test_the_self_check_finds_nothing_wrong(results):
    check = next(output for (document, line), (_, output) in results.items()
                 if document == "install.md" and "takes our session" in output)
    assert "FAILED" not in check and "PWR0" not in check, check


@needs_root
def test_the_trail_and_the_audit_log_tell_of_the_first_reset(results):
    told = [results["operations.md", block.line][1] for block in RUN_BLOCKS
            if block.document == "docs/operations.md" and "6V1V-J96K" in block.text]
    assert len(told) == 2
    for output in told:
        assert "mail-sent" in output and "password-set" in output, output


def broken(blocks, old, new):
    """The blocks up to the one that has this text, with it changed; and their last one's key."""
    kept = []
    for block in blocks:
        kept.append(block)
        if old in block.text:
            block.text = block.text.replace(old, new)
            return kept
    raise AssertionError(f"no block holds {old!r}")


@needs_root
@pytest.mark.parametrize("old, new, failing", [
    # As it stood in README once: the blanks behind a folded list end the list.
    ("mail,cn,sn", "mail,\n        cn,sn", "ldapmodify -Y EXTERNAL -H ldapi:/// -f acl.ldif"),
    ("ou: services\n", "ou: service\nfoo: bar\n", "ldapadd"),
    ("PwResetRelay   ", "PwResetRelais  ", "apachectl configtest"),
])
def test_a_broken_block_is_noticed(tmp_path, old, new, failing):
    fresh = [block for block in blocks_of("docs/install.md") if block.is_run]
    broken(fresh, old, new)
    told = run_on_fresh_machine(tmp_path, fresh)
    line = next(block.line for block in fresh if failing in block.text)
    assert told["install.md", line][0] != 0
    assert told["install.md", 0][0] != 0


def test_each_block_names_its_language():
    wrong = [f"{block}: {block.language or 'nothing'}" for block in BLOCKS
             if block.language not in (*RUN, *READ)]
    assert not wrong, "\n".join(wrong)


def test_a_block_that_is_not_run_says_why(capsys):
    left_out = [block for block in BLOCKS if block.reason is not None]
    with capsys.disabled():
        for block in left_out:
            print(f"\n  not run: {block}: {block.reason}", end="")
    assert all(len(block.reason.split()) >= 3 for block in left_out)
    assert len(left_out) < len(RUN_BLOCKS) / 3


def test_no_command_stands_outside_a_block():
    """Text that is indented like code is not run, so it holds drawings alone."""
    command = re.compile(r"^    (?:\$|#|apt-get|apachectl|a2en|ldap\w+ |make\b|runuser|PwReset|<Location|dn:|olc|sudo)")
    wrong = []
    for document in DOCUMENTS:
        inside = False
        for number, line in enumerate((system.ROOT / document).read_text(encoding="utf-8").splitlines(), 1):
            inside ^= line.startswith("```")
            if not inside and command.match(line):
                wrong.append(f"{document}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def anchor(heading):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def test_each_link_between_documents_leads_somewhere():
    wrong = []
    for document in [*DOCUMENTS, "SECURITY.md", "CONTRIBUTING.md"]:
        here = system.ROOT / document
        for path, fragment in LINK.findall(here.read_text(encoding="utf-8")):
            if "://" in path:
                continue
            there = (here.parent / path).resolve() if path else here
            if not there.exists():
                wrong.append(f"{document}: {path} is not there")
            elif fragment:
                headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                if fragment not in map(anchor, headings):
                    wrong.append(f"{document}: {path}#{fragment} is not there")
    assert not wrong, "\n".join(wrong)
