#!/usr/bin/python3
"""The repository stands alone: it holds no path of somebody's machine, points at no document that is
not in it.
"""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

MACHINE_PATH = re.compile(r"(?<![\w.\-$}/])/(?:work|root|home|Users)/[\w.]")
DOCUMENT = re.compile(r"(?<![\w*{}/.-])((?:[\w.-]+/)*[\w-]+\.md)\b")


def check(root):
    findings = []
    files = tree.project_files(root)
    documents = {path.name for path in files}
    for path in files:
        at = path.relative_to(root).as_posix()
        if at == "LICENSE":
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            findings += [Finding(at, number, wrong, remedy)
                         for wrong, remedy in judge(line, documents)]
    return findings


def judge(line, documents):
    if MACHINE_PATH.search(line):
        yield "a path of one machine", "make it relative, or let the caller say it"
    for document in DOCUMENT.findall(line):
        if document.rsplit("/", 1)[-1] not in documents:
            yield f"points at {document}, which is not in the repository", "say here what it says"


if __name__ == "__main__":
    tree.run(check)
