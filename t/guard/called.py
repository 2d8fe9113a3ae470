#!/usr/bin/python3
"""Each function that a header of src/ declares is called in src/: code that tests alone use is dead."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

# What is there for the tests.
FOR_TESTS = {
    "pwr_clock_set": "another clock",
    "pwr_schema_script": "the files of conf/schema are compared with it",
    "pwr_trail_read": "the trail as it was written",
}
DECLARED = re.compile(r"\b(pwr_\w+)\(")


def check(root):
    uses = {}
    for path in tree.module_files(root):
        for match in re.finditer(r"\bpwr_\w+", tree.bare_code(path)):
            uses.setdefault(match[0], 0)
            uses[match[0]] += 1
    findings = []
    for header in tree.module_files(root, ".h"):
        text = tree.bare_code(header)
        for match in DECLARED.finditer(text):
            # Its declaration and its definition are two.
            if uses[match[1]] <= 2 and match[1] not in FOR_TESTS:
                findings.append(Finding(tree.name(header, root), tree.line_at(text, match.start()),
                                        f"nothing in src/ calls {match[1]}", "take it out, with its tests"))
    return findings


if __name__ == "__main__":
    tree.run(check)
