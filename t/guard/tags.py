#!/usr/bin/python3
"""A tag in the error log leads to one place in the source."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

TAG = re.compile(r"PWR\d+")


def check(root):
    findings, first = [], {}
    for path in tree.module_files(root):
        for line, text in tree.literals(path):
            for tag in TAG.findall(text):
                at = tree.name(path, root)
                if len(tag) != len("PWRnnnn"):
                    findings.append(Finding(at, line, f"{tag} is no tag", "write PWR and 4 digits"))
                elif tag in first:
                    findings.append(Finding(at, line, f"{tag} is taken by {first[tag]}",
                                            "take the next free number of this folder's range"))
                else:
                    first[tag] = f"{at}:{line}"
    return findings


if __name__ == "__main__":
    tree.run(check)
