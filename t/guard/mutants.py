#!/usr/bin/python3
"""Each change of t/mutants/list still finds its text and its test."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "mutants"))
import changes  # noqa: E402
import tree  # noqa: E402
from tree import Finding  # noqa: E402

REMEDY = "write the entry for the source as it is now, or take it out where its promise is gone"


def check(root):
    if not (root / changes.LIST).is_file():
        return [Finding(changes.LIST, 1, "is missing", "put it there")]
    try:
        listed = changes.read(root)
    except changes.ListError as error:
        return [Finding(changes.LIST, error.line, str(error), "write it as t/mutants/changes.py says")]
    findings = []
    for change in listed:
        try:
            changes.check_one(change, root)
        except changes.ListError as error:
            findings.append(Finding(changes.LIST, error.line, str(error), REMEDY))
    return findings


if __name__ == "__main__":
    tree.run(check)
