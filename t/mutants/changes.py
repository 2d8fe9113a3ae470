"""The list of small changes that a test must notice, and where each is in the source.

t/mutants/list has one entry a paragraph: a title in a line of its own, and under it

    file     the source file
    is       the text that stands there once; a blank stands for any white space
    becomes  what it is replaced by
    test     `unit PROGRAM` (t/unit/PROGRAM.c) or `web FUNCTION` (a test in t/web): what must fail

A text may go on in the next line, which then begins with more blanks than the word. Lines that begin with # are comments.
"""
import re
import sys
from dataclasses import dataclass, field

sys.dont_write_bytecode = True
WORDS = ("file", "is", "becomes", "test")
KINDS = ("unit", "web")
LIST = "t/mutants/list"


class ListError(Exception):
    """An entry that cannot be used; its words are for the person who writes the list."""

    def __init__(self, line, words):
        super().__init__(words)
        self.line = line


@dataclass
class Change:
    title: str
    line: int
    values: dict = field(default_factory=dict)

    @property
    def kind(self):
        return self.values["test"].split()[0]

    @property
    def test(self):
        return self.values["test"].split()[1]

    def changed(self, text):
        """The source text with the change made."""
        pattern = r"\s+".join(map(re.escape, self.values["is"].split()))
        found = list(re.finditer(pattern, text))
        if len(found) != 1:
            raise ListError(self.line, f"'{self.values['is']}' stands {len(found)} times in "
                            f"{self.values['file']}")
        return text[:found[0].start()] + self.values["becomes"] + text[found[0].end():]


def read(root):
    """Every entry of the list, complete."""
    changes, word = [], None
    for number, line in enumerate((root / LIST).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            changes.append(Change(line.strip(), number))
            word = None
            continue
        first, _, rest = line.strip().partition(" ")
        is_new = line.startswith("    ") and line[4] != " "
        if is_new and first in WORDS and changes:
            word = first
            changes[-1].values[word] = rest.strip()
        elif not is_new and word is not None:
            changes[-1].values[word] += " " + line.strip()
        else:
            raise ListError(number, f"'{first}' is no word of an entry; {', '.join(WORDS)} are")
    for change in changes:
        complete(change)
    return changes


def complete(change):
    missing = [word for word in WORDS if not change.values.get(word) and word != "becomes"]
    if missing or "becomes" not in change.values:
        raise ListError(change.line, f"'{change.title}' does not say {', '.join(missing or ['becomes'])}")
    kind, *names = change.values["test"].split()
    if kind not in KINDS or len(names) != 1:
        raise ListError(change.line, f"'{change.values['test']}' is neither 'unit PROGRAM' nor "
                        "'web FUNCTION'")


def check_one(change, root):
    """Raises when the file, its text or the test is not there."""
    path = root / change.values["file"]
    if not path.is_file():
        raise ListError(change.line, f"there is no file {change.values['file']}")
    change.changed(path.read_text(encoding="utf-8"))
    if change.kind == "unit":
        is_there = (root / "t" / "unit" / f"{change.test}.c").is_file()
    else:
        is_there = any(f"def {change.test}(" in path.read_text(encoding="utf-8")
                       for path in (root / "t" / "web").glob("test_*.py"))
    if not is_there:
        raise ListError(change.line, f"there is no {change.kind} test {change.test}")
