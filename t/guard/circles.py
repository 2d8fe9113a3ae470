#!/usr/bin/python3
"""No two files include each other, not even over others."""
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402


def check(root):
    findings, done = [], set()

    def visit(path, chain):
        if path in done:
            return
        for line, target in tree.own_includes(path, root):
            at = [p for p, _ in chain] + [path]
            if target in at:
                circle = at[at.index(target):] + [target]
                findings.append(Finding(tree.name(path, root), line, "closes a circle: " + " -> ".join(
                    tree.name(p, root) for p in circle),
                    "forward-declare the type in one of them, or move it to a file below both"))
            else:
                visit(target, chain + [(path, line)])
        done.add(path)

    for path in tree.module_files(root):
        visit(path.resolve(), [])
    return findings


if __name__ == "__main__":
    tree.run(check)
