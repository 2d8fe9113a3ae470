#!/usr/bin/python3
"""cppcheck has nothing to say about the module."""
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402
from tree import Finding  # noqa: E402

COMMAND = ["cppcheck", "--std=c11", "--language=c", "-j2", "--quiet", "--inline-suppr",
           "--enable=warning,performance,portability", "--suppress=missingIncludeSystem",
           "--template={file}:{line}: {message} [{id}]"]


def check(root):
    sources = tree.module_files(root, ".c")
    if not sources:
        return [Finding("src", 1, "holds no source", "look where you are")]
    if shutil.which("cppcheck") is None:
        return [Finding("t/guard/analysis.py", 1, "cppcheck is missing", "install cppcheck")]
    done = subprocess.run([*COMMAND, f"-I{root}/src", *sources], capture_output=True, text=True,
                          check=False, timeout=300)
    found = re.findall(r"(?m)^([^:\n]+):(\d+): (.*)$", done.stderr)
    if not found and (done.returncode != 0 or done.stderr.strip()):
        return [Finding("src", 1, f"cppcheck failed: {done.stdout}{done.stderr}", "see its words")]
    return [Finding(path.removeprefix(f"{root}/"), int(line), words,
                    "fix it; where cppcheck is wrong, a line '/* cppcheck-suppress ID ; why */'")
            for path, line, words in found]


if __name__ == "__main__":
    tree.run(check)
