#!/usr/bin/python3
"""The whole module compiles under gcc and clang without a warning. httpd's and APR's own headers are
system headers: what their macros do is not ours to judge."""
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import headers  # noqa: E402
import tree  # noqa: E402
from tree import Finding  # noqa: E402

PLACES = ["-DPWR_STATEDIR=\"x\"", "-DPWR_DATADIR=\"x\""]


def check(root):
    sources = tree.module_files(root, ".c")
    return [finding for compiler in ("gcc", "clang") for finding in compile_all(compiler, sources, root)]


def compile_all(compiler, sources, root):
    if not sources:
        return []
    if shutil.which(compiler) is None:
        return [Finding("t/guard/compilers.py", 1, f"{compiler} is missing", f"install {compiler}")]
    given = headers.httpd_flags() + headers.answer("pkg-config", "--cflags", *headers.LIBRARIES)
    flags = [word.replace("-I", "-isystem", 1) if word.startswith("-I") else word for word in given]
    done = subprocess.run([compiler, "-fsyntax-only", "-D_GNU_SOURCE", *PLACES, *headers.WARNINGS,
                           f"-I{root}/src", *flags, *sources],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    complaints = re.findall(r"(?m)^([^:\n]+):(\d+):\d+: (?:fatal )?error: (.*)$", done.stderr)
    if not complaints:
        return [Finding("src", 1, f"{compiler} failed: {done.stderr.strip()}", "see its words")]
    return [Finding(path.removeprefix(f"{root}/"), int(line), f"{compiler}: {words}",
                    "write it so that no compiler has a doubt") for path, line, words in complaints]


if __name__ == "__main__":
    tree.run(check)
