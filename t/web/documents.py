"""The fenced blocks of the documents, and a fresh machine that runs them (fresh_machine.py).

The words behind the language of a block say what is done with it:

    ```sh                     run, in order
    ```sh only make install: REASON   its last step alone is run
    ```ldif FILE              saved under this name for the blocks after it
    ```apache FILE, c FILE    the same
    ```apache                 judged by configtest, in the virtual host of docs/install.md
    ```html, text, css        read by people
    ```... not-run: REASON    not run, and why
"""
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kit import build, system

FENCE = re.compile(r"^```(\S*)[ ]?(.*)$")
RUN = ("sh", "ldif", "apache", "c")
READ = ("html", "text", "css")
# In this order: install.md makes what the others look at.
DOCUMENTS = ["docs/install.md", "README.md", "docs/operations.md", "docs/directories.md", "docs/mail.md",
             "docs/look-and-languages.md", "docs/login-pages.md", "docs/nodes.md", "docs/robot-check.md",
             "docs/internals/worker.md", "docs/internals/challenge.md", "docs/internals/backend.md"]


@dataclass
class Block:
    document: str
    line: int  # of its first line of text
    language: str
    words: str
    text: str

    @property
    def reason(self):
        """Why it is not run; None when it is."""
        return self.words[len("not-run:"):].strip() if self.words.startswith("not-run:") else None

    @property
    def is_run(self):
        return self.language in RUN and self.reason is None

    def __str__(self):
        return f"{self.document}:{self.line}"


def blocks_of(document):
    found, opened, lines = [], None, (system.ROOT / document).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if opened is None and fence:
            opened = Block(document, number + 1, fence[1], fence[2].strip(), "")
        elif fence:
            found.append(opened)
            opened = None
        elif opened is not None:
            opened.text += line + "\n"
    assert opened is None, f"{document}: the block at line {opened.line} is not closed"
    return found


def run_on_fresh_machine(folder, blocks):
    """What became of each block: (document, line) to (status, output). The first reset of
    docs/install.md has line 0."""
    plan, result, scratch = folder / "plan.json", folder / "result.json", folder / "machine"
    scratch.mkdir()
    documents = {}
    for block in blocks:
        documents.setdefault(block.document.removeprefix("docs/"), []).append(vars(block))
    plan.write_text(json.dumps({"scratch": str(scratch), "root": str(system.ROOT),
                                "build": str(build.folder()), "documents": documents}), encoding="utf-8")
    machine = subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", sys.executable, "-B",
         Path(__file__).with_name("fresh_machine.py"), plan, result],
        capture_output=True, text=True, check=False, timeout=900)
    assert machine.returncode == 0, machine.stderr
    return {(told["document"], told["line"]): (told["status"], told["output"])
            for told in json.loads(result.read_text(encoding="utf-8"))}
