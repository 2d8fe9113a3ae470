#!/usr/bin/python3
"""The reference file explains every directive, no file names one that does not exist, and each help text stands
alone, as `httpd -L` shows it.

The table is src/httpd/directives.c. conf/pwreset.conf explains a directive by a comment above a line
that holds it, live or switched off by one # with no blank after it:

    # How long a link works.
    #PwResetLife 30m
"""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

TABLE = "src/httpd/directives.c"
REFERENCE = "conf/pwreset.conf"
NAME = re.compile(r"\bPwReset[A-Z]\w*")
HELP = re.compile(r'\("(PwReset\w+)",\s*((?:"(?:\\.|[^"\\\n])*"\s*)+)')
# Words that point to another help text, so near the beginning, or to nobody.
POINTERS = re.compile(r'^"(?:\S+ ){0,4}(it|its|whose|this|these)\b|\b(ours?|whoever|somebody|nobody)\b', re.I)
LINE = re.compile(r"\s*#?(PwReset[A-Z]\w*)(\s|$)")
# Where people read about directives; tests may well write wrong ones on purpose.
TOLD_IN = ("README.md", "NEWS.md", "CONTRIBUTING.md", "SECURITY.md", "conf/", "demo/", "docs/",
           "src/")


def check(root):
    table, reference = root / TABLE, root / REFERENCE
    missing = [Finding(path, 1, "is missing", "put it there") for path in (TABLE, REFERENCE)
               if not (root / path).is_file()]
    if missing:
        return missing
    rows = {text: line for line, text in reversed(list(tree.literals(table)))
            if NAME.fullmatch(text)}
    if not rows:
        return [Finding(TABLE, 1, "holds no row with a \"PwReset...\" name", "give each its row")]
    return unexplained(rows, reference) + unknown(rows, root) + leaning(table)


def leaning(table):
    text = table.read_text(encoding="utf-8")
    return [Finding(TABLE, tree.line_at(text, row.start()), f"the help of {row[1]} says '{word[1] or word[2]}'",
                    "name the thing: httpd -L shows each help alone")
            for row in HELP.finditer(text) if (word := POINTERS.search(row[2]))]


def unexplained(rows, reference):
    explained, comment_above, held, findings = set(), False, {}, []
    for number, line in enumerate(reference.read_text(encoding="utf-8").splitlines(), 1):
        if directive := LINE.match(line):
            held.setdefault(directive[1], number)
            if comment_above:
                explained.add(directive[1])
        else:
            # Lines with directives may follow each other under one comment.
            comment_above = bool(re.match(r"\s*#\s*\w", line))
    for name, line in rows.items():
        if name not in held:
            findings.append(Finding(TABLE, line, f"{REFERENCE} does not hold {name}",
                                    f"explain it there, above a line '#{name} default'"))
        elif name not in explained:
            findings.append(Finding(REFERENCE, held[name], f"{name} has no comment above it",
                                    "say what it does, its default, and when to change it"))
    return findings


def unknown(rows, root):
    findings = []
    for path in tree.project_files(root):
        at = path.relative_to(root).as_posix()
        if not at.startswith(TOLD_IN):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            findings += [Finding(at, number, f"names {name}, which is no directive",
                                 f"write a name that stands in {TABLE}")
                         for name in NAME.findall(line) if name not in rows]
    return findings


if __name__ == "__main__":
    tree.run(check)
