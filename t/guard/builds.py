#!/usr/bin/python3
"""No source file, no unit test and no fuzz target is forgotten by the build, and each use case has its unit test."""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

MAKEFILE = "Makefile.am"


def check(root):
    if not (root / MAKEFILE).is_file():
        return [Finding(MAKEFILE, 1, "is missing", "put it there")]
    text = re.sub(r"(?m)^\s*#.*$", "", (root / MAKEFILE).read_text(encoding="utf-8"))
    named = set(re.split(r"[\s=\\]+", text))
    # automake takes t/unit/a.c for the source of a program t/unit/a that names none.
    named |= {f"{word}.c" for word in named if word.startswith("t/unit/")}
    programs = [path for kind in ("unit", "fuzz") for path in sorted((root / "t" / kind).glob("*.c"))]
    files = tree.module_files(root) + programs
    return untested(root) + [Finding(tree.name(path, root), 1, f"{MAKEFILE} does not name it",
                                     "add it to the sources there, or take the file away")
                             for path in files if tree.name(path, root) not in named]


def untested(root):
    return [Finding(tree.name(path, root), 1, f"t/unit/flow_{path.name} is not there", "write its unit test")
            for path in sorted((root / "src" / "flow").glob("*.c"))
            if not (root / "t" / "unit" / f"flow_{path.name}").is_file()]


if __name__ == "__main__":
    tree.run(check)
