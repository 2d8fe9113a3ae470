#!/usr/bin/python3
"""A file pair, a function and a line stay small enough to be read."""
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

PAIR_LINES = 500
FUNCTION_LINES = 60
COLUMNS = 100


def check(root):
    files = tree.c_files(root)
    return pairs(files, root) + functions(files, root) + columns(files, root)


def pairs(files, root):
    lines = {}
    for path in files:
        text = path.read_text(encoding="utf-8")
        lines[path.with_suffix("")] = lines.get(path.with_suffix(""), 0) + text.count("\n")
    return [Finding(tree.name(stem, root), 1, f"{count} lines in .c and .h; {PAIR_LINES} is the most",
                    "split it by what a reader would look for")
            for stem, count in lines.items() if count > PAIR_LINES]


def functions(files, root):
    if not files:
        return []
    if shutil.which("ctags") is None:
        return [Finding("t/guard/sizes.py", 1, "ctags is missing", "install universal-ctags")]
    done = subprocess.run(
        ["ctags", "-f", "-", "--languages=C", "--langmap=C:.c.h", "--kinds-C=f", "--fields=ne",
         "--excmd=number", "--sort=no", "-I", "PWR_MUST_USE", "-I", "PWR_FORMAT+", *files],
        capture_output=True, text=True, check=True)
    findings = []
    for row in done.stdout.splitlines():
        function, path, *fields = row.split("\t")
        values = dict(f.split(":", 1) for f in fields if ":" in f)
        start, end = int(values["line"]), int(values.get("end", 0))
        if end - start + 1 > FUNCTION_LINES:
            findings.append(Finding(
                path.removeprefix(f"{root}/"), start,
                f"{function} has {end - start + 1} lines; {FUNCTION_LINES} is the most",
                "give its steps names of their own; 25 lines is the aim"))
    return findings


def columns(files, root):
    return [Finding(tree.name(path, root), number, f"{len(line)} columns; {COLUMNS} is the most",
                    "clang-format -i the file")
            for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > COLUMNS]


if __name__ == "__main__":
    tree.run(check)
